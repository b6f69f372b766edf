import { ERROR_CODES, type ErrorCode } from './codes.ts'
import { type Message, say } from './message.ts'

/** One broken rule in an input: where (GraphQL argument path), which rule, and a sentence for people. */
export interface Issue {
  readonly path: readonly (string | number)[]
  /** UPPER_SNAKE rule name, e.g. `REQUIRED`, `TOO_LONG`, `EMAIL`, `CYCLE`, `TRANSITION`. */
  readonly code: string
  readonly message: Message
}

/** An error meant for the client: its text and `extensions` are sent in the language of the request. Everything else is masked as INTERNAL. `message` is English, for logs. */
export class GuanxiError extends Error {
  override readonly name = 'GuanxiError'
  readonly code: ErrorCode
  readonly text: Message
  /** Further members of `extensions`, e.g. `issues`, `retryAfter`, `current`. May hold messages. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, text: Message, details: Record<string, unknown> = {}, options?: { cause?: unknown }) {
    super(text.toString(), options)
    this.code = code
    this.text = text
    this.details = Object.freeze({ ...details })
  }

  /** What goes into `extensions` of the GraphQL error, without `requestId`. */
  get extensions(): Record<string, unknown> {
    return { code: this.code, retryable: ERROR_CODES[this.code].retryable, ...this.details }
  }
}

/** VALIDATION_FAILED with its issues; the message repeats the first so that logs and simple clients are readable. */
export function validationFailed(issues: readonly Issue[]): GuanxiError {
  const first = issues[0]?.message ?? say`The input is not valid.`
  return new GuanxiError('VALIDATION_FAILED', issues.length > 1 ? say`${first} (and ${issues.length - 1} more)` : first, { issues })
}

/** NOT_FOUND in the one wording that is used for missing and for unreadable records alike: of a module by its name, of anything else by a noun that is said. */
export function notFound(noun: string | Message): GuanxiError {
  return new GuanxiError('NOT_FOUND', say`There is no ${noun} with this id, or you cannot read it.`, { module: String(noun) })
}

/** A developer's mistake (wrong use of an internal function). Never shown to clients. */
export class DefectError extends Error {
  override readonly name = 'DefectError'
}

/** Ends the start with one clear line and a non-zero exit code (bad configuration, unreachable database …). */
export class StartupError extends Error {
  override readonly name = 'StartupError'
}
