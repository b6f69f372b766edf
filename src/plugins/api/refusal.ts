import type { PluginText } from './text.ts'

/** Codes of the error catalogue that a plugin may answer with. */
export type RefusalCode = 'VALIDATION_FAILED' | 'FORBIDDEN' | 'NOT_FOUND' | 'DUPLICATE' | 'LIMIT_EXCEEDED' | 'UNAVAILABLE'

/** How the host knows a refusal, also one that was made by another copy of this package. */
export const REFUSAL = Symbol.for('guanxi.plugin.refusal')

/** What is wrong with one value of an input. */
export interface RefusalIssue {
  readonly path: readonly (string | number)[]
  /** Upper case: `TOO_EARLY`. */
  readonly code: string
  readonly message: PluginText
}

/**
 * What a plugin throws to refuse what its caller asks for. The client is told all of it, so the text names the user's thing and the way out, and nothing internal. Whatever else a plugin
 * throws is a failure of the plugin: the client hears PLUGIN_UNAVAILABLE, and the operator reads the rest in the log.
 */
export class Refusal extends Error {
  readonly [REFUSAL] = true
  readonly code: RefusalCode
  /** As it was given; `message` is the English of it. */
  readonly text: PluginText
  readonly issues: readonly RefusalIssue[]

  constructor(code: RefusalCode, text: PluginText, issues: readonly RefusalIssue[] = []) {
    super(typeof text === 'string' ? text : text.en)
    this.name = 'Refusal'
    this.code = code
    this.text = text
    this.issues = issues
  }
}
