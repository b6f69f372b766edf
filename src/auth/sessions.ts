import { randomUUID } from 'node:crypto'
import { GuanxiError, notFound, say } from '../errors/index.ts'
import { canonicalId } from '../lib/record-id.ts'
import type { Principal } from '../records/access/policy.ts'
import type { Database, Transaction } from '../records/database.ts'
import { lockCurrentRights } from './access-epoch.ts'
import type { AccessTokens } from './access-token.ts'
import type { AddressThrottle } from './address-throttle.ts'
import { isAdministrator, isLimited } from './administrator.ts'
import { actorOf, type RequestOrigin, writeAudit } from './audit.ts'
import type { PasswordHasher } from './passwords.ts'
import { SERVICE_KIND } from './principal-factory.ts'
import { digestOf, randomSecret } from './secret.ts'
import { signInName } from './sign-in-name.ts'
import type { SignInThrottle } from './sign-in-throttle.ts'

/** What a client gets when a session opens or goes on. */
export interface SessionTokens {
  readonly userId: string
  readonly sessionId: string
  readonly accessToken: string
  /** Opaque; good for one refresh. */
  readonly refreshToken: string
  /** End of the access token. */
  readonly expiresAt: Date
}

/** A session as its user may see it. */
export interface SessionInfo {
  readonly id: string
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
  readonly expiresAt: Date
  readonly userAgent: string | null
  /** Name of the program that opened it, as it gave it. */
  readonly client: string | null
  /** From where it was opened, as the trusted proxies tell it. */
  readonly ip: string | null
}

export interface Sessions {
  /**
   * Opens a session. Throws UNAUTHENTICATED in the same words and after the same work for an unknown address, a wrong password, a disabled user and a
   * service user; RATE_LIMITED after too many failures.
   */
  signIn(input: { readonly email: string; readonly password: string }, origin: RequestOrigin): Promise<SessionTokens>
  /**
   * Trades a refresh token for new tokens. A token works once: whoever brings a used one reveals that it was stolen (RFC 9700 §4.14.2), and the
   * session ends. Of parallel refreshes with one token one wins; those that were on their way already when it did are only refused.
   */
  refresh(refreshToken: string, origin: RequestOrigin): Promise<SessionTokens>
  /** Ends the caller's own session. Throws FORBIDDEN for a caller without one (an API key). */
  signOut(principal: Principal, origin: RequestOrigin): Promise<void>
  /** Live sessions of the caller, or for administrators those of a user, the latest first; none by an API key that is limited to a role. Throws FORBIDDEN for those of others. */
  list(principal: Principal, userId?: string | null): Promise<readonly SessionInfo[]>
  /** Ends a live session: one that the caller lists, any for administrators. Throws NOT_FOUND for any other. */
  revoke(principal: Principal, sessionId: string, origin: RequestOrigin): Promise<SessionInfo>
  /** Ends all live sessions of the caller but the one that asks, or for administrators those of a user, and answers them. Throws FORBIDDEN for those of others. */
  revokeOthers(principal: Principal, userId: string | null | undefined, origin: RequestOrigin): Promise<readonly SessionInfo[]>
}

export interface SessionOptions {
  readonly database: Database
  readonly hasher: PasswordHasher
  readonly accessTokens: AccessTokens
  readonly throttle: SignInThrottle
  readonly addresses: AddressThrottle
  readonly now: () => Date
  /** Seconds that a refresh token may lie unused. */
  readonly refreshLifetime?: number
  /** Seconds after which a session ends however often it is refreshed. */
  readonly sessionLifetime?: number
}

const DAY = 86_400
const SESSION_COLUMNS =
  's.id, s.created_at AS "createdAt", s.last_used_at AS "lastUsedAt", s.expires_at AS "expiresAt", s.user_agent AS "userAgent", s.client, s.ip'

/** With whose it was. */
interface EndedSession extends SessionInfo {
  readonly userId: string
}

interface Account {
  readonly id: string
  readonly hash: string | null
  readonly usable: boolean
}

interface PresentedToken {
  readonly id: string
  readonly sessionId: string
  readonly userId: string
  readonly usedAt: Date | null
  readonly live: boolean
  readonly sessionEnd: Date
}

type Refreshed = { readonly kind: 'rotated'; readonly userId: string; readonly sessionId: string; readonly refreshToken: string } | { readonly kind: 'refused' }

