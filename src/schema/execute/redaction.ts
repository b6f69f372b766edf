import type { GraphQLFormattedError } from 'graphql'
import type { OperationRequest } from '../operation.ts'
import type { RedactedSelection } from '../plan/collect-context.ts'

export interface Redaction {
  readonly errors: readonly GraphQLFormattedError[]
  readonly extensions: Readonly<Record<string, unknown>> | undefined
  /** `strict`: the operation fails. */
  readonly refused: boolean
}

/** How selections that were turned into null or masked are told, by the caller's access mode. */
export function redactionOf(redacted: readonly RedactedSelection[], request: Pick<OperationRequest, 'accessMode' | 'requestId'>): Redaction {
  const unique = [...new Map(redacted.map((item) => [item.path.join('.'), item])).values()]
  if (unique.length === 0) return { errors: [], extensions: undefined, refused: false }
  const isStrict = request.accessMode === 'strict'
  // What some records show is no error of the selection.
  const told = isStrict ? unique : unique.filter(({ state, partly }) => state === 'hidden' && !partly)
  const errors = told.map(
    ({ path, typeName, fieldName, state, partly }): GraphQLFormattedError => ({
      message: `Your roles do not show ${typeName}.${fieldName}${partly ? ' of every record' : state === 'masked' ? ' in full' : ''}.`,
      path,
      extensions: { code: 'FORBIDDEN_FIELD', retryable: false, requestId: request.requestId, type: typeName, field: fieldName },
    }),
  )
  const extensions = { redacted: unique.map(({ path, state, partly }) => ({ path, state, ...(partly && { partly }) })) }
  if (request.accessMode === 'redact') return { errors: [], extensions, refused: false }
  return { errors, extensions, refused: isStrict }
}
