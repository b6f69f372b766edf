import { GraphQLError, type GraphQLFormattedError } from 'graphql'
import { carriedBy, carry, GuanxiError, say, spoken } from '../../errors/index.ts'
import { quotedFlaw } from '../said-error.ts'

/** Told of what is masked, so that an operator finds it by its request id. */
export type ReportDefect = (error: unknown, requestId: string) => void

/**
 * The client's form of any failure: GuanxiErrors as they are, errors of graphql-js itself as validation failures, all else as INTERNAL and nothing more. It is English; its `extensions` carry what
 * `errorsIn` makes another language of.
 */
export function formatError(error: unknown, requestId: string, report: ReportDefect, path?: readonly (string | number)[]): GraphQLFormattedError {
  const located = error instanceof GraphQLError ? error : undefined
  const cause = causeOf(error)
  const place = {
    ...(located?.locations ? { locations: located.locations } : {}),
    ...((located?.path ?? path) ? { path: located?.path ?? path } : {}),
  }
  if (cause instanceof GuanxiError) {
    const extensions = { ...(spoken(cause.extensions, 'en') as object), requestId }
    return { message: cause.message, ...place, extensions: carry(extensions, { message: cause.text, details: cause.details }) }
  }
  if (located && cause === undefined) {
    const code = typeof located.extensions['code'] === 'string' ? located.extensions['code'] : 'GRAPHQL_VALIDATION_FAILED'
    const message = carriedBy(located.extensions)?.message ?? quotedFlaw(located.message)
    return { message: located.message, ...place, extensions: carry({ code, retryable: false, requestId }, { message }) }
  }
  report(cause, requestId)
  const message = say`An internal error occurred. Report the request id.`
  return { message: message.toString(), ...place, extensions: carry({ code: 'INTERNAL', retryable: false, requestId }, { message }) }
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
