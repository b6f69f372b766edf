import type { Expression } from '../../entities/expression.ts'
import type { Extent } from './extent.ts'
import { midnightSql } from './moment-sql.ts'
import { EXPRESSION_TYPES, type ExpressionType, type OperandType, SQL_TYPES } from './types.ts'

/** SQL of the text that `text()` makes of a value. */
export const TEXT_OF: Readonly<Record<ExpressionType, (sql: string) => string>> = {
  number: (sql) => `trim_scale(${sql})::text`,
  money: (sql) => `trim_scale(${sql})::text`,
  text: (sql) => sql,
  boolean: (sql) => `(${sql})::text`,
  date: (sql) => `public.guanxi_date_text(${sql})`,
  dateTime: (sql) => `public.guanxi_time(${sql})`,
}

/** Extent of that text: nothing but a text is longer than 100 characters. */
export function textExtent(from: OperandType, extent: Extent): Extent {
  return from === 'text' ? extent : { ...extent, length: 100 }
}

const isValue = (type: OperandType): type is ExpressionType => (EXPRESSION_TYPES as readonly OperandType[]).includes(type)

/**
 * Whether a value may stand where another type is wanted: null anywhere, a day as its first instant, a number that names no field as an
 * amount of money. `joins`: any value as a text.
 */
export function convertible(from: OperandType, to: OperandType, constant: boolean, joins: boolean): boolean {
  if (!isValue(to)) return false
  if (from === 'null') return true
  if (from === 'date' && to === 'dateTime') return true
  if (from === 'number' && to === 'money') return constant
  return joins && to === 'text' && isValue(from)
}

/** SQL of a value as another type, where `convertible` allows it. */
export function convertSql(sql: string, from: OperandType, to: ExpressionType): string {
  if (from === 'null') return `NULL::${SQL_TYPES[to]}`
  if (from === 'date' && to === 'dateTime') return midnightSql(sql)
  return to === 'text' && isValue(from) ? TEXT_OF[from](sql) : sql
}

/** A literal text of at most this many characters. */
export function isShortText(node: Expression | undefined, characters: number): boolean {
  return node?.kind === 'literal' && node.type === 'text' && [...node.value].length <= characters
}
