import { columnsOf } from '../../entities/columns.ts'
import { GuanxiError, say } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { MetadataChange } from './change.ts'
import type { HeldModule } from './field-columns.ts'
import { tableOf } from './place-columns.ts'
import type { StoredField } from './stored.ts'

/** Records that a new field's default may fill beside the module's own table; more would hold their locks for longer than others should wait. */
const ROWS_PER_CHANGE = 20_000
/** Records that a change of metadata may fill while nobody else gets at the table. */
export const ROWS_UNDER_LOCK = 1_000

/** Number of undeleted records that have no value in the field; of a REFERENCES field, that lead to no undeleted record. */
export async function countEmpty(change: MetadataChange, module: HeldModule, field: StoredField): Promise<number> {
  const { from, isEmpty } = field.type === 'REFERENCES' ? linksOf(change, module, field) : emptyOf(module, field)
  const [row] = await change.transaction.query<{ count: number }>({
    text: `SELECT count(*)::int AS count FROM ${from} WHERE ${isEmpty} AND t.deleted_at IS NULL`,
    purpose: 'platform',
  })
  return row?.count ?? 0
}

/** A text that shows nothing, as `isBlank` has it. */
export const BLANK_PATTERN =
  String.raw`^[\u0001-\u0020\u007F-\u00A0\u00AD\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180F\u2000-\u200F\u2028-\u202F\u205F-\u206F\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0` +
  String.raw`\uFFF0-\uFFF8\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]*$`

/** Number of undeleted records whose text in the field shows nothing. */
export async function countBlank(change: MetadataChange, module: HeldModule, field: StoredField): Promise<number> {
  if (field.type !== 'TEXT' && field.type !== 'LONG_TEXT') return 0
  const { from, column } = rowsOf(module, field)
  const [row] = await change.transaction.query<{ count: number }>({
    text: `SELECT count(*)::int AS count FROM ${from} WHERE ${column} ~ $1 AND t.deleted_at IS NULL`,
    values: [BLANK_PATTERN],
    purpose: 'platform',
  })
  return row?.count ?? 0
}

function emptyOf(module: HeldModule, field: StoredField) {
  const { from, column } = rowsOf(module, field)
  return { from, isEmpty: `${column} IS NULL` }
}

function linksOf({ workspace }: MetadataChange, { table }: HeldModule, { column, parameters }: StoredField) {
  const target = workspace.registry.module(parameters.reference?.module as string)
  const links = `FROM public.${column} l JOIN public.${target.table} r ON r.id = l.target_id WHERE l.source_id = t.id AND r.deleted_at IS NULL`
  return { from: `public.${table} t`, isEmpty: `NOT EXISTS (SELECT ${links})` }
}

/** How many there are, and a few of them. */
export interface Found {
  readonly count: number
  readonly examples: readonly string[]
}

/**
 * A new field that is required and has a default fills all records. In the module's own table that takes no time, however many there are; in an extension
 * each needs a row there. Throws LIMIT_EXCEEDED for too many records.
 */
export async function checkFilled(change: MetadataChange, made: readonly { readonly module: HeldModule; readonly field: StoredField }[]): Promise<void> {
  const filled = made.filter(({ field: { extension, parameters } }) => extension > 0 && parameters.required === true && parameters.default !== undefined)
  const names = new Map(filled.map(({ module: { table }, field }) => [table, field.name]))
  for (const [table, name] of names) {
    if (change.schema.has(table)) continue
    const [row] = await change.transaction.query<{ count: number }>({
      text: `SELECT count(*)::int AS count FROM (SELECT FROM public.${table} LIMIT ${ROWS_PER_CHANGE + 1}) AS few`,
      purpose: 'platform',
    })
    if ((row?.count ?? 0) > ROWS_PER_CHANGE)
      throw new GuanxiError(
        'LIMIT_EXCEEDED',
        say`The module's own table is full, and beside it a default fills ${ROWS_PER_CHANGE} records at most. Make ${name} without required, fill it by updates, then require it.`,
        { limit: ROWS_PER_CHANGE },
      )
  }
}

/** Values that more than one undeleted record has. */
export async function duplicateValues(change: MetadataChange, module: HeldModule, field: StoredField): Promise<Found> {
  const { from, column } = rowsOf(module, field)
  const key = field.type === 'EMAIL' ? `lower(${column})` : column
  return find(
    change,
    `SELECT ${key}::text AS value, count(*) AS size FROM ${from} WHERE ${column} IS NOT NULL AND t.deleted_at IS NULL GROUP BY ${key} HAVING count(*) > 1`,
  )
}

/**
 * Texts of more than `most` characters that undeleted records have. `key`: an index takes the field, and with it what the recycle bin holds, of which
 * those are found that have more than so many.
 */
