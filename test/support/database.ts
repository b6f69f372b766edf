import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import pg from 'pg'

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
  ADMIN_PASSWORD: TEST_PASSWORD,
  DEMO_PASSWORD: TEST_PASSWORD,
}

/** What makes each template, given the URL of an empty database. Runs once per test run, whichever file asks first. */
const MAKERS: Readonly<Record<Exclude<TestTemplate, 'empty'>, (url: string) => Promise<void>>> = {
  migrated: async (url) => {
    const { createDataSource } = await import('../../src/records/data-source.ts')
    const { migrate } = await import('../../src/records/migrations/migrate.ts')
    const dataSource = await createDataSource({ url, max: 2, applicationName: 'guanxi-test-template' }).initialize()
    try {
      await migrate(dataSource)
    } finally {
      await dataSource.destroy()
    }
  },
  demo: async (url) => {
    const { createKernel } = await import('../../src/composition/kernel.ts')
    const { seed } = await import('../../src/cli/seeding.ts')
    const { loadConfig } = await import('../../src/config/index.ts')
    const config = loadConfig({ ...TEST_ENVIRONMENT, DEMO: '1' }, tmpdir())
    const kernel = await createKernel(config, { databaseUrl: url, secrets: [] })
    try {
      await seed(kernel, config)
    } finally {
      await kernel.close()
    }
  },
}

/** Advisory lock under which a template is made; any constant, its own per server. */
const TEMPLATE_LOCK = 7_203_114_599

/** A fresh database, cloned from the template in about 50 ms. */
export async function openTestDatabase(template: TestTemplate = 'migrated'): Promise<TestDatabase> {
  const name = `${setting('GUANXI_TEST_RUN')}_${randomBytes(4).toString('hex')}`
  await maintain(async (client) => {
    const source = template === 'empty' ? 'template0' : await templateDatabase(client, template)
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(source)}`)
  })
  return { name, url: urlOf(name), close: () => maintain((client) => drop(client, name)) }
}

/** A copy of a database to which nothing is connected. */
export async function copyTestDatabase(source: TestDatabase): Promise<TestDatabase> {
  const name = `${setting('GUANXI_TEST_RUN')}_${randomBytes(4).toString('hex')}`
  await maintain((client) => client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(source.name)}`))
  return { name, url: urlOf(name), close: () => maintain((client) => drop(client, name)) }
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
    await MAKERS[template](urlOf(unfinished))
    await client.query(`ALTER DATABASE ${pg.escapeIdentifier(unfinished)} RENAME TO ${pg.escapeIdentifier(name)}`)
    return name
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK])
  }
}

/**
 * FORCE ends the sessions that are left. It is refused while a process of PostgreSQL itself (autovacuum) works in the database; the plain
 * form asks that one to leave, and waits.
 */
async function drop(client: pg.Client, name: string): Promise<void> {
  const text = `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)}`
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(attempt % 2 === 1 ? `${text} WITH (FORCE)` : text)
      return
    } catch (error) {
      const passing = ['42501', '55006'].includes((error as { code?: string }).code ?? '')
      if (!passing || attempt === 10) throw error
    }
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
