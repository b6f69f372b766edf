/** What the pipeline does about an error of PostgreSQL, by SQLSTATE or its first two characters. */
export type SqlStateHandling = 'retry' | 'duplicate' | 'reference' | 'missing' | 'value' | 'size' | 'unavailable'

const HANDLING: ReadonlyMap<string, SqlStateHandling> = new Map([
  ['40001', 'retry'], // serialization_failure
  ['40P01', 'retry'], // deadlock_detected
  ['23505', 'duplicate'], // unique_violation
  ['23503', 'reference'], // foreign_key_violation
  ['23502', 'missing'], // not_null_violation
  ['23514', 'missing'], // check_violation: the check behind `required`
  ['22', 'value'], // data_exception
  ['54000', 'size'], // program_limit_exceeded: an index entry or row that does not fit a page
  ['55P03', 'unavailable'], // lock_not_available
  ['57014', 'unavailable'], // query_canceled: statement_timeout
])

/** How often the whole work runs at most. */
export const ATTEMPTS = 8

/** Undefined: a defect of ours, to be masked as INTERNAL. */
export function handlingOf(sqlState: string): SqlStateHandling | undefined {
  return HANDLING.get(sqlState) ?? HANDLING.get(sqlState.slice(0, 2))
}

/** Pause before attempt `attempt` (2 for the first retry), in milliseconds: jittered, so that two rivals part. */
export function pauseBefore(attempt: number, random: () => number = Math.random): number {
  return Math.round(10 * 2 ** (attempt - 2) * (0.5 + random()))
}
