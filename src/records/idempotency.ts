import type { Database, Executor } from './database.ts'

/** A key that a client chose for an operation, as it is told from those of other clients. */
export interface KeyedOperation {
  /** Who sends it: keys of one client are no matter of another one. */
  readonly principalKey: string
  readonly key: string
  /** Digest of what was asked. */
  readonly digest: Buffer
}

/** What is known of a key. `response` is empty where an operation that is not one transaction has begun, at `since`, and is not known to have ended. */
export interface KnownAnswer {
  readonly digest: Buffer
  readonly response: Buffer
  readonly since: Date
}

export interface Claim {
  /** The key is this transaction's until its end; false where another one works on it. */
  readonly held: boolean
  readonly known: KnownAnswer | null
}

/** Rows that one statement takes away. */
const BATCH = 1_000

/** Takes the key for the transaction under way, without waiting, and tells what is known of it. */
export async function claimKey(transaction: Executor, { principalKey, key }: KeyedOperation, now: Date): Promise<Claim> {
  const [row] = await transaction.query<{ held: boolean } & { [Member in keyof KnownAnswer]: KnownAnswer[Member] | null }>({
    text: `WITH l AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtextextended($1 || chr(10) || $2, 7203114)) AS held)
      SELECT l.held, r.request_hash AS digest, r.response, r.created_at AS since
      FROM l LEFT JOIN idempotency_record r ON r.principal_key = $1 AND r.key = $2 AND r.expires_at > $3`,
    values: [principalKey, key, now],
    purpose: 'platform',
  })
  const { held = false, digest = null, response = null, since = null } = row ?? {}
  return { held, known: digest && response && since && { digest, response, since } }
}

/**
 * Keeps an answer for a key until an instant. False where one is kept already: the snapshot by which the key was claimed may be older than the commit of whoever had it before. `over`: takes the place
 * of one that has begun and not ended.
 */
export async function keepAnswer(
  executor: Executor,
  { principalKey, key, digest }: KeyedOperation,
  { response, at, until, over }: { readonly response: Buffer; readonly at: Date; readonly until: Date; readonly over: boolean },
): Promise<boolean> {
  const rows = await executor.query({
    text: `INSERT INTO idempotency_record AS r (principal_key, key, request_hash, response, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
      ON CONFLICT (principal_key, key) DO UPDATE SET request_hash = $3, response = $4, created_at = $5, expires_at = $6
        WHERE r.expires_at <= $5 OR ($7 AND r.response = '' AND r.request_hash = $3) RETURNING 1`,
    values: [principalKey, key, digest, response, at, until, over],
    purpose: 'platform',
  })
  return rows.length > 0
}

/** Lets go of a key whose operation has begun and changed nothing. */
export async function releaseKey(executor: Executor, { principalKey, key }: KeyedOperation): Promise<void> {
  await executor.query({
    text: `DELETE FROM idempotency_record WHERE principal_key = $1 AND key = $2 AND response = ''`,
    values: [principalKey, key],
    purpose: 'platform',
  })
}

/** Takes away what is kept no longer, in small steps. Answers how many went. */
export async function forgetAnswers(database: Database, now: Date): Promise<number> {
  for (let forgotten = 0; ; ) {
    const rows = await database.query({
      text: `DELETE FROM idempotency_record WHERE ctid = ANY (ARRAY(SELECT ctid FROM idempotency_record WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)) RETURNING 1`,
      values: [now, BATCH],
      purpose: 'background',
    })
    forgotten += rows.length
    if (rows.length < BATCH) return forgotten
  }
}
