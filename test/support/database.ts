import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { dropDatabase } from '../../src/testing/host/databases.ts'
import { makeTemplate } from '../../src/testing/host/templates.ts'

/** A database of a test file's own; nothing else touches it. */
export interface TestDatabase {
  readonly name: string
  /** Connection string with the rights of the owner. */
  readonly url: string
  /** Drops it, ending whatever is still connected. Call it last, in `afterAll`. */
  close(): Promise<void>
}

/**
 * What a test database starts with: `empty`: nothing; `migrated`: the whole schema and its seed; `demo`: the administrator and the
 * demo data as well, everybody with TEST_PASSWORD.
 */
export type TestTemplate = 'empty' | 'migrated' | 'demo'

/** Password of everybody whom the test kit makes. */
export const TEST_PASSWORD = 'correct horse battery staple'

/** What a test server's environment is unless the test says otherwise. */
/** What is due at a time would change records while tests look at them: tests of that take the role `all`. */
export const TEST_ENVIRONMENT = {
  NODE_ENV: 'test',
  GUANXI_ROLE: 'api',
  PORT: '0',
  LOG_LEVEL: 'fatal',
  POOL_SIZE: '6',
  // Whatever else the machine does, a test that is not about overload is answered.
  OVERLOAD_DELAY: '0',
  ADMIN_PASSWORD: TEST_PASSWORD,
  DEMO_PASSWORD: TEST_PASSWORD,
}

/** Advisory lock under which a template is made; any constant, its own per server. */
const TEMPLATE_LOCK = 7_203_114_599

/** A fresh database, cloned from the template in about 50 ms. */
export async function openTestDatabase(template: TestTemplate = 'migrated'): Promise<TestDatabase> {
  const name = `${setting('GUANXI_TEST_RUN')}_${randomBytes(4).toString('hex')}`
  await maintain(async (client) => {
    const source = template === 'empty' ? 'template0' : await templateDatabase(client, template)
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(source)}${strategy()}`)
  })
  return { name, url: urlOf(name), close: () => maintain((client) => dropDatabase(client, name)) }
}

/** Files are copied several times faster than their pages through the log, unless the checkpoint before it waits for a disk. PostgreSQL 15 or newer. */
const strategy = (): string => (process.env.TEST_DATABASE_URL ? '' : ' STRATEGY FILE_COPY')

/** A copy of a database to which nothing is connected. */
export async function copyTestDatabase(source: TestDatabase): Promise<TestDatabase> {
  const name = `${setting('GUANXI_TEST_RUN')}_${randomBytes(4).toString('hex')}`
  await maintain((client) => client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(source.name)}${strategy()}`))
  return { name, url: urlOf(name), close: () => maintain((client) => dropDatabase(client, name)) }
}

/** Name of the run's template, made first where it is missing. Two test files that ask at once make one. */
async function templateDatabase(client: pg.Client, template: Exclude<TestTemplate, 'empty'>): Promise<string> {
  const name = `${setting('GUANXI_TEST_RUN')}_${template}`
  await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK])
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
    if (rowCount) return name
    const unfinished = `${name}_unfinished`
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(unfinished)} TEMPLATE template0 ENCODING 'UTF8'`)
    await makeTemplate(template, urlOf(unfinished), { ...TEST_ENVIRONMENT, DEMO: '1' })
    await client.query(`ALTER DATABASE ${pg.escapeIdentifier(unfinished)} RENAME TO ${pg.escapeIdentifier(name)}`)
    return name
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK])
  }
}

/** Runs work on the server's maintenance database. */
async function maintain<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: setting('GUANXI_TEST_SERVER') })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function urlOf(name: string): string {
  const url = new URL(setting('GUANXI_TEST_SERVER'))
  url.pathname = `/${name}`
  return url.href
}

function setting(name: 'GUANXI_TEST_SERVER' | 'GUANXI_TEST_RUN'): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set: run tests by \`npm test\`, whose global setup starts the database`)
  return value
}
