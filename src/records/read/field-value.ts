import { valueTypeOf } from '../../entities/value-type.ts'
import { DefectError } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { FieldLevel } from '../access/policy.ts'
import type { FieldDefinition } from '../registry/definition.ts'
import { instantSql, literalSql, moneySql } from '../sql-text.ts'
import { columnOf } from './columns.ts'
import type { SelectedPart } from './request.ts'

/** SQL for a field's API value in the row `alias`, as the level allows it. */
export function fieldValueSql(field: FieldDefinition, alias: string, level: FieldLevel): string {
  if (level === 'HIDDEN') return 'NULL::text'
  const column = `${quoteIdentifier(alias)}.${columnOf(field)}`
  if (level === 'MASKED') return maskedSql(field, column)
  if (field.name === 'tags' && field.system) {
    return `ARRAY(SELECT g.name FROM tags g WHERE g.id = ANY(${column}) AND g.deleted_at IS NULL ORDER BY g.name)`
  }
  switch (valueTypeOf(field)) {
    case 'DATETIME':
      return instantSql(column)
    case 'DECIMAL':
    case 'PERCENT':
      return `${column}::text`
    default:
      return column
  }
}

export interface PartsSql {
  /** SELECT list of the selected members. */
  readonly members: string
  /** Condition that the field has a value at all. */
  readonly present: string
}

/** SQL for MONEY, PHONE, ADDRESS and GEO; null where nothing of the value may be shown. */
export function fieldPartsSql(field: FieldDefinition, alias: string, level: FieldLevel, parts: readonly SelectedPart[]): PartsSql | null {
  if (level === 'HIDDEN' || (level === 'MASKED' && field.type !== 'PHONE')) return null
  const table = quoteIdentifier(alias)
  const members = parts.map(
    ({ key, part, value }) => `${part === '__typename' ? literalSql(value ?? '') : partSql(field, table, part, level)} AS ${quoteIdentifier(key)}`,
  )
  return { members: members.join(', '), present: `${table}.${valueTypeOf(field) === 'MONEY' ? columnOf(field, 'amount') : columnOf(field)} IS NOT NULL` }
}

function partSql(field: FieldDefinition, table: string, part: string, level: FieldLevel): string {
  if (valueTypeOf(field) === 'MONEY') {
    const column = `${table}.${columnOf(field, part)}`
    return part === 'currency' ? column : moneySql(column)
  }
  if (field.type === 'PHONE') {
    if (level === 'MASKED') return `'***' || right(${table}.${columnOf(field, 'e164')}, 4)`
    return `${table}.${part === 'raw' ? columnOf(field) : columnOf(field, part)}`
  }
  if (field.type === 'ADDRESS' || field.type === 'GEO') return `${table}.${columnOf(field)} -> ${literalSql(part)}`
  throw new DefectError(`${field.id}: ${field.type} has no member ${part}`)
}

const MASKABLE = new Set(['TEXT', 'LONG_TEXT', 'URL', 'AUTO_NUMBER'])

function maskedSql(field: FieldDefinition, column: string): string {
  if (field.type === 'EMAIL') return `left(${column}, 1) || '***' || substring(${column} FROM '@.*$')`
  if (!MASKABLE.has(valueTypeOf(field))) return 'NULL::text'
  return `CASE WHEN length(${column}) > 4 THEN '***' || right(${column}, 4) WHEN ${column} IS NOT NULL THEN '***' END`
}
