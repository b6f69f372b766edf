import { type DocumentNode, type GraphQLError, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { DocumentLimits } from '../schema/limits/index.ts'
import { readDocument } from './document.ts'

/** A document that has been parsed and validated, with the one operation that is asked for. */
export interface KnownOperation {
  readonly document: DocumentNode
  readonly type: 'query' | 'mutation'
}

interface KnownDocument {
  readonly document: DocumentNode
  readonly operations: ReadonlyMap<string | null, OperationDefinitionNode>
}

type Documents = LRUCache<string, KnownDocument>

/** What all of them may take, as `documentBytes` estimates it. */
const REMEMBERED_BYTES = 32 * 1024 * 1024

/** Memory that a parsed document takes, by the length of its text: some 65 bytes a character, twice that where it is short (measured). */
function documentBytes(characters: number): number {
  return 2048 + 70 * characters
}

/** For so many milliseconds documents are tried against a new schema before it is served, the ones used last first; others get their turn every few. */
const WARMING = 100
const TURN = 5

function createDocuments(): Documents {
  return new LRUCache({ maxSize: REMEMBERED_BYTES, sizeCalculation: (_, text) => documentBytes(text.length) })
}

/**
 * Documents by their text that are valid against the schema that is served, for both transports. A request that sends one of them again needs no parsing
 * and no validation; over HTTP, in the plain form that almost all clients use, it needs nothing of Apollo's pipeline any more: skipping that halves the
 * processor time of a small query.
 */
export class KnownDocuments {
  #documents = createDocuments()
  #schema: GraphQLSchema | null = null
  readonly #limits: DocumentLimits
  #warm: { readonly schema: GraphQLSchema; readonly documents: Documents } | null = null

  constructor(limits: DocumentLimits) {
    this.#limits = limits
  }

  /** Notes a document that is valid against the schema; one of another schema than the served one is not kept. */
  remember(text: string, schema: GraphQLSchema, document: DocumentNode): void {
    if (schema !== this.#schema || this.#documents.has(text)) return
    const all = document.definitions.filter((definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION)
    const operations = new Map<string | null, OperationDefinitionNode>(all.map((operation) => [operation.name?.value ?? null, operation]))
    // Without a name the document's only operation is meant.
    if (all.length === 1) operations.set(null, all[0] as OperationDefinitionNode)
    else operations.delete(null)
    this.#documents.set(text, { document, operations })
  }

  /** The operation, where the text is known for this schema and names a query or mutation. */
  find(text: string, operationName: string | null, schema: GraphQLSchema): KnownOperation | null {
    if (schema !== this.#schema) return null
    const known = this.#documents.get(text)
    const type = known?.operations.get(operationName)?.operation
    return known && (type === 'query' || type === 'mutation') ? { document: known.document, type } : null
  }

  /** The document of a text: the one that is known, else as it is read. Answers what is wrong with a text that is none, or does not fit the schema. */
  read(text: string, schema: GraphQLSchema): DocumentNode | readonly GraphQLError[] {
    const known = schema === this.#schema ? this.#documents.get(text) : undefined
    if (known) return known.document
    const read = readDocument(text, schema, this.#limits)
    if ('kind' in read) this.remember(text, schema, read)
    return read
  }

  /** Carries over the documents that fit a schema which is about to be served, so that their next requests need not wait for it. */
  async warm(schema: GraphQLSchema, stillFits: (document: DocumentNode, valid: GraphQLSchema) => boolean): Promise<void> {
    const valid = this.#schema
    if (valid === null) return
    const fitting: [string, KnownDocument][] = []
    let turn = performance.now() + TURN
    const deadline = performance.now() + WARMING
    for (const [text, known] of [...this.#documents.entries()]) {
      if (stillFits(known.document, valid)) fitting.push([text, known])
      const now = performance.now()
      if (now > deadline) break
      if (now < turn) continue
      await new Promise((resolve) => setImmediate(resolve))
      turn = performance.now() + TURN
    }
    const documents = createDocuments()
    // The ones used last are to stay the last ones.
    for (const [text, known] of fitting.reverse()) documents.set(text, known)
    this.#warm = { schema, documents }
  }

  /** The schema is served from now on. Nothing of the one before is kept. */
  serve(schema: GraphQLSchema): void {
    if (schema === this.#schema) return
    this.#documents = this.#warm?.schema === schema ? this.#warm.documents : createDocuments()
    this.#warm = null
    this.#schema = schema
  }
}
