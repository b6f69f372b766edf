import type DataLoader from 'dataloader'
import type { FieldNode } from 'graphql'
import type { Principal } from '../../records/access/policy.ts'
import type { SensitiveRead } from '../../records/audit/index.ts'
import type { Executor } from '../../records/database.ts'
import type { PlanContext, PlanInputs } from '../../records/read/index.ts'
import type { ChangeSet } from '../../records/write/request.ts'
import type { OperationRequest, ResolverContext, Runtime } from '../operation.ts'
import type { CollectContext, RedactedSelection } from '../plan/collect-context.ts'
import type { ChangePlaces } from '../push/cursor.ts'

/** How variables are read. All fields are in the one schema, so a suggestion could name what the caller may not see. */
export const COERCION = Object.freeze({ maxErrors: 5, hideSuggestions: true })

/** What the planner needs from the installation. */
export interface EngineSettings {
  readonly organisationCurrency: string
  readonly cursorKey: string
}

/** One operation under way on the ordinary path; the context value of its resolvers. */
export interface OperationSession extends ResolverContext {
  readonly runtime: Runtime
  readonly request: OperationRequest
  /** Whose rights the operation reads by; signing in makes it the new session's. */
  principal: Principal | null
  readonly settings: EngineSettings
  /** Where record statements run: the pool, or the transaction of a mutation. */
  readonly executor: Executor & { readonly statements: number }
  /** The writes of a mutation; absent in queries. */
  readonly changes: ChangeSet | null
  readonly redacted: RedactedSelection[]
  /** Ids of the custom fields that it has named so far. */
  readonly named: Set<string>
  /** What it has shown of sensitive fields so far. */
  readonly reads: SensitiveRead[]
  /** Ids of the records that it has told of so far; null where nobody asks. */
  readonly records: Set<string> | null
  /** What of the caller's rights it has used so far, as `<action> <module>`; writes are known to `changes`. */
  readonly uses: Set<string>
  /** By the field nodes of their selection. */
  readonly loaders: Map<readonly FieldNode[], DataLoader<string, unknown>>
  /** The place among changes, once it has been read. */
  place?: Promise<ChangePlaces>
  /** First failure of a mutation; what follows is not executed. */
  failure: unknown
}

/** What an operation begins with. */
export type SessionStart = Pick<OperationSession, 'runtime' | 'request' | 'principal' | 'settings' | 'executor'> & {
  readonly changes?: ChangeSet
  /** What is known beforehand to be kept from the reader. */
  readonly redacted?: readonly RedactedSelection[]
}

/** The session of an operation of which nothing has run yet. */
export function newSession({ changes, redacted = [], ...start }: SessionStart): OperationSession {
  return {
    ...start,
    changes: changes ?? null,
    redacted: [...redacted],
    named: new Set(),
    reads: [],
    records: start.request.idempotencyKey == null ? null : new Set(),
    uses: new Set(),
    loaders: new Map(),
    failure: undefined,
  }
}

/** Counts the record statements that run on an executor. */
export function counted(executor: Executor): Executor & { readonly statements: number } {
  let statements = 0
  return {
    get statements() {
      return statements
    },
    query: (statement) => {
      if (statement.purpose === 'record') statements += 1
      return executor.query(statement)
    },
  }
}

/** Collects under the rights of `principal` for this session's operation. */
export function collectContextOf(
  session: OperationSession,
  principal: Principal,
  fragments: CollectContext['fragments'],
  variables: Readonly<Record<string, unknown>>,
): CollectContext {
  const { runtime, redacted, named } = session
  return { schema: runtime.schema, registry: runtime.registry, policy: principal.policy, fragments, variables, redacted, named, ordinary: false }
}

export function planInputs(principal: Principal, settings: EngineSettings, variables: Readonly<Record<string, unknown>>, checked = false): PlanInputs {
  return { policy: principal.policy, variables, checked, cursorKey: settings.cursorKey, decodedCursors: new Map() }
}

export function planContext(runtime: Runtime, principal: Principal, settings: EngineSettings, inputs: PlanInputs): PlanContext {
  return { registry: runtime.registry, policy: principal.policy, organisationCurrency: settings.organisationCurrency, inputs }
}
