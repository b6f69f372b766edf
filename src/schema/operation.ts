import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import type { Locale } from '../errors/index.ts'
import type { Principal } from '../records/access/policy.ts'
import type { SensitiveRead } from '../records/audit/index.ts'
import type { Executor } from '../records/database.ts'
import type { Registry } from '../records/registry/definition.ts'

/** JSON text produced by PostgreSQL that goes to the client untouched. */
export class RawJson {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  /** Lets ordinary serializers (WebSocket, tests) write it too, at the price of parsing. */
  toJSON(): unknown {
    return JSON.parse(this.text)
  }
}

/** Where a record read for an interface carries the name of its type: no response key can be in its place, as `__typename: name` could. */
export const RECORD_TYPE = Symbol('record type')

/** One immutable state of the served schema; requests in flight finish on theirs. */
export interface Runtime {
  readonly version: number
  readonly registry: Registry
  readonly schema: GraphQLSchema
}

/** Who sends the operation. `principal()` is asked again after a stale epoch, so it must re-read rights then. */
export interface Caller {
  /** Null for an anonymous caller. Throws GuanxiError UNAUTHENTICATED for a credential that is not (or no longer) valid. */
  principal(): Promise<Principal | null>
  /** Forget what is cached for this caller; called before the one retry after a stale epoch. */
  forget(): void
}

export interface OperationRequest {
  /** Parsed, and valid against `schema`. */
  readonly document: DocumentNode
  /** What the document was validated against; where another schema is served by the time of its execution, it is validated anew. */
  readonly schema: GraphQLSchema
  readonly operationName: string | null
  readonly variables: Readonly<Record<string, unknown>>
  readonly caller: Caller
  readonly requestId: string
  readonly client: string | null
  readonly ip: string | null
  readonly userAgent: string | null
  readonly transport: 'http' | 'ws'
  /** The language of what hand-written resolvers tell people, where the operation names none. Errors are written at the edge. */
  readonly locale: Locale
  readonly accessMode: 'errors' | 'redact' | 'strict'
  /** Chosen by the client so that a mutation is done once however often it is sent. */
  readonly idempotencyKey?: string | null
  /** Put the version of the schema that answers into the answer's extensions. */
  readonly tellsVersion?: boolean
  /** Put what the operation cost, and may cost, into the answer's extensions. */
  readonly tellsCost?: boolean
}

export interface OperationAnswer {
  readonly data: RawJson | Record<string, unknown> | null | undefined
  readonly errors?: readonly GraphQLFormattedError[]
  readonly extensions?: Readonly<Record<string, unknown>>
  /** Record statements that the operation ran, for metrics. */
  readonly statements?: number
  /** Ids of the custom fields that the operation named, to be counted. */
  readonly customFields?: readonly string[]
  /** What it shows of sensitive fields, for the audit. */
  readonly reads?: readonly SensitiveRead[]
  /** Ids of the records that it tells of; of mutations that are sent with a key. */
  readonly records?: ReadonlySet<string>
  /** What of the caller's rights the operation used, as `<action> <module>`. */
  readonly uses?: readonly string[]
}

/** What may be done with a document before anything of the schema is told. */
export interface Admission {
  readonly signedIn: boolean
  /** Whose request it is; null for nobody in particular. */
  readonly userId: string | null
  /** The whole answer where it goes no further. */
  readonly refusal: OperationAnswer | null
}

