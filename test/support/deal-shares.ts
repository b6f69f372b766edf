import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { StoredRow } from './stored-rows.ts'

/** A share that counts. */
export interface OracleShare {
  readonly recordId: string
  /** User or team. */
  readonly granteeId: string
  /** The user who has shared it. */
  readonly sharerId: string
}

/**
 * Shares one row of five with somebody, in the place of all shares before, by SQL alone; some of the shares have ended, and some were made by
 * those of the grantees who are users: by whom they are for, too. Answers those that have not ended.
 */
export async function dealShares(
  url: string,
  rows: readonly Pick<StoredRow, 'id'>[],
  grantees: readonly string[],
  random: () => number,
): Promise<readonly OracleShare[]> {
  const client = new pg.Client({ connectionString: url })
  const sharers = grantees.filter(isUser)
  await client.connect()
  try {
    await client.query('DELETE FROM record_share')
    const made = rows
      .filter(() => random() < 0.2)
      .map(({ id }) => {
        const granteeId = grantees[Math.floor(random() * grantees.length)] as string
        const sharerId = sharers.length > 0 && random() < 0.5 ? (sharers[Math.floor(random() * sharers.length)] as string) : randomUUID()
        return { recordId: id, granteeId, sharerId, level: random() < 0.5 ? 'READ' : 'WRITE', ended: random() < 0.2 }
      })
    for (const { recordId, granteeId, sharerId, level, ended } of made) {
      const column = isUser(granteeId) ? 'user_id' : 'team_id'
      await client.query(
        `INSERT INTO record_share (id, module_number, record_id, ${column}, level, expires_at, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, now(), $7)`,
        [randomUUID(), Number.parseInt(recordId.slice(-4), 16), recordId, granteeId, level, ended ? '2026-01-01T00:00:00Z' : null, sharerId],
      )
    }
    return made.filter(({ ended }) => !ended)
  } finally {
    await client.end()
  }
}

/** The number of the module is the end of an id. */
const isUser = (id: string) => id.endsWith('0001')
