import { randomBytes } from 'node:crypto'
import pg from 'pg'

/**
 * FORCE ends the sessions that are left. It is refused while a process of PostgreSQL itself (autovacuum) works in the database; the plain
 * form asks that one to leave, and waits.
 */
export async function dropDatabase(client: pg.Client, name: string): Promise<void> {
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

/** Any constant, its own per server: under this lock a template is made. */
const TEMPLATE_LOCK = 7_203_114_598

/** A database on a server of the caller's own, whose role may create databases; copied from a template, which is made once and stays there. */
export async function openServerDatabase(
  server: string,
  key: string,
  fill: (url: string) => Promise<void>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const template = `guanxi_testing_${key.replaceAll('-', '_').toLowerCase()}`
  const name = `guanxi_testing_run_${randomBytes(8).toString('hex')}`
  const urlOf = (database: string): string => Object.assign(new URL(server), { pathname: `/${database}` }).href
  await maintain(server, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK])
    try {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [template])
      if (!rowCount) {
        const unfinished = `${template}_unfinished`
        await dropDatabase(client, unfinished)
        await client.query(`CREATE DATABASE ${pg.escapeIdentifier(unfinished)} TEMPLATE template0 ENCODING 'UTF8'`)
        await fill(urlOf(unfinished))
        await client.query(`ALTER DATABASE ${pg.escapeIdentifier(unfinished)} RENAME TO ${pg.escapeIdentifier(template)}`)
      }
      await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)}`)
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [TEMPLATE_LOCK])
    }
  })
  return { url: urlOf(name), close: () => maintain(server, (client) => dropDatabase(client, name)) }
}

async function maintain<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
