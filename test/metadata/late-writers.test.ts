import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import type { Answer } from '../support/client.ts'
import { eventually } from '../support/guanxi-process.ts'
import { makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** A write that waits for its table while another process changes that: its snapshot is older than the change, its rows are checked by what came after. */
describe('a write that has to wait for a change of its table', () => {
  let server: TestServer
  let other: pg.Client

  beforeAll(async () => {
    server = await startTestServer()
    other = new pg.Client({ connectionString: server.database.url })
    await other.connect()
  })
  afterAll(async () => {
    await other?.end()
    await server?.close()
  })

  /** Sends a write while the table is locked, and commits the change once the write waits. */
  async function overtaken(change: readonly string[], send: () => Promise<Answer>): Promise<Answer> {
    await other.query('BEGIN')
    await other.query('LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE')
    for (const statement of change) await other.query(statement)
    await other.query('UPDATE epoch SET schema_epoch = schema_epoch + 1')
    const answer = send()
    await eventually(async () => (await other.query(`SELECT 1 FROM pg_locks WHERE relation = 'accounts'::regclass AND NOT granted`)).rows.length > 0)
    await other.query('COMMIT')
    return answer
  }

  const columnOf = async (id: string) => (await other.query('SELECT column_name AS name FROM custom_field WHERE id = $1', [id])).rows[0].name as string

  test('takes the default of a field that became required meanwhile', async () => {
    const { id } = await makeField(server.admin, { module: 'account', name: 'segment', type: 'TEXT' })
    const column = await columnOf(id)
    const change = [
      `UPDATE custom_field SET parameters = parameters || '{"required": true, "default": "默认"}' WHERE id = '${id}'`,
      `ALTER TABLE accounts ADD CONSTRAINT ${column}_required CHECK (${column} IS NOT NULL OR deleted_at IS NOT NULL) NOT VALID`,
    ]
    const answer = await overtaken(change, () =>
      server.admin.send('mutation { createAccount(input: {name: "迟到", type: "customer"}) { account { name segment } } }'),
    )
    expect(answer).toEqual({ status: 200, data: { createAccount: { account: { name: '迟到', segment: '默认' } } }, errors: [] })
  })
})
