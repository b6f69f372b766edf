import { type Message, say } from '../../errors/index.ts'

/** A mistake in an expression, in words for its author. Callers turn it into an issue with their own path. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  readonly text: Message
  /** Where in the text it is, in UTF-16 units from 0; undefined where there is no text at hand. The message names the character, from 1. */
  readonly position: number | undefined

  constructor(message: Message, position?: number) {
    const text = position === undefined ? message : say`${message} (At character ${position + 1}.)`
    super(text.toString())
    this.text = text
    this.position = position
  }
}
