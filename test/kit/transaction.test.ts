import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { createDatabase, type Database, type PoolLike } from '../../src/records/database.ts'
import { ImpatientClient } from '../../src/records/impatient-client.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { watchStatements } from '../support/statement-events.mjs'
import { startTcpProxy } from '../support/tcp-proxy.ts'

describe.each([
  ['one statement after the other', false],
  ['pipelined', true],
])('transactions, %s', (_, pipeline) => {
  let opened: TestDatabase
  let pool: pg.Pool
  let database: Database
  beforeAll(async () => {
    opened = await openTestDatabase('empty')
    pool = new pg.Pool({ connectionString: opened.url, max: 1, pipeline } as pg.PoolConfig)
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

  test('a connection that is lost between two statements fails the next one, and nothing else', async () => {
    const work = database.transaction(async (transaction) => {
      const [session] = await transaction.query<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid', purpose: 'platform' })
      const other = new pg.Client({ connectionString: opened.url })
      await other.connect()
      await other.query('SELECT pg_terminate_backend($1, 5000)', [session?.pid])
      await other.end()
      // Time for the news to arrive while no statement is under way.
      await new Promise((resolve) => setTimeout(resolve, 100))
      await transaction.query({ text: 'INSERT INTO mark VALUES (2)', purpose: 'platform' })
    })
    await expect(work).rejects.toMatchObject({ code: 'UNAVAILABLE', extensions: { code: 'UNAVAILABLE', retryable: true } })
    expect(await database.query({ text: 'SELECT n FROM mark', purpose: 'platform' })).toEqual([])
  })

  test('a connection that is lost in the middle of a commit is told as what it is: nobody can say whether it was made', async () => {
    const { hostname, port } = new URL(opened.url)
    const proxy = await startTcpProxy({ host: hostname, port: Number(port) })
    const through = new URL(opened.url)
    through.host = `127.0.0.1:${proxy.port}`
    const cutPool = new pg.Pool({ connectionString: through.href, max: 1, pipeline } as pg.PoolConfig)
    const stop = watchStatements((state, text) => {
      if (state === 'sent' && text === 'COMMIT') proxy.cut()
    })
    try {
      const work = createDatabase(cutPool as unknown as PoolLike).transaction((transaction) =>
        transaction.query({ text: 'INSERT INTO mark VALUES (3)', purpose: 'platform' }),
      )
      await expect(work).rejects.toMatchObject({ extensions: { code: 'UNAVAILABLE', retryable: false, outcome: 'UNKNOWN' } })
      expect(cutPool.totalCount).toBe(0)
    } finally {
      stop()
      await cutPool.end()
      await proxy.close()
    }
  })

  test('a server that does not answer is given up once, not again for the end of the transaction, and its connection is not handed out again', async () => {
    const { hostname, port } = new URL(opened.url)
    const proxy = await startTcpProxy({ host: hostname, port: Number(port) })
    const through = new URL(opened.url)
    through.host = `127.0.0.1:${proxy.port}`
    const lostPool = new pg.Pool({ connectionString: through.href, max: 1, Client: ImpatientClient, pipeline } as pg.PoolConfig)
    lostPool.on('error', () => {})
    const impatient = createDatabase(lostPool as unknown as PoolLike, undefined, 1_000)
    try {
      await impatient.query({ text: 'SELECT 1', purpose: 'platform' })
      proxy.lose()
      const began = performance.now()
      const work = impatient.transaction((transaction) => transaction.query({ text: 'INSERT INTO mark VALUES (4)', purpose: 'platform' }))
      await expect(work).rejects.toMatchObject({ extensions: { code: 'UNAVAILABLE', retryable: true } })
      const took = performance.now() - began
      expect(took).toBeGreaterThan(900)
      expect(took).toBeLessThan(1_900)
      proxy.mend()
      expect(await impatient.query({ text: 'SELECT n FROM mark', purpose: 'platform' })).toEqual([])
    } finally {
      await lostPool.end()
      await proxy.close()
    }
  })

  test('statements that are asked for at once are given to the connection one by one, in their order', async () => {
    let [under, most] = [0, 0]
    class Watched extends pg.Client {
      // biome-ignore lint/suspicious/noExplicitAny: whatever is asked of it
      override query(...parameters: any[]): any {
        under += 1
        most = Math.max(most, under)
        const answer = (super.query as (...all: unknown[]) => Promise<unknown>)(...parameters)
        return answer.finally(() => {
          under -= 1
        })
      }
    }
    const watched = new pg.Pool({ connectionString: opened.url, max: 1, Client: Watched, pipeline } as pg.PoolConfig)
    try {
      const rows = await createDatabase(watched as unknown as PoolLike).transaction((transaction) =>
        Promise.all([1, 2, 3, 4, 5].map((n) => transaction.query({ text: 'SELECT $1::int AS n', values: [n], purpose: 'platform' }))),
      )
      // BEGIN goes with the first.
      expect([rows, most]).toEqual([[1, 2, 3, 4, 5].map((n) => [{ n }]), pipeline ? 2 : 1])
    } finally {
      await watched.end()
    }
  })

  test('what is asked for when the transaction has ended runs in no other one', async () => {
    let late: Promise<unknown> | undefined
    const work = database.transaction(async (transaction) => {
      late = new Promise((resolve) => setTimeout(resolve, 50)).then(() => transaction.query({ text: 'INSERT INTO mark VALUES (3)', purpose: 'platform' }))
      late.catch(() => {})
      throw new Error('given up')
    })
    await expect(work).rejects.toThrow('given up')
    await expect(late).rejects.toThrow('its transaction had ended')
    expect(await database.query({ text: 'SELECT n FROM mark', purpose: 'platform' })).toEqual([])
  })

  test('a first statement that fails leaves nothing behind, and one without statements sends nothing', async () => {
    const failing = database.transaction((transaction) => transaction.query({ text: 'INSERT INTO mark SELECT 1 / 0', purpose: 'platform' }))
    await expect(failing).rejects.toThrow('division by zero')
    const sent: string[] = []
    const stop = watchStatements((state, text) => {
      if (state === 'sent') sent.push(text)
    })
    try {
      expect(await database.transaction(async () => 'done')).toBe('done')
      await database.transaction(() => Promise.reject(new Error('given up'))).catch(() => {})
      expect(sent).toEqual([])
      await database.transaction((transaction) => transaction.query({ text: 'INSERT INTO mark VALUES (4)', purpose: 'platform' }))
      expect(sent).toEqual(['BEGIN', 'INSERT INTO mark VALUES (4)', 'COMMIT'])
    } finally {
      stop()
    }
    expect(await database.query({ text: 'DELETE FROM mark RETURNING n', purpose: 'platform' })).toEqual([{ n: 4 }])
  })
})
