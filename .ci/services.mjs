/**
 * Finds the PostgreSQL and the Redis that CI tests on besides the embedded database: TEST_DATABASE_URL and TEST_REDIS_URL, or the
 * usual ports of this machine. Prints shell exports; exits 1 when one does not answer.
 */
import Redis from 'ioredis'
import pg from 'pg'

const databaseUrl = process.env.TEST_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres'
const redisUrl = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379'

/** The text with its password, where it has one, left out. */
const shown = (url) => url.replace(/:[^:@/]*@/, ':…@')

async function postgres() {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 3_000 })
  client.on('error', () => undefined)
  await client.connect()
  const { rows } = await client.query('SHOW server_version')
  await client.end()
  return `PostgreSQL ${rows[0].server_version}`
}

async function redis() {
  const client = new Redis(redisUrl, { lazyConnect: true, connectTimeout: 3_000, retryStrategy: null })
  client.on('error', () => undefined)
  await client.connect()
  const version = /redis_version:(\S+)/.exec(await client.info('server'))?.[1]
  client.disconnect()
  return `Redis ${version}`
}

let missing = 0
for (const [url, ask] of [
  [databaseUrl, postgres],
  [redisUrl, redis],
]) {
  try {
    process.stderr.write(`${shown(url)}: ${await ask()}\n`)
  } catch (error) {
    missing += 1
    process.stderr.write(`${shown(url)}: not reachable (${error.message || error.code})\n`)
  }
}
process.stdout.write(`export TEST_DATABASE_URL='${databaseUrl}' TEST_REDIS_URL='${redisUrl}'\n`)
process.exitCode = missing > 0 ? 1 : 0
