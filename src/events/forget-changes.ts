import type { Database } from '../records/database.ts'

/** Rows that one transaction takes away. */
const BATCH = 2_000

/**
 * Takes changes from the outbox that were made before an instant, oldest first, and notes up to where: a reader whose cursor is older is told so. Only what has its place goes; history and audit keep
 * what happened. Nobody waits: writers add rows at the other end. Answers how many went.
 */
export async function forgetChanges(database: Database, before: Date): Promise<number> {
  for (let forgotten = 0; ; ) {
    const gone = await database.transaction(async (transaction) => {
      const [row] = await transaction.query<{ gone: number }>({
        text: `WITH old AS (SELECT position, bool_and(at < $1) OVER (ORDER BY position) AS goes FROM (
              SELECT position, at FROM outbox WHERE position > (SELECT outbox_floor FROM stamper) ORDER BY position LIMIT $2) o),
            gone AS (DELETE FROM outbox WHERE position IN (SELECT position FROM old WHERE goes) RETURNING position),
            noted AS (UPDATE stamper SET outbox_floor = (SELECT max(position) FROM gone) WHERE EXISTS (SELECT FROM gone))
          SELECT count(*)::int AS gone FROM gone`,
        values: [before, BATCH],
        purpose: 'background',
      })
      return row?.gone ?? 0
    })
    forgotten += gone
    if (gone < BATCH) return forgotten
  }
}
