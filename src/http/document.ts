import { type DocumentNode, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql'
import { LRUCache } from 'lru-cache'
import { ERROR_CODES, type ErrorCode } from '../errors/index.ts'
import { VALIDATION_OPTIONS } from '../schema/execute/index.ts'
import { LIMITS } from './limits.ts'

export const PARSE_OPTIONS = Object.freeze({ maxTokens: LIMITS.tokens })

/** Code of an error that graphql-js reported while parsing. */
export function syntaxErrorCode(message: string): ErrorCode {
  return message.includes('Parsing aborted') ? 'LIMIT_EXCEEDED' : 'GRAPHQL_PARSE_FAILED'
}

export function documentTooLong(): string {
  return `The document is longer than ${LIMITS.document} characters. Pass large inputs as variables.`
}

/** Parses and validates documents against a schema, remembering the valid ones. */
export interface DocumentReader {
  /** Throws GraphQLError (or answers several) whose `extensions.code` is set. */
  read(text: string, schema: GraphQLSchema): DocumentNode | readonly GraphQLError[]
  /** Another schema is served: nothing of the one before is kept. */
  forget(): void
}

/** What the documents of one cache may take, as `documentBytes` estimates it. */
export const REMEMBERED_BYTES = 32 * 1024 * 1024

/** Memory that a parsed document takes, by the length of its text: some 65 bytes a character, twice that where it is short (measured). */
export function documentBytes(characters: number): number {
  return 2048 + 70 * characters
}

export function createDocumentReader(): DocumentReader {
  let served: GraphQLSchema | undefined
  const forget = (): void => {
    known.clear()
    served = undefined
  }
  const known = new LRUCache<string, DocumentNode>({ maxSize: REMEMBERED_BYTES, sizeCalculation: (_, text) => documentBytes(text.length) })
  return {
    forget,
    read: (text, schema) => {
      if (schema !== served) {
        forget()
        served = schema
      }
      const remembered = known.get(text)
      if (remembered) return remembered
      if (text.length > LIMITS.document) return [coded(new GraphQLError(documentTooLong()), 'LIMIT_EXCEEDED')]
      let document: DocumentNode
      try {
        document = parse(text, PARSE_OPTIONS)
      } catch (error) {
        const { message } = error as Error
        return [coded(error instanceof GraphQLError ? error : new GraphQLError('The document cannot be read.'), syntaxErrorCode(message))]
      }
      const errors = validateDocument(schema, document)
      if (errors.length > 0) return errors
      known.set(text, document)
      return document
    },
  }
}

/** Validation within the limits; the errors carry their code. */
export function validateDocument(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  return validate(schema, document, undefined, VALIDATION_OPTIONS).map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'))
}

function coded(error: GraphQLError, code: ErrorCode): GraphQLError {
  Object.assign(error.extensions, { code, retryable: ERROR_CODES[code].retryable })
  return error
}
