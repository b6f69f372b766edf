import { randomBytes, randomUUID } from 'node:crypto'
import {
  countAdministrators,
  createSignInThrottle,
  endSessions,
  giveRoles,
  type PasswordHasher,
  SYSTEM_USER_ID,
  signInName,
  storePassword,
  systemPrincipal,
  writeSystemAudit,
} from '../auth/index.ts'
import { checkNewPassword } from '../auth/passwords.ts'
import { GuanxiError, say } from '../errors/index.ts'
import type { Principal } from '../records/access/policy.ts'
import type { Database, Executor, Transaction } from '../records/database.ts'
import { READ_EPOCHS_SQL } from '../records/epochs.ts'
import type { Registry } from '../records/registry/definition.ts'
import { underCurrentEpochs } from '../records/under-current-epochs.ts'
import type { ChangeOrigin, ChangeSet } from '../records/write/request.ts'

/** What set-up work needs of a running kernel. */
export interface SetUpServices {
  readonly database: Database
  readonly writer: { run<T>(principal: Principal, origin: ChangeOrigin, work: (changes: ChangeSet, transaction: Transaction) => Promise<T>): Promise<T> }
  readonly registry: () => Registry
  readonly hasher: PasswordHasher
  readonly now: () => Date
}

export interface NewUser {
  readonly name: string
  readonly email: string
  readonly password: string
  /** Keys of roles. */
  readonly roles: readonly string[]
}

/** A password of 96 random bits that can be read aloud and typed. */
export function generatePassword(): string {
  return randomBytes(12).toString('base64url')
}

/** System work at the current epochs. */
async function setUpPrincipal(reason: string, { database, registry }: Pick<SetUpServices, 'database' | 'registry'>): Promise<Principal> {
  const [epochs] = await database.query<{ schema: number; access: number }>({ text: READ_EPOCHS_SQL, purpose: 'platform' })
  return systemPrincipal(reason, registry(), epochs ?? { schema: 0, access: 0 })
}

/**
 * Makes a user who can sign in, through the write pipeline. `unless` is asked inside the transaction, behind a lock that all
 * set-up work takes; null is answered where it holds. Throws VALIDATION_FAILED, DUPLICATE for a taken address.
 */
export async function createUser(
  services: SetUpServices,
  user: NewUser,
  reason: string,
  unless: (executor: Executor) => Promise<boolean> = async () => false,
): Promise<string | null> {
  checkNewPassword(user.password, ['password'])
  const hash = await services.hasher.hash(user.password)
  const create = async (): Promise<string> =>
    services.writer.run(await setUpPrincipal(reason, services), { requestId: randomUUID(), cause: 'system' }, async (changes, transaction) => {
      await transaction.query({ text: 'SELECT pg_advisory_xact_lock(hashtext($1))', values: ['guanxi set-up'], purpose: 'platform' })
      if (await unless(transaction)) throw new NotNeeded()
      const { ids } = await changes.create(changes.registry.module('user'), [{ name: user.name, email: user.email }], { pathOf: () => [] })
      const id = ids[0] as string
      await assignRoles(transaction, id, user.roles)
      const at = services.now()
      await storePassword(transaction, id, hash, at)
      await writeSystemAudit(transaction, reason, { at, action: 'user.setPassword', userIds: [id] })
      await writeSystemAudit(transaction, reason, { at, action: 'role.assign', userIds: [id], details: { roles: user.roles } })
      return id
    })
  try {
    return await underCurrentEpochs(create)
  } catch (error) {
    if (error instanceof NotNeeded) return null
    throw error
  }
}

/** Sets a password by e-mail address and ends the user's sessions and links. `reason` names the work in the audit. Throws NOT_FOUND for an unknown address. */
export async function resetPassword({ database, hasher, now }: SetUpServices, email: string, password: string, reason: string): Promise<void> {
  checkNewPassword(password, ['password'])
  const hash = await hasher.hash(password)
  await database.transaction(async (transaction) => {
    const id = await userIdOf(transaction, email)
    await storePassword(transaction, id, hash, now())
    await endLiveSessions(transaction, id, now())
    await writeSystemAudit(transaction, reason, { at: now(), action: 'user.setPassword', userIds: [id] })
  })
  await createSignInThrottle(database, now).unlock(signInName(email))
}

/** Ends the user's sessions, and answers how many. Throws NOT_FOUND for an unknown address. */
export function endUserSessions({ database, now }: SetUpServices, email: string, reason: string): Promise<number> {
  return database.transaction(async (transaction) => {
    const id = await userIdOf(transaction, email)
    const ended = await endLiveSessions(transaction, id, now())
    await writeSystemAudit(transaction, reason, { at: now(), action: 'session.revoke', userIds: [id] })
    return ended
  })
}

/** Forgets failed sign-ins of the account; answers whether they had locked it. Throws NOT_FOUND for an unknown address. */
export async function unlockUser({ database, now }: SetUpServices, email: string, reason: string): Promise<boolean> {
  const id = await userIdOf(database, email)
  const wasLocked = await createSignInThrottle(database, now).unlock(signInName(email))
  await writeSystemAudit(database, reason, { at: now(), action: 'user.unlock', userIds: [id] })
  return wasLocked
}

async function userIdOf(executor: Executor, email: string): Promise<string> {
  const [user] = await executor.query<{ id: string }>({
    text: 'SELECT id FROM users WHERE lower(email) = $1 AND deleted_at IS NULL AND id <> $2',
    values: [signInName(email), SYSTEM_USER_ID],
    purpose: 'platform',
  })
  if (!user) throw new GuanxiError('NOT_FOUND', say`No user signs in as ${email}.`)
  return user.id
}

/** Answers how many ended; what had expired before is none of them. */
async function endLiveSessions(transaction: Transaction, userId: string, at: Date): Promise<number> {
  return (await endSessions(transaction, 's.user_id = $1 AND s.expires_at > $2', [userId, at], at)).length
}

/** Somebody can sign in as administrator. */
export async function hasAdministrator(executor: Executor): Promise<boolean> {
  return (await countAdministrators(executor)) > 0
}

async function assignRoles(transaction: Transaction, userId: string, keys: readonly string[]): Promise<void> {
  const [unknown] = await giveRoles(transaction, userId, keys)
  if (unknown !== undefined) throw new GuanxiError('NOT_FOUND', say`There is no role ${unknown}.`)
}

/** Rolls the transaction back without being a failure. */
class NotNeeded extends Error {}
