import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { connectStamper, type Stamper, startStamper } from '../../src/events/index.ts'
import { checkpointKey } from '../../src/records/audit/index.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

const KEY = checkpointKey({ id: 'tests', secret: new Uint8Array(32).fill(7) })
const MODULE = 999

describe('the stamper', () => {
  let database: TestDatabase
  let client: pg.Client
  const running: Stamper[] = []
  const errors: unknown[] = []

  beforeAll(async () => {
    database = await openTestDatabase()
    client = new pg.Client(database.url)
    await client.connect()
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map((stamper) => stamper.stop()))
    await client.query('DELETE FROM outbox')
    errors.length = 0
  })
  afterAll(async () => {
    await client?.end()
    await database?.close()
  })

  const start = (name: string): Stamper => {
    const stamper = startStamper({
      onStamped: () => {},
      connect: () => connectStamper(`${database.url}${database.url.includes('?') ? '&' : '?'}options=-c%20guanxi.name%3D${name}`),
      now: () => new Date('2026-05-01T10:00:00.000Z'),
      key: KEY,
      onCheckpoint: () => {},
      onError: (error) => errors.push(error),
    })
    running.push(stamper)
    return stamper
  }
  const insert = (by: pg.Client, version: number) =>
    by.query(
      `INSERT INTO outbox (module_number, record_id, version, operation, changed_fields, at) VALUES (${MODULE}, gen_random_uuid(), $1, 'CREATED', '{}', now())`,
      [version],
    )
  const stamped = async (): Promise<{ version: number; position: number }[]> =>
    (await client.query('SELECT version, position::int FROM outbox WHERE position IS NOT NULL ORDER BY position')).rows
  async function until(count: number, patience = 5_000): Promise<{ version: number; position: number }[]> {
    for (const deadline = performance.now() + patience; ; ) {
      const rows = await stamped()
      if (rows.length >= count) return rows
      if (performance.now() > deadline) throw new Error(`${rows.length} of ${count} events were stamped in ${patience} ms`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const leader = async (): Promise<number> => {
    const { rows } = await client.query(
      "SELECT l.pid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted AND a.application_name = 'guanxi-stamper' AND a.datname = current_database()",
    )
    return rows[0]?.pid
  }

  test('numbers what is committed, without gaps, in an order that no late commit comes before', async () => {
    start('a')
    await insert(client, 1)
    const first = await until(1)
    const late = new pg.Client(database.url)
    await late.connect()
    // It has its sequence before the others, and commits after them.
    await late.query('BEGIN')
    await insert(late, 2)
    for (const version of [3, 4, 5]) await insert(client, version)
    const before = await until(4)
    await late.query('COMMIT')
    await late.end()
    const after = await until(5)
    const begin = first[0]?.position as number
    expect(before.map(({ version }) => version)).toEqual([1, 3, 4, 5])
    expect(after.slice(0, 4)).toEqual(before)
    expect(after.map(({ position }) => position)).toEqual([0, 1, 2, 3, 4].map((offset) => begin + offset))
    expect(after[4]?.version).toBe(2)
    expect(errors).toEqual([])
  })

  test('is one at a time, and another process takes over within two seconds of the death of the first', async () => {
    start('a')
    await insert(client, 1)
    await until(1)
    start('b')
    const first = await leader()
    await client.query('SELECT pg_terminate_backend($1)', [first])
    await insert(client, 2)
    const rows = await until(2, 2_000)
    expect(rows[1]?.position).toBe((rows[0]?.position as number) + 1)
    expect(await leader()).not.toBe(first)
  })

  test('gives no position twice where one that was cut off goes on', async () => {
    start('a')
    await insert(client, 1)
    await until(1)
    // As another process would that holds the lock now.
    await client.query('UPDATE stamper SET token = token + 1')
    await insert(client, 2)
    const rows = await until(2)
    expect(new Set(rows.map(({ position }) => position)).size).toBe(2)
    const { rows: state } = await client.query('SELECT outbox_position::int AS position FROM stamper')
    expect(state[0].position).toBe(rows[1]?.position)
    expect(errors).toEqual([])
  })

  test('goes on where writers are many', async () => {
    start('a')
    start('b')
    const writers = await Promise.all(
      [0, 1, 2, 3].map(async () => {
        const writer = new pg.Client(database.url)
        await writer.connect()
        return writer
      }),
    )
    await Promise.all(
      writers.map(async (writer, index) => {
        for (let version = 0; version < 250; version += 1) await insert(writer, index * 1000 + version)
        await writer.end()
      }),
    )
    const rows = await until(1000)
    const begin = rows[0]?.position as number
    expect(rows.map(({ position }) => position)).toEqual(Array.from({ length: 1000 }, (_, offset) => begin + offset))
    for (const writer of [0, 1, 2, 3]) {
      const own = rows.map(({ version }) => version).filter((version) => Math.floor(version / 1000) === writer)
      expect(own).toEqual([...own].sort((a, b) => a - b))
    }
  })
})
