import pg from 'pg'

/** Ends the embedded server, or drops what the run made on the server it was given. */
export default async function globalTeardown() {
  const embedded = globalThis.guanxiEmbedded
  if (embedded) {
    const ended = new Promise((resolve) => embedded.on('exit', resolve))
    embedded.stdin.end()
    await ended
    return
  }
  const client = new pg.Client({ connectionString: process.env.GUANXI_TEST_SERVER })
  await client.connect()
  const { rows } = await client.query('SELECT datname AS name FROM pg_database WHERE starts_with(datname, $1)', [process.env.GUANXI_TEST_RUN])
  for (const { name } of rows) await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`)
  await client.end()
}
