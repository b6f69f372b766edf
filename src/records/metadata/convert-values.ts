import { setImmediate } from 'node:timers/promises'
import { columnsOf } from '../../entities/columns.ts'
import type { FieldType } from '../../entities/metadata.ts'
import { GuanxiError, say } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { Executor } from '../database.ts'
import type { FieldDefinition } from '../registry/index.ts'
import { type ColumnContext, columnValues, physicalColumns } from '../write/columns.ts'
import { coerceValue, type ValueDefaults } from '../write/values.ts'
import type { HeldModule } from './field-columns.ts'
import { tableOf } from './place-columns.ts'
import { type NotedSlot, slotStandsSql, slotValues } from './slots.ts'

/** Types whose values can become those of others: everything has a text, and a text may be anything. */
const CONVERTIBLE: ReadonlySet<FieldType> = new Set([
  ...(['TEXT', 'LONG_TEXT', 'INTEGER', 'DECIMAL', 'MONEY', 'PERCENT', 'BOOLEAN', 'DATE', 'DATETIME', 'DURATION'] as const),
  ...(['SELECT', 'MULTI_SELECT', 'EMAIL', 'PHONE', 'URL', 'RATING'] as const),
])

/** Values that a change may convert: it holds them all in memory. */
const VALUES_PER_CHANGE = 20_000
/** Values that are converted before other work of the process has its turn. */
const VALUES_PER_TURN = 500

export function isConvertible(from: FieldType, to: FieldType): boolean {
  return CONVERTIBLE.has(from) && CONVERTIBLE.has(to)
}

/** A field whose values move: where they stand, what they become, and by which settings. */
export interface Move {
  readonly module: HeldModule
  readonly from: FieldDefinition
  readonly to: FieldDefinition
  readonly values: ValueDefaults
  /** What undeleted records without a value get, by the new columns in their order. */
  readonly fill?: readonly unknown[]
}

/** A stored value and what it becomes. */
export interface Converted {
  readonly id: string
  /** The record's version when the value was read. */
  readonly version: number
  readonly deleted: boolean
  /** The stored value as a text; empty where it was taken away. */
  readonly text: string
  /** By the columns of the new type; null where the value has no form in it. */
  readonly columns: Readonly<Record<string, unknown>> | null
}

type Stored = Readonly<Record<string, unknown>> & { readonly id: string; readonly version: number; readonly deleted: boolean }

/** What all values of the field become; changes nothing. Throws LIMIT_EXCEEDED for too many. */
export async function convertValues(executor: Executor, move: Move): Promise<Converted[]> {
  const { held, filled } = valuesSql(move)
  const stored = await executor.query<Stored>({ text: `${held} WHERE ${filled} LIMIT ${VALUES_PER_CHANGE + 1}`, purpose: 'platform' })
  if (stored.length > VALUES_PER_CHANGE) {
    const message = move.fill
      ? say`A default fills many records where there are ${VALUES_PER_CHANGE} at most. Give those without a value one by updates first.`
      : say`More than ${VALUES_PER_CHANGE} records have a value there. Make a new field and move the values by updates.`
    throw new GuanxiError('LIMIT_EXCEEDED', message, { limit: VALUES_PER_CHANGE })
  }
  return convertRows(stored, move)
}

/** From when on records may have changed: those whose events came later than `position`, and some others. */
export interface Since {
  readonly position: string
  readonly ids: readonly string[]
}

/** Position of the last event that is numbered; what a later read does not see has none yet, or a later one. */
export async function lastPosition(executor: Executor): Promise<string> {
  const [row] = await executor.query<{ position: string }>({ text: 'SELECT outbox_position::text AS position FROM stamper', purpose: 'platform' })
  return row?.position ?? '0'
}

/**
 * What has become of the values since: those of records that do not have the version any more at which their value was written to the new columns, and
 * where old and new columns are not both empty or both filled. With `since` only such records are looked at as may have changed, however many there are.
 */
export async function convertChanged(executor: Executor, move: Move, written: ReadonlyMap<string, number>, since?: Since): Promise<Converted[]> {
  const { held, filled } = valuesSql(move)
  const { to, module } = move
  const extension = to.extension ?? 0
  const [join, holder] = extension === 0 ? ['', 't'] : [` LEFT JOIN public.${tableOf(module.table, { extension })} n ON n.id = t.id`, 'n']
  const moved = `${holder}.${quoteIdentifier(columnsOf(to)[0]?.name as string)} IS NOT NULL`
  const stored = await executor.query<Stored>({
    text: `${held}${join} LEFT JOIN unnest($1::uuid[], $2::int[]) k(id, version) ON k.id = t.id AND k.version = t.version
      WHERE ((${filled}) <> (${moved}) OR (${filled} AND k.id IS NULL))${since ? CHANGED_SINCE : ''}`,
    values: [[...written.keys()], [...written.values()], ...(since ? [since.ids, module.number, since.position] : [])],
    purpose: 'platform',
  })
  return convertRows(stored, move)
}

/** Every write of a record leaves an event; each kind of them has its index. */
const CHANGED_SINCE = ` AND t.id IN (SELECT unnest($3::uuid[])
        UNION SELECT record_id FROM outbox WHERE position > $5::bigint AND module_number = $4
        UNION SELECT record_id FROM outbox WHERE position IS NULL AND module_number = $4)`

