import { type DocumentNode, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import { documentBytes, REMEMBERED_BYTES } from './document.ts'

/** A document that Apollo Server has parsed and validated, with the one operation that is asked for. */
export interface KnownOperation {
  readonly document: DocumentNode
  readonly type: 'query' | 'mutation'
}

interface KnownDocument {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly operations: ReadonlyMap<string | null, OperationDefinitionNode>
}

/**
 * Documents by their text that have passed Apollo's parsing and validation against a schema. A request that sends one of them again, in the plain
 * form that almost all clients use, needs nothing of Apollo's pipeline any more: skipping it halves the processor time of a small query.
 */
export class KnownDocuments {
  readonly #documents = new LRUCache<string, KnownDocument>({ maxSize: REMEMBERED_BYTES, sizeCalculation: (_, text) => documentBytes(text.length) })

  /** Notes a document that is valid against the schema. */
  remember(text: string, schema: GraphQLSchema, document: DocumentNode): void {
    if (this.#documents.get(text)?.schema === schema) return
    const all = document.definitions.filter((definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION)
    const operations = new Map<string | null, OperationDefinitionNode>(all.map((operation) => [operation.name?.value ?? null, operation]))
    // Without a name the document's only operation is meant.
    if (all.length === 1) operations.set(null, all[0] as OperationDefinitionNode)
    else operations.delete(null)
    this.#documents.set(text, { schema, document, operations })
  }

  /** The operation, where the text is known for this schema and names a query or mutation. */
  find(text: string, operationName: string | null, schema: GraphQLSchema): KnownOperation | null {
    const known = this.#documents.get(text)
    if (known === undefined || known.schema !== schema) return null
    const type = known.operations.get(operationName)?.operation
    return type === 'query' || type === 'mutation' ? { document: known.document, type } : null
  }
}