/** The one execute() behind both transports, and the schema it executes. */
export interface GraphQLEngine {
  readonly runtime: Runtime
  /**
   * Comes before validation and before any waiting for a schema. Whoever has not signed in is refused alike whatever the document names, unless that is public.
   * `read` parses the document; null for a text that is none. Never throws.
   */
  admit(sender: Pick<OperationRequest, 'caller' | 'requestId'>, read: () => DocumentNode | null): Promise<Admission>
  /**
   * The errors of a document that does not fit the schema, where this sender is to be told others than those that validation found, because the document names
   * what is hidden from him. Else null. Never throws.
   */
  flawsSeenBy(sender: Pick<OperationRequest, 'caller' | 'requestId'>, schema: GraphQLSchema, document: DocumentNode): Promise<readonly GraphQLError[] | null>
  /** Looks whether there is a newer schema and serves it. Answers the version that is served then. */
  refresh(): Promise<number>
  /** Serves a schema of this version or a later one; false where there is none within the milliseconds. */
  reach(version: number, timeout: number): Promise<boolean>
  /** Calls back at once and after each swap; answers an unsubscribe function. */
  onRuntime(listener: (runtime: Runtime) => void): () => void
  /** Calls before each swap, with the runtime that comes; the swap waits. Answers an unsubscribe function. */
  beforeRuntime(prepare: (next: Runtime) => Promise<void>): () => void
  /** Whether a document that is valid against `schema` is valid against the runtime's as well. */
  stillFits(document: DocumentNode, schema: GraphQLSchema, runtime: Runtime): boolean
  /** Never throws: failures are in `errors`, masked (INTERNAL with the request id and nothing else for what is not a GuanxiError). */
  execute(request: OperationRequest): Promise<OperationAnswer>
  /** The answers of a subscription as they come, or the one that refuses it. Every event is answered by the schema and the rights of its moment. */
  subscribe(request: OperationRequest): Promise<AsyncIterableIterator<OperationAnswer> | OperationAnswer>
}

/** What hand-written resolvers (TypeGraphQL) get as context. */
export interface ResolverContext {
  readonly principal: Principal | null
  readonly runtime: Runtime
  readonly request: OperationRequest
  /** Where its records are read: the pool, or the transaction of a mutation. */
  readonly executor: Executor
  /** The writes of a mutation; null in queries. */
  readonly changes: object | null
}

/**
 * What a hand-written resolver returns where its type is a record type (`me: User`): the schema layer plans the selection
 * below and reads the record with the caller's rights. `principal`: read with these rights instead (signIn: the new session's).
 */
export class RecordHandle {
  readonly module: string
  readonly id: string
  readonly principal: Principal | undefined
  constructor(module: string, id: string, principal?: Principal) {
    this.module = module
    this.id = id
    this.principal = principal
  }
}

/**
 * A source whose members are named like the fields of its type, unlike planned records, whose members are response keys. What a hand-written resolver returns
 * where its type is a generated one that is no record (`PageInfo`).
 */
export class PlainSource {
  constructor(members: object) {
    Object.assign(this, members)
  }
}

/** What an operation is called, for whoever reads about it later. */
export interface OperationNames {
  /** Null for one without a name. */
  readonly operation: string | null
  /** Its root fields in order, each once, whatever their aliases; what `@skip` and `@include` say is not asked. */
  readonly rootFields: readonly string[]
}

/** Characters that are kept of a name which a client chooses, and root fields that are told. */
const LONGEST_NAME = 200
const MOST_ROOT_FIELDS = 50

/** Names of the operation that a request runs. */
export function namesOfOperation({ document, operationName }: Pick<OperationRequest, 'document' | 'operationName'>): OperationNames {
  const operation = getOperationAST(document, operationName)
  const fragments = new Map(
    document.definitions.flatMap((definition): [string, FragmentDefinitionNode][] =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  )
  const names = new Set<string>()
  const visited = new Set<string>()
  const visit = (set: SelectionSetNode | undefined): void => {
    for (const selection of set?.selections ?? []) {
      if (names.size === MOST_ROOT_FIELDS) return
      if (selection.kind === Kind.FIELD) names.add(selection.name.value)
      else if (selection.kind === Kind.INLINE_FRAGMENT) visit(selection.selectionSet)
      else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value)
        visit(fragments.get(selection.name.value)?.selectionSet)
      }
    }
  }
  visit(operation?.selectionSet)
  return { operation: operation?.name?.value.slice(0, LONGEST_NAME) ?? null, rootFields: [...names] }
}
