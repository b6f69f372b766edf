import { LRUCache } from 'lru-cache'
import { GuanxiError, say } from '../errors/index.ts'
import { isUuid } from '../lib/record-id.ts'
import type { Principal } from '../records/access/policy.ts'
import type { Database } from '../records/database.ts'
import type { Registry } from '../records/registry/definition.ts'
import type { AccessTokens } from './access-token.ts'
import { isWithin } from './allowed-networks.ts'
import { parseApiKey } from './api-key-format.ts'
import { createLastUse } from './last-use.ts'
import { createPrincipalFactory } from './principal-factory.ts'
import { type Rights, readRights, type Subject } from './rights.ts'
import { digestOf, sameDigest } from './secret.ts'

/** What a request says about its sender. */
export interface Credentials {
  /** `Bearer <access token or API key>`; absent or empty for an anonymous caller. */
  readonly authorization: string | null | undefined
  readonly ip: string | null
  readonly userAgent: string | null
}

/** The sender of one request or socket. */
export interface Caller {
  /**
   * Null for an anonymous caller. May come from the cache: rights are then those of an earlier access epoch, which every statement of the engine
   * notices. Throws UNAUTHENTICATED for a credential that is not valid, or no longer is.
   */
  principal(): Promise<Principal | null>
  /** Drops what is cached for this caller, so that the next `principal()` reads its rights again. */
  forget(): void
  /** When the credential ends by itself; null where it does not, or before `principal()` has answered. Milliseconds since the epoch. */
  expiresAt(): number | null
}

export interface Authenticator {
  callerOf(credentials: Credentials): Caller
  /** Principal of a session that has just been opened or refreshed, read from the database. Throws UNAUTHENTICATED where it is not live. */
  principalOfSession(sessionId: string): Promise<Principal>
  /** Rights that a user would have by roles alone, read from the database; null for an unknown, disabled or deleted user. */
  principalOfUser(userId: string): Promise<Principal | null>
  /** Says that rights have changed: what is cached from before that access epoch is dropped. Callers need not say it, it saves them a failed try. */
  accessChanged(accessEpoch: number): void
  /** Resolves when no background write (time of last use) is under way. */
  idle(): Promise<void>
}

export interface AuthenticatorOptions {
  readonly database: Database
  /** The registry that is served now. */
  readonly registry: () => Registry
  readonly accessTokens: AccessTokens
  readonly now: () => Date
  /** Told when a time of last use could not be written. */
  readonly onBackgroundError: (error: unknown) => void
}

interface Known {
  readonly principal: Principal
  /** Milliseconds since the epoch; null: no end. */
  readonly expiresAt: number | null
  /** Networks from which the credential may be used; null: from everywhere. */
  readonly networks: readonly string[] | null
}

const CACHED_PRINCIPALS = 5000

