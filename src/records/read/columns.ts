import { valueTypeOf } from '../../entities/value-type.ts'
import { DefectError } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { FieldDefinition } from '../registry/definition.ts'

/** Physical column of a field; `part` names one of several (MONEY amount, currency, base; PHONE e164). */
export function columnOf(field: FieldDefinition, part: string | null = null): string {
  return quoteIdentifier(part === null ? field.column : `${field.column}_${part}`)
}

/** Column that stands for the field's value when it is compared, ordered, grouped or aggregated. */
export function comparableColumn(field: FieldDefinition): string {
  const type = valueTypeOf(field)
  if (type === 'MONEY') return columnOf(field, 'base')
  if (type === 'PHONE') return columnOf(field, 'e164')
  return columnOf(field)
}

/** PostgreSQL type that the comparable column's values are written as. */
export function comparableType(field: FieldDefinition): string {
  switch (valueTypeOf(field)) {
    // A rating's column is an int2, but a filter may name any Int.
    case 'INTEGER':
    case 'RATING':
      return 'int4'
    case 'DURATION':
      return 'int8'
    case 'DECIMAL':
    case 'PERCENT':
    case 'MONEY':
      return 'numeric'
    case 'BOOLEAN':
      return 'bool'
    case 'DATE':
      return 'date'
    case 'DATETIME':
      return 'timestamptz'
    case 'REFERENCE':
    case 'USER':
      return 'uuid'
    case 'MULTI_SELECT':
      return 'text[]'
    case 'ADDRESS':
    case 'JSON':
    case 'GEO':
      return 'jsonb'
    case 'TEXT':
    case 'LONG_TEXT':
    case 'EMAIL':
    case 'URL':
    case 'SELECT':
    case 'PHONE':
    case 'AUTO_NUMBER':
      return field.name === 'id' ? 'uuid' : 'text'
    default:
      throw new DefectError(`${field.id}: ${field.type} has no column`)
  }
}

const NEVER_NULL = new Set(['id', 'version', 'createdAt', 'updatedAt'])
/** What is compared is another column than the one that must be filled. */
const COMPARED_ASIDE: ReadonlySet<FieldDefinition['type']> = new Set(['MONEY', 'PHONE'])

/**
 * The column is NOT NULL, so that an index serves its order in both directions. Required custom fields may be empty in records that are older than the
 * demand.
 */
export function neverNull(field: FieldDefinition): boolean {
  if (field.system) return NEVER_NULL.has(field.name)
  return !field.custom && field.required === true && !COMPARED_ASIDE.has(field.type)
}
