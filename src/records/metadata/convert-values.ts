import { columnsOf } from '../../entities/columns.ts'
import type { FieldType } from '../../entities/metadata.ts'
import { GuanxiError } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { FieldDefinition } from '../registry/index.ts'
import { type ColumnContext, columnValues, physicalColumns } from '../write/columns.ts'
import { coerceValue } from '../write/values.ts'
import type { MetadataChange } from './change.ts'
import type { HeldModule } from './field-columns.ts'
import { ROWS_PER_CHANGE } from './fill-values.ts'
import { tableOf } from './place-columns.ts'

/** Types whose values can become those of others: everything has a text, and a text may be anything. */
const CONVERTIBLE: ReadonlySet<FieldType> = new Set([
  ...(['TEXT', 'LONG_TEXT', 'INTEGER', 'DECIMAL', 'MONEY', 'PERCENT', 'BOOLEAN', 'DATE', 'DATETIME', 'DURATION'] as const),
  ...(['SELECT', 'MULTI_SELECT', 'EMAIL', 'PHONE', 'URL', 'RATING'] as const),
])

export function isConvertible(from: FieldType, to: FieldType): boolean {
  return CONVERTIBLE.has(from) && CONVERTIBLE.has(to)
}

/** A value that has no form in the new type. */
export interface Unconvertible {
  readonly id: string
  readonly value: unknown
  readonly message: string
}

export interface Conversion {
  /** Rows to write: the record's id and its columns. */
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly failures: readonly Unconvertible[]
}

/** Reads all values of a field and says what they become under its new definition. Throws LIMIT_EXCEEDED for too many. */
export async function convertValues(
  change: MetadataChange,
  module: HeldModule,
  from: FieldDefinition,
  to: FieldDefinition,
  currency: string,
): Promise<Conversion> {
  const table = tableOf(module.table, { extension: from.extension ?? 0 })
  const columns = physicalColumns(from)
  const first = quoteIdentifier(columns[0]?.name as string)
  const list = columns.map(({ name, read }) => `${read(`t.${quoteIdentifier(name)}`)} AS ${quoteIdentifier(name)}`)
  const stored = await change.transaction.query<Record<string, unknown>>({
    text: `SELECT t.id, ${list.join(', ')} FROM public.${table} t WHERE t.${first} IS NOT NULL LIMIT ${ROWS_PER_CHANGE + 1}`,
    purpose: 'platform',
  })
  if (stored.length > ROWS_PER_CHANGE) {
    throw new GuanxiError('LIMIT_EXCEEDED', `More than ${ROWS_PER_CHANGE} records have a value there. Make a new field and move the values by updates.`, {
      limit: ROWS_PER_CHANGE,
    })
  }
  const rows: Record<string, unknown>[] = []
  const failures: Unconvertible[] = []
  const target = columnsOf(to)
  for (const row of stored) {
    const value = inputForm(from, row, to.type, currency)
    let message = 'It has no form in the new type.'
    const image = coerceValue(to, value, { currency, country: 'CN' }, (_code, text) => {
      message = text
      return undefined
    })
    if (image === undefined) failures.push({ id: row['id'] as string, value, message })
    else {
      const values = columnValues(to, image, SAME_CURRENCY)
      rows.push({ id: row['id'], ...Object.fromEntries(target.map(({ name }, index) => [name, values[index]])) })
    }
  }
  return { rows, failures }
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

/** Writes converted values into the new columns, under the locks of the change. */
export function writeConverted(change: MetadataChange, module: HeldModule, to: FieldDefinition, { rows }: Conversion): void {
  if (rows.length === 0) return
  const columns = columnsOf(to)
  const extension = to.extension ?? 0
  const table = tableOf(module.table, { extension })
  const names = columns.map(({ name }) => quoteIdentifier(name))
  const source = `json_to_recordset($1::json) AS i(id uuid, ${columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(', ')})`
  const text =
    extension === 0
      ? `UPDATE public.${table} t SET ${names.map((name) => `${name} = i.${name}`).join(', ')} FROM ${source} WHERE t.id = i.id`
      : `INSERT INTO public.${table} (id, ${names.join(', ')}) SELECT i.id, ${names.map((name) => `i.${name}`).join(', ')} FROM ${source}
         ON CONFLICT (id) DO UPDATE SET ${names.map((name) => `${name} = EXCLUDED.${name}`).join(', ')}`
  change.schema.underLock(table, text, [JSON.stringify(rows)])
}
