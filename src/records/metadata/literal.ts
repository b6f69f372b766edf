import pg from 'pg'
import { columnsOf } from '../../entities/columns.ts'
import type { FieldDefinition } from '../registry/index.ts'
import { type ColumnContext, columnValues, outputForm } from '../write/columns.ts'
import { coerceValue, type ValueDefaults } from '../write/values.ts'

/** Amounts are in the organisation's currency already. */
const SAME_CURRENCY: ColumnContext = { baseAmount: (amount) => amount, tagId: (name) => name }

/**
 * A default by the columns that it fills, in their order. The value has been checked. Null where money is in another currency than the organisation's, whose rate cannot be
 * followed here.
 */
export function defaultColumns(field: FieldDefinition, value: unknown, defaults: ValueDefaults): readonly unknown[] | null {
  const image = coerceValue(field, value, defaults, () => undefined)
  if (field.type === 'MONEY' && (image as { currency: string }).currency !== defaults.currency) return null
  return columnValues(field, image, SAME_CURRENCY)
}

/** Likewise as SQL literals: for DDL, which takes no parameters. */
export function defaultLiterals(field: FieldDefinition, value: unknown, defaults: ValueDefaults): ReadonlyMap<string, string> | null {
  const values = defaultColumns(field, value, defaults)
  return values && new Map(columnsOf(field).map(({ name, type }, index) => [name, literal(values[index], type)]))
}

function literal(value: unknown, type: string): string {
  if (value === null || value === undefined) return 'NULL'
  if (type === 'jsonb') return `${pg.escapeLiteral(JSON.stringify(value))}::jsonb`
  if (Array.isArray(value)) return `ARRAY[${value.map((item) => pg.escapeLiteral(String(item))).join(', ')}]::${type}`
  return `${pg.escapeLiteral(String(value))}::${type}`
}

/** A default as history shows it. */
export function imageOfDefault(field: FieldDefinition, value: unknown, defaults: ValueDefaults): unknown {
  return outputForm(
    field,
    coerceValue(field, value, defaults, () => undefined),
  )
}