export async function longValues(change: MetadataChange, module: HeldModule, field: StoredField, most: number, key: number | null): Promise<Found> {
  const { from, column } = rowsOf(module, field)
  // Bytes first: they are known without a look at a long text.
  const isLong = `octet_length(${column}) > $1 AND char_length(${column}) > $1`
  const counted = key === null ? 't.deleted_at IS NULL' : `(t.deleted_at IS NULL OR char_length(${column}) > $2)`
  const text = `SELECT ${column} AS value, char_length(${column}) AS size FROM ${from} WHERE ${isLong} AND ${counted}`
  return find(change, text, key === null ? [most] : [most, key])
}

async function find({ transaction }: MetadataChange, text: string, values: readonly unknown[] = []): Promise<Found> {
  const rows = await transaction.query<{ value: string; count: number }>({
    text: `SELECT left(f.value, 40) AS value, count(*) OVER ()::int AS count FROM (${text}) f ORDER BY f.size DESC, f.value LIMIT 5`,
    values,
    purpose: 'platform',
  })
  return { count: rows[0]?.count ?? 0, examples: rows.map(({ value }) => JSON.stringify(value)) }
}

function rowsOf({ table }: HeldModule, field: StoredField): { from: string; column: string } {
  const name = quoteIdentifier(columnsOf(field)[0]?.name ?? field.column)
  const own = field.extension === 0
  const from = own ? `public.${table} t` : `public.${table} t LEFT JOIN public.${tableOf(table, field)} x ON x.id = t.id`
  return { from, column: `${own ? 't' : 'x'}.${name}` }
}

/**
 * Gives the undeleted records that have no value this one: each gets a new version, with its history and its event, as if somebody had written it.
 * `literals`: SQL by column; `after`: the value as history shows it. Only noted, like all that a change writes, for the time when the table is locked: rows that are held before
 * make their writers wait, and those keep the lock from being given. So they must be few (`ROWS_UNDER_LOCK`).
 */
export function fillEmpty(change: MetadataChange, module: HeldModule, field: StoredField, literals: ReadonlyMap<string, string>, after: unknown): void {
  const { at, userId } = change
  const changeSetId = change.newId()
  const run = (text: string, values: readonly unknown[]) => change.schema.underLock(module.table, text, values)
  run(`INSERT INTO change_set (id, actor_id, via, cause, at) VALUES ($1, $2, 'metadata', 'system', $3)`, [changeSetId, userId, at])
  const columns = [...literals.keys()].map(quoteIdentifier)
  const extensions = new Set([...(change.workspace.registry.byNumber.get(module.number)?.extensions ?? []), field.extension].filter((number) => number > 0))
  const first = columns[0] as string
  const { table } = module
  const extension = tableOf(table, field)
  const own = field.extension === 0
  const system = 'version = version + 1, updated_at = $1, updated_by = $2, change_set_id = $3'
  const written = own
    ? `w AS (UPDATE public.${table} SET ${system}, ${[...literals].map(([name, sql]) => `${quoteIdentifier(name)} = ${sql}`).join(', ')}
        WHERE ${first} IS NULL AND deleted_at IS NULL RETURNING *)`
    : `e AS (SELECT t.id FROM public.${table} t LEFT JOIN public.${extension} x ON x.id = t.id WHERE x.${first} IS NULL AND t.deleted_at IS NULL),
       x AS (INSERT INTO public.${extension} (id, ${columns.join(', ')}) SELECT e.id, ${[...literals.values()].join(', ')} FROM e
        ON CONFLICT (id) DO UPDATE SET ${columns.map((name) => `${name} = EXCLUDED.${name}`).join(', ')}),
       w AS (UPDATE public.${table} SET ${system} FROM e WHERE ${table}.id = e.id RETURNING ${table}.*)`
  // The rows as they were: what the statement writes is not seen by its own reads.
  const joins = [...extensions].map((number) => ` LEFT JOIN public.${tableOf(table, { extension: number })} x${number} ON x${number}.id = w.id`).join('')
  const held = [...extensions].map((number) => ` || coalesce(to_jsonb(x${number}), '{}')`).join('')
  const filled = own ? '' : ` || jsonb_build_object(${[...literals].map(([name, sql]) => `'${name}', ${sql}`).join(', ')})`
  const text = `WITH ${written},
      h AS (INSERT INTO record_history (module_number, record_id, version, operation, at, actor_id, change_set_id, changes)
        SELECT $4, w.id, w.version, 'UPDATED', $1, $2, $3, $5::jsonb FROM w)
      INSERT INTO outbox (module_number, record_id, version, operation, changed_fields, before, after, actor_id, change_set_id, at)
        SELECT $4, w.id, w.version, 'UPDATED', ARRAY[$6::text], to_jsonb(b)${held}, to_jsonb(w)${held}${filled}, $2, $3, $1
        FROM w JOIN public.${table} b ON b.id = w.id${joins} ORDER BY w.id`
  run(text, [at, userId, changeSetId, module.number, JSON.stringify({ [field.id]: { before: null, after } }), field.id])
}
