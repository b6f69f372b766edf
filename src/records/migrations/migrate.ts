import type { Pool } from 'pg'
import type { DataSource } from 'typeorm'
import { StartupError } from '../../errors/index.ts'
import { migrations } from './index.ts'
import { migrateJobSchema, refuseUnmakableJobSchema } from './job-schema.ts'

/** Number of the newest step that this version knows. */
const NEWEST = Math.max(...migrations.map((Migration) => new Migration().number))

/** Any constant: nodes that start at once migrate one after the other. */
const MIGRATION_LOCK = 7_203_114_501

const OLDEST_SERVER = 150_000

/**
 * Brings the database up to the newest migration, all of them in one transaction, then the queue of jobs, and gives the names of those that ran.
 * Throws StartupError where the server is older than PostgreSQL 15, the database is not UTF-8, or a newer version of
 * Guanxi has left a schema that this one cannot work with. Needs a data source with room for two connections.
 */
export async function migrate(dataSource: DataSource): Promise<string[]> {
  const runner = dataSource.createQueryRunner()
  try {
    await refuseUnfitServer(runner)
    // Another node may be migrating for longer than a statement is given otherwise.
    await runner.query('SET statement_timeout = 0')
    // It holds the lock, and says nothing, for as long as the migrations take on the other connection.
    await runner.query('SET idle_session_timeout = 0')
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    try {
      await refuseNewerSchema(runner)
      await refuseUnmakableJobSchema(runner)
      const done = await dataSource.runMigrations({ transaction: 'all' })
      await migrateJobSchema(runner, (dataSource.driver as unknown as { master: Pool }).master)
      return done.map((migration) => migration.name)
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK])
      await runner.query('RESET statement_timeout')
      await runner.query('RESET idle_session_timeout')
    }
  } finally {
    await runner.release()
  }
}

interface Queries {
  query(text: string): Promise<unknown>
}

async function refuseUnfitServer(queries: Queries): Promise<void> {
  const [server] = (await queries.query(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
      pg_encoding_to_char(d.encoding) AS encoding, d.datctype AS ctype FROM pg_database d WHERE d.datname = current_database()`,
  )) as { number: number; version: string; encoding: string; ctype: string }[]
  if (!server) throw new StartupError('The database does not describe itself; check DATABASE_URL.')
  if (server.number < OLDEST_SERVER) throw new StartupError(`PostgreSQL ${server.version} is too old: Guanxi needs 15 or newer.`)
  if (server.encoding !== 'UTF8') throw new StartupError(`The database has the encoding ${server.encoding}: create one with ENCODING 'UTF8'.`)
}

async function refuseNewerSchema(queries: Queries): Promise<void> {
  const [known] = (await queries.query(`SELECT to_regclass('public.schema_version') IS NOT NULL AS present`)) as { present: boolean }[]
  if (!known?.present) return
  const rows = (await queries.query(`SELECT number, name FROM public.schema_version WHERE breaking AND number > ${NEWEST} ORDER BY number LIMIT 1`)) as {
    name: string
  }[]
  if (rows[0]) throw new StartupError(`The database was migrated by a newer version of Guanxi (${rows[0].name}); start that version, or restore a backup.`)
}
