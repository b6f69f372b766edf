import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { StartupError } from '../errors/index.ts'

/** What a PostgreSQL server tells about itself and the database. */
export interface DatabaseDescription {
  readonly version: string
  /** As `server_version_num`: 150004 for 15.4. */
  readonly versionNumber: number
  readonly encoding: string
  readonly collation: string
  readonly characterType: string
  /** Database's clock minus ours, in milliseconds, as exact as the round trip. */
  readonly clockSkew: number
}

const OLDEST_VERSION = 150_000
const CONNECT_TIMEOUT = 5_000
/** The server said that it is starting up: it is worth waiting for. */
const STARTING_UP = '57P03'
const STARTING_PATIENCE = 30_000

/**
 * Connects once. Throws StartupError, in one line that names the way out, where the database cannot be reached, is older
 * than PostgreSQL 15 or not UTF-8.
 */
export async function checkDatabase(url: string): Promise<DatabaseDescription> {
  const description = await describeDatabase(url)
  if (description.versionNumber < OLDEST_VERSION)
    throw new StartupError(`The database server is PostgreSQL ${description.version}; Guanxi needs 15 or newer. Upgrade it, or point DATABASE_URL to another.`)
  if (description.encoding !== 'UTF8') {
    throw new StartupError(
      `The database of DATABASE_URL has the encoding ${description.encoding}; Guanxi needs UTF8. Create one with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.`,
    )
  }
  return description
}

/** What the database says of itself, fit or not. Throws StartupError where it cannot be reached. */
export async function describeDatabase(url: string): Promise<DatabaseDescription> {
  for (let waited = 0; ; waited += 500) {
    try {
      return await describe(url)
    } catch (error) {
      if ((error as { code?: string }).code !== STARTING_UP || waited >= STARTING_PATIENCE) throw connectFailure(url, error)
      await delay(500)
    }
  }
}

async function describe(url: string): Promise<DatabaseDescription> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT, query_timeout: CONNECT_TIMEOUT })
  // A connection that breaks later rejects the query; without a listener the event would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    const sent = Date.now()
    const { rows } = await client.query(
      `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS "versionNumber", pg_encoding_to_char(encoding) AS encoding,
              datcollate AS collation, datctype AS "characterType", (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now
         FROM pg_database WHERE datname = current_database()`,
    )
    const { now, ...description } = rows[0] as Omit<DatabaseDescription, 'clockSkew'> & { now: number }
    return { ...description, clockSkew: Math.round(now - (sent + Date.now()) / 2) }
  } finally {
    await client.end().catch(() => {})
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host is unknown',
  EAI_AGAIN: 'the host is unknown',
  ENOENT: 'there is no such socket',
  ETIMEDOUT: 'it does not answer',
  '28P01': 'user or password is wrong',
  '28000': 'the server does not let this user in',
  '3D000': 'there is no such database',
  '53300': 'the server has no free connection',
}

function connectFailure(url: string, error: unknown): StartupError {
  const { code, message, errors } = error as { code?: string; message?: string; errors?: { message: string }[] }
  // Addresses that were tried one after the other are told in one error without a message of its own.
  const reason = REASONS[code ?? ''] ?? (message || errors?.[0]?.message || String(error)).replaceAll('\n', ' ')
  return new StartupError(`The database at ${placeOf(url)} cannot be used: ${reason}. Start it, or correct DATABASE_URL.`)
}

/** Host, port and database of a URL, without user and password. */
export function placeOf(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url)
  return `${decodeURIComponent(hostname) || (searchParams.get('host') ?? 'localhost')}:${port || '5432'}${pathname}`
}
