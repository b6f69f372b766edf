import { createHash } from 'node:crypto'
import { type JWTHeaderParameters, jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import { DefectError } from '../errors/index.ts'

/** A secret under the name that tokens carry in `kid`. The algorithm is not the token's to choose: HS256 for every key. */
export interface TokenKey {
  readonly id: string
  /** At least 32 bytes. */
  readonly secret: Uint8Array
}

export interface AccessClaims {
  readonly userId: string
  readonly sessionId: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

export interface AccessTokens {
  issue(userId: string, sessionId: string): Promise<{ readonly token: string; readonly expiresAt: Date }>
  /** Claims of a valid token, else null; why it is not valid is nobody's business. Says nothing about the session. */
  verify(token: string): Promise<AccessClaims | null>
}

export interface AccessTokenOptions {
  readonly issuer: string
  readonly audience: string
  /** The first key signs; all verify. Rotation: put the new key first, remove the old one after `lifetime`. */
  readonly keys: readonly TokenKey[]
  /** Seconds. */
  readonly lifetime: number
  readonly now: () => Date
}

const ALGORITHM = 'HS256'
const TYPE = 'at+jwt'
/** Ours have some 400 characters; what is longer is not looked at. */
const MAX_LENGTH = 2048
const CACHED_TOKENS = 10_000

export function createAccessTokens({ issuer, audience, keys, lifetime, now }: AccessTokenOptions): AccessTokens {
  const [current] = keys
  if (!current) throw new DefectError('no key to sign access tokens with')
  for (const key of keys) if (key.secret.length < 32) throw new DefectError(`the token key ${key.id} has fewer than 32 bytes`)
  const byId = new Map(keys.map((key) => [key.id, key.secret]))
  // Keyed by digest, so that no memory dump holds a list of live tokens.
  const verified = new LRUCache<string, AccessClaims>({ max: CACHED_TOKENS })

  const keyOf = (header: JWTHeaderParameters): Uint8Array => {
    const secret = typeof header.kid === 'string' && header.typ === TYPE ? byId.get(header.kid) : undefined
    if (!secret) throw new Error('unknown key')
    return secret
  }

  return {
    issue: async (userId, sessionId) => {
      const issuedAt = Math.floor(now().getTime() / 1000)
      const expiresAt = issuedAt + lifetime
      const token = await new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: ALGORITHM, kid: current.id, typ: TYPE })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(userId)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .sign(current.secret)
      return { token, expiresAt: new Date(expiresAt * 1000) }
    },
    verify: async (token) => {
      if (token.length > MAX_LENGTH) return null
      const digest = createHash('sha256').update(token).digest('base64url')
      const known = verified.get(digest)
      if (known) {
        if (known.expiresAt > now().getTime()) return known
        verified.delete(digest)
        return null
      }
      try {
        const { payload } = await jwtVerify(token, keyOf, {
          algorithms: [ALGORITHM],
          issuer,
          audience,
          requiredClaims: ['sub', 'sid', 'exp', 'iat'],
          currentDate: now(),
        })
        if (typeof payload.sid !== 'string' || typeof payload.sub !== 'string' || typeof payload.exp !== 'number') return null
        const claims = Object.freeze({ userId: payload.sub, sessionId: payload.sid, expiresAt: payload.exp * 1000 })
        verified.set(digest, claims)
        return claims
      } catch {
        return null
      }
    },
  }
}