/** The records with their values; `filled`: one has a value, or gets one. */
function valuesSql({ module, from, fill }: Move): { held: string; filled: string } {
  const extension = from.extension ?? 0
  const [join, holder] = extension === 0 ? ['', 't'] : [` LEFT JOIN public.${tableOf(module.table, { extension })} x ON x.id = t.id`, 'x']
  const columns = physicalColumns(from)
  const list = columns.map(({ name, read }) => `${read(`${holder}.${quoteIdentifier(name)}`)} AS ${quoteIdentifier(name)}`)
  const stands = `${holder}.${quoteIdentifier(columns[0]?.name as string)} IS NOT NULL`
  return {
    held: `SELECT t.id, t.version, t.deleted_at IS NOT NULL AS deleted, ${list.join(', ')} FROM public.${quoteIdentifier(module.table)} t${join}`,
    filled: fill ? `(${stands} OR t.deleted_at IS NULL)` : stands,
  }
}

async function convertRows(stored: readonly Stored[], move: Move): Promise<Converted[]> {
  const converted: Converted[] = []
  for (const [index, row] of stored.entries()) {
    if (index > 0 && index % VALUES_PER_TURN === 0) await setImmediate()
    converted.push(convertRow(row, move))
  }
  return converted
}

function convertRow(row: Stored, { from, to, values, fill }: Move): Converted {
  const [source, target] = [columnsOf(from), columnsOf(to)]
  const { id, version, deleted } = row
  const named = (list: readonly unknown[]) => Object.fromEntries(target.map(({ name }, index) => [name, list[index]]))
  const stands = source.map(({ name }) => row[name] ?? null)
  if (stands[0] === null) return { id, version, deleted, text: '', columns: named(fill && !deleted ? fill : target.map(() => null)) }
  const text = textOf(from, row)
  // A value that only moves may be older than the bounds that the field has now.
  if (from.type === to.type) return { id, version, deleted, text, columns: named(stands) }
  const image = coerceValue(to, inputForm(from, row, to.type, values.currency), values, () => undefined)
  return { id, version, deleted, text, columns: image === undefined ? null : named(columnValues(to, image, SAME_CURRENCY)) }
}

const SAME_CURRENCY: ColumnContext = { baseAmount: (amount) => amount, tagId: (name) => name }

const NUMERIC: ReadonlySet<FieldType> = new Set(['INTEGER', 'DURATION', 'RATING'])

function textOf({ type, column }: FieldDefinition, row: Readonly<Record<string, unknown>>): string {
  const raw = row[type === 'MONEY' ? `${column}_amount` : column]
  return Array.isArray(raw) ? raw.join(', ') : String(raw)
}

/** A stored value as somebody would give it to a field of the new type. */
function inputForm(from: FieldDefinition, row: Readonly<Record<string, unknown>>, to: FieldType, currency: string): unknown {
  const [raw, text] = [row[from.column], textOf(from, row)]
  if (to === 'MONEY') return from.type === 'MONEY' ? { amount: text, currency: row[`${from.column}_currency`] } : { amount: text.trim(), currency }
  if (to === 'MULTI_SELECT') return Array.isArray(raw) ? raw : text.split(',').map((part) => part.trim())
  if (NUMERIC.has(to)) {
    const trimmed = text.trim().replace(/\.0+$/, '')
    return /^[+-]?\d{1,15}$/.test(trimmed) ? Number(trimmed) : text
  }
  if (to === 'BOOLEAN') return { true: true, false: false, yes: true, no: false, '1': true, '0': false }[text.trim().toLowerCase()] ?? text
  if (to === 'DATE' && from.type === 'DATETIME') return text.slice(0, 10)
  if (to === 'DATETIME' && from.type === 'DATE') return `${text}T00:00:00.000Z`
  if (to === 'DECIMAL' || to === 'PERCENT') return text.trim()
  return text
}

/**
 * Writes converted values into the new columns of the records that still have the version that was read. Answers those that were written, with it. Waits for
 * nobody: a record that somebody else is writing is passed over. With `slot` the new columns are free ones so far, and nothing is written once they are not.
 */
export async function writeConverted(
  executor: Executor,
  { module, to }: Move,
  converted: readonly Converted[],
  slot?: NotedSlot,
): Promise<ReadonlyMap<string, number>> {
  if (converted.length === 0) return new Map()
  const columns = columnsOf(to)
  const extension = to.extension ?? 0
  const main = `public.${quoteIdentifier(module.table)}`
  const names = columns.map(({ name }) => quoteIdentifier(name))
  const list = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`)
  const write =
    extension === 0
      ? `UPDATE ${main} w SET ${names.map((name) => `${name} = i.${name}`).join(', ')} FROM i JOIN k ON k.id = i.id WHERE w.id = i.id RETURNING w.id`
      : `INSERT INTO public.${tableOf(module.table, { extension })} AS w (id, ${names.join(', ')})
         SELECT i.id, ${names.map((name) => `i.${name}`).join(', ')} FROM i JOIN k ON k.id = i.id
         ON CONFLICT (id) DO UPDATE SET ${names.map((name) => `${name} = EXCLUDED.${name}`).join(', ')} RETURNING w.id`
  const rows = converted.map(({ id, version, columns: filled }) => ({ id, version, ...filled }))
  const written = await executor.query<{ id: string }>({
    text: `WITH i AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS r(id uuid, version int, ${list.join(', ')})),
      ${slot ? `s AS MATERIALIZED (SELECT FROM custom_slot WHERE ${slotStandsSql(2)} FOR SHARE),` : ''}
      k AS MATERIALIZED (SELECT t.id FROM ${main} t JOIN i ON i.id = t.id AND i.version = t.version${slot ? ' CROSS JOIN s' : ''} FOR NO KEY UPDATE OF t SKIP LOCKED)
      ${write}`,
    values: [JSON.stringify(rows), ...(slot ? slotValues(slot) : [])],
    purpose: 'platform',
  })
  const versions = new Map(converted.map(({ id, version }) => [id, version]))
  return new Map(written.map(({ id }) => [id, versions.get(id) as number]))
}
