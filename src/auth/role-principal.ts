import type { Principal } from '../records/access/policy.ts'
import type { Database } from '../records/database.ts'
import type { Registry } from '../records/registry/definition.ts'
import { requireAdministrator } from './administrator.ts'
import { withInherited } from './inherited-roles.ts'
import { createPrincipalFactory } from './principal-factory.ts'
import { readRights } from './rights.ts'
import { readRoles, roleNotFound } from './role-store.ts'

/**
 * The rights of whoever has one role alone, as a principal that the schema is shown to; its row scopes are the asking administrator's and mean nothing. Throws FORBIDDEN for
 * others, NOT_FOUND for a key of no role.
 */
export function createRolePrincipal(database: Database, registry: () => Registry) {
  return async (principal: Principal, key: string): Promise<Principal> => {
    requireAdministrator(principal)
    const roles = await readRoles(database)
    const role = roles.find((each) => each.key === key)
    const rights = role && (await readRights(database, { kind: 'user', id: principal.userId }))
    if (!role || !rights) throw roleNotFound()
    return createPrincipalFactory(registry).principalOf({
      ...rights,
      apiKeyRoleId: null,
      heldRoleIds: [role.id],
      roles: withInherited([role], roles),
    })
  }
}
