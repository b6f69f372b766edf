/** The one SQL formatter of instants: RFC 3339, UTC, milliseconds. */
export function instantSql(expression: string): string {
  return `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

/** Money as decimal text with at least two digits behind the point. */
export function moneySql(amount: string): string {
  return `round(${amount}, greatest(2, min_scale(${amount})))::text`
}

/** A text literal; for names and constants of our own only, never for values of users. */
export function literalSql(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
