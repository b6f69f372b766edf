import { type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import { documentBytes, REMEMBERED_BYTES, validateDocument } from './document.ts'

/** A document that Apollo Server has parsed and validated, with the one operation that is asked for. */
export interface KnownOperation {
  readonly document: DocumentNode
  readonly type: 'query' | 'mutation'
}

interface KnownDocument {
  readonly document: DocumentNode
  readonly operations: ReadonlyMap<string | null, OperationDefinitionNode>
}

type Documents = LRUCache<string, KnownDocument>

/** Documents that are validated against a new schema before it is served, the ones used last first, and for how long (milliseconds). */
const WARMED = 200
const WARMING = 100

function createDocuments(): Documents {
  return new LRUCache({ maxSize: REMEMBERED_BYTES, sizeCalculation: (_, text) => documentBytes(text.length) })
}

/**
 * Documents by their text that have passed Apollo's parsing and validation against the schema that is served. A request that sends one of them again, in
 * the plain form that almost all clients use, needs nothing of Apollo's pipeline any more: skipping it halves the processor time of a small query.
 */
export class KnownDocuments {
  #documents = createDocuments()
  #schema: GraphQLSchema | null = null
  #warm: { readonly schema: GraphQLSchema; readonly documents: Documents } | null = null

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

  /** Validates the documents that are used most against a schema that is about to be served, so that their next requests need not wait for it. */
  async warm(schema: GraphQLSchema): Promise<void> {
    const documents = createDocuments()
    const hottest = [...this.#documents.entries()].slice(0, WARMED)
    const deadline = performance.now() + WARMING
    const fitting: [string, KnownDocument][] = []
    for (const [text, known] of hottest) {
      if (performance.now() > deadline) break
      if (validateDocument(schema, known.document).length === 0) fitting.push([text, known])
      await new Promise((resolve) => setImmediate(resolve))
    }
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
