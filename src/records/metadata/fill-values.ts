import { columnsOf } from '../../entities/columns.ts'
import { GuanxiError } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { MetadataChange } from './change.ts'
import type { HeldModule } from './field-columns.ts'
import { tableOf } from './place-columns.ts'
import type { StoredField } from './stored.ts'

/** Records that a change of metadata may fill or convert; more would hold their locks for longer than others should wait. */
export const ROWS_PER_CHANGE = 20_000

/** Number of undeleted records that have no value in the field. */
export async function countEmpty(change: MetadataChange, module: HeldModule, field: StoredField): Promise<number> {
  const { from, column } = rowsOf(module, field)
  const [row] = await change.transaction.query<{ count: number }>({
    text: `SELECT count(*)::int AS count FROM ${from} WHERE ${column} IS NULL AND t.deleted_at IS NULL`,
    purpose: 'platform',
  })
  return row?.count ?? 0
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
        `The module's own table is full, and beside it a default fills ${ROWS_PER_CHANGE} records at most. Make ${name} without required, fill it by updates, then require it.`,
        { limit: ROWS_PER_CHANGE },
      )
  }
}

/** Values that more than one undeleted record has, a few of them. */
export async function duplicateValues(change: MetadataChange, module: HeldModule, field: StoredField): Promise<string[]> {
  const { from, column } = rowsOf(module, field)
  const key = field.type === 'EMAIL' ? `lower(${column})` : column
  const rows = await change.transaction.query<{ value: string }>({
    text: `SELECT ${key}::text AS value FROM ${from} WHERE ${column} IS NOT NULL AND t.deleted_at IS NULL GROUP BY ${key} HAVING count(*) > 1 ORDER BY count(*) DESC, 1 LIMIT 5`,
    purpose: 'platform',
  })
  return rows.map(({ value }) => value)
}

function rowsOf({ table }: HeldModule, field: StoredField): { from: string; column: string } {
  const name = quoteIdentifier(columnsOf(field)[0]?.name ?? field.column)
  const own = field.extension === 0
  const from = own ? `public.${table} t` : `public.${table} t LEFT JOIN public.${tableOf(table, field)} x ON x.id = t.id`
  return { from, column: `${own ? 't' : 'x'}.${name}` }
}

/**
 * Gives the undeleted records that have no value this one: each gets a new version, with its history and its event, as if somebody had written it.
 * `literals`: SQL by column; `after`: the value as history shows it; `late`: the columns are made by this change, so that it must wait for them. Throws LIMIT_EXCEEDED for too many records.
 */
export async function fillEmpty(
  change: MetadataChange,
  module: HeldModule,
  field: StoredField,
  empty: number,
  literals: ReadonlyMap<string, string>,
  after: unknown,
  late: boolean,
): Promise<void> {
  if (empty > ROWS_PER_CHANGE) {
    throw new GuanxiError('LIMIT_EXCEEDED', `${empty} records are empty there; a change fills ${ROWS_PER_CHANGE} at most. Fill them by updates first.`, {
      limit: ROWS_PER_CHANGE,
    })
  }
  const { at, userId } = change
  const changeSetId = change.newId()
  const run = async (text: string, values: readonly unknown[]) => {
    if (late) change.schema.underLock(module.table, text, values)
    else await change.transaction.query({ text, values, purpose: 'platform' })
  }
  await run(`INSERT INTO change_set (id, actor_id, via, cause, at) VALUES ($1, $2, 'metadata', 'system', $3)`, [changeSetId, userId, at])
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
  await run(text, [at, userId, changeSetId, module.number, JSON.stringify({ [field.id]: { before: null, after } }), field.id])
}
