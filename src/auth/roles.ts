import { GuanxiError, type Issue, notFound } from '../errors/index.ts'
import { isUuid } from '../lib/record-id.ts'
import type { Principal } from '../records/access/policy.ts'
import type { Database, Transaction } from '../records/database.ts'
import type { Registry } from '../records/registry/definition.ts'
import { lockCurrentRights } from './access-epoch.ts'
import { countAdministrators, requireAdministrator } from './administrator.ts'
import { actorOf, type RequestOrigin, writeAudit } from './audit.ts'
import type { RoleRights } from './compile-policy.ts'
import { unheldRights } from './held-rights.ts'
import { hiddenRights, moduleOfKey } from './module-key.ts'
import type { StoredRole } from './rights.ts'
import { checkRoleNames, type RoleRightsInput, resolveRights, throwIssues } from './role-input.ts'
import { insertRole, readRole, readRoles, renameRole, replaceFields, replaceGrants } from './role-store.ts'
import { ADMINISTRATOR } from './shipped-roles.ts'

export interface CreateRole extends RoleRightsInput {
  readonly key: string
  readonly name: string
}

/** What is left out stays as it is; grants and fields are replaced as a whole, but for those on what is deleted and may be restored. */
export interface UpdateRole extends RoleRightsInput {
  readonly name?: string | null
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
  update(principal: Principal, key: string, input: UpdateRole, origin: RequestOrigin): Promise<StoredRole>
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
    if (!role) throw notFound('role')
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
        checkRoleNames(input.key, input.name, issues)
        const rights = resolveRights(input, registry(), issues)
        throwIssues(issues)
        requireHeld(rights, principal, registry())
        const id = await insertRole(transaction, { key: input.key, name: input.name.trim(), system: false })
        if (id === null) throw new GuanxiError('DUPLICATE', `There is already a role with the key ${input.key}.`)
        await replaceGrants(transaction, id, rights.grants)
        await replaceFields(transaction, id, rights.fields)
        return existingRole(transaction, input.key)
      }),
    update: (principal, key, input, origin) =>
      change(principal, 'role.update', { role: key }, origin, async (transaction) => {
        const role = await existingRole(transaction, key)
        const { id } = role
        if (key === ADMINISTRATOR) throw new GuanxiError('FORBIDDEN', 'The role admin always allows everything and cannot be changed.')
        const issues: Issue[] = []
        checkRoleNames(undefined, input.name, issues)
        const rights = resolveRights(input, registry(), issues)
        throwIssues(issues)
        requireHeld(rights, principal, registry())
        if (input.name != null) await renameRole(transaction, id, input.name.trim())
        const hidden = hiddenRights(role, registry())
        if (input.grants != null) await replaceGrants(transaction, id, [...rights.grants, ...hidden.grants])
        if (input.fields != null) await replaceFields(transaction, id, [...rights.fields, ...hidden.fields])
        return existingRole(transaction, key)
      }),
    assign: (principal, userId, roleKey, origin) =>
      change(principal, 'role.assign', { role: roleKey, userIds: [userId] }, origin, async (transaction) => {
        const role = await existingRole(transaction, roleKey)
        requireHeld(role, principal, registry())
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
          throw new GuanxiError('FORBIDDEN', 'The last administrator cannot be removed. Give the role to someone else first.')
        }
      }),
  }
}

function requireHeld(rights: RoleRights, principal: Principal, registry: Registry): void {
  const [first] = unheldRights(rights, principal, registry)
  if (!first) return
  const key = rights[first.part][first.index]?.module ?? ''
  const module = moduleOfKey(key, registry)?.name ?? (key === '*' ? 'every module' : 'a module that is deleted')
  throw new GuanxiError('FORBIDDEN', `You cannot give rights on ${module} that you do not hold (${first.part}, entry ${first.index + 1}).`)
}

async function requireUser(transaction: Transaction, userId: string): Promise<void> {
  const [user] = isUuid(userId)
    ? await transaction.query({ text: 'SELECT TRUE FROM users WHERE id = $1 AND deleted_at IS NULL', values: [userId], purpose: 'platform' })
    : []
  if (!user) throw notFound('user')
}
