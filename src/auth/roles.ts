import { GuanxiError, type Issue, notFound, say } from '../errors/index.ts'
import { canonicalId } from '../lib/record-id.ts'
import type { Principal } from '../records/access/policy.ts'
import type { Database, Transaction } from '../records/database.ts'
import type { Registry } from '../records/registry/definition.ts'
import { lockCurrentRights } from './access-epoch.ts'
import { countAdministrators, requireAdministrator } from './administrator.ts'
import { actorOf, type RequestOrigin, writeAudit } from './audit.ts'
import type { RoleRights } from './compile-policy.ts'
import { unheldRights } from './held-rights.ts'
import { withInherited } from './inherited-roles.ts'
import { moduleOfKey } from './module-key.ts'
import type { StoredRole } from './rights.ts'
import { checkRoleNames, resolveRights, throwIssues } from './role-input.ts'
import { checkInherited, plannedRole, type RoleChange } from './role-plan.ts'
import { insertRole, readRole, readRoles, renameRole, replaceFields, replaceGrants, replaceInherited, roleNotFound, setNewFields } from './role-store.ts'
import { ADMINISTRATOR } from './shipped-roles.ts'

export interface CreateRole extends RoleChange {
  readonly key: string
  readonly name: string
}

/** A role as everyone may see it. */
export interface RoleName {
  readonly id: string
  readonly key: string
  readonly name: string
  readonly system: boolean
}

/** Roles and who holds them. Only administrators; nobody gives what they do not hold. Throw FORBIDDEN and VALIDATION_FAILED. */
export interface Roles {
  list(principal: Principal): Promise<readonly StoredRole[]>
  /** Roles that users hold, in the order of their ids. Asks for no rights: whoever may read a user may know its roles. */
  namesOf(userIds: readonly string[]): Promise<readonly (readonly RoleName[])[]>
  /** Throws DUPLICATE for a key that is taken. */
  create(principal: Principal, input: CreateRole, origin: RequestOrigin): Promise<StoredRole>
  /** Throws NOT_FOUND for an unknown key, FORBIDDEN for `admin`, which always allows everything. */
  update(principal: Principal, key: string, input: RoleChange, origin: RequestOrigin): Promise<StoredRole>
  /** Throws NOT_FOUND for an unknown user or role. A role that is held already stays. */
  assign(principal: Principal, userId: string, roleKey: string, origin: RequestOrigin): Promise<void>
  /** As `assign`; throws FORBIDDEN when nobody would be left who can sign in as administrator. */
  unassign(principal: Principal, userId: string, roleKey: string, origin: RequestOrigin): Promise<void>
}

export interface RolesOptions {
  readonly database: Database
  readonly registry: () => Registry
  readonly now: () => Date
}

