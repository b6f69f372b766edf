import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors'

/** One thing that is wrong with an input, at `path`: `["input", "email"]`. */
export interface Issue {
  readonly path: readonly (string | number)[]
  readonly code: string
  readonly message: string
}

/** What somebody else has written meanwhile, and what was to be written. */
export interface Conflict {
  /** The record as it was when it was read. */
  readonly base: Readonly<Record<string, unknown>> | null
  readonly yours: Readonly<Record<string, unknown>>
  readonly current: Readonly<Record<string, unknown>>
  readonly ifVersion: number
  readonly version: number
}

function extensionsOf(error: unknown): Readonly<Record<string, unknown>> {
  return (CombinedGraphQLErrors.is(error) && error.errors[0]?.extensions) || {}
}

/** Of the catalogue of errors; undefined where the server did not answer. */
export function codeOf(error: unknown): string | undefined {
  if (ServerError.is(error) && error.statusCode === 401) return 'UNAUTHENTICATED'
  return extensionsOf(error)['code'] as string | undefined
}

/** The same may succeed later. A server that did not answer may do so then. */
export function isRetryable(error: unknown): boolean {
  return codeOf(error) === undefined || extensionsOf(error)['retryable'] === true
}

/** Messages by the field of the input that they are about. */
export function issuesByField(error: unknown): ReadonlyMap<string, string> {
  const issues = (extensionsOf(error)['issues'] ?? []) as readonly Issue[]
  return new Map(issues.flatMap(({ path: [, field], message }) => (typeof field === 'string' ? [[field, message]] : [])))
}

export function conflictOf(error: unknown): Conflict | undefined {
  return codeOf(error) === 'VERSION_CONFLICT' ? (extensionsOf(error) as unknown as Conflict) : undefined
}
