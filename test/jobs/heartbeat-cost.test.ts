import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { releaseSilent } from '../../src/jobs/heartbeat.ts'
import { createDataSource } from '../../src/records/data-source.ts'
import { createDatabase, type Database } from '../../src/records/database.ts'
import { migrate } from '../../src/records/migrations/migrate.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'

const QUEUED = 20_000

let testDatabase: TestDatabase
let pool: pg.Pool
let database: Database

beforeAll(async () => {
  testDatabase = await openTestDatabase()
  // One connection: the counters of what was read are written by whoever read it.
  pool = new pg.Pool({ connectionString: testDatabase.url, max: 1 })
  database = createDatabase(pool)
  await pool.query(
    `SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(SELECT ROW('test.wait', '{}', NULL, NULL, 5, NULL, NULL, NULL)::graphile_worker.job_spec FROM generate_series(1, ${QUEUED})))`,
  )
  await pool.query(
    `UPDATE graphile_worker._private_jobs SET locked_by = 'frozen', locked_at = now() - interval '1 minute', attempts = 1 WHERE id IN (SELECT max(id) FROM graphile_worker._private_jobs)`,
  )
}, 60_000)
afterAll(async () => {
  await pool?.end()
  await testDatabase?.close()
})

/** Rows that were read by going through the whole table of the queue. */
async function goneThrough(): Promise<number> {
  await pool.query('SELECT pg_stat_force_next_flush()')
  const { rows } = await pool.query<{ read: string }>(`SELECT pg_stat_get_tuples_returned('graphile_worker._private_jobs'::regclass) AS read`)
  return Number(rows[0]?.read)
}

test('a look for jobs of dead workers costs what these are, however many jobs wait', async () => {
  await pool.query(`INSERT INTO worker_heartbeat (worker_id, process, seen_at) VALUES ('frozen', 'test', now())`)
  const before = await goneThrough()
  expect(await releaseSilent(database)).toBe(0)
  expect((await goneThrough()) - before).toBeLessThan(10)
  // With what is known of the table, too.
  await pool.query('ANALYZE graphile_worker._private_jobs')
  const analysed = await goneThrough()
  expect(await releaseSilent(database)).toBe(0)
  expect((await goneThrough()) - analysed).toBeLessThan(10)
  await pool.query('DELETE FROM worker_heartbeat')
  expect(await releaseSilent(database)).toBe(1)
  expect((await pool.query('SELECT FROM graphile_worker._private_jobs WHERE locked_at IS NOT NULL')).rowCount).toBe(0)
})

test('a queue that stands without the index gets it by the next migration', async () => {
  await pool.query('DROP INDEX graphile_worker.guanxi_locked_jobs')
  const dataSource = await createDataSource({ url: testDatabase.url, max: 2 }).initialize()
  await migrate(dataSource).finally(() => dataSource.destroy())
  expect((await pool.query(`SELECT to_regclass('graphile_worker.guanxi_locked_jobs') IS NOT NULL AS present`)).rows).toEqual([{ present: true }])
})