export function createSessions(options: SessionOptions): Sessions {
  const { database, hasher, accessTokens, throttle, addresses, now, refreshLifetime = 30 * DAY, sessionLifetime = 90 * DAY } = options
  const after = (from: Date, seconds: number) => new Date(from.getTime() + seconds * 1000)

  async function findAccount(email: string): Promise<Account | undefined> {
    const [account] = await database.query<Account>({
      text: `SELECT u.id, c.password_hash AS hash, u.status = 'active' AND u.kind <> '${SERVICE_KIND}' AS usable
               FROM users u LEFT JOIN user_credential c ON c.user_id = u.id WHERE lower(u.email) = $1 AND u.deleted_at IS NULL`,
      values: [email],
      purpose: 'authentication',
    })
    return account
  }

  /** Adds the next token of a session; the one before it points to it. */
  async function addRefreshToken(transaction: Transaction, sessionId: string, at: Date, sessionEnd: Date): Promise<{ id: string; text: string }> {
    const token = { id: randomUUID(), text: randomSecret() }
    const end = after(at, refreshLifetime)
    await transaction.query({
      text: 'INSERT INTO refresh_token (id, session_id, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)',
      values: [token.id, sessionId, digestOf(token.text), at, end < sessionEnd ? end : sessionEnd],
      purpose: 'authentication',
    })
    return token
  }

  async function open(transaction: Transaction, userId: string, origin: RequestOrigin): Promise<{ sessionId: string; refreshToken: string }> {
    const at = now()
    const sessionId = randomUUID()
    const end = after(at, sessionLifetime)
    await transaction.query({
      text: 'INSERT INTO session (id, user_id, created_at, last_used_at, expires_at, user_agent, ip, client) VALUES ($1, $2, $3, $3, $4, $5, $6, $7)',
      values: [sessionId, userId, at, end, origin.userAgent?.slice(0, 500) ?? null, origin.ip, origin.client],
      purpose: 'authentication',
    })
    const { text } = await addRefreshToken(transaction, sessionId, at, end)
    await writeAudit(transaction, { at, actorId: userId, via: 'user', sessionId, action: 'session.signIn', userIds: [userId], origin, result: 'ok' })
    return { sessionId, refreshToken: text }
  }

  async function signIn({ email, password }: { readonly email: string; readonly password: string }, origin: RequestOrigin): Promise<SessionTokens> {
    const login = signInName(email)
    await throttle.attempt(login, origin.ip)
    const account = await findAccount(login)
    const { matches, rehash } = await hasher.verify(account?.hash ?? null, password)
    if (!account || !matches || !account.usable) {
      await writeAudit(database, {
        at: now(),
        actorId: null,
        via: 'user',
        action: 'session.signIn',
        userIds: account ? [account.id] : [],
        origin,
        result: 'refused',
      })
      throw new GuanxiError('UNAUTHENTICATED', say`E-mail address or password is wrong.`)
    }
    const { sessionId, refreshToken } = await database.transaction(async (transaction) => {
      if (rehash !== null) {
        await transaction.query({
          text: 'UPDATE user_credential SET password_hash = $2, updated_at = $4 WHERE user_id = $1 AND password_hash = $3',
          values: [account.id, rehash, account.hash, now()],
          purpose: 'authentication',
        })
      }
      return open(transaction, account.id, origin)
    })
    await throttle.succeeded(login, origin.ip)
    const { token, expiresAt } = await accessTokens.issue(account.id, sessionId)
    return { userId: account.id, sessionId, accessToken: token, refreshToken, expiresAt }
  }

  async function rotate(transaction: Transaction, digest: Buffer, receivedAt: Date, origin: RequestOrigin): Promise<Refreshed> {
    // The row lock makes parallel refreshes queue here; each sees what the one before it did.
    const [presented] = await transaction.query<PresentedToken>({
      text: `SELECT t.id, t.session_id AS "sessionId", s.user_id AS "userId", t.used_at AS "usedAt", s.expires_at AS "sessionEnd",
                    t.expires_at > $2 AND s.expires_at > $2 AND s.revoked_at IS NULL AND u.status = 'active' AND u.deleted_at IS NULL AS live
               FROM refresh_token t JOIN session s ON s.id = t.session_id JOIN users u ON u.id = s.user_id WHERE t.token_hash = $1 FOR UPDATE OF t`,
      values: [digest, receivedAt],
      purpose: 'authentication',
    })
    if (!presented?.live) return { kind: 'refused' }
    const { id, sessionId, userId, usedAt, sessionEnd } = presented
    const audit = (action: string, result: string) =>
      writeAudit(transaction, { at: now(), actorId: userId, via: 'user', sessionId, action, userIds: [userId], origin, result })
    if (usedAt !== null) {
      if (receivedAt >= usedAt) {
        await endSessions(transaction, 's.id = $1', [sessionId], now())
        await audit('session.replay', 'revoked')
      }
      return { kind: 'refused' }
    }
    const next = await addRefreshToken(transaction, sessionId, now(), sessionEnd)
    await transaction.query({
      text: `WITH used AS (UPDATE refresh_token SET used_at = $2, replaced_by = $3 WHERE id = $1)
             UPDATE session SET last_used_at = $2 WHERE id = $4`,
      values: [id, now(), next.id, sessionId],
      purpose: 'authentication',
    })
    return { kind: 'rotated', userId, sessionId, refreshToken: next.text }
  }

  return {
    signIn,
    refresh: async (refreshToken, origin) => {
      const receivedAt = now()
      await addresses.admit('refresh', origin.ip)
      const digest = digestOf(refreshToken)
      const refreshed = await database.transaction((transaction) => rotate(transaction, digest, receivedAt, origin))
      if (refreshed.kind === 'refused') {
        await addresses.failed('refresh', origin.ip)
        throw new GuanxiError('UNAUTHENTICATED', say`The refresh token is not valid, or no longer is. Sign in again.`)
      }
      const { userId, sessionId } = refreshed
      const { token, expiresAt } = await accessTokens.issue(userId, sessionId)
      return { userId, sessionId, accessToken: token, refreshToken: refreshed.refreshToken, expiresAt }
    },
    signOut: async (principal, origin) => {
      const { sessionId, userId } = principal
      if (sessionId === undefined) throw new GuanxiError('FORBIDDEN', say`An API key has no session to end; revoke the key instead.`)
      await database.transaction(async (transaction) => {
        await endSessions(transaction, 's.id = $1', [sessionId], now())
        await writeAudit(transaction, { at: now(), ...actorOf(principal), action: 'session.signOut', userIds: [userId], origin, result: 'ok' })
      })
    },
    list: async (principal, given) => {
      const userId = ownerOf(principal, given)
      if (isLimited(principal)) return []
      return database.query<SessionInfo>({
        text: `SELECT ${SESSION_COLUMNS} FROM session s WHERE s.user_id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 ORDER BY s.last_used_at DESC NULLS LAST, s.id LIMIT 500`,
        values: [userId, now()],
        purpose: 'platform',
      })
    },
    revoke: (principal, sessionId, origin) =>
      database.transaction(async (transaction) => {
        await lockCurrentRights(transaction, principal)
        const id = isLimited(principal) ? null : canonicalId(sessionId)
        const [ended] =
          id === null ? [] : await endSessions(transaction, 's.id = $1 AND ($2 OR s.user_id = $3)', [id, isAdministrator(principal), principal.userId], now())
        if (!ended) throw notFound(say`session`)
        await auditRevoked(transaction, principal, ended.userId, origin)
        return ended
      }),
    revokeOthers: async (principal, given, origin) => {
      const userId = ownerOf(principal, given)
      if (isLimited(principal)) return []
      return database.transaction(async (transaction) => {
        await lockCurrentRights(transaction, principal)
        const ended = await endSessions(transaction, 's.user_id = $1 AND s.id IS DISTINCT FROM $2::uuid', [userId, principal.sessionId ?? null], now())
        if (ended.length > 0) await auditRevoked(transaction, principal, userId, origin)
        return ended
      })
    },
  }

  function auditRevoked(transaction: Transaction, principal: Principal, userId: string, origin: RequestOrigin): Promise<void> {
    return writeAudit(transaction, { at: now(), ...actorOf(principal), action: 'session.revoke', userIds: [userId], origin, result: 'ok' })
  }
}

/** Whose sessions are asked for: the caller's unless an administrator says whose. */
function ownerOf(principal: Principal, given: string | null | undefined): string {
  if (given == null) return principal.userId
  const userId = canonicalId(given)
  if (userId === principal.userId) return userId
  if (!isAdministrator(principal)) throw new GuanxiError('FORBIDDEN', say`Only administrators see and end the sessions of others.`)
  if (userId === null) throw notFound('user')
  return userId
}

/** Ends live sessions that the condition (over `s`, with its own parameters) names, and answers them. The last parameter added is the time. */
export function endSessions(transaction: Transaction, condition: string, values: readonly unknown[], at: Date): Promise<EndedSession[]> {
  return transaction.query<EndedSession>({
    text: `UPDATE session s SET revoked_at = $${values.length + 1} WHERE ${condition} AND s.revoked_at IS NULL RETURNING ${SESSION_COLUMNS}, s.user_id AS "userId"`,
    values: [...values, at],
    purpose: 'authentication',
  })
}
