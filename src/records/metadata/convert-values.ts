import { columnsOf } from '../../entities/columns.ts'
import type { FieldType } from '../../entities/metadata.ts'
import { GuanxiError } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { Transaction } from '../database.ts'
import type { FieldDefinition } from '../registry/index.ts'
import { type ColumnContext, columnValues, physicalColumns } from '../write/columns.ts'
import { coerceValue, type ValueDefaults } from '../write/values.ts'
import type { HeldModule } from './field-columns.ts'
import { tableOf } from './place-columns.ts'

/** Types whose values can become those of others: everything has a text, and a text may be anything. */
const CONVERTIBLE: ReadonlySet<FieldType> = new Set([
  ...(['TEXT', 'LONG_TEXT', 'INTEGER', 'DECIMAL', 'MONEY', 'PERCENT', 'BOOLEAN', 'DATE', 'DATETIME', 'DURATION'] as const),
  ...(['SELECT', 'MULTI_SELECT', 'EMAIL', 'PHONE', 'URL', 'RATING'] as const),
])

/** Values that a change may convert: they are written while nobody else gets at the table. */
export const VALUES_PER_CHANGE = 20_000

export function isConvertible(from: FieldType, to: FieldType): boolean {
  return CONVERTIBLE.has(from) && CONVERTIBLE.has(to)
}

/** A field whose values move: where they stand, what they become, and by which settings. */
export interface Move {
  readonly module: HeldModule
  readonly from: FieldDefinition
  readonly to: FieldDefinition
  readonly values: ValueDefaults
}

/** A stored value and what it becomes. */
export interface Converted {
  readonly id: string
  /** The record's version when the value was read. */
  readonly version: number
  readonly deleted: boolean
  /** As somebody would give it. */
  readonly given: unknown
  /** By the columns of the new type; null where the value has no form in it. */
  readonly columns: Readonly<Record<string, unknown>> | null
}

/**
 * What all values of the field become; changes nothing. `late`: only those that have come to no new column yet. Throws LIMIT_EXCEEDED for too many.
 */
export async function convertValues(transaction: Transaction, move: Move, late = false): Promise<Converted[]> {
  const { from, to, values } = move
  const stored = await transaction.query<Stored>({ text: readSql(move, late), purpose: 'platform' })
  if (stored.length > VALUES_PER_CHANGE) throw tooManyValues()
  const target = columnsOf(to)
  return stored.map((row) => {
    const given = inputForm(from, row, to.type, values.currency)
    const image = coerceValue(to, given, values, () => undefined)
    const filled = image === undefined ? null : columnValues(to, image, SAME_CURRENCY)
    const columns = filled && Object.fromEntries(target.map(({ name }, index) => [name, filled[index]]))
    return { id: row.id, version: row.version, deleted: row.deleted, given, columns }
  })
}

export function tooManyValues(): GuanxiError {
  return new GuanxiError('LIMIT_EXCEEDED', `More than ${VALUES_PER_CHANGE} records have a value there. Make a new field and move the values by updates.`, {
    limit: VALUES_PER_CHANGE,
  })
}

type Stored = Readonly<Record<string, unknown>> & { readonly id: string; readonly version: number; readonly deleted: boolean }

function readSql({ module, from, to }: Move, late: boolean): string {
  const own = (from.extension ?? 0) === 0
  const holder = own ? 't' : 'x'
  const columns = physicalColumns(from)
  const list = columns.map(({ name, read }) => `${read(`${holder}.${quoteIdentifier(name)}`)} AS ${quoteIdentifier(name)}`)
  const join = own ? '' : ` JOIN public.${tableOf(module.table, { extension: from.extension ?? 0 })} x ON x.id = t.id`
  return `SELECT t.id, t.version, t.deleted_at IS NOT NULL AS deleted, ${list.join(', ')} FROM public.${module.table} t${join}
    WHERE ${holder}.${quoteIdentifier(columns[0]?.name as string)} IS NOT NULL${late ? ` AND ${emptySql(module, to)}` : ''} LIMIT ${VALUES_PER_CHANGE + 1}`
}

/** The record `t` has nothing in the field's columns. */
function emptySql({ table }: HeldModule, field: FieldDefinition): string {
  const first = quoteIdentifier(columnsOf(field)[0]?.name as string)
  const extension = field.extension ?? 0
  return extension === 0
    ? `t.${first} IS NULL`
    : `NOT EXISTS (SELECT FROM public.${tableOf(table, { extension })} n WHERE n.id = t.id AND n.${first} IS NOT NULL)`
}

const SAME_CURRENCY: ColumnContext = { baseAmount: (amount) => amount, tagId: (name) => name }

const NUMERIC: ReadonlySet<FieldType> = new Set(['INTEGER', 'DURATION', 'RATING'])

/** A stored value as somebody would give it to a field of the new type. */
function inputForm(from: FieldDefinition, row: Readonly<Record<string, unknown>>, to: FieldType, currency: string): unknown {
  const raw = row[from.type === 'MONEY' ? `${from.column}_amount` : from.column]
  const text = Array.isArray(raw) ? raw.join(', ') : String(raw)
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

/** Writes converted values into the new columns of the records that still are what was read. */
export async function writeConverted(transaction: Transaction, { module, to }: Move, converted: readonly Converted[]): Promise<void> {
  if (converted.length === 0) return
  const columns = columnsOf(to)
  const extension = to.extension ?? 0
  const main = `public.${module.table}`
  const names = columns.map(({ name }) => quoteIdentifier(name))
  const source = `json_to_recordset($1::json) AS i(id uuid, version int, ${columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(', ')})`
  const text =
    extension === 0
      ? `UPDATE ${main} t SET ${names.map((name) => `${name} = i.${name}`).join(', ')} FROM ${source} WHERE t.id = i.id AND t.version = i.version`
      : `INSERT INTO public.${tableOf(module.table, { extension })} (id, ${names.join(', ')})
         SELECT i.id, ${names.map((name) => `i.${name}`).join(', ')} FROM ${source} JOIN ${main} t ON t.id = i.id AND t.version = i.version
         ON CONFLICT (id) DO UPDATE SET ${names.map((name) => `${name} = EXCLUDED.${name}`).join(', ')}`
  const rows = converted.map(({ id, version, columns: filled }) => ({ id, version, ...filled }))
  await transaction.query({ text, values: [JSON.stringify(rows)], purpose: 'platform' })
}
