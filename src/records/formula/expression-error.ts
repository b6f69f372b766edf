/** A mistake in an expression, in words for its author. Callers turn it into an issue with their own path. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  /** Where in the text it is, in UTF-16 units from 0; undefined where there is no text at hand. The message names the character, from 1. */
  readonly position: number | undefined

  constructor(message: string, position?: number) {
    super(position === undefined ? message : `${message} (At character ${position + 1}.)`)
    this.position = position
  }
}
