import { createHash } from 'node:crypto'
import type { Executor } from '../records/database.ts'

/** The same for all nodes on one database, replicas included, and another for every other database, of whichever cluster. */
export async function databaseIdentity(database: Executor): Promise<string> {
  const [row] = await database.query<{ identity: string }>({
    text: `SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || oid AS identity FROM pg_database WHERE datname = current_database()`,
    purpose: 'platform',
  })
  return createHash('sha256')
    .update(row?.identity ?? '')
    .digest('hex')
    .slice(0, 24)
}
