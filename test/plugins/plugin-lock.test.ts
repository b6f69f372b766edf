import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import type { GuanxiError } from '../../src/errors/index.ts'
import type { Turn } from '../../src/plugins/host/guarded-call.ts'
import { underLock } from '../../src/plugins/host/plugin-lock.ts'
import { createDatabase, type Database } from '../../src/records/database.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from './kit.ts'

/** A lock of a plugin, on a database that ends transactions in which nothing happens for two seconds: no longer than the shortest STATEMENT_TIMEOUT makes it. */
describe('the lock of a plugin', () => {
  let own: TestDatabase
  let pool: pg.Pool
  let database: Database

  const turn = (end = new AbortController()): Turn & { readonly end: AbortController } => ({
    end,
    signal: end.signal,
    isOver: false,
    check: () => end.signal.throwIfAborted(),
  })
  /** Somebody else could take it. */
  async function isFree(name: string): Promise<boolean> {
    const text = 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 7203114)) AS free'
    const [row] = await database.query<{ free: boolean }>({ text, values: [`plugin ${name}`], purpose: 'background' })
    return row?.free === true
  }
  const holder = `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
  const forever = () => new Promise<never>(() => {})

  beforeAll(async () => {
    own = await openTestDatabase('empty')
    pool = new pg.Pool({ connectionString: own.url, max: 4, idle_in_transaction_session_timeout: 2_000 })
    pool.on('error', () => {})
    pool.on('connect', (client) => client.on('error', () => {}))
    database = createDatabase(pool)
  })
  afterAll(async () => {
    await pool?.end()
    await own?.close()
  })

  test('is held for as long as the work takes, alone, and free behind it', async () => {
    let isHeld = false
    const work = underLock(database, 'long', turn(), async () => {
      isHeld = true
      await delay(4_500)
      expect(await isFree('long')).toBe(false)
      return 'done'
    })
    await eventually(async () => isHeld)
    expect(await isFree('other')).toBe(true)
    expect(await work).toBe('done')
    expect(await isFree('long')).toBe(true)
  })

  test('that is lost with its connection aborts the work, and says so', async () => {
    let signal: AbortSignal | undefined
    const work = underLock(database, 'lost', turn(), (aborted) => {
      signal = aborted
      return forever()
    })
    work.catch(() => {})
    await eventually(async () => signal?.aborted === false)
    await database.query({ text: holder, purpose: 'background' })
    const error: GuanxiError = await work.then(forever, (reason) => reason)
    expect([error.code, error.message]).toEqual(['UNAVAILABLE', 'The lock of the plugin lost was lost with its connection. Try again later.'])
    expect(signal?.aborted).toBe(true)
    expect(await isFree('lost')).toBe(true)
  })

  test('ends with the turn, whatever the work does', async () => {
    const mine = turn()
    let signal: AbortSignal | undefined
    const work = underLock(database, 'over', mine, (aborted) => {
      signal = aborted
      return forever()
    })
    work.catch(() => {})
    await eventually(async () => signal !== undefined)
    mine.end.abort()
    await expect(work).rejects.toThrow(/The time of whoever held the lock of the plugin over is up/)
    expect(signal?.aborted).toBe(true)
    expect(await isFree('over')).toBe(true)
  })

  test('leaves connections for others, and for what is done under it, however many are asked for at once', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `many ${index}`)
    const query = { text: 'SELECT 1 AS one', purpose: 'background' } as const
    const under = async () => {
      await delay(50)
      // As records are read, and as they are changed.
      return [await database.query(query), await database.transaction((transaction) => transaction.query(query))]
    }
    const one = [{ one: 1 }]
    const all = Promise.all(names.map((name) => underLock(database, name, turn(), under)))
    await delay(25)
    const began = performance.now()
    expect(await database.query(query)).toEqual(one)
    expect(performance.now() - began).toBeLessThan(1_000)
    expect(await all).toEqual(names.map(() => [one, one]))
  })

  test('is free where the work fails', async () => {
    await expect(
      underLock(database, 'failed', turn(), async () => {
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(await isFree('failed')).toBe(true)
  })
})
