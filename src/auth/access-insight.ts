import { Mutex } from 'async-mutex'
import type { Principal } from '../records/access/policy.ts'
import type { Database } from '../records/database.ts'
import type { Registry } from '../records/registry/definition.ts'
import type { Authenticator } from './authenticator.ts'
import { createRoleDiff, type RoleDiff } from './diff-role.ts'
import { type AccessExplanation, type AccessQuestion, createExplanation } from './explain-access.ts'
import type { GrantUsage } from './grant-usage.ts'
import type { RoleChange } from './role-plan.ts'
import { createRolePrincipal } from './role-principal.ts'
import { createUnusedGrants, type UnusedGrants } from './unused-grants.ts'
import { createSight, type SightQuestion } from './who-can-see.ts'

/** What administrators ask about rights. All throw FORBIDDEN for others. */
export interface AccessInsight {
  /** What the engine would decide now about one user, and why. */
  explain(principal: Principal, question: AccessQuestion): Promise<AccessExplanation>
  /** Ids of all users who can read a record or one of its fields. Throws VALIDATION_FAILED, NOT_FOUND. */
  whoCanSee(principal: Principal, question: SightQuestion): Promise<readonly string[]>
  /** What a change of a role would do, and to whom. Throws what the change would throw. */
  diffRole(principal: Principal, key: string, change: RoleChange): Promise<RoleDiff>
  /** Rights of whoever has this role alone. Throws NOT_FOUND. */
  principalOfRole(principal: Principal, key: string): Promise<Principal>
  /** Grants that no operation has used since. */
  unusedGrants(principal: Principal, since: Date): Promise<UnusedGrants>
}

export interface AccessInsightOptions {
  readonly database: Database
  readonly registry: () => Registry
  readonly authenticator: Pick<Authenticator, 'principalOfUser'>
  readonly usage: Pick<GrantUsage, 'flush'>
  readonly now: () => Date
}

export function createAccessInsight({ database, registry, authenticator, usage, now }: AccessInsightOptions): AccessInsight {
  // Each reads and compiles the roles of everybody; those of one operation are asked at once, and would leave nobody else a turn.
  const mutex = new Mutex()
  const inTurn =
    <Asked extends readonly unknown[], T>(ask: (...asked: Asked) => Promise<T>) =>
    (...asked: Asked): Promise<T> =>
      mutex.runExclusive(() => ask(...asked))
  return {
    explain: createExplanation(database, registry, authenticator),
    whoCanSee: inTurn(createSight(database, registry, now)),
    diffRole: inTurn(createRoleDiff(database, registry, now)),
    principalOfRole: createRolePrincipal(database, registry),
    unusedGrants: createUnusedGrants(database, registry, usage),
  }
}
