import { type DocumentNode, type FragmentDefinitionNode, getOperationAST, Kind, type OperationDefinitionNode } from 'graphql'
import { LRUCache } from 'lru-cache'
import { type OperationCost, operationCost } from '../limits/operation-cost.ts'
import type { Runtime } from '../operation.ts'
import { type OperationProfile, profileOperation } from '../plan/operation-profile.ts'
import type { CompiledQuery } from './compile-query.ts'
import { selectsAtRoot, TELLING } from './selects-at-root.ts'

/** An operation of a document with what is known of it once for all executions. */
export interface PreparedOperation {
  readonly operation: OperationDefinitionNode
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>
  readonly profile: OperationProfile
  /** It selects `__schema` or `__type`. */
  readonly readsSchema: boolean
  /** It selects `changeCursor`, which is read before everything else. */
  readonly readsPlace: boolean
  /** Compiled queries of the version that was served last, by permission shape and plan key. */
  readonly compiled: LRUCache<string, CompiledQuery>
  /** What it costs by the schema of the version, with these variables (see `operationCost`). */
  cost(runtime: Pick<Runtime, 'version' | 'schema'>, variables: Readonly<Record<string, unknown>>): number
  /** Forgets what was compiled for another version. */
  serve(version: number): void
}

/** The compiled queries that one operation keeps: characters of their keys (which hold variables) and statements. */
const COMPILED_CHARACTERS = 256 * 1024

/** Prepared operations live as long as their documents (which the transports keep in a bounded cache). */
export class PreparedOperations {
  readonly #known = new WeakMap<DocumentNode, Map<string | null, PreparedOperation | null>>()

  /** Null where the document has no such operation (or several and none is named). */
  get(document: DocumentNode, operationName: string | null): PreparedOperation | null {
    let operations = this.#known.get(document)
    if (!operations) {
      operations = new Map()
      this.#known.set(document, operations)
    }
    let prepared = operations.get(operationName)
    if (prepared === undefined) {
      prepared = prepare(document, operationName)
      if (prepared !== null || operations.size < 10) operations.set(operationName, prepared)
    }
    return prepared
  }
}

function prepare(document: DocumentNode, operationName: string | null): PreparedOperation | null {
  const operation = getOperationAST(document, operationName)
  if (!operation) return null
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null)
  for (const definition of document.definitions) if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition
  const compiled = new LRUCache<string, CompiledQuery>({ maxSize: COMPILED_CHARACTERS, sizeCalculation: charactersOf })
  let served = 0
  let constant: { readonly version: number; readonly cost: number } | undefined
  return {
    operation,
    fragments,
    profile: profileOperation(document, operation),
    readsSchema: selectsAtRoot(TELLING, operation, fragments),
    readsPlace: selectsAtRoot(PLACE, operation, fragments),
    compiled,
    cost: ({ version, schema }, variables) => {
      if (constant?.version === version) return constant.cost
      const counted: OperationCost = operationCost({ operation, fragments }, schema, variables)
      constant = counted.constant ? { version, cost: counted.cost } : undefined
      return counted.cost
    },
    serve: (version) => {
      if (version !== served) compiled.clear()
      served = version
    },
  }
}

const PLACE: ReadonlySet<string> = new Set(['changeCursor'])

/** A query that is too large is not kept at all. */
function charactersOf(query: CompiledQuery, key: string): number {
  const statements = query.kind === 'text' ? query.roots.reduce((sum, { plan }) => sum + (plan?.text.length ?? 0), 0) : 0
  return 1000 + key.length + statements
}
