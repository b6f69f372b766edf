import { columnsOf } from '../../entities/columns.ts'
import { DefectError } from '../../errors/index.ts'
import { canonicalDecimal } from '../../lib/decimal-text.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { instantSql } from '../sql-text.ts'

/** One physical column of a field. */
export interface StoredColumn {
  readonly name: string
  /** PostgreSQL type, as a column definition list takes it. */
  readonly type: string
  /** SQL that reads the column in a form that loses nothing. */
  readonly read: (column: string) => string
}

const READ: Readonly<Record<string, (column: string) => string>> = {
  numeric: asText,
  'numeric(19,4)': asText,
  bigint: asText,
  date: (column) => `to_char(${column}, 'YYYY-MM-DD')`,
  'timestamp(3) with time zone': instantSql,
}

function asText(column: string): string {
  return `${column}::text`
}

function asIs(column: string): string {
  return column
}

/** The columns behind a field, in the order of `columnValues`; none for fields that are computed on reading or kept in link tables. */
export function physicalColumns(field: FieldDefinition): readonly StoredColumn[] {
  if (field.system && field.name === 'id') return [{ name: field.column, type: 'uuid', read: asIs }]
  if (field.system && field.name === 'tags') return [{ name: field.column, type: 'uuid[]', read: tagNames }]
  return columnsOf(field).map(({ name, type }) => ({ name, type, read: READ[type] ?? asIs }))
}

function tagNames(column: string): string {
  return `CASE WHEN ${column} = '{}' THEN '{}'::text[] ELSE ARRAY(SELECT g.name FROM tags g WHERE g.id = ANY(${column}) AND g.deleted_at IS NULL ORDER BY g.name) END`
}

/** Stored fields of one table: 0 for the module's own, else the number of the extension. */
export function fieldsIn(module: ModuleDefinition, extension: number): readonly FieldDefinition[] {
  return module.storedFields.filter((field) => (field.extension ?? 0) === extension)
}

/** Select list of one of the module's tables; `imageOf` decodes the row, that of the own table together with those of the extensions. */
export function imageSelectList(module: ModuleDefinition, alias: string, extension = 0): string {
  const table = quoteIdentifier(alias)
  return fieldsIn(module, extension)
    .flatMap((field) => physicalColumns(field).map((column) => `${column.read(`${table}.${quoteIdentifier(column.name)}`)} AS ${quoteIdentifier(column.name)}`))
    .join(', ')
}

/** Image of one row that was read by `imageSelectList`; what it does not hold is null. */
export function imageOf(module: ModuleDefinition, row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const image: Record<string, unknown> = {}
  for (const field of module.storedFields) image[field.name] = decoded(field, row)
  return image
}

function decoded(field: FieldDefinition, row: Readonly<Record<string, unknown>>): unknown {
  const value = row[field.type === 'MONEY' ? `${field.column}_amount` : field.column] ?? null
  if (value === null) return null
  switch (field.type) {
    case 'MONEY':
      return {
        amount: moneyText(value as string),
        currency: row[`${field.column}_currency`],
        base: moneyText((row[`${field.column}_base`] ?? value) as string),
      }
    case 'PHONE':
      return { raw: value, e164: row[`${field.column}_e164`] ?? null }
    case 'DECIMAL':
    case 'PERCENT':
      return canonicalDecimal(value as string)
    case 'DURATION':
      return Number(value)
    default:
      return field.system && field.name === 'tags' ? [...(value as string[])].sort() : value
  }
}

/** Money's output form: at least two digits behind the point. */
export function moneyText(amount: string): string {
  const canonical = canonicalDecimal(amount)
  if (canonical === null) throw new DefectError(`not a decimal: ${amount}`)
  const [whole, fraction = ''] = canonical.split('.')
  return `${whole}.${fraction.padEnd(2, '0')}`
}

/** MONEY as images hold it. `base` is absent in a new value: the pipeline then computes it by today's rate. */
export interface Money {
  readonly amount: string
  readonly currency: string
  readonly base?: string
}

/** What column values need besides the image's own value. */
export interface ColumnContext {
  /** Amount in the organisation's currency. */
  baseAmount(amount: string, currency: string): string
  tagId(name: string): string
}

/** Values for `physicalColumns(field)`, in their order, as JSON carries them to PostgreSQL. */
export function columnValues(field: FieldDefinition, value: unknown, context: ColumnContext): readonly unknown[] {
  if (field.system && field.name === 'tags') return [((value ?? []) as readonly string[]).map((name) => context.tagId(name))]
  if (field.type === 'MONEY') {
    if (value === null) return [null, null, null]
    const { amount, currency, base } = value as Money
    return [amount, currency, base ?? context.baseAmount(amount, currency)]
  }
  if (field.type === 'PHONE') {
    if (value === null) return [null, null]
    const { raw, e164 } = value as { raw: string; e164: string }
    return [raw, e164]
  }
  return [value]
}

/** The field's value changes. Money that keeps amount and currency keeps its base, whatever today's rate is. */
export function differs(field: FieldDefinition, before: unknown, after: unknown): boolean {
  if (field.type !== 'MONEY' || !before || !after) return !sameValue(before, after)
  const [old, next] = [before as Money, after as Money]
  return old.amount !== next.amount || old.currency !== next.currency || (next.base !== undefined && next.base !== old.base)
}

/** The value as history and conflicts show it. */
export function outputForm(field: FieldDefinition, value: unknown): unknown {
  if (field.type !== 'MONEY' || !value) return value ?? null
  const { amount, currency } = value as Money
  return { amount, currency }
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (a === null || b === null || a === undefined || b === undefined) return (a ?? null) === (b ?? null)
  if (typeof a !== 'object' || typeof b !== 'object') return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key) && sameValue(left[key], right[key]))
}
