/** SQL of days and instants that depends on no setting of the session, so that it can be indexed. */

const secondsSql = (moment: string): string => `extract(epoch FROM ${moment} AT TIME ZONE 'UTC')`

/** Days from one instant to another, with ten digits behind the point. */
export function daysBetweenSql(from: string, to: string): string {
  return `round((${secondsSql(to)} - ${secondsSql(from)}) / 86400, 10)`
}

export function hoursBetweenSql(from: string, to: string): string {
  return `round((${secondsSql(to)} - ${secondsSql(from)}) / 3600, 10)`
}

/** A part of a day or of an instant's day in UTC, e.g. `year`. */
export function partSql(part: string, type: 'date' | 'dateTime', value: string): string {
  return `extract(${part} FROM ${type === 'date' ? value : `${value} AT TIME ZONE 'UTC'`})`
}

/** The day's first instant in UTC. */
export function midnightSql(date: string): string {
  return `(${date}::timestamp AT TIME ZONE 'UTC')`
}

/** The day of an instant in UTC. */
export function dayOfSql(moment: string): string {
  return `(${moment} AT TIME ZONE 'UTC')::date`
}
