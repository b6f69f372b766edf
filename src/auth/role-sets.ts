import type { Executor } from '../records/database.ts'
import type { Registry } from '../records/registry/definition.ts'
import { type CompiledModules, compileModules } from './compile-policy.ts'
import { withInherited } from './inherited-roles.ts'
import { SERVICE_KIND } from './principal-factory.ts'
import type { StoredRole } from './rights.ts'
import { readRoles } from './role-store.ts'
import { SIGNED_IN } from './shipped-roles.ts'
import { SYSTEM_USER_ID } from './system-principal.ts'

/** Users who hold the same roles, and so the same rights but for whose records are theirs. */
export interface RoleSet {
  /** Roles as they were given, without what these inherit; none for users without a role. */
  readonly roles: readonly StoredRole[]
  /** Ascending. A service user is in a further set for each role that one of its API keys is limited to. */
  readonly userIds: readonly string[]
}

export interface RoleSets {
  /** All roles, held or not, by key. */
  readonly roles: readonly StoredRole[]
  readonly sets: readonly RoleSet[]
}

/** All active users by the roles that they hold, in two statements however many there are. The system's own user is left out. */
export async function readRoleSets(executor: Executor, now: Date): Promise<RoleSets> {
  const roles = await readRoles(executor)
  const rows = await executor.query<{ roleIds: readonly string[]; userIds: readonly string[] }>({
    text: `SELECT held.role_ids AS "roleIds", array_agg(held.user_id ORDER BY held.user_id) AS "userIds" FROM (
             SELECT u.id AS user_id, ARRAY(SELECT ur.role_id FROM user_role ur WHERE ur.user_id = u.id ORDER BY 1) AS role_ids
               FROM users u WHERE u.status = 'active' AND u.deleted_at IS NULL AND u.id <> $1
             UNION
             SELECT k.user_id, ARRAY[k.role_id] FROM api_key k JOIN users u ON u.id = k.user_id JOIN users c ON c.id = k.created_by
              WHERE k.role_id IS NOT NULL AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2)
                AND u.kind = $3 AND u.status = 'active' AND u.deleted_at IS NULL AND c.status = 'active' AND c.deleted_at IS NULL
           ) held GROUP BY 1 ORDER BY 1`,
    values: [SYSTEM_USER_ID, now, SERVICE_KIND],
    purpose: 'platform',
  })
  const byId = new Map(roles.map((role) => [role.id, role]))
  const sets = rows.map(({ roleIds, userIds }) => ({ roles: roleIds.flatMap((id) => byId.get(id) ?? []), userIds }))
  return { roles, sets }
}

/** Rights of whoever holds these roles, with all that they inherit from `known`. */
export function compileHeld(held: readonly StoredRole[], known: readonly StoredRole[], registry: Registry): CompiledModules {
  return compileModules([SIGNED_IN, ...withInherited(held, known)], registry)
}