export function createAuthenticator({ database, registry, accessTokens, now, onBackgroundError }: AuthenticatorOptions): Authenticator {
  const principals = createPrincipalFactory(registry)
  const lastUse = createLastUse({ database, now, onBackgroundError })
  const known = new LRUCache<string, Known>({ max: CACHED_PRINCIPALS })
  const loading = new Map<string, Promise<Known | null>>()
  let accessEpoch = 0

  function accessChanged(epoch: number): void {
    if (epoch <= accessEpoch) return
    accessEpoch = epoch
  }

  function cached(key: string): Known | undefined {
    const entry = known.get(key)
    if (!entry) return undefined
    const { epochs } = entry.principal.policy
    const ended = entry.expiresAt !== null && entry.expiresAt <= now().getTime()
    if (!ended && epochs.access >= accessEpoch && epochs.schema === registry().version) return entry
    known.delete(key)
    return undefined
  }

  async function load(subject: Subject, isProven: (rights: Rights) => boolean): Promise<Known | null> {
    const rights = await readRights(database, subject)
    if (!rights || !isProven(rights) || !isLive(rights, now())) return null
    accessChanged(rights.accessEpoch)
    return { principal: principals.principalOf(rights), expiresAt: rights.expiresAt?.getTime() ?? null, networks: rights.apiKeyNetworks }
  }

  /** One load at a time for each key; whoever comes while it runs shares it. */
  function loadOnce(key: string, subject: Subject, isProven: (rights: Rights) => boolean): Promise<Known | null> {
    const running = loading.get(key)
    if (running) return running
    const promise = load(subject, isProven)
      .then((entry) => {
        if (entry && loading.get(key) === promise) known.set(key, entry)
        return entry
      })
      .finally(() => {
        if (loading.get(key) === promise) loading.delete(key)
      })
    loading.set(key, promise)
    return promise
  }

  function forgetKey(key: string): void {
    known.delete(key)
    loading.delete(key)
  }

  /** Where the rights of a credential are cached, and how they are read; null for a text that is no valid credential. */
  async function locate(token: string): Promise<Located | null> {
    const apiKey = parseApiKey(token)
    if (apiKey) {
      const digest = digestOf(apiKey.secret)
      return {
        key: `key:${apiKey.prefix}:${digest.toString('base64url')}`,
        subject: { kind: 'apiKey', prefix: apiKey.prefix },
        isProven: (rights) => rights.apiKeyHash !== null && sameDigest(rights.apiKeyHash, digest),
        userId: null,
        expiresAt: null,
      }
    }
    const claims = await accessTokens.verify(token)
    if (!claims || !isUuid(claims.sessionId)) return null
    return {
      key: `session:${claims.sessionId}`,
      subject: { kind: 'session', id: claims.sessionId },
      isProven: (rights) => rights.userId === claims.userId,
      userId: claims.userId,
      expiresAt: claims.expiresAt,
    }
  }

  function callerOf({ authorization, ip }: Credentials): Caller {
    if (authorization === null || authorization === undefined || authorization.trim() === '') return ANONYMOUS
    const token = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization.trim())?.[1]
    let cacheKey: string | null = null
    let end: number | null = null
    return {
      principal: async () => {
        const located = token === undefined ? null : await locate(token)
        if (!located) throw notValid()
        cacheKey = located.key
        const entry = cached(located.key) ?? (await loadOnce(located.key, located.subject, located.isProven))
        if (!entry || (located.userId !== null && entry.principal.userId !== located.userId)) throw notValid()
        if (entry.networks !== null && !isWithin(entry.networks, ip)) throw notValid()
        end = located.expiresAt ?? entry.expiresAt
        lastUse.note(entry.principal)
        return entry.principal
      },
      forget: () => {
        if (cacheKey !== null) forgetKey(cacheKey)
      },
      expiresAt: () => end,
    }
  }

  return {
    callerOf,
    principalOfSession: async (sessionId) => {
      const key = `session:${sessionId}`
      forgetKey(key)
      const entry = await loadOnce(key, { kind: 'session', id: sessionId }, () => true)
      if (!entry) throw notValid()
      return entry.principal
    },
    principalOfUser: async (userId) => (await load({ kind: 'user', id: userId }, () => true))?.principal ?? null,
    accessChanged,
    idle: lastUse.idle,
  }
}

interface Located {
  readonly key: string
  readonly subject: Subject
  readonly isProven: (rights: Rights) => boolean
  /** Whose it says that it is, also where the session is known already; null where it does not say so. */
  readonly userId: string | null
  readonly expiresAt: number | null
}

const ANONYMOUS: Caller = Object.freeze({ principal: async () => null, forget: () => {}, expiresAt: () => null })

function isLive(rights: Rights, now: Date): boolean {
  return rights.userActive && rights.creatorActive && !rights.revoked && (rights.expiresAt === null || rights.expiresAt > now)
}

/** One answer for every reason, so that it tells nothing about keys, sessions and users. */
function notValid(): GuanxiError {
  return new GuanxiError(
    'UNAUTHENTICATED',
    say`The access token or API key is not valid, no longer is, or may not be used from here. Sign in again or refresh the session.`,
  )
}
