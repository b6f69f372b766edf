import { randomUUID } from 'node:crypto'
import { GuanxiError, say } from '../errors/index.ts'
import type { Executor, Transaction } from '../records/database.ts'
import type { RoleRights } from './compile-policy.ts'
import { canonicalText } from './read-predicate.ts'
import { STORED_ROLE_JSON, type StoredRole } from './rights.ts'
import type { NewFields } from './shipped-roles.ts'

/** NOT_FOUND for a key of no role. */
export function roleNotFound(): GuanxiError {
  return new GuanxiError('NOT_FOUND', say`There is no role with this key.`, { module: 'role' })
}

/** All roles with their rights, by key. */
export async function readRoles(executor: Executor): Promise<readonly StoredRole[]> {
  const rows = await executor.query<{ role: StoredRole }>({ text: `SELECT ${STORED_ROLE_JSON} AS role FROM role r ORDER BY r.key`, purpose: 'platform' })
  return rows.map(({ role }) => role)
}

export async function readRole(executor: Executor, key: string): Promise<StoredRole | undefined> {
  const [row] = await executor.query<{ role: StoredRole }>({
    text: `SELECT ${STORED_ROLE_JSON} AS role FROM role r WHERE r.key = $1`,
    values: [key],
    purpose: 'platform',
  })
  return row?.role
}

/** Gives roles to a user who has none yet; answers the keys that there is no role of, for which the caller is to fail. */
export async function giveRoles(transaction: Transaction, userId: string, keys: readonly string[]): Promise<readonly string[]> {
  const given = await transaction.query<{ key: string }>({
    text: 'WITH chosen AS (SELECT id, key FROM role WHERE key = ANY($2)), made AS (INSERT INTO user_role (user_id, role_id) SELECT $1, id FROM chosen) SELECT key FROM chosen',
    values: [userId, keys],
    purpose: 'platform',
  })
  return keys.filter((key) => !given.some((role) => role.key === key))
}

/** Id of the new role; null where the key is taken. */
export async function insertRole(executor: Executor, role: { readonly key: string; readonly name: string; readonly system: boolean }): Promise<string | null> {
  const [row] = await executor.query<{ id: string }>({
    text: 'INSERT INTO role (id, key, name, system) VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO NOTHING RETURNING id',
    values: [randomUUID(), role.key, role.name, role.system],
    purpose: 'platform',
  })
  return row?.id ?? null
}

export async function renameRole(executor: Executor, id: string, name: string): Promise<void> {
  await executor.query({ text: 'UPDATE role SET name = $2 WHERE id = $1', values: [id, name], purpose: 'platform' })
}

/** Puts these grants in place of those that the role has. */
export async function replaceGrants(executor: Executor, roleId: string, grants: RoleRights['grants']): Promise<void> {
  await executor.query({ text: 'DELETE FROM role_grant WHERE role_id = $1', values: [roleId], purpose: 'platform' })
  await executor.query({
    text: `INSERT INTO role_grant (role_id, module, actions, scope, predicate, position)
           SELECT $1, g.module, g.actions, g.scope, g."where", g.position
             FROM jsonb_to_recordset($2::jsonb) AS g (module text, actions text[], scope text, "where" jsonb, position int)`,
    // A missing member becomes NULL, a null one would become the JSON null.
    values: [roleId, JSON.stringify(unitedGrants(grants).map((grant, position) => ({ ...grant, where: grant.where ?? undefined, position })))],
    purpose: 'platform',
  })
}

/** Puts these field levels in place of those that the role has. */
export async function replaceFields(executor: Executor, roleId: string, fields: RoleRights['fields']): Promise<void> {
  await executor.query({ text: 'DELETE FROM role_field WHERE role_id = $1', values: [roleId], purpose: 'platform' })
  await executor.query({
    text: `INSERT INTO role_field (role_id, module, field_id, access)
           SELECT $1, f.module, f."fieldId", f.access FROM jsonb_to_recordset($2::jsonb) AS f (module text, "fieldId" text, access text)`,
    values: [roleId, JSON.stringify(fields)],
    purpose: 'platform',
  })
}

/** Puts these roles in place of those that it inherits. */
export async function replaceInherited(executor: Executor, roleId: string, inherits: readonly string[]): Promise<void> {
  await executor.query({ text: 'DELETE FROM role_inherit WHERE role_id = $1', values: [roleId], purpose: 'platform' })
  await executor.query({
    text: 'INSERT INTO role_inherit (role_id, inherited_id) SELECT $1, id FROM role WHERE key = ANY($2::text[])',
    values: [roleId, inherits],
    purpose: 'platform',
  })
}

/** Says what the role gets on custom fields that are made later: from now on, or since when it has not followed its actions. */
export async function setNewFields(executor: Executor, roleId: string, newFields: NewFields): Promise<void> {
  await executor.query({
    text: `UPDATE role SET new_fields = $2, new_fields_after = CASE new_fields WHEN 'FOLLOW' THEN COALESCE((SELECT max(ordinal) FROM custom_field), 0) ELSE new_fields_after END
            WHERE id = $1`,
    values: [roleId, newFields],
    purpose: 'platform',
  })
}

/** One grant for each module, scope and predicate, with the actions of all that were given. */
function unitedGrants(grants: RoleRights['grants']): RoleRights['grants'] {
  const united = new Map<string, RoleRights['grants'][number]>()
  for (const grant of grants) {
    const key = `${grant.module} ${grant.scope} ${grant.where ? canonicalText(grant.where) : ''}`
    united.set(key, { ...grant, actions: [...new Set([...(united.get(key)?.actions ?? []), ...grant.actions])] })
  }
  return [...united.values()]
}
