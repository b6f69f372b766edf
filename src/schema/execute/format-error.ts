import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { GuanxiError } from '../../errors/index.ts'

/** Told of what is masked, so that an operator finds it by its request id. */
export type ReportDefect = (error: unknown, requestId: string) => void

/** The client's form of any failure: GuanxiErrors as they are, errors of graphql-js itself as validation failures, all else as INTERNAL and nothing more. */
export function formatError(error: unknown, requestId: string, report: ReportDefect, path?: readonly (string | number)[]): GraphQLFormattedError {
  const located = error instanceof GraphQLError ? error : undefined
  const cause = causeOf(error)
  const place = {
    ...(located?.locations ? { locations: located.locations } : {}),
    ...((located?.path ?? path) ? { path: located?.path ?? path } : {}),
  }
  if (cause instanceof GuanxiError) return { message: cause.message, ...place, extensions: { ...cause.extensions, requestId } }
  if (located && cause === undefined) {
    const code = typeof located.extensions['code'] === 'string' ? located.extensions['code'] : 'GRAPHQL_VALIDATION_FAILED'
    return { message: located.message, ...place, extensions: { code, retryable: false, requestId } }
  }
  report(cause, requestId)
  return { message: 'An internal error occurred. Report the request id.', ...place, extensions: { code: 'INTERNAL', retryable: false, requestId } }
}

/** What is behind the GraphQLErrors around it; undefined where graphql-js itself had something to say (coercion wraps its own errors). */
function causeOf(error: unknown): unknown {
  let cause = error
  while (cause instanceof GraphQLError) cause = cause.originalError
  return cause
}

/** The failure as it was thrown, without graphql-js' location around it. */
export function originalOf(error: unknown): unknown {
  return error instanceof GraphQLError ? (error.originalError ?? error) : error
}
