import { ERROR_CODES, type ErrorCode } from '../errors/index.ts'

/** Text of an answer that is one error and nothing else, in the shape that every error of the API has. */
export function errorBody(code: ErrorCode, message: string, requestId: string, details: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ errors: [{ message, extensions: { ...errorExtensions(code, requestId), ...details } }] })
}

/** What every error carries in `extensions`. */
export function errorExtensions(code: ErrorCode, requestId: string) {
  return { code, requestId, retryable: ERROR_CODES[code].retryable }
}
