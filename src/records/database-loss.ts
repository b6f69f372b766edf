import pg from 'pg'
import { GuanxiError, say } from '../errors/index.ts'

/** What pg says where no connection came free in time. */
export const NO_CONNECTION = 'timeout exceeded when trying to connect'

/** SQLSTATE of a driver error, or undefined where the error did not come from the server. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** The database itself has said so: no error that only looks like one of its own. */
export function isDatabaseError(error: unknown): boolean {
  return error instanceof pg.DatabaseError
}

const LOST_CONNECTION_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND'])
const LOST_CONNECTION_STATES = /^(08|57P0|53300|58)/
const LOST_CONNECTION_TEXT = new RegExp(`^(Connection terminated|${NO_CONNECTION}|Client has encountered a connection error|Query read timeout)`)

/** The server could not be reached or ended the session: nothing is known to be wrong with the statement itself. */
export function isConnectionLoss(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  if (typeof code === 'string' && (LOST_CONNECTION_CODES.has(code) || LOST_CONNECTION_STATES.test(code))) return true
  return typeof message === 'string' && LOST_CONNECTION_TEXT.test(message)
}

/** An error of the driver as `Database` throws it. */
export function translated(error: unknown): unknown {
  if (isConnectionLoss(error)) return new GuanxiError('UNAVAILABLE', say`The database cannot be reached. Try again shortly.`, {}, { cause: error })
  if (sqlState(error) === '57014') return new GuanxiError('UNAVAILABLE', say`The statement took too long and was stopped.`, {}, { cause: error })
  return error
}

/** The error of a statement that failed since the server could not be reached or ended the session, as `Database` throws it. */
export function isDatabaseLost(error: unknown): error is GuanxiError {
  return error instanceof GuanxiError && error.code === 'UNAVAILABLE' && isConnectionLoss(error.cause)
}

/** The answer to COMMIT was lost: nobody can say whether the server carried it out. Whoever simply sends the change again may make it twice. */
export function outcomeUnknown(error: unknown): unknown {
  if (!isDatabaseLost(error)) return error
  const message = say`The database was lost while the change was committed, so it may have been made or not. Read before you send it again, unless it has an Idempotency-Key.`
  return new GuanxiError('UNAVAILABLE', message, { retryable: false, outcome: 'UNKNOWN' }, { cause: error.cause })
}
