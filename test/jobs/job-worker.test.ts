import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { z } from 'zod'
import { defineJob, type JobDefinition, type JobRun } from '../../src/jobs/job.ts'
import { type JobReport, type JobWorker, startJobWorker } from '../../src/jobs/job-worker.ts'
import { createDatabase, type Database } from '../../src/records/database.ts'
import { enqueue } from '../../src/records/jobs/enqueue.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/guanxi-process.ts'

const NOTE = { name: 'test.note', payload: z.strictObject({ text: z.string() }) }

let testDatabase: TestDatabase
let pool: pg.Pool
let database: Database
let workers: JobWorker[] = []
let reports: { event: string; message: string }[] = []

const report: JobReport = (event, message) => {
  reports.push({ event, message })
}

/** Runs jobs of the one kind. */
async function run(work: (text: string, run: JobRun) => Promise<void>, { concurrency = 2, patience = 5_000 } = {}): Promise<JobWorker> {
  const jobs: JobDefinition[] = [defineJob(NOTE, ({ text }, each) => work(text, each))]
  const worker = startJobWorker({ databaseUrl: testDatabase.url, jobs, concurrency, answerWithin: 31_000, patience, report })
  workers.push(worker)
  return worker
}

const add = (...texts: readonly string[]) =>
  database.transaction((transaction) =>
    enqueue(
      transaction,
      NOTE,
      texts.map((text) => ({ payload: { text }, key: text, attempts: 2 })),
    ),
  )
const note = (transaction: { query: Database['query'] }, text: string) =>
  transaction.query({ text: 'INSERT INTO noted (text) VALUES ($1)', values: [text], purpose: 'background' })
const noted = async () => (await pool.query<{ text: string }>('SELECT text FROM noted ORDER BY text')).rows.map(({ text }) => text)
const waiting = async () =>
  (await pool.query('SELECT key, attempts, max_attempts AS most, last_error AS error, locked_by AS worker FROM graphile_worker.jobs ORDER BY key')).rows
/** Does not wait for the back-off. */
const hurry = () => pool.query(`UPDATE graphile_worker._private_jobs SET run_at = now() WHERE locked_by IS NULL`)

beforeAll(async () => {
  testDatabase = await openTestDatabase()
  pool = new pg.Pool({ connectionString: testDatabase.url, max: 4 })
  database = createDatabase(pool)
  await pool.query('CREATE TABLE noted (text text)')
})
beforeEach(async () => {
  reports = []
  await pool.query('TRUNCATE noted; DELETE FROM graphile_worker._private_jobs')
})
afterEach(async () => {
  for (const worker of workers) await worker.stop()
  workers = []
})
afterAll(async () => {
  await pool?.end()
  await testDatabase?.close()
})

test('the steps of the package are those that the migration knows', async () => {
  const folder = join(dirname(createRequire(import.meta.url).resolve('graphile-worker/package.json')), 'sql')
  const { rows } = await pool.query('SELECT max(id)::int AS step FROM graphile_worker.migrations')
  expect(readdirSync(folder).filter((name) => name.endsWith('.sql'))).toHaveLength(rows[0].step)
})

