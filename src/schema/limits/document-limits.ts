import type { GraphQLError } from 'graphql'
import { ERROR_CODES, type Message, say } from '../../errors/index.ts'
import { saidError } from '../said-error.ts'

/** What one operation may ask for. Every refusal names the limit, what was asked and what is allowed. */
export interface DocumentLimits {
  /** Fields inside fields, whatever fragments they stand in. */
  readonly depth: number
  /** Fields with an alias in the whole document. */
  readonly aliases: number
  /** Different fields at the root of an operation. */
  readonly rootFields: number
  /** Directives at one place of the document. */
  readonly directives: number
  /** Fields with a selection of their own (records, lists, composite values), with fragments written out wherever they are spread. Each may be a sub-select. */
  readonly selections: number
  /** See `operationCost`. */
  readonly cost: number
}

export const DOCUMENT_LIMITS: DocumentLimits = Object.freeze({
  depth: 30,
  aliases: 100,
  rootFields: 100,
  directives: 5,
  selections: 500,
  cost: 1_000_000,
})

/** What is told where a limit is exceeded. */
export interface Excess {
  readonly limit: keyof DocumentLimits
  readonly asked: number
  readonly allowed: number
}

const TEXTS: Readonly<Record<keyof DocumentLimits, (asked: string | Message, allowed: string) => Message>> = {
  depth: (asked, allowed) => say`The operation nests fields ${asked} levels deep; ${allowed} are allowed.`,
  aliases: (asked, allowed) => say`The document has ${asked} aliases; ${allowed} are allowed. Ask in several requests.`,
  rootFields: (asked, allowed) => say`The operation has ${asked} root fields; ${allowed} are allowed. Ask in several requests.`,
  directives: (asked, allowed) => say`${asked} directives stand at one place of the document; ${allowed} are allowed.`,
  selections: (asked, allowed) =>
    say`With its fragments written out the operation selects ${asked} records, lists and composite values; ${allowed} are allowed. Ask in several requests.`,
  cost: (asked, allowed) =>
    say`The lists of the operation may bring ${asked} records; ${allowed} are allowed. Ask for smaller pages by \`first\`, or for lists inside of lists in several requests.`,
}

/** A number that fragments have raised to the millions of millions tells no more by its digits. */
const COUNTABLE = 1e9

export function excessMessage({ limit, asked, allowed }: Excess): Message {
  return TEXTS[limit](asked > COUNTABLE ? say`more than ${COUNTABLE}` : String(asked), String(allowed))
}

/** Members of `extensions` that name the limit. */
export function excessDetails({ limit, asked, allowed }: Excess) {
  return { limitName: limit, limit: allowed, asked: Math.min(asked, COUNTABLE) }
}

/** As the error of a validation rule. */
export function excessError(excess: Excess): GraphQLError {
  const code = 'LIMIT_EXCEEDED'
  return saidError(excessMessage(excess), { extensions: { code, retryable: ERROR_CODES[code].retryable, ...excessDetails(excess) } })
}
