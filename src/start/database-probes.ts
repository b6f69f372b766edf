import type { Database } from '../records/database.ts'
import { migrations } from '../records/migrations/index.ts'

/** Milliseconds after which a connection is no good; one that is cut off is found and given up here, before requests meet it. */
const PATIENCE = 2_000

/** The database answers; throws where it does not. */
export async function answers(database: Database): Promise<boolean> {
  await database.query({ text: 'SELECT 1', purpose: 'platform', patience: PATIENCE })
  return true
}

/** Every migration that this version knows has run. */
export async function isMigrated(database: Database): Promise<boolean> {
  const [row] = await database.query<{ count: number }>({
    text: 'SELECT count(*)::int AS count FROM schema_version WHERE number <= $1',
    values: [migrations.length],
    purpose: 'platform',
    patience: PATIENCE,
  })
  return row?.count === migrations.length
}

/** Rows of the outbox that have no position yet, up to 10,000, and the age of the oldest in seconds. */
export async function outboxLag(database: Database) {
  const [row] = await database.query<{ rows: number; seconds: number }>({
    text: `SELECT count(*)::int AS rows, coalesce(extract(epoch FROM now() - min(at)), 0)::float8 AS seconds
             FROM (SELECT at FROM outbox WHERE position IS NULL ORDER BY sequence LIMIT 10000) AS waiting`,
    purpose: 'platform',
  })
  return row ?? { rows: 0, seconds: 0 }
}
