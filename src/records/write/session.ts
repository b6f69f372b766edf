import type { RecordIdFactory } from '../../lib/record-id.ts'
import { ACTIONS, type AccessPolicy, type Principal } from '../access/policy.ts'
import type { Executor, Transaction } from '../database.ts'
import type { ModuleDefinition, Registry } from '../registry/definition.ts'
import type { DeferredChecks } from './deferred-checks.ts'
import type { ExchangeRates } from './exchange-rates.ts'
import type { ChangeOrigin } from './request.ts'
import type { CompileExpression } from './required-when.ts'
import type { ModuleRule } from './rule.ts'
import type { ValueDefaults } from './values.ts'

/** A record made earlier in the same operation, under the name its input gave as `ref`. */
export interface NamedRecord {
  readonly module: string
  readonly id: string
}

/** All that the writes of one change set share; lives as long as the transaction. */
export interface Session {
  readonly changeSetId: string
  /** Replaced where a write of this change set moves the epochs (`underOwnEpochs`). */
  principal: Principal
  readonly origin: ChangeOrigin
  readonly registry: Registry
  readonly transaction: Transaction
  readonly newId: RecordIdFactory
  /** Moment of the change set; every row that it writes carries it. */
  readonly at: string
  readonly defaults: ValueDefaults
  /** Home team of the acting user. */
  readonly actorTeam: string | null
  readonly named: Map<string, NamedRecord>
  /** Names of tags that were looked up or made, with their ids. */
  readonly tagIds: Map<string, string>
  /** Last number that a dry run has shown of each sequence, by field id. */
  readonly previewed: Map<string, number>
  readonly rates: ExchangeRates
  readonly checks: DeferredChecks
  readonly rules: ReadonlyMap<string, readonly ModuleRule[]>
  readonly compileExpression: CompileExpression | undefined
  /** What the caller's own rights were used for, as `<action> <module>`. */
  readonly uses: Set<string>
  /** What is done all the same where the change set is rolled back (`RuleContext.afterRollback`). */
  readonly afterRollback: ((executor: Executor) => Promise<void>)[]
  /** Allows everything; for derived writes and dictionaries. */
  readonly unrestricted: AccessPolicy
}

/** Whose rights a write is judged by: the caller's, or none for what the system derives from the caller's change. */
export interface Authority {
  readonly policy: AccessPolicy
  readonly derived: boolean
  /** How many derived writes led here; guards against rules that feed each other. */
  readonly depth: number
}

export function authorityOf(session: Session): Authority {
  return { policy: session.principal.policy, derived: false, depth: 0 }
}

export function derivedAuthority(session: Session, depth: number): Authority {
  return { policy: session.unrestricted, derived: true, depth }
}

/** Policy that allows every action on every record of the registry. It knows no field levels: derived writes pass them by. */
export function unrestrictedPolicy(registry: Registry): AccessPolicy {
  const actions = new Map(ACTIONS.map((action) => [action, [{ scope: 'ALL' as const }]] as const))
  const access = { actions, fields: new Map(), partial: new Map() }
  const modules = new Map([...registry.modules.keys()].map((name) => [name, access] as const))
  return {
    shape: 'unrestricted',
    fingerprint: 'unrestricted',
    viewerValues: [],
    judgedBy: [],
    modules,
    scopes: { OWN: [], TEAM: [], TEAM_TREE: [], SHARED: [] },
    shared: new Set(),
    merged: { OWN: false, TEAM: false, TEAM_TREE: false },
    epochs: { schema: registry.version, access: 0 },
  }
}

/** Owner and team of users and teams say who administers them, so they are never guessed. */
export function takesOwner(module: ModuleDefinition): boolean {
  return module.name !== 'user' && module.name !== 'team'
}
