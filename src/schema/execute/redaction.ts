import type { GraphQLFormattedError } from 'graphql'
import { carry, type Message, say } from '../../errors/index.ts'
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
  const errors = told.map((item): GraphQLFormattedError => {
    const { path, typeName, fieldName } = item
    const message = refusalText(item)
    const extensions = { code: 'FORBIDDEN_FIELD', retryable: false, requestId: request.requestId, type: typeName, field: fieldName }
    return { message: message.toString(), path, extensions: carry(extensions, { message }) }
  })
  const extensions = { redacted: unique.map(({ path, state, partly }) => ({ path, state, ...(partly && { partly }) })) }
  if (request.accessMode === 'redact') return { errors: [], extensions, refused: false }
  return { errors, extensions, refused: isStrict }
}

function refusalText({ typeName, fieldName, state, partly }: RedactedSelection): Message {
  if (partly) return say`Your roles do not show ${typeName}.${fieldName} of every record.`
  return state === 'masked' ? say`Your roles do not show ${typeName}.${fieldName} in full.` : say`Your roles do not show ${typeName}.${fieldName}.`
}
