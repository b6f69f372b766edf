import { randomUUID } from 'node:crypto'
import { GuanxiError, listed, notFound, say, validationFailed } from '../errors/index.ts'
import { canonicalId } from '../lib/record-id.ts'
import type { Principal } from '../records/access/policy.ts'
import type { Database, Executor } from '../records/database.ts'
import { lockCurrentRights } from './access-epoch.ts'
import { isAdministrator, isLimited } from './administrator.ts'
import { networkBeyond, parseNetworks } from './allowed-networks.ts'
import { newApiKey } from './api-key-format.ts'
import { actorOf, type RequestOrigin, writeAudit } from './audit.ts'
import { withInherited } from './inherited-roles.ts'
import { readRoles } from './role-store.ts'
import { digestOf } from './secret.ts'

/** An API key without its secret. */
export interface ApiKeyInfo {
  readonly id: string
  readonly name: string
  /** Second part of the key's text; names it in lists and logs. */
  readonly prefix: string
  /** Whom the key acts for. */
  readonly userId: string
  /** Role that it is limited to; null: all roles of the user. */
  readonly roleKey: string | null
  readonly createdBy: string
  readonly createdAt: Date
  readonly expiresAt: Date | null
  /** Networks in CIDR notation from which it may be used; null: from everywhere. */
  readonly allowedNetworks: readonly string[] | null
  readonly lastUsedAt: Date | null
  readonly revokedAt: Date | null
}

export interface NewApiKey {
  readonly name: string
  /** Limits the key to this role. A service user's key gets its rights from it. */
  readonly roleKey?: string | null
  /** The caller where it is left out. */
  readonly userId?: string | null
  readonly expiresAt?: Date | null
  /** Addresses and networks in CIDR notation from which the key may be used; from everywhere where it is left out. */
  readonly allowedNetworks?: readonly string[] | null
}

export interface ApiKeys {
  /**
   * Makes a key; its text is answered this once. Administrators make keys for everyone and with any role, others for themselves and with a role they hold.
   * A key that makes another one is its end: the other ends no later, is used from no other networks, and is revoked with it.
   * Throws FORBIDDEN for the rest, VALIDATION_FAILED for an unknown user or role, and for what goes beyond the caller's key.
   */
  create(principal: Principal, input: NewApiKey, origin: RequestOrigin): Promise<{ readonly apiKey: ApiKeyInfo; readonly secret: string }>
  /**
   * Ends a key and those that were made by it: one's own, or any for administrators; by a key that is limited to a role only one that is limited to no other role than the caller's. Throws NOT_FOUND for
   * others. A second time changes nothing.
   */
  revoke(principal: Principal, id: string, origin: RequestOrigin): Promise<ApiKeyInfo>
  /** Keys that the caller may end, the latest first. */
  list(principal: Principal): Promise<readonly ApiKeyInfo[]>
}

const COLUMNS = `k.id, k.name, k.prefix, k.user_id AS "userId", (SELECT r.key FROM role r WHERE r.id = k.role_id) AS "roleKey", k.created_by AS "createdBy",
  k.created_at AS "createdAt", k.expires_at AS "expiresAt", k.allowed_networks AS "allowedNetworks", k.last_used_at AS "lastUsedAt", k.revoked_at AS "revokedAt"`

const NAME_LENGTH = 200

/** Keys `k` that `reachOf` names. */
const REACHED = `($1 OR (k.user_id = $2 AND ($3::text[] IS NULL OR (SELECT r.key FROM role r WHERE r.id = k.role_id) = ANY($3))))`

/** Whether it is all keys, else whose, and of which roles; null: of all, and of none. */
async function reachOf(executor: Executor, principal: Principal): Promise<readonly unknown[]> {
  return [isAdministrator(principal), principal.userId, isLimited(principal) ? [...(await heldRoleKeys(executor, principal))] : null]
}

