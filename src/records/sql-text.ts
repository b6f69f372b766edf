import { DefectError } from '../errors/index.ts'

/** The one SQL formatter of instants: RFC 3339, UTC, milliseconds. */
export function instantSql(expression: string): string {
  return `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

/** Money as decimal text with at least two digits behind the point. */
export function moneySql(amount: string): string {
  return `round(${amount}, greatest(2, min_scale(${amount})))::text`
}

/**
 * A text literal, the one function that puts a text into SQL. Names and constants of our own, and what users write in expressions: values of
 * records travel as parameters. A backslash is doubled in the form that says so, and means itself whatever `standard_conforming_strings` is.
 * Throws DefectError for U+0000, at which PostgreSQL would end the statement.
 */
export function literalSql(text: string): string {
  if (text.includes('\0')) throw new DefectError('a text with U+0000 cannot stand in SQL and must have been refused before')
  const quoted = text.replaceAll("'", "''")
  return quoted.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`
}

/** Average with six digits behind the point at least. PostgreSQL's own has some sixteen digits in all, or as many behind the point as the values have. */
export function averageSql(value: string): string {
  return `avg(${value} + 0.000000)`
}

/** Joins conditions, leaving constants out. */
export function allOf(conditions: readonly string[]): string {
  if (conditions.includes('FALSE')) return 'FALSE'
  const meant = conditions.filter((condition) => condition !== 'TRUE')
  return meant.length === 0 ? 'TRUE' : meant.join(' AND ')
}

/** Likewise for conditions of which one suffices; in brackets where there are several. */
export function anyOf(conditions: readonly string[]): string {
  if (conditions.includes('TRUE')) return 'TRUE'
  const meant = conditions.filter((condition) => condition !== 'FALSE')
  if (meant.length < 2) return meant[0] ?? 'FALSE'
  return `(${meant.map((condition) => `(${condition})`).join(' OR ')})`
}
