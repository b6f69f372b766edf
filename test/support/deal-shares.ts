import { randomUUID } from 'node:crypto'
import pg from 'pg'
import type { StoredRow } from './stored-rows.ts'

/** A share that counts. */
export interface OracleShare {
  readonly recordId: string
  /** User or team. */
  readonly granteeId: string
}

/**
 * Shares one row of five with somebody, in the place of all shares before, by SQL alone; some of the shares have ended. Answers the others.
 */
export async function dealShares(
  url: string,
  rows: readonly Pick<StoredRow, 'id'>[],
  grantees: readonly string[],
  random: () => number,
): Promise<readonly OracleShare[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('DELETE FROM record_share')
    const made = rows
      .filter(() => random() < 0.2)
      .map(({ id }) => {
        const granteeId = grantees[Math.floor(random() * grantees.length)] as string
        return { recordId: id, granteeId, level: random() < 0.5 ? 'READ' : 'WRITE', ended: random() < 0.2 }
      })
    for (const { recordId, granteeId, level, ended } of made) {
      const column = granteeId.endsWith('0001') ? 'user_id' : 'team_id'
      await client.query(
        `INSERT INTO record_share (id, module_number, record_id, ${column}, level, expires_at, created_at, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, now(), $7)`,
        [randomUUID(), Number.parseInt(recordId.slice(-4), 16), recordId, granteeId, level, ended ? '2026-01-01T00:00:00Z' : null, randomUUID()],
      )
    }
    return made.filter(({ ended }) => !ended)
  } finally {
    await client.end()
  }
}
