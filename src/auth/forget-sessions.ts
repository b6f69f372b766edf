import { inBatches } from '../lib/in-batches.ts'
import type { Database } from '../records/database.ts'

/** Rows that one statement takes away; the tokens of its sessions come on top. */
const BATCH = 500

/**
 * Takes away sessions that ended before an instant, with their refresh tokens. None of them could be used any more, and without their rows they are refused in the same words; the audit keeps who signed in, and when.
 * Nobody waits: rows that others hold are passed over. Ends between two batches where it is to stop. Answers how many went.
 */
export function forgetSessions(database: Database, before: Date, isStopping?: () => boolean): Promise<number> {
  return forget(
    database,
    `DELETE FROM session WHERE id = ANY (ARRAY(
       SELECT id FROM session WHERE least(expires_at, revoked_at) < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
    before,
    isStopping,
  )
}

/** The same for tokens of links that were used, ended or expired. One whose message may still be sent stays, since the message would go out without it. */
export function forgetOneTimeTokens(database: Database, before: Date, isStopping?: () => boolean): Promise<number> {
  return forget(
    database,
    `DELETE FROM one_time_token WHERE id = ANY (ARRAY(
       SELECT t.id FROM one_time_token t LEFT JOIN deliveries d ON d.id = t.delivery_id
       WHERE least(t.expires_at, t.used_at, t.ended_at) < $1 AND (d.id IS NULL OR d.state IN ('sent', 'skipped'))
       LIMIT $2 FOR UPDATE OF t SKIP LOCKED)) RETURNING 1`,
    before,
    isStopping,
  )
}

function forget(database: Database, text: string, before: Date, isStopping?: () => boolean): Promise<number> {
  return inBatches(BATCH, async () => (await database.query({ text, values: [before, BATCH], purpose: 'background' })).length, isStopping)
}
