/** An error as the server tells it. */
export interface ToldError {
  readonly message: string
  readonly extensions: { readonly code: string; readonly issues?: readonly { readonly path: readonly (string | number)[]; readonly message: string }[] }
}

/** An answer without data. */
export class OperationError extends Error {
  readonly errors: readonly ToldError[]

  constructor(errors: readonly ToldError[]) {
    super(errors.map(({ message }) => message).join(' '))
    this.errors = errors
  }
}