export function createApiKeys(database: Database, now: () => Date): ApiKeys {
  return {
    create: async (principal, input, origin) => {
      // What is no id is no user either, which is told below.
      const userId = input.userId == null ? principal.userId : (canonicalId(input.userId) ?? input.userId)
      checkInput(input, now())
      if (!isAdministrator(principal)) {
        if (userId !== principal.userId) throw new GuanxiError('FORBIDDEN', say`Only administrators make API keys for others.`)
        // A key that is limited to one role must not make another that is not.
        if (input.roleKey == null && principal.apiKeyId !== undefined) throw new GuanxiError('FORBIDDEN', say`An API key makes other keys only with a role.`)
      }
      const key = newApiKey()
      const apiKey = await database.transaction(async (transaction) => {
        await lockCurrentRights(transaction, principal)
        if (input.roleKey != null) await requireHeldRole(transaction, input.roleKey, principal)
        const roleId = input.roleKey == null ? null : await roleIdOf(transaction, input.roleKey)
        await requireActiveUser(transaction, userId)
        const { expiresAt, networks } = await boundsOf(transaction, principal, input)
        const [created] = await transaction.query<ApiKeyInfo>({
          text: `INSERT INTO api_key AS k (id, name, prefix, secret_hash, user_id, role_id, created_by, made_by_key, created_at, expires_at, allowed_networks)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING ${COLUMNS}`,
          values: [
            randomUUID(),
            input.name.trim(),
            key.prefix,
            digestOf(key.secret),
            userId,
            roleId,
            principal.userId,
            principal.apiKeyId ?? null,
            now(),
            expiresAt,
            networks,
          ],
          purpose: 'platform',
        })
        await writeAudit(transaction, {
          at: now(),
          ...actorOf(principal),
          action: 'apiKey.create',
          userIds: [userId],
          origin,
          result: 'ok',
        })
        return created as ApiKeyInfo
      })
      return { apiKey, secret: key.text }
    },
    revoke: async (principal, keyId, origin) => {
      const id = canonicalId(keyId)
      if (id === null) throw notFound(say`API key`)
      return database.transaction(async (transaction) => {
        await lockCurrentRights(transaction, principal)
        const [revoked] = await transaction.query<ApiKeyInfo>({
          text: `UPDATE api_key k SET revoked_at = COALESCE(k.revoked_at, $5) WHERE k.id = $4 AND ${REACHED} RETURNING ${COLUMNS}`,
          values: [...(await reachOf(transaction, principal)), id, now()],
          purpose: 'platform',
        })
        if (!revoked) throw notFound(say`API key`)
        const alsoOf = await revokeMadeBy(transaction, id, now())
        await writeAudit(transaction, {
          at: now(),
          ...actorOf(principal),
          action: 'apiKey.revoke',
          userIds: [...new Set([revoked.userId, ...alsoOf])],
          origin,
          result: 'ok',
        })
        return revoked
      })
    },
    list: async (principal) =>
      database.query<ApiKeyInfo>({
        text: `SELECT ${COLUMNS} FROM api_key k WHERE ${REACHED} ORDER BY k.created_at DESC, k.id DESC LIMIT 1000`,
        values: await reachOf(database, principal),
        purpose: 'platform',
      }),
  }
}

interface Bounds {
  readonly expiresAt: Date | null
  readonly networks: readonly string[] | null
}

