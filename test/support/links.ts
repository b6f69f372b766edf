import pg from 'pg'
import type { TestServer } from './server.ts'

/** Pairs of ids: a record that holds the field, and one that it leads to. */
export type Link = readonly [source: string, target: string]

/** Puts links of a REFERENCES field into its link table, past the write pipeline; such that the planner knows how many there are. */
export async function insertLinks(server: TestServer, fieldId: string, links: readonly Link[]): Promise<void> {
  const client = new pg.Client({ connectionString: server.database.url })
  await client.connect()
  try {
    const { rows } = await client.query<{ table: string }>('SELECT column_name AS table FROM custom_field WHERE id = $1', [fieldId])
    const table = pg.escapeIdentifier(rows[0]?.table as string)
    await client.query(`INSERT INTO ${table} (source_id, target_id) SELECT * FROM unnest($1::uuid[], $2::uuid[])`, [
      links.map(([source]) => source),
      links.map(([, target]) => target),
    ])
    await client.query(`ANALYZE ${table}`)
  } finally {
    await client.end()
  }
}
