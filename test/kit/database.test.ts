import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { openTestDatabase, type TestDatabase, type TestTemplate } from '../support/database.ts'

async function query(database: TestDatabase, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

describe('test databases', () => {
  const opened: TestDatabase[] = []
  const open = async (template?: TestTemplate): Promise<TestDatabase> => {
    const database = await openTestDatabase(template)
    opened.push(database)
    return database
  }
  let first: TestDatabase

  beforeAll(async () => {
    first = await open()
  })

  afterAll(async () => {
    for (const database of opened) await database.close()
  })

  test('carry the migrated schema', async () => {
    expect(await query(first, `SELECT count(*)::int AS n FROM pg_tables WHERE tablename IN ('accounts', 'order_lines', 'outbox', 'epoch')`)).toEqual([{ n: 4 }])
  })

  test('are separate: what one holds, another does not', async () => {
    await query(first, 'CREATE TABLE mark (n int)')
    const [second, third] = await Promise.all([open(), open()])
    for (const database of [second, third]) expect(await query(database as TestDatabase, `SELECT to_regclass('mark') AS mark`)).toEqual([{ mark: null }])
  })

  test('are UTF-8, and Chinese text has character classes', async () => {
    expect(await query(first, `SELECT current_setting('server_encoding') AS encoding, '关系' ~ '^\\w+$' AS word, '關' < '闪' AS sorted`)).toEqual([
      { encoding: 'UTF8', word: true, sorted: expect.any(Boolean) },
    ])
  })

  test('are gone once closed, sessions on them too', async () => {
    const database = await openTestDatabase('empty')
    const session = new pg.Client({ connectionString: database.url })
    const ended = new Promise<string>((resolve) => session.on('error', (error) => resolve((error as { code?: string }).code ?? '')))
    await session.connect()
    await database.close()
    expect(await ended).toBe('57P01')
    expect(await query(first, `SELECT 1 FROM pg_database WHERE datname = '${database.name}'`)).toEqual([])
  })
})
