import type { Action, Principal, Scope } from '../records/access/policy.ts'
import type { Database } from '../records/database.ts'
import type { Registry } from '../records/registry/definition.ts'
import { requireAdministrator } from './administrator.ts'
import type { GrantUsage } from './grant-usage.ts'
import { shownGrant } from './hidden-rights.ts'
import { withInherited } from './inherited-roles.ts'
import type { PredicateObject } from './predicate-names.ts'
import type { StoredRole } from './rights.ts'
import { readRoles } from './role-store.ts'
import { ADMINISTRATOR } from './shipped-roles.ts'

/** An action of a grant that nobody has used. */
export interface UnusedGrant {
  readonly role: StoredRole
  /** `*` for a grant on every module. */
  readonly module: string
  readonly action: Action
  readonly scope: Scope
  readonly where: PredicateObject | null
  /** Null: never since uses are kept. */
  readonly lastUsedAt: Date | null
}

export interface UnusedGrants {
  /** Since when uses are kept; of earlier ones nothing is known. */
  readonly countedSince: Date
  readonly grants: readonly UnusedGrant[]
}

/** Operations that use an action; nothing exports yet, so that nobody could have used EXPORT. */
const isCounted = (action: Action): boolean => action !== 'EXPORT'

/** Number of the migration that began to keep uses. */
const FIRST_MIGRATION = 12

interface UseRow {
  readonly role: string
  readonly module: string
  readonly action: string
  readonly at: Date
}

/** Finds grants that no operation has used. Administrators only; throws FORBIDDEN for others. */
export function createUnusedGrants(database: Database, registry: () => Registry, usage: Pick<GrantUsage, 'flush'>) {
  /**
   * Actions of grants that nobody who holds the role, be it by inheritance, has used at or after `since`. Who holds several roles with a right uses it for each of them. What
   * other nodes noted in their last seconds is not seen yet. The role admin is left out: nothing can be taken from it.
   */
  return async (principal: Principal, since: Date): Promise<UnusedGrants> => {
    requireAdministrator(principal)
    await usage.flush()
    const [roles, uses, [counted]] = await Promise.all([
      readRoles(database),
      database.query<UseRow>({
        text: 'SELECT r.key AS role, u.module, u.action, u.last_used_at AS at FROM grant_use u JOIN role r ON r.id = u.role_id',
        purpose: 'platform',
      }),
      database.query<{ at: Date }>({ text: 'SELECT applied_at AS at FROM schema_version WHERE number = $1', values: [FIRST_MIGRATION], purpose: 'platform' }),
    ])
    const lastUse = lastUses(roles, uses)
    const grants = roles
      .filter(({ key }) => key !== ADMINISTRATOR)
      .flatMap((role) =>
        role.grants.flatMap((grant) => {
          const shown = shownGrant(grant, registry())
          if (!shown) return []
          const { module: key, actions } = grant
          return actions.filter(isCounted).map((action) => ({ role, ...shown, action, lastUsedAt: lastUse.get(`${role.key} ${key} ${action}`) ?? null }))
        }),
      )
    return { countedSince: (counted as { at: Date }).at, grants: grants.filter(({ lastUsedAt }) => lastUsedAt === null || lastUsedAt < since) }
  }
}

/** When a right was last used by those who hold the role, by `<role> <module or *> <action>`. */
function lastUses(roles: readonly StoredRole[], uses: readonly UseRow[]): ReadonlyMap<string, Date> {
  const given = new Map(roles.map((role) => [role.key, withInherited([role], roles).map(({ key }) => key)]))
  const last = new Map<string, Date>()
  for (const { role, module, action, at } of uses) {
    for (const key of given.get(role) ?? []) {
      for (const place of [module, '*']) {
        const known = last.get(`${key} ${place} ${action}`)
        if (known === undefined || known < at) last.set(`${key} ${place} ${action}`, at)
      }
    }
  }
  return last
}
