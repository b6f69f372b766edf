import { GuanxiError, say } from '../errors/index.ts'
import type { Principal } from '../records/access/policy.ts'
import type { Executor } from '../records/database.ts'
import type { Registry } from '../records/registry/definition.ts'
import type { AppliedChange, ModuleRule, PendingChange } from '../records/write/index.ts'
import { countAdministrators, isAdministrator } from './administrator.ts'
import { unheldRights } from './held-rights.ts'
import { withInherited } from './inherited-roles.ts'
import { readRoles } from './role-store.ts'
import { ADMINISTRATOR } from './shipped-roles.ts'

/**
 * What keeps writes on user records from changing rights by the back door: nobody but an administrator moves themselves into another team or
 * writes a field that grants compare records with, which would widen what people see, nobody else touches how an administrator signs in, nobody lets a user in again whose roles
 * grant more than they hold, and no write leaves the organisation without an administrator.
 */
export const userAccessRule: ModuleRule = {
  module: 'user',
  async before(changes, { principal, registry, transaction }) {
    await refuseViewerFields(changes, principal, registry, transaction)
    for (const change of changes) {
      if (change.id === principal.userId && change.changes('team') && !isAdministrator(principal)) {
        change.refuse('team', 'OWN_TEAM', say`Nobody moves themselves into another team; ask an administrator.`)
      }
    }
  },
  async after(changes, { principal, registry, transaction }) {
    const touched = changes.filter(touchesSignIn)
    if (touched.length === 0) return
    // Users are written while the access epoch is locked: no one else removes an administrator meanwhile.
    const roles = await rolesOf(
      transaction,
      touched.map(({ id }) => id),
    )
    const isOne = ({ id }: AppliedChange) => roles.some(({ userId, key }) => userId === id && key === ADMINISTRATOR)
    if (!isAdministrator(principal)) {
      if (touched.some(isOne))
        throw new GuanxiError('FORBIDDEN', say`Only administrators change how an administrator signs in, or disable, delete or restore one.`)
      await refuseUnheld(touched.filter(comesBack), roles, principal, registry, transaction)
    }
    if (touched.some((change) => leaves(change) && isOne(change)) && (await countAdministrators(transaction)) === 0) {
      throw new GuanxiError(
        'FORBIDDEN',
        say`The last administrator who can sign in cannot be disabled or deleted, nor go without an e-mail address. Give the role to someone else with a password first.`,
      )
    }
  },
}

interface RoleOfUser {
  readonly userId: string
  readonly key: string
}

/** Roles that these users act by: those that they hold, and those of their API keys that still work. */
function rolesOf(executor: Executor, ids: readonly string[]): Promise<readonly RoleOfUser[]> {
  return executor.query<RoleOfUser>({
    text: `SELECT ur.user_id AS "userId", r.key FROM user_role ur JOIN role r ON r.id = ur.role_id WHERE ur.user_id = ANY($1::uuid[])
           UNION SELECT k.user_id, r.key FROM api_key k JOIN role r ON r.id = k.role_id WHERE k.user_id = ANY($1::uuid[]) AND k.revoked_at IS NULL`,
    values: [ids],
    purpose: 'platform',
  })
}

/** Whoever lets a user in again gives what the user's roles grant, and nobody gives what they do not hold. */
async function refuseUnheld(
  returned: readonly AppliedChange[],
  roles: readonly RoleOfUser[],
  principal: Principal,
  registry: Registry,
  executor: Executor,
): Promise<void> {
  const given = roles.filter(({ userId }) => returned.some(({ id }) => id === userId))
  if (given.length === 0) return
  const known = await readRoles(executor)
  const all = withInherited(
    known.filter(({ key }) => given.some((role) => role.key === key)),
    known,
  )
  if (all.some((role) => unheldRights(role, principal, registry).length > 0))
    throw new GuanxiError('FORBIDDEN', say`This user has roles that grant more than you hold; ask an administrator to restore or enable them.`)
}

/** Refuses fields that conditions of stored grants take from the viewer (`{viewer: "territories"}`), on whatever record: two could do it for each other. */
async function refuseViewerFields(changes: readonly PendingChange[], principal: Principal, registry: Registry, executor: Executor): Promise<void> {
  if (isAdministrator(principal)) return
  const fields = [...registry.module('user').fields.values()]
  const written = changes.flatMap((change) => fields.filter((field) => writes(change, field.name)).map((field) => ({ change, field })))
  if (written.length === 0) return
  const rows = await executor.query<{ id: string }>({
    text: "SELECT DISTINCT v #>> '{}' AS id FROM role_grant g, jsonb_path_query(g.predicate, '$.**.viewer') v",
    purpose: 'platform',
  })
  const named = new Set(rows.map(({ id }) => id))
  for (const { change, field } of written)
    if (named.has(field.id)) change.refuse(field.name, 'DECIDES_RIGHTS', say`Grants of roles go by ${field.name} of users; ask an administrator to change it.`)
}

/** On new users what is given counts: a default is what administrators have chosen. */
function writes(change: PendingChange, field: string): boolean {
  return change.before === null ? change.given(field) && change.after[field] !== null : change.changes(field)
}

/** Changes who can sign in as this user, or whether. */
function touchesSignIn({ operation, before, after }: AppliedChange): boolean {
  return operation === 'DELETED' || operation === 'RESTORED' || (before !== null && (before.email !== after.email || before.status !== after.status))
}

/** Could not act before the change and can after it. */
function comesBack({ operation, before, after }: AppliedChange): boolean {
  return operation === 'RESTORED' || (before !== null && before.status !== 'active' && after.status === 'active')
}

/** Could sign in before the change and cannot after it. */
function leaves({ operation, before, after }: AppliedChange): boolean {
  if (operation === 'DELETED') return true
  return (before?.status === 'active' && after.status !== 'active') || ((before?.email ?? null) !== null && after.email === null)
}