/** The end of a new key, and from where it is used. One that a key makes stays within that key: else whoever has it for a while, or in one place, had it for good and everywhere. */
async function boundsOf(transaction: Executor, { apiKeyId }: Principal, { expiresAt = null, allowedNetworks = null }: NewApiKey): Promise<Bounds> {
  const networks = allowedNetworks && parseNetworks(allowedNetworks, ['input', 'allowedNetworks'])
  if (apiKeyId === undefined) return { expiresAt, networks }
  const [maker] = await transaction.query<Bounds>({
    text: 'SELECT expires_at AS "expiresAt", allowed_networks AS networks FROM api_key WHERE id = $1 AND revoked_at IS NULL',
    values: [apiKeyId],
    purpose: 'platform',
  })
  if (!maker) throw new GuanxiError('UNAUTHENTICATED', say`The API key is not valid any more.`)
  const end = maker.expiresAt
  if (end !== null && expiresAt !== null && expiresAt > end)
    throw validationFailed([
      { path: ['input', 'expiresAt'], code: 'TOO_LATE', message: say`A key that an API key makes ends no later than that one, at ${end.toISOString()}.` },
    ])
  const beyond = maker.networks && networks && networkBeyond(networks, maker.networks)
  if (beyond != null)
    throw validationFailed([
      {
        path: ['input', 'allowedNetworks'],
        code: 'TOO_WIDE',
        message: say`A key that an API key makes is used from no other networks than that one, ${listed(maker.networks ?? [])}; ${beyond} lies beyond them.`,
      },
    ])
  return { expiresAt: expiresAt ?? end, networks: networks ?? maker.networks }
}

/** Ends the keys that a key has made, those that these have made, and so on. Changes of rights come one at a time, so none is being made. Answers whom they act for. */
async function revokeMadeBy(transaction: Executor, id: string, at: Date): Promise<string[]> {
  const rows = await transaction.query<{ userId: string }>({
    text: `WITH RECURSIVE made AS (SELECT k.id FROM api_key k WHERE k.made_by_key = $1 UNION SELECT k.id FROM made m JOIN api_key k ON k.made_by_key = m.id)
           UPDATE api_key k SET revoked_at = $2 FROM made WHERE k.id = made.id AND k.revoked_at IS NULL RETURNING k.user_id AS "userId"`,
    values: [id, at],
    purpose: 'platform',
  })
  return rows.map(({ userId }) => userId)
}

function checkInput({ name, expiresAt }: NewApiKey, now: Date): void {
  const length = [...name.trim()].length
  if (length === 0 || length > NAME_LENGTH) {
    throw validationFailed([
      { path: ['input', 'name'], code: 'LENGTH', message: say`The name of an API key has 1 to ${NAME_LENGTH} characters; this one has ${length}.` },
    ])
  }
  if (expiresAt != null && expiresAt <= now) {
    throw validationFailed([{ path: ['input', 'expiresAt'], code: 'PAST', message: say`The end of an API key must lie ahead.` }])
  }
}

/** Administrators give every role; others those that they hold, be it by inheritance. */
async function requireHeldRole(executor: Executor, key: string, principal: Principal): Promise<void> {
  if (isAdministrator(principal) || principal.roles.includes(key)) return
  if (!(await heldRoleKeys(executor, principal)).has(key)) throw new GuanxiError('FORBIDDEN', say`An API key can only be limited to a role that you hold.`)
}

/** Roles that the caller acts by, and all that they inherit. */
async function heldRoleKeys(executor: Executor, principal: Principal): Promise<ReadonlySet<string>> {
  const known = await readRoles(executor)
  const held = known.filter((role) => principal.roles.includes(role.key))
  return new Set(withInherited(held, known).map((role) => role.key))
}

async function roleIdOf(executor: Executor, key: string): Promise<string> {
  const [role] = await executor.query<{ id: string }>({ text: 'SELECT id FROM role WHERE key = $1', values: [key], purpose: 'platform' })
  if (!role) throw validationFailed([{ path: ['input', 'roleKey'], code: 'UNKNOWN', message: say`There is no role with this key.` }])
  return role.id
}

async function requireActiveUser(executor: Executor, userId: string): Promise<void> {
  const [user] = canonicalId(userId)
    ? await executor.query({ text: `SELECT TRUE FROM users WHERE id = $1 AND status = 'active' AND deleted_at IS NULL`, values: [userId], purpose: 'platform' })
    : []
  if (!user) throw validationFailed([{ path: ['input', 'userId'], code: 'UNKNOWN', message: say`There is no active user with this id.` }])
}
