import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { createDatabase, type Database, type PoolLike } from '../../src/records/database.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

describe('transactions', () => {
  let opened: TestDatabase
  let pool: pg.Pool
  let database: Database
  beforeAll(async () => {
    opened = await openTestDatabase('empty')
    pool = new pg.Pool({ connectionString: opened.url, max: 1 })
    database = createDatabase(pool as unknown as PoolLike)
    await database.query({ text: 'CREATE TABLE mark (n int)', purpose: 'platform' })
  })
  afterAll(async () => {
    await pool.end()
    await opened.close()
  })

  test('a failed statement that is passed over never looks like a commit', async () => {
    const work = database.transaction(async (transaction) => {
      await transaction.query({ text: 'INSERT INTO mark VALUES (1)', purpose: 'platform' })
      await transaction.query({ text: 'SELECT 1 / 0', purpose: 'platform' }).catch(() => {})
    })
    await expect(work).rejects.toThrow('nothing was committed')
    expect(await database.query({ text: 'SELECT n FROM mark', purpose: 'platform' })).toEqual([])
  })

  test('forgetting a statement that PostgreSQL never accepted does not end the transaction', async () => {
    await database.query({ text: 'SELECT * FROM nowhere', name: 'refused', purpose: 'platform' }).catch(() => {})
    await database.transaction(async (transaction) => {
      for (let n = 0; n < 510; n += 1) await transaction.query({ text: `SELECT ${n} AS n`, name: `n${n}`, purpose: 'platform' })
    })
    const kept = await database.query<{ name: string }>({ text: 'SELECT name FROM pg_prepared_statements', purpose: 'platform' })
    expect(kept).toHaveLength(500)
  })
})
