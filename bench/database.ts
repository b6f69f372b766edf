import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { createPasswordHasher, seedRoles } from '../src/auth/index.ts'
import { createDataSource, databaseOf } from '../src/records/data-source.ts'
import { migrate } from '../src/records/migrations/migrate.ts'
import { startEmbeddedDatabase } from '../src/start/embedded/index.ts'
import { buildDataSet, DATA_SET_VERSION, PASSWORD } from './data-set.ts'

const DATA_DIR = fileURLToPath(new URL('../.guanxi/bench', import.meta.url))

export interface BenchDatabase {
  readonly url: string
  readonly serverVersion: string
  close(): Promise<void>
}

/**
 * The database of BENCH_DATABASE_URL (made where it is missing), or an embedded PostgreSQL under `.guanxi/bench`, holding the data set of this
 * version. A database with tables that are not the benchmark's own is refused.
 */
export async function openBenchDatabase(given: string | undefined, progress: (message: string) => void): Promise<BenchDatabase> {
  const { url, stop } = given === undefined ? await startEmbedded() : { url: given, stop: async () => {} }
  try {
    if (given !== undefined) await createWhereMissing(given)
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      if (!(await isCurrent(client))) await build(client, url, progress)
      const { rows } = await client.query<{ server_version: string }>('SHOW server_version')
      return { url, serverVersion: rows[0]?.server_version ?? '', close: stop }
    } finally {
      await client.end()
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The embedded PostgreSQL of the benchmarks. */
export async function startEmbedded(): Promise<{ url: string; stop: () => Promise<void> }> {
  mkdirSync(DATA_DIR, { recursive: true })
  const embedded = await startEmbeddedDatabase({ dataDir: DATA_DIR })
  return { url: embedded.url, stop: () => embedded.stop() }
}

/** Makes the database of a connection string where its server has none of that name. */
export async function createWhereMissing(url: string): Promise<void> {
  const maintenance = new URL(url)
  const name = maintenance.pathname.slice(1)
  maintenance.pathname = '/postgres'
  const client = new pg.Client({ connectionString: maintenance.href })
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
    if (!rowCount) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)} TEMPLATE template0 ENCODING 'UTF8'`)
  } finally {
    await client.end()
  }
}

/** Our mark says which data set the database holds, down to the migrations that made its tables. */
async function isCurrent(client: pg.Client): Promise<boolean> {
  const { rows: marks } = await client.query<{ marked: boolean; used: boolean }>(
    `SELECT to_regclass('bench.data_set') IS NOT NULL AS marked, EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public') AS used`,
  )
  if (!marks[0]?.marked) {
    if (marks[0]?.used) throw new Error('The database holds tables that the benchmark did not make. Give BENCH_DATABASE_URL a database of its own.')
    return false
  }
  const { rows } = await client.query<{ version: string; migrations: string }>(
    'SELECT version, migrations, (SELECT max(number)::text FROM schema_version) AS present FROM bench.data_set',
  )
  const { migrations } = await import('../src/records/migrations/index.ts')
  return rows[0]?.version === DATA_SET_VERSION && rows[0].migrations === String(migrations.length)
}

async function build(client: pg.Client, url: string, progress: (message: string) => void): Promise<void> {
  progress('tables')
  await client.query('DROP SCHEMA IF EXISTS bench CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA bench; CREATE SCHEMA public')
  await client.query('CREATE TABLE bench.data_set (version text, migrations text)')
  const dataSource = await createDataSource({ url, max: 2, applicationName: 'guanxi-bench' }).initialize()
  try {
    await migrate(dataSource)
    await databaseOf(dataSource).transaction((transaction) => seedRoles(transaction, new Date()))
  } finally {
    await dataSource.destroy()
  }
  await buildDataSet(client, await createPasswordHasher().hash(PASSWORD), progress)
  const { migrations } = await import('../src/records/migrations/index.ts')
  await client.query('INSERT INTO bench.data_set VALUES ($1, $2)', [DATA_SET_VERSION, String(migrations.length)])
}
