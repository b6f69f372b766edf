import { GuanxiError } from '../../errors/index.ts'

/** What a hidden name in an input answers: word for word what an unknown one does, for the whole operation. */
export function unknownInputField(field: string, type: string): GuanxiError {
  return new GuanxiError('GRAPHQL_VALIDATION_FAILED', `Field "${field}" is not defined by type "${type}".`)
}

/** The same for a hidden output that must not be told from an unknown one (aggregates). */
export function unknownOutputField(field: string, type: string): GuanxiError {
  return new GuanxiError('GRAPHQL_VALIDATION_FAILED', `Cannot query field "${field}" on type "${type}".`)
}
