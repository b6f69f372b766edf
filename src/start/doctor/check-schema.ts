import pg from 'pg'
import { coreModules } from '../../entities/index.ts'
import { createDatabase, type Database } from '../../records/database.ts'
import { findDrift } from '../../records/metadata/index.ts'
import { migrations } from '../../records/migrations/index.ts'
import { hasAdministrator } from '../user-accounts.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const SAMPLE = '關係客戶'
const SAMPLE_BIGRAMS = ['关系', '系客', '客户']

/** What is in the database: migrations, epochs, search functions, an administrator. */
export async function checkSchema(url: string): Promise<Finding[]> {
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 5_000, query_timeout: 10_000 })
  pool.on('error', () => {})
  try {
    const database = createDatabase(pool)
    const applied = await readApplied(database)
    const state = migrationState(applied)
    if (state.level === 'fail' || applied.length === 0) return [state]
    return [state, await checkEpochs(database), ...(await checkMetadata(database)), await checkSearch(database), await checkAdministrator(database)]
  } finally {
    await pool.end()
  }
}

async function readApplied(database: Database): Promise<{ number: number; name: string; breaking: boolean }[]> {
  const [table] = await database.query<{ present: boolean }>({
    text: `SELECT to_regclass('public.schema_version') IS NOT NULL AS present`,
    purpose: 'platform',
  })
  return table?.present ? database.query({ text: 'SELECT number, name, breaking FROM public.schema_version ORDER BY number', purpose: 'platform' }) : []
}

function migrationState(applied: readonly { number: number; name: string; breaking: boolean }[]): Finding {
  const newer = applied.filter(({ number }) => number > migrations.length)
  const breaking = newer.find((migration) => migration.breaking)
  if (breaking) return fail('migrations', `The database was migrated by a newer version of Guanxi (${breaking.name}); start that version.`)
  const pending = migrations.length - (applied.length - newer.length)
  if (pending > 0) return warn('migrations', `${pending} of ${migrations.length} have not run; the next start (or guanxi migrate) runs them.`)
  return ok('migrations', `${migrations.length} of ${migrations.length}${newer.length > 0 ? `, and ${newer.length} of a newer version` : ''}`)
}

async function checkEpochs(database: Database): Promise<Finding> {
  const rows = await database.query<{ schema: string; access: string }>({
    text: 'SELECT schema_epoch AS schema, access_epoch AS access FROM epoch',
    purpose: 'platform',
  })
  const row = rows[0]
  return row && rows.length === 1
    ? ok('epochs', `schema ${row.schema}, access ${row.access}`)
    : fail('epochs', `The table epoch has ${rows.length} rows and needs one; restore it from a backup.`)
}

/** Run-time modules and fields against their tables. */
async function checkMetadata(database: Database): Promise<Finding[]> {
  const drift = await findDrift(database, coreModules())
  if (drift.length > 0) return drift.map((sentence) => fail('metadata', `${sentence}; restore it from a backup.`))
  const [row] = await database.query<{ modules: number; fields: number; building: number; failed: number }>({
    text: `SELECT (SELECT count(*)::int FROM custom_module WHERE state = 'active') AS modules, (SELECT count(*)::int FROM custom_field WHERE state = 'active') AS fields,
             (SELECT count(*)::int FROM custom_index WHERE state = 'building') AS building, (SELECT count(*)::int FROM custom_index WHERE state = 'failed') AS failed`,
    purpose: 'platform',
  })
  const { modules = 0, fields = 0, building = 0, failed = 0 } = row ?? {}
  const about = `${modules} custom modules, ${fields} custom fields, ${building} indexes being built`
  return [failed > 0 ? warn('metadata', `${about}, ${failed} that could not be built; customFields tells why.`) : ok('metadata', about)]
}

/** Character bigrams, traditional folded to simplified: without them Chinese names are not found by the index. */
async function checkSearch(database: Database): Promise<Finding> {
  const [row] = await database.query<{ bigrams: string[] }>({
    text: 'SELECT guanxi_bigrams(guanxi_search_fold($1)) AS bigrams',
    values: [SAMPLE],
    purpose: 'platform',
  })
  const found = SAMPLE_BIGRAMS.every((bigram) => row?.bigrams.includes(bigram))
  return found
    ? ok('search', `${SAMPLE} is found as ${SAMPLE_BIGRAMS.join(' ')}`)
    : fail('search', `guanxi_bigrams gives ${JSON.stringify(row?.bigrams)} for ${SAMPLE}; the database's functions do not fit this version.`)
}

async function checkAdministrator(database: Database): Promise<Finding> {
  return (await hasAdministrator(database))
    ? ok('administrator', 'somebody can sign in as administrator')
    : warn('administrator', 'nobody can; the next start makes one, or run guanxi user create --role admin.')
}