describe('a job', () => {
  test('runs if its transaction commits, and its end is one with its effects', async () => {
    await run(async (text, { settle }) => {
      await database.transaction(async (transaction) => {
        await note(transaction, text)
        await settle(transaction)
      })
    })
    await expect(
      database.transaction(async (transaction) => {
        await enqueue(transaction, NOTE, [{ payload: { text: 'rolled back' }, key: 'x', attempts: 2 }])
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    await add('a', 'b', 'c')
    await eventually(async () => (await noted()).length === 3)
    expect(await noted()).toEqual(['a', 'b', 'c'])
    await eventually(async () => (await waiting()).length === 0)
  })

  test('of the same key replaces the one that waits', async () => {
    await add('again')
    await add('again')
    expect(await waiting()).toHaveLength(1)
  })

  test('that fails waits longer each time, keeps nothing else back, and stays to be seen when it is given up', async () => {
    await run(async (text) => {
      if (text === 'poison') throw new Error('it does not work')
      await note(database, text)
    })
    await add('poison', 'other')
    await eventually(async () => (await noted()).includes('other') && (await waiting())[0]?.error)
    expect(await waiting()).toEqual([{ key: 'poison', attempts: 1, most: 2, error: 'it does not work', worker: null }])
    const { rows } = await pool.query(`SELECT run_at > now() + interval '1 second' AS later FROM graphile_worker.jobs`)
    expect(rows).toEqual([{ later: true }])
    await hurry()
    await eventually(async () => (await waiting())[0]?.attempts === 2 && (await waiting())[0]?.worker === null)
    await hurry()
    await add('more')
    await eventually(async () => (await noted()).includes('more'))
    expect(await waiting()).toEqual([{ key: 'poison', attempts: 2, most: 2, error: 'it does not work', worker: null }])
    expect(reports.map(({ event }) => event)).toEqual(['failed', 'gave up'])
  })

  test('whose payload is not what it takes is given up at once', async () => {
    await run((text) => note(database, text).then(() => {}))
    await pool.query(`SELECT graphile_worker.add_job('test.note', '{"words": 1}', job_key => 'bad', max_attempts => 5)`)
    await eventually(async () => (await waiting())[0]?.error)
    expect(await waiting()).toEqual([
      { key: 'bad', attempts: 5, most: 5, error: expect.stringContaining('its payload is not what test.note takes'), worker: null },
    ])
    expect(await noted()).toEqual([])
  })

  test('that another worker has taken over is not ended by the one that lost it', async () => {
    let goOn = (): void => {}
    const gate = new Promise<void>((resolve) => {
      goOn = resolve
    })
    let begun = 0
    await run(async (text, { attempt, settle }) => {
      begun += 1
      if (attempt === 1) await gate
      await database.transaction(async (transaction) => {
        await note(transaction, `${text} ${attempt}`)
        await settle(transaction)
      })
    })
    await add('slow')
    await eventually(async () => begun === 1)
    // As if nothing had been heard of it for too long.
    const [{ worker }] = await waiting()
    await pool.query('SELECT graphile_worker.force_unlock_workers(ARRAY[$1])', [worker])
    await eventually(async () => (await noted()).length === 1)
    goOn()
    await eventually(async () => reports.some(({ event }) => event === 'lost'))
    expect(await noted()).toEqual(['slow 2'])
    expect(await waiting()).toEqual([])
  })
})

describe('a worker', () => {
  test('that stops finishes what it runs, within its patience, and takes no more', async () => {
    let goOn = (): void => {}
    const gate = new Promise<void>((resolve) => {
      goOn = resolve
    })
    let begun = 0
    const worker = await run(
      async (text) => {
        begun += 1
        await gate
        await note(database, text)
      },
      { concurrency: 1 },
    )
    await add('first', 'second')
    await eventually(async () => begun === 1)
    const stopped = worker.stop()
    workers = []
    goOn()
    await stopped
    expect(await noted()).toHaveLength(1)
    expect(await waiting()).toEqual([expect.objectContaining({ attempts: 0, worker: null })])
    expect((await pool.query('SELECT FROM worker_heartbeat')).rowCount).toBe(0)
    expect((await pool.query(`SELECT FROM pg_stat_activity WHERE application_name = 'guanxi-jobs' AND datname = current_database()`)).rowCount).toBe(0)
  })

  test('tells what it cannot wait for to stop, and gives back what does not', async () => {
    let aborted = 0
    const worker = await run(
      (text, { signal }) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted += 1
            if (text === 'obedient') reject(new Error('stopped'))
            else setTimeout(resolve, 10_000).unref()
          })
        }),
      { patience: 100 },
    )
    await add('obedient', 'stubborn')
    await eventually(async () => (await waiting()).every(({ attempts }) => attempts === 1))
    await worker.stop()
    workers = []
    expect(aborted).toBe(2)
    expect(await waiting()).toEqual([
      { key: 'obedient', attempts: 1, most: 2, error: 'stopped', worker: null },
      { key: 'stubborn', attempts: 1, most: 2, error: 'the process ended', worker: null },
    ])
  })

  test('goes on when the database ended its connections', async () => {
    await run((text) => note(database, text).then(() => {}))
    await add('before')
    await eventually(async () => (await noted()).length === 1)
    await pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'guanxi-jobs' AND datname = current_database()`)
    await add('behind')
    await eventually(async () => (await noted()).length === 2, 20_000)
  })
})
