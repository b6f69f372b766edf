import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

/** Starts the throw-away server; its process ends when our end of its standard input closes. */
function startEmbedded() {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./embedded-postgres.mjs', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
      if (output.includes('\n')) resolve({ child, url: JSON.parse(output).url })
    })
    child.on('exit', (code) => reject(new Error(`the embedded PostgreSQL did not start (exit code ${code})`)))
  })
}

/** Databases of runs that were killed: named by their start, so that a run in progress elsewhere is never touched. */
async function dropStale(client) {
  const { rows } = await client.query(`SELECT datname AS name FROM pg_database WHERE datname ~ '^guanxi_test_[0-9a-z]+_'`)
  for (const { name } of rows) {
    const started = Number.parseInt(name.split('_')[2], 36)
    if (Date.now() - started > 2 * 3_600_000) await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`)
  }
}

/**
 * Gives the run its server: TEST_DATABASE_URL (a role that may create databases), or an embedded PostgreSQL. Workers read
 * GUANXI_TEST_SERVER (url) and GUANXI_TEST_RUN (prefix of the run's databases) from the environment.
 */
export default async function globalSetup() {
  const embedded = process.env.TEST_DATABASE_URL ? null : await startEmbedded()
  const url = process.env.TEST_DATABASE_URL ?? embedded.url
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query('SHOW server_version')
  if (!embedded) await dropStale(client)
  await client.end()
  const redis = ['TEST_REDIS_URL', 'TEST_REDIS_CLUSTER_URL']
    .map(
      (name) =>
        `${process.env[name] ? 'on' : 'not on'} ${name === 'TEST_REDIS_URL' ? 'Redis' : 'Redis Cluster'} (${name}${process.env[name] ? '' : ' is not set'})`,
    )
    .join(', ')
  process.stderr.write(`Testing on PostgreSQL ${rows[0].server_version} (${embedded ? 'embedded' : 'TEST_DATABASE_URL'}), ${redis}\n`)
  process.env.GUANXI_TEST_SERVER = url
  process.env.GUANXI_TEST_RUN = `guanxi_test_${Date.now().toString(36)}_${randomBytes(3).toString('hex')}`
  globalThis.guanxiEmbedded = embedded?.child
}
