import { randomUUID } from 'node:crypto'
import { liveShareSql, type ShareLevel } from '../records/access/shares.ts'
import type { Executor } from '../records/database.ts'

/** A share as it is stored: exactly one of `userId` and `teamId` is given. */
export interface StoredShare {
  readonly id: string
  readonly moduleNumber: number
  readonly recordId: string
  readonly userId: string | null
  readonly teamId: string | null
  readonly level: ShareLevel
  /** Null: without end. */
  readonly expiresAt: Date | null
  readonly createdAt: Date
  readonly createdBy: string
  /** It came with watching the record, and goes with that. */
  readonly watching: boolean
}

/** What a share is to be. */
export interface NewShare extends Omit<StoredShare, 'id' | 'createdAt' | 'watching'> {
  readonly at: Date
}

/** Columns of a `record_share s` as a StoredShare. */
export const SHARE_COLUMNS = `s.id, s.module_number AS "moduleNumber", s.record_id AS "recordId", s.user_id AS "userId", s.team_id AS "teamId", s.level,
  s.expires_at AS "expiresAt", s.created_at AS "createdAt", s.created_by AS "createdBy", s.watching`

/** The share with this id, unless it has ended. */
export async function readShare(executor: Executor, id: string): Promise<StoredShare | undefined> {
  const [share] = await executor.query<StoredShare>({
    text: `SELECT ${SHARE_COLUMNS} FROM record_share s WHERE s.id = $1 AND ${liveShareSql('s')}`,
    values: [id],
    purpose: 'platform',
  })
  return share
}

/** The share that somebody made of a record by hand. */
export async function findShare(executor: Executor, { moduleNumber, recordId, userId, teamId }: NewShare): Promise<StoredShare | undefined> {
  const [share] = await executor.query<StoredShare>({
    text: `SELECT ${SHARE_COLUMNS} FROM record_share s WHERE s.grantee_id = $1 AND s.module_number = $2 AND s.record_id = $3 AND NOT s.watching`,
    values: [userId ?? teamId, moduleNumber, recordId],
    purpose: 'platform',
  })
  return share
}

/**
 * Makes a share, or puts it in the place of the one that was made by hand with the same grantee: level, end and whose it is, since what somebody has shared himself counts for nothing to him (`sharedSql`).
 * Undefined where the end has passed by the database's clock.
 */
export async function putShare(executor: Executor, share: NewShare): Promise<StoredShare | undefined> {
  const { moduleNumber, recordId, userId, teamId, level, expiresAt, at, createdBy } = share
  const [stored] = await executor.query<StoredShare>({
    text: `INSERT INTO record_share AS s (id, module_number, record_id, user_id, team_id, level, expires_at, created_at, created_by)
           SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 WHERE $7::timestamptz(3) IS NULL OR $7::timestamptz(3) > statement_timestamp()
           ON CONFLICT (grantee_id, module_number, record_id, watching) DO UPDATE SET
             level = excluded.level, expires_at = excluded.expires_at, created_at = excluded.created_at, created_by = excluded.created_by
           RETURNING ${SHARE_COLUMNS}`,
    values: [randomUUID(), moduleNumber, recordId, userId, teamId, level, expiresAt, at, createdBy],
    purpose: 'platform',
  })
  return stored
}

export async function deleteShare(executor: Executor, id: string): Promise<void> {
  await executor.query({ text: 'DELETE FROM record_share WHERE id = $1', values: [id], purpose: 'platform' })
}

/** Takes away shares that have ended, all modules'. Nothing depends on when. */
export async function deleteEndedShares(executor: Executor): Promise<void> {
  await executor.query({ text: 'DELETE FROM record_share WHERE expires_at <= statement_timestamp()', purpose: 'platform' })
}
