import { columnsOf } from '../../entities/columns.ts'
import { valueTypeOf } from '../../entities/value-type.ts'
import type { FieldDefinition } from '../registry/definition.ts'

/** The names under which a read gives the field's value, as a stored field of its value's type would have them. */
export function columnNames(field: FieldDefinition): readonly string[] {
  return columnsOf({ type: valueTypeOf(field), column: field.column }).map(({ name }) => name)
}

/** PostgreSQL holds no U+0000: neither a stored expression nor a text of ours can have this sign. */
export const MARK = '\0'

/** Stands in FROM for an occurrence of a module with virtual columns, until it is known which of them the statement uses. */
export function tableMark(alias: string): string {
  return `${MARK}${alias}${MARK}`
}