export function createRoles({ database, registry, now }: RolesOptions): Roles {
  /** One change of rights at a time, by someone whose own rights are of today, with its line in the audit. */
  function change<T>(
    principal: Principal,
    action: string,
    concerned: { readonly role: string; readonly userIds?: readonly string[] },
    origin: RequestOrigin,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    requireAdministrator(principal)
    return database.transaction(async (transaction) => {
      await lockCurrentRights(transaction, principal)
      const value = await work(transaction)
      await writeAudit(transaction, {
        at: now(),
        ...actorOf(principal),
        action,
        userIds: concerned.userIds ?? [],
        origin,
        result: 'ok',
        details: { role: concerned.role },
      })
      return value
    })
  }

  async function existingRole(transaction: Transaction, key: string): Promise<StoredRole> {
    const role = await readRole(transaction, key)
    if (!role) throw roleNotFound()
    return role
  }

  return {
    list: (principal) => {
      requireAdministrator(principal)
      return readRoles(database)
    },
    namesOf: async (userIds) => {
      const rows = await database.query<{ userId: string } & RoleName>({
        text: `SELECT ur.user_id AS "userId", r.id, r.key, r.name, r.system FROM user_role ur JOIN role r ON r.id = ur.role_id
                WHERE ur.user_id = ANY($1::uuid[]) ORDER BY r.key`,
        values: [userIds],
        purpose: 'platform',
      })
      return userIds.map((userId) => rows.filter((row) => row.userId === userId))
    },
    create: (principal, input, origin) =>
      change(principal, 'role.create', { role: input.key }, origin, async (transaction) => {
        const issues: Issue[] = []
        const known = await readRoles(transaction)
        checkRoleNames(input.key, input.name, issues)
        const rights = resolveRights(input, principal, registry(), issues)
        checkInherited(input.key, input.inherits ?? [], known, issues)
        throwIssues(issues)
        requireHeld(rights, inheritedOf(input, known), principal, registry())
        const id = await insertRole(transaction, { key: input.key, name: input.name.trim(), system: false })
        if (id === null) throw new GuanxiError('DUPLICATE', say`There is already a role with the key ${input.key}.`)
        await replaceGrants(transaction, id, rights.grants)
        await replaceFields(transaction, id, rights.fields)
        await replaceInherited(transaction, id, input.inherits ?? [])
        await setNewFields(transaction, id, input.newFields ?? 'FOLLOW')
        return existingRole(transaction, input.key)
      }),
    update: (principal, key, input, origin) =>
      change(principal, 'role.update', { role: key }, origin, async (transaction) => {
        const known = await readRoles(transaction)
        const role = known.find((each) => each.key === key)
        if (!role) throw roleNotFound()
        const { id, ...planned } = plannedRole(role, input, known, principal, registry())
        requireHeld(planned, inheritedOf(planned, known), principal, registry())
        if (input.name != null) await renameRole(transaction, id, planned.name)
        if (input.grants != null) await replaceGrants(transaction, id, planned.grants)
        if (input.fields != null) await replaceFields(transaction, id, planned.fields)
        if (input.inherits != null) await replaceInherited(transaction, id, planned.inherits)
        if (input.newFields != null) await setNewFields(transaction, id, input.newFields)
        return existingRole(transaction, key)
      }),
    assign: (principal, userId, roleKey, origin) =>
      change(principal, 'role.assign', { role: roleKey, userIds: [userId] }, origin, async (transaction) => {
        const role = await existingRole(transaction, roleKey)
        requireHeld(role, inheritedOf(role, await readRoles(transaction)), principal, registry())
        await requireUser(transaction, userId)
        await transaction.query({
          text: 'INSERT INTO user_role (user_id, role_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
          values: [userId, role.id],
          purpose: 'platform',
        })
      }),
    unassign: (principal, userId, roleKey, origin) =>
      change(principal, 'role.unassign', { role: roleKey, userIds: [userId] }, origin, async (transaction) => {
        const role = await existingRole(transaction, roleKey)
        await requireUser(transaction, userId)
        await transaction.query({ text: 'DELETE FROM user_role WHERE user_id = $1 AND role_id = $2', values: [userId, role.id], purpose: 'platform' })
        if (roleKey === ADMINISTRATOR && (await countAdministrators(transaction)) === 0) {
          throw new GuanxiError('FORBIDDEN', say`The last administrator cannot be removed. Give the role to someone else first.`)
        }
      }),
  }
}

/** All that a role which inherits these would have besides its own. */
function inheritedOf({ inherits }: Pick<RoleChange, 'inherits'>, known: readonly StoredRole[]): readonly StoredRole[] {
  return withInherited(
    known.filter(({ key }) => inherits?.includes(key)),
    known,
  )
}

/** Throws FORBIDDEN for what goes beyond the rights of whoever gives it, in the role itself or in what it inherits. */
function requireHeld(own: RoleRights, inherited: readonly StoredRole[], principal: Principal, registry: Registry): void {
  for (const [rights, source] of [[own, null], ...inherited.map((role) => [role, role.key] as const)] as const) {
    const [first] = unheldRights(rights, principal, registry)
    if (!first) continue
    const key = rights[first.part][first.index]?.module ?? ''
    const module = moduleOfKey(key, registry)?.name ?? (key === '*' ? say`every module` : say`a module that is deleted`)
    const entry = first.index + 1
    throw new GuanxiError(
      'FORBIDDEN',
      source === null
        ? say`You cannot give rights on ${module} that you do not hold (${first.part}, entry ${entry}).`
        : say`You cannot give rights on ${module} that you do not hold (${first.part}, entry ${entry}, inherited from ${source}).`,
    )
  }
}

async function requireUser(transaction: Transaction, userId: string): Promise<void> {
  const id = canonicalId(userId)
  const [user] =
    id === null ? [] : await transaction.query({ text: 'SELECT TRUE FROM users WHERE id = $1 AND deleted_at IS NULL', values: [id], purpose: 'platform' })
  if (!user) throw notFound('user')
}
