import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { z } from 'zod'
import { defineJob } from '../../src/jobs/job.ts'
import { startJobWorker } from '../../src/jobs/job-worker.ts'
import { createDatabase } from '../../src/records/database.ts'
import { enqueue } from '../../src/records/jobs/enqueue.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually, runGuanxi, temporaryDirectory } from '../support/guanxi-process.ts'

const NOTE = { name: 'test.note', payload: z.strictObject({ text: z.string() }) }
const OTHER = { ...NOTE, name: 'test.other' }

let testDatabase: TestDatabase
let pool: pg.Pool
let directory: Awaited<ReturnType<typeof temporaryDirectory>>

beforeAll(async () => {
  testDatabase = await openTestDatabase()
  directory = await temporaryDirectory()
  pool = new pg.Pool({ connectionString: testDatabase.url, max: 2 })
  // Closing the database may be faster than their own end.
  pool.on('connect', (client) => client.on('error', () => {}))
}, 60_000)
afterAll(async () => {
  await pool?.end()
  await testDatabase?.close()
  await directory?.remove()
})

const workerOf = (run: (payload: { readonly text: string }) => Promise<void>, concurrency: number) =>
  startJobWorker({
    databaseUrl: testDatabase.url,
    jobs: [defineJob(NOTE, run), defineJob(OTHER, run)],
    concurrency,
    answerWithin: 31_000,
    patience: 5_000,
    report: () => {},
  })
const guanxi = (command: string) => runGuanxi(directory.path, command, { DATABASE_URL: testDatabase.url }).finished
/** Jobs with how often they were begun; `now` where that is to come at once. */
const states = async () =>
  (await pool.query(`SELECT key, attempts, attempts = 0 AND run_at <= now() AS now FROM graphile_worker.jobs ORDER BY key`)).rows.map(
    ({ key, attempts, now }) => `${key} ${attempts}${now ? ' now' : ''}`,
  )
const idOf = async (key: string): Promise<string> => (await pool.query('SELECT id FROM graphile_worker.jobs WHERE key = $1', [key])).rows[0].id

/** Two jobs of one kind and one of another that failed for good, one that will be tried again, and one for later. */
beforeEach(async () => {
  await pool.query('DELETE FROM graphile_worker._private_jobs')
  const database = createDatabase(pool)
  await database.transaction(async (transaction) => {
    const job = (text: string, attempts: number, runAt?: string) => ({ payload: { text }, key: text, attempts, ...(runAt && { runAt }) })
    await enqueue(transaction, NOTE, [job('a', 1), job('b', 1), job('again', 2), job('later', 1, '2050-01-01T00:00:00.000Z')])
    await enqueue(transaction, OTHER, [job('c', 1)])
  })
  const fail = async ({ text }: { text: string }) => {
    throw new Error(`no\n${text}\u001b[31m`)
  }
  const worker = workerOf(fail, 2)
  await eventually(async () => (await pool.query('SELECT FROM graphile_worker.jobs WHERE last_error IS NOT NULL AND locked_at IS NULL')).rowCount === 4)
  await worker.stop()
  // Its pause does not end while a test looks.
  await pool.query(`UPDATE graphile_worker._private_jobs SET run_at = now() + interval '1 hour' WHERE key = 'again'`)
}, 60_000)

describe('guanxi jobs', () => {
  test('lists what failed for good, and nothing else; what others wrote stays on its line', async () => {
    const { code, stdout, stderr } = await guanxi('jobs list')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout.trimEnd().split('\n')
    // Which of several that came at once is the first, PostgreSQL decides.
    const text = (line: string) => /no (\w)/.exec(line)?.[1] ?? 'z'
    expect(lines.sort((one, other) => text(one).localeCompare(text(other)))).toEqual([
      expect.stringMatching(/^\d+ {2}test\.note {2}\d{4}-\d\d-\d\dT\S+Z {2}1 attempts {2}\{"text":"a"\} {2}no a \[31m$/),
      expect.stringMatching(/ {2}test\.note .* no b /),
      expect.stringMatching(/ {2}test\.other .* no c /),
      '3 jobs failed for good.',
    ])
    expect((await guanxi('jobs list --kind test.other')).stdout).toMatch(/^\d+ {2}test\.other .*\n1 job failed for good\.\n$/)
    expect((await guanxi('jobs list --kind test.none')).stdout).toBe('0 jobs failed for good.\n')
  }, 60_000)

  test('begins one anew by its id, or all of a kind, and leaves the others alone', async () => {
    expect(await guanxi(`jobs retry ${await idOf('a')}`)).toEqual({ code: 0, stdout: '1 job will be begun again.\n', stderr: '' })
    expect(await states()).toEqual(['a 0 now', 'again 1', 'b 1', 'c 1', 'later 0'])
    expect((await guanxi('jobs retry --all --kind test.other')).stdout).toBe('1 job will be begun again.\n')
    expect(await states()).toEqual(['a 0 now', 'again 1', 'b 1', 'c 0 now', 'later 0'])
    const done: string[] = []
    const note = async ({ text }: { text: string }) => {
      done.push(text)
    }
    const worker = workerOf(note, 1)
    await eventually(async () => done.length === 2 && (await states()).length === 3)
    await worker.stop()
    expect(done.sort()).toEqual(['a', 'c'])
  }, 60_000)

  test('drops one by its id, or all', async () => {
    expect(await guanxi(`jobs drop ${await idOf('b')}`)).toEqual({ code: 0, stdout: '1 job dropped.\n', stderr: '' })
    expect(await states()).toEqual(['a 1', 'again 1', 'c 1', 'later 0'])
    expect((await guanxi('jobs drop --all')).stdout).toBe('2 jobs dropped.\n')
    expect(await states()).toEqual(['again 1', 'later 0'])
  }, 60_000)

  test('refuses what is no failed job, and changes nothing', async () => {
    const before = await states()
    const [failed, waiting] = [await idOf('a'), await idOf('again')]
    const refused = async (command: string) => {
      const { code, stderr, stdout } = await guanxi(command)
      expect([command, code, stdout]).toEqual([command, 1, ''])
      return stderr.trimEnd()
    }
    expect(await refused(`jobs retry ${failed} ${waiting}`)).toBe(`guanxi: There is no job ${waiting} that failed for good.`)
    expect(await refused(`jobs drop ${failed} --kind test.other`)).toBe(`guanxi: There is no job ${failed} that failed for good of the kind test.other.`)
    for (const id of ['x', '-1', '1.5', '9223372036854775808']) expect(await refused(`jobs drop -- ${id}`)).toBe(`guanxi: "${id}" is not the id of a job.`)
    for (const command of ['jobs retry', `jobs drop --all ${failed}`])
      expect(await refused(command)).toBe('guanxi: Name the jobs by their ids, as guanxi jobs list tells them, or say --all.')
    expect(await states()).toEqual(before)
  }, 120_000)
})
