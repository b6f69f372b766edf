import { createHmac, randomUUID } from 'node:crypto'
import { DefectError } from '../errors/index.ts'
import type { Executor, Transaction } from '../records/database.ts'
import { digestOf } from './secret.ts'

/** What a token is good for. */
export type TokenPurpose = 'passwordReset' | 'invitation'

/** Seconds for which tokens work. */
export const TOKEN_LIFETIME: Readonly<Record<TokenPurpose, number>> = Object.freeze({ passwordReset: 3_600, invitation: 7 * 86_400 })

/** A secret that tokens are made with, of at least 32 bytes. */
export interface TokenSecret {
  readonly secret: Uint8Array
}

export interface NewToken {
  readonly id: string
  readonly expiresAt: Date
}

/** A token that was found by its text and can be used. */
export interface LiveToken {
  readonly id: string
  readonly userId: string
  /** Of the user; never null for whom a token is alive. */
  readonly email: string
}

/** What the message that carries a token says. */
export interface CarriedToken {
  readonly purpose: TokenPurpose
  readonly token: string
  readonly expiresAt: Date
}

/**
 * Tokens of links that prove that somebody reads a user's mail. A token is made of its row's id by a key of the server: its text is stored nowhere, only its SHA-256, and can be made again when its message is sent once
 * more. Each works once, until it expires; a newer one of the same purpose, a new password, another e-mail address and the end of the user end it.
 */
export interface OneTimeTokens {
  /** Makes a token and ends an older one. Whoever makes one for the same user meanwhile waits. */
  issue(transaction: Transaction, token: { readonly userId: string; readonly purpose: TokenPurpose; readonly createdBy: string }): Promise<NewToken>
  /** Says by which delivery a token goes out. */
  carry(transaction: Transaction, tokenId: string, deliveryId: string): Promise<void>
  /** The token of this text, if it can be used; its row is locked where the executor is a transaction that says so. */
  find(executor: Executor, purpose: TokenPurpose, text: string, lock?: boolean): Promise<LiveToken | null>
  /** Uses a token up. */
  use(transaction: Transaction, tokenId: string): Promise<void>
  /** What a delivery carries; `ended` where it must not be sent any more, null for a delivery that carries no token. */
  carriedBy(executor: Executor, deliveryId: string): Promise<CarriedToken | 'ended' | null>
}

const ALIVE = (now: string) =>
  `t.used_at IS NULL AND t.ended_at IS NULL AND t.expires_at > ${now} AND u.status = 'active' AND u.deleted_at IS NULL AND u.email IS NOT NULL`

/** `keys`: the first one makes tokens; tokens of the others can still be made again. */
export function createOneTimeTokens(keys: readonly TokenSecret[], now: () => Date): OneTimeTokens {
  const [current] = keys
  if (!current) throw new DefectError('no key to make tokens of links with')
  return {
    issue: async (transaction, { userId, purpose, createdBy }) => {
      const at = now()
      const id = randomUUID()
      const expiresAt = new Date(at.getTime() + TOKEN_LIFETIME[purpose] * 1000)
      await transaction.query({
        text: 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))',
        values: [`one-time token ${userId}`],
        purpose: 'authentication',
      })
      await endTokens(transaction, userId, at, purpose)
      await transaction.query({
        text: `INSERT INTO one_time_token (id, user_id, purpose, token_hash, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        values: [id, userId, purpose, digestOf(textOf(id, purpose, current)), createdBy, at, expiresAt],
        purpose: 'authentication',
      })
      return { id, expiresAt }
    },
    carry: async (transaction, tokenId, deliveryId) => {
      await transaction.query({
        text: 'UPDATE one_time_token SET delivery_id = $2 WHERE id = $1',
        values: [tokenId, deliveryId],
        purpose: 'authentication',
      })
    },
    find: async (executor, purpose, text, lock = false) => {
      const [token] = await executor.query<LiveToken>({
        text: `SELECT t.id, t.user_id AS "userId", u.email FROM one_time_token t JOIN users u ON u.id = t.user_id
                WHERE t.token_hash = $1 AND t.purpose = $2 AND ${ALIVE('$3')}${lock ? ' FOR UPDATE OF t' : ''}`,
        values: [digestOf(text), purpose, now()],
        purpose: 'authentication',
      })
      return token ?? null
    },
    use: async (transaction, tokenId) => {
      await transaction.query({ text: 'UPDATE one_time_token SET used_at = $2 WHERE id = $1', values: [tokenId, now()], purpose: 'authentication' })
    },
    carriedBy: async (executor, deliveryId) => {
      const [row] = await executor.query<{ id: string; purpose: TokenPurpose; hash: Buffer; expiresAt: Date; alive: boolean }>({
        text: `SELECT t.id, t.purpose, t.token_hash AS hash, t.expires_at AS "expiresAt", ${ALIVE('$2')} AS alive
                 FROM one_time_token t JOIN users u ON u.id = t.user_id WHERE t.delivery_id = $1`,
        values: [deliveryId, now()],
        purpose: 'authentication',
      })
      if (!row) return null
      // A secret that has been replaced meanwhile made another one.
      const token = keys.map((key) => textOf(row.id, row.purpose, key)).find((text) => digestOf(text).equals(row.hash))
      return row.alive && token !== undefined ? { purpose: row.purpose, token, expiresAt: row.expiresAt } : 'ended'
    },
  }
}

/** Ends the user's tokens, or those of one purpose. For whoever gives the user a new password by another way. */
export async function endTokens(transaction: Transaction, userId: string, at: Date, purpose: TokenPurpose | null = null): Promise<void> {
  await transaction.query({
    text: 'UPDATE one_time_token SET ended_at = $2 WHERE user_id = $1 AND used_at IS NULL AND ended_at IS NULL AND ($3::text IS NULL OR purpose = $3)',
    values: [userId, at, purpose],
    purpose: 'authentication',
  })
}

/** 64 characters of base64url: the id, and what only the server can make of it (HMAC-SHA-256, RFC 2104). */
function textOf(id: string, purpose: TokenPurpose, { secret }: TokenSecret): string {
  const proof = createHmac('sha256', secret).update(`one-time token\0${purpose}\0${id}`).digest()
  return Buffer.concat([Buffer.from(id.replaceAll('-', ''), 'hex'), proof]).toString('base64url')
}
