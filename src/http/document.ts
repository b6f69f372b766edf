import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql'
import { carriedBy, carry, ERROR_CODES, type ErrorCode, type Message, quoted, say } from '../errors/index.ts'
import { VALIDATION_OPTIONS } from '../schema/execute/index.ts'
import { type DocumentLimits, limitErrors } from '../schema/limits/index.ts'
import { quotedFlaw, saidError } from '../schema/said-error.ts'
import { WENT_WRONG } from './error-body.ts'
import { LIMITS } from './limits.ts'

export const PARSE_OPTIONS = Object.freeze({ maxTokens: LIMITS.tokens })

/** Code of an error that graphql-js reported while parsing. */
export function syntaxErrorCode(message: string): ErrorCode {
  return message.includes('Parsing aborted') ? 'LIMIT_EXCEEDED' : 'GRAPHQL_PARSE_FAILED'
}

export function documentTooLong(): Message {
  return say`The document is longer than ${LIMITS.document} characters. Pass large inputs as variables.`
}

/** The document of a text that is within the limits and valid against the schema; else what is wrong with it, each error with its `extensions.code`. */
export function readDocument(text: string, schema: GraphQLSchema, limits: DocumentLimits): DocumentNode | readonly GraphQLError[] {
  if (text.length > LIMITS.document) return [coded(saidError(documentTooLong()), 'LIMIT_EXCEEDED')]
  let document: DocumentNode
  try {
    document = parse(text, PARSE_OPTIONS)
  } catch (error) {
    const { message } = error as Error
    return [coded(error instanceof GraphQLError ? error : saidError(say`The document cannot be read.`), syntaxErrorCode(message))]
  }
  const excesses = limitErrors(document, limits)
  if (excesses.length > 0) return excesses
  const errors = validateDocument(schema, document)
  return errors.length > 0 ? errors : document
}

/** The document of a text whatever its names are; null for a text that is none, or too long. */
export function parsedDocument(text: unknown): DocumentNode | null {
  if (typeof text !== 'string' || text.length > LIMITS.document) return null
  try {
    return parse(text, PARSE_OPTIONS)
  } catch {
    return null
  }
}

/** Validation within the limits; the errors carry their code. */
function validateDocument(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  try {
    return validate(schema, document, undefined, VALIDATION_OPTIONS).map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'))
  } catch (error) {
    // A rule throws where the root field of a subscription hangs on a variable, whose value it does not know.
    if (error instanceof GraphQLError) return [coded(error, 'GRAPHQL_VALIDATION_FAILED')]
    throw error
  }
}

function coded(error: GraphQLError, code: ErrorCode): GraphQLError {
  Object.assign(error.extensions, { code, retryable: ERROR_CODES[code].retryable })
  if (!carriedBy(error.extensions)) carry(error.extensions, { message: quotedByCode(error.message, code) })
  return error
}

/** What graphql-js or Apollo Server says of a request, as other languages tell it. */
export function quotedByCode(text: string, code: ErrorCode): Message {
  switch (code) {
    case 'GRAPHQL_PARSE_FAILED':
      return quoted(say`The request or its document cannot be read:`, text)
    case 'INTERNAL':
      return WENT_WRONG
    case 'LIMIT_EXCEEDED':
      return quoted(say`The document is larger than it may be:`, text)
    default:
      return quotedFlaw(text)
  }
}
