import type { Expression } from '../../entities/expression.ts'
import { decimalDigits } from '../../lib/decimal-text.ts'
import { literalSql } from '../sql-text.ts'
import { type FieldById, typedExpression } from './check.ts'
import { convertSql, textExtent } from './conversions.ts'
import { BOUNDED, boundSql, extentOfField } from './extent.ts'
import type { Operand } from './overload.ts'
import type { Typed } from './typed.ts'

/** Behind the point of every amount that is stored. */
const MONEY_DIGITS = 4

/**
 * SQL of the expression's value, to stand anywhere in a statement: numeric (without zeros at its end), numeric of at most four digits behind the point for money, text, boolean,
 * date or timestamptz. `columnOf` gives the SQL of a field's comparable value, whose columns are qualified; it may be the SQL of another
 * formula. It names a field as often as the expression does, so formulas over formulas can multiply: their caller bounds the text's length.
 * Whatever the row holds, it raises no error. It is IMMUTABLE where `checkExpression` calls it stable. Throws ExpressionError as that does.
 */
export function compileExpression(expression: Expression, fieldById: FieldById, columnOf: (fieldId: string) => string): string {
  const typed = typedExpression(expression, fieldById)
  const { sql, extent } = compile(typed, columnOf)
  if (typed.type === 'number') return `trim_scale(${sql})`
  return typed.type === 'money' && extent.fraction > MONEY_DIGITS ? `round(${sql}, ${MONEY_DIGITS})` : sql
}

function compile(node: Typed, columnOf: (fieldId: string) => string): Operand {
  switch (node.kind) {
    case 'literal':
      return compileLiteral(node.value, node.type === 'number')
    case 'field': {
      const { field } = node
      const sql = `(${columnOf(field.id)})`
      // Integers would divide to integers and overflow; the id is a uuid.
      const cast = node.type === 'number' ? '::numeric' : node.type === 'text' && field.system && field.name === 'id' ? '::text' : ''
      return { sql: `${sql}${cast}`, extent: extentOfField(field), certain: false, literal: undefined }
    }
    case 'conversion': {
      const inner = compile(node.inner, columnOf)
      const extent = node.type === 'text' ? textExtent(node.inner.type, inner.extent) : inner.extent
      const certain = inner.certain && node.inner.type !== 'null'
      return { sql: convertSql(inner.sql, node.inner.type, node.type), extent, certain, literal: inner.literal }
    }
    case 'call': {
      const operands = node.arguments.map((argument) => compile(argument, columnOf))
      const result = node.overload.sql(...operands)
      const whole = node.overload.extent?.(...operands) ?? BOUNDED
      const type = node.type === 'money' ? 'number' : node.type
      const [sql, extent] = type === 'number' || type === 'text' ? boundSql(result, type, whole) : [result, whole]
      return { sql, extent, certain: node.overload.certain === true, literal: undefined }
    }
  }
}

function compileLiteral(value: string | boolean | null, isNumber: boolean): Operand {
  if (value === null) return { sql: 'NULL', extent: BOUNDED, certain: false, literal: undefined }
  if (typeof value === 'boolean') return { sql: value ? 'TRUE' : 'FALSE', extent: BOUNDED, certain: true, literal: undefined }
  const extent = { ...BOUNDED, ...(isNumber ? decimalDigits(value) : { length: value.length }) }
  return { sql: isNumber ? `${value}::numeric` : `${literalSql(value)}::text`, extent, certain: true, literal: value }
}
