import { LRUCache } from 'lru-cache'
import type { AccessPolicy, Principal } from '../records/access/policy.ts'
import type { Registry } from '../records/registry/definition.ts'
import { bindPolicy, type CompiledModules, compileModules } from './compile-policy.ts'
import { withInherited } from './inherited-roles.ts'
import type { Rights, StoredRole } from './rights.ts'
import { ADMINISTRATOR, SIGNED_IN } from './shipped-roles.ts'

/** Users of this kind are programs: they sign in by API key only, and a key's role gives them rights of itself. */
export const SERVICE_KIND = 'service'

export interface PrincipalFactory {
  /** Principal for rights of someone who may act (the caller has checked that). */
  principalOf(rights: Rights): Principal
}

const CACHED_ROLE_SETS = 500
const CACHED_POLICIES = 5000

/** Compiles rights, and keeps what it compiled: modules per set of roles, policies per user and set of roles, both per epoch. */
export function createPrincipalFactory(registry: () => Registry): PrincipalFactory {
  const roleSets = new LRUCache<string, CompiledModules>({ max: CACHED_ROLE_SETS })
  const policies = new LRUCache<string, AccessPolicy>({ max: CACHED_POLICIES })
  let version = 0

  /** The registry that is served; what was compiled for another one is of no use any more. */
  function served(): Registry {
    const current = registry()
    if (current.version !== version) {
      roleSets.clear()
      policies.clear()
      version = current.version
    }
    return current
  }

  function modulesOf(roles: readonly StoredRole[], current: Registry, accessEpoch: number): CompiledModules {
    const key = `${current.version}.${accessEpoch}:${roles.map((role) => role.id).join()}`
    const known = roleSets.get(key)
    if (known) return known
    const compiled = compileModules([SIGNED_IN, ...roles], current)
    roleSets.set(key, compiled)
    return compiled
  }

  function policyOf(rights: Rights, roles: readonly StoredRole[]): AccessPolicy {
    const current = served()
    const limit = rights.apiKeyRoleId === null ? '' : 'key'
    const key = `${current.version}.${rights.accessEpoch}:${rights.userId}:${limit}:${roles.map((role) => role.id).join()}`
    const known = policies.get(key)
    if (known) return known
    const scopes = { OWN: [rights.userId], TEAM: rights.team, TEAM_TREE: rights.teamTree, SHARED: rights.grantees }
    const shared = rights.sharedModules.flatMap((number) => current.byNumber.get(number)?.name ?? [])
    const compiled = (some: readonly StoredRole[]) => modulesOf(withInherited(some, rights.roles), current, rights.accessEpoch)
    const held = rights.apiKeyRoleId === null ? undefined : compiled([...heldRoles(rights), ...roles])
    const keys = { scopes, population: rights.population, shared, ...(held && { held }) }
    const policy = bindPolicy(compiled(roles), keys, { schema: current.version, access: rights.accessEpoch })
    policies.set(key, policy)
    return policy
  }

  return {
    principalOf: (rights) => {
      const roles = effectiveRoles(rights)
      return Object.freeze({
        kind: 'user' as const,
        userId: rights.userId,
        via: rights.apiKeyId === null ? 'user' : 'api_key',
        ...(rights.sessionId === null ? {} : { sessionId: rights.sessionId }),
        ...(rights.apiKeyId === null ? {} : { apiKeyId: rights.apiKeyId }),
        roles: Object.freeze(roles.map((role) => role.key)),
        policy: policyOf(rights, roles),
      })
    },
  }
}

/**
 * Roles that count, each with all that it inherits: the user's; for a key with a role, that role alone. A person's key never outlives the person's own right to the role:
 * it counts while the person holds it, be it by inheritance, or is an administrator.
 */
function effectiveRoles(rights: Rights): StoredRole[] {
  const held = heldRoles(rights)
  if (rights.apiKeyRoleId === null) return held
  const holds = withInherited(held, rights.roles).some(({ id }) => id === rights.apiKeyRoleId)
  const allowed = rights.userKind === SERVICE_KIND || holds || held.some((role) => role.key === ADMINISTRATOR)
  return allowed ? rights.roles.filter((role) => role.id === rights.apiKeyRoleId) : []
}

function heldRoles({ roles, heldRoleIds }: Rights): StoredRole[] {
  return roles.filter((role) => heldRoleIds.includes(role.id))
}
