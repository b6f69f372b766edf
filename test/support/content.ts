import pg from 'pg'

/** Tables that move without anybody writing records: signing in, when credentials were last used, which operations named which fields or used which grants, the stamper's, who is alive. */
const BESIDE = new Set(['session', 'refresh_token', 'user_credential', 'api_key', 'field_usage', 'grant_use', 'stamper', 'audit_checkpoint', 'node'])
/** Lines of the audit log that tell of no change: refusals, and reads of sensitive fields. */
const TOLD: Readonly<Record<string, string>> = { audit_log: `WHERE result = 'ok' AND action NOT LIKE '%.read'` }
/** What the stamper adds to rows that are there already. */
const STAMPED: Readonly<Record<string, string>> = { outbox: '{position}', audit_log: '{position,salt,content_digest,digest}' }

/** Databases that nobody empties what fields have left in. */
const idle = new Set<string>()
/** Milliseconds for which this is waited for. */
const PATIENCE = 2_000

/** Columns that a field has left are emptied beside other work, soon after: what is compared must not fall in between. */
async function untilEmptied(client: pg.Client, url: string): Promise<void> {
  for (const deadline = Date.now() + PATIENCE; !idle.has(url); ) {
    if ((await client.query('SELECT FROM custom_slot WHERE NOT cleared')).rowCount === 0) return
    if (Date.now() > deadline) idle.add(url)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/**
 * A digest of each table's rows, by table. Equal digests before and after an attack mean that it changed nothing; a difference names
 * the table.
 */
export async function contentOf(url: string): Promise<Readonly<Record<string, string>>> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await untilEmptied(client, url)
    const { rows: tables } = await client.query<{ name: string }>(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
    const parts = tables
      .filter(({ name }) => !BESIDE.has(name))
      .map(({ name }) => {
        const row = STAMPED[name] === undefined ? 't::text' : `(to_jsonb(t) - '${STAMPED[name]}'::text[])::text`
        return `SELECT ${pg.escapeLiteral(name)} AS name, count(*) || ':' || md5(coalesce(string_agg(md5(${row}), '' ORDER BY md5(${row})), '')) AS digest FROM ${pg.escapeIdentifier(name)} t ${TOLD[name] ?? ''}`
      })
    const { rows } = await client.query<{ name: string; digest: string }>(parts.join(' UNION ALL '))
    return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]))
  } finally {
    await client.end()
  }
}
