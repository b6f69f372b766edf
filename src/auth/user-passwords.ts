import { GuanxiError, notFound, say, validationFailed } from '../errors/index.ts'
import { canonicalId } from '../lib/record-id.ts'
import type { Principal } from '../records/access/policy.ts'
import type { Database, Transaction } from '../records/database.ts'
import { lockCurrentRights } from './access-epoch.ts'
import { isAdministrator } from './administrator.ts'
import { actorOf, type RequestOrigin, writeAudit } from './audit.ts'
import { endTokens } from './one-time-tokens.ts'
import { checkNewPassword, type PasswordHasher } from './passwords.ts'
import { SERVICE_KIND } from './principal-factory.ts'
import { endSessions } from './sessions.ts'
import type { SignInThrottle } from './sign-in-throttle.ts'

export interface PasswordChange {
  readonly userId: string
  readonly password: string
  /** Demanded where people change their own. */
  readonly oldPassword?: string | null
}

export interface UserPasswords {
  /**
   * Sets a password and ends every session of the user, this one too. One's own needs the old one (a wrong one counts as a failed sign-in);
   * administrators set those of others. Throws FORBIDDEN, NOT_FOUND, VALIDATION_FAILED, RATE_LIMITED.
   */
  set(principal: Principal, change: PasswordChange, origin: RequestOrigin): Promise<void>
}

export interface UserPasswordOptions {
  readonly database: Database
  readonly hasher: PasswordHasher
  readonly throttle: SignInThrottle
  readonly now: () => Date
}

export function createUserPasswords({ database, hasher, throttle, now }: UserPasswordOptions): UserPasswords {
  async function proveOldPassword(userId: string, oldPassword: string | null | undefined, ip: string | null): Promise<void> {
    const [stored] = await database.query<{ hash: string; email: string | null }>({
      text: 'SELECT c.password_hash AS hash, lower(u.email) AS email FROM user_credential c JOIN users u ON u.id = c.user_id WHERE c.user_id = $1',
      values: [userId],
      purpose: 'authentication',
    })
    const account = stored?.email ?? userId
    await throttle.attempt(account, ip)
    const { matches } = await hasher.verify(stored?.hash ?? null, oldPassword ?? '')
    if (!matches) throw validationFailed([{ path: ['input', 'oldPassword'], code: 'WRONG', message: say`The old password is wrong.` }])
    await throttle.succeeded(account, ip)
  }

  return {
    set: async (principal, { userId: given, password, oldPassword }, origin) => {
      // What is no id is no user either, which is told below.
      const userId = canonicalId(given) ?? given
      const own = userId === principal.userId
      if (!own && !isAdministrator(principal)) throw new GuanxiError('FORBIDDEN', say`Only administrators set the passwords of others.`)
      if (principal.apiKeyId !== undefined && !isAdministrator(principal)) throw new GuanxiError('FORBIDDEN', say`An API key cannot change a password.`)
      checkNewPassword(password, ['input', 'password'])
      if (own) await proveOldPassword(userId, oldPassword, origin.ip)
      const hash = await hasher.hash(password)
      await database.transaction(async (transaction) => {
        await lockCurrentRights(transaction, principal)
        await requirePerson(transaction, userId)
        await storePassword(transaction, userId, hash, now())
        await endSessions(transaction, 's.user_id = $1', [userId], now())
        await writeAudit(transaction, {
          at: now(),
          ...actorOf(principal),
          action: 'user.setPassword',
          userIds: [userId],
          origin,
          result: 'ok',
        })
      })
    },
  }
}

/** Stores a hash made by `PasswordHasher.hash`, and ends the links that were sent to the user. Sessions are the caller's to end; set-up work (first administrator, demo users) has none. */
export async function storePassword(transaction: Transaction, userId: string, hash: string, at: Date): Promise<void> {
  await transaction.query({
    text: `INSERT INTO user_credential (user_id, password_hash, updated_at) VALUES ($1, $2, $3)
           ON CONFLICT (user_id) DO UPDATE SET password_hash = EXCLUDED.password_hash, updated_at = EXCLUDED.updated_at`,
    values: [userId, hash, at],
    purpose: 'authentication',
  })
  await endTokens(transaction, userId, at)
}

async function requirePerson(transaction: Transaction, userId: string): Promise<void> {
  const [user] = canonicalId(userId)
    ? await transaction.query<{ kind: string }>({ text: 'SELECT kind FROM users WHERE id = $1 AND deleted_at IS NULL', values: [userId], purpose: 'platform' })
    : []
  if (!user) throw notFound('user')
  if (user.kind === SERVICE_KIND)
    throw validationFailed([{ path: ['input', 'userId'], code: 'SERVICE_USER', message: say`A service user has no password; give it an API key.` }])
}
