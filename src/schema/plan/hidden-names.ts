import { GuanxiError } from '../../errors/index.ts'
import { quotedFlaw } from '../said-error.ts'

/** A name that the caller may not see stands in the operation, which fails as a whole, word for word as for an unknown name (`unknownNameErrors`). */
export class HiddenNameError extends GuanxiError {
  readonly field: string
  /** The type on which the field is hidden. */
  readonly type: string

  constructor(field: string, type: string, message: string) {
    super('GRAPHQL_VALIDATION_FAILED', quotedFlaw(message))
    this.field = field
    this.type = type
  }
}

/** For a hidden name in an input. */
export function unknownInputField(field: string, type: string): HiddenNameError {
  return new HiddenNameError(field, type, `Field "${field}" is not defined by type "${type}".`)
}

/** For a hidden output that must not be told from an unknown one (aggregates). */
export function unknownOutputField(field: string, type: string): HiddenNameError {
  return new HiddenNameError(field, type, `Cannot query field "${field}" on type "${type}".`)
}
