import { EventEmitter, setMaxListeners } from 'node:events'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import type { WorkerEvents, WorkerPool } from 'graphile-worker'
import pg from 'pg'
import { createDatabase, type Database } from '../records/database.ts'
import { ImpatientClient } from '../records/impatient-client.ts'
import { JOB_SCHEMA } from '../records/migrations/job-schema.ts'
import { BEAT, beat, forgetWorkers, releaseSilent } from './heartbeat.ts'
import { runTaken } from './held-job.ts'
import { type JobDefinition, JobLost } from './job.ts'
import { repeat } from './repeat.ts'

/** Told what an operator should know. */
export type JobReport = (event: 'failed' | 'gave up' | 'lost' | 'released' | 'trouble', message: string, error?: unknown) => void

export interface JobWorkerOptions {
  readonly databaseUrl: string
  readonly jobs: readonly JobDefinition[]
  /** Jobs that are run at the same time. */
  readonly concurrency: number
  /** Milliseconds after which a connection that has not answered is given up. */
  readonly answerWithin: number
  /** Milliseconds that running jobs get to finish at the end. */
  readonly patience: number
  readonly report: JobReport
  /** Flags of jobs that this process leaves to others, or to a later time; asked before each job. */
  readonly without?: () => Promise<string[] | null>
}

export interface JobWorker {
  /** Takes no more jobs, lets those that run finish for a while, then tells them to stop, and lets go of everything. */
  stop(): Promise<void>
}

/** Connections of its own: one listens, the others take jobs and beat, however busy the pool of the records is. */
const CONNECTIONS = 3
/** Milliseconds after which the queue is looked at without being woken: jobs for a later time begin so late at most. */
const POLL = 1_000
/** Milliseconds before workers that ended by themselves are begun anew. */
const RESTART = 1_000
/** Beats between two looks at what is left of workers that were killed. */
const CLEANING = 400
/** Milliseconds that jobs get once they were told to stop. */
const FAREWELL = 2_000

type Queue = Pick<typeof import('graphile-worker'), 'Logger' | 'runTaskList'>

/** Runs jobs, from a moment on until it is stopped. Any number of processes may do so. */
export function startJobWorker({ databaseUrl, jobs, concurrency, answerWithin, patience, report, without }: JobWorkerOptions): JobWorker {
  const connections = new pg.Pool({
    connectionString: databaseUrl,
    max: CONNECTIONS,
    application_name: 'guanxi-jobs',
    connectionTimeoutMillis: 5_000,
    query_timeout: answerWithin,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    Client: ImpatientClient,
  })
  // Whoever uses the connection next is told.
  connections.on('error', () => {})
  connections.on('connect', (client) => client.on('error', () => {}))
  const database: Database = createDatabase(connections)
  const abort = new AbortController()
  // Each job that runs may listen, and there are more of them than Node.js takes for a mistake.
  setMaxListeners(0, abort.signal)
  let stopped = false
  let restart: NodeJS.Timeout | undefined

  const tasks = Object.fromEntries(
    jobs.map((definition) => [
      definition.name,
      (payload: unknown, { job }: { job: { id: string; attempts: number; locked_by: string | null } }) =>
        runTaken(database, definition, { id: job.id, attempts: job.attempts, worker: job.locked_by as string }, payload, abort.signal),
    ]),
  )

  /** Workers that run or may run a job, those of an earlier set too. */
  const alive = new Set<string>()
  const begun: string[] = []

  /** One set of workers. It ends by itself where the end of a job cannot be written; then another one follows. */
  function begin({ Logger, runTaskList }: Queue): WorkerPool {
    const events: WorkerEvents = new EventEmitter()
    let over = false
    events.on('worker:create', ({ worker }) => {
      alive.add(worker.workerId)
      begun.push(worker.workerId)
    })
    events.on('job:error', ({ job, error }) => {
      if (error instanceof JobLost) report('lost', error.message)
      else if (job.attempts < job.max_attempts) report('failed', `job ${job.id} (${job.task_identifier}) failed; it is tried again`, error)
    })
    events.on('job:failed', ({ job, error }) => {
      if (!(error instanceof JobLost)) report('gave up', `job ${job.id} (${job.task_identifier}) failed for the last time`, error)
    })
    events.on('worker:fatalError', ({ error }) => report('trouble', 'the end of a job was not written; the workers of this process begin anew', error))
    events.on('worker:stop', ({ worker }) => {
      alive.delete(worker.workerId)
      if (stopped || over) return
      over = true
      restart = setTimeout(() => {
        pool.gracefulShutdown().catch(() => {})
        current = { pool: begin({ Logger, runTaskList }) }
        life.wake()
      }, RESTART)
    })
    const options = {
      schema: JOB_SCHEMA,
      concurrency,
      pollInterval: POLL,
      noHandleSignals: true,
      ...(without && { forbiddenFlags: without }),
      gracefulShutdownAbortTimeout: patience + FAREWELL,
    }
    const pool = runTaskList({ ...options, logger: new Logger(() => () => {}), events }, tasks, connections)
    return pool
  }

  let beats = 0
  const place = `${hostname()} ${process.pid}`
  const life = repeat({
    every: BEAT,
    run: async () => {
      await beat(database, [...alive], place)
      beats += 1
      if (beats % CLEANING === 0) await forgetWorkers(database, [])
      const released = await releaseSilent(database)
      if (released > 0) report('released', `${released} silent workers lost their jobs, which are begun again`)
    },
    onError: (error) => report('trouble', 'no heartbeat written; it is tried again', error),
  })
  // In braces, since a pool of workers looks like a promise.
  let current: { readonly pool: WorkerPool } | undefined
  // Loaded beside the start, which waits for no job.
  const loaded = import('graphile-worker').then(
    (queue) => {
      if (stopped) return
      current = { pool: begin(queue) }
      life.wake()
    },
    (error: unknown) => report('trouble', 'the queue of jobs could not be loaded', error),
  )

  async function end(pool: WorkerPool): Promise<void> {
    const finished = pool.gracefulShutdown().then(() => true)
    const within = (milliseconds: number) => Promise.race([finished, delay(milliseconds, false, { ref: false })])
    if (await within(patience)) return
    abort.abort()
    if (!(await within(FAREWELL))) await Promise.race([pool.forcefulShutdown('the process ended'), delay(FAREWELL, undefined, { ref: false })])
  }

  return {
    stop: async () => {
      stopped = true
      clearTimeout(restart)
      await loaded
      if (current) await end(current.pool)
      // Until here the others must not think that it is dead.
      await life.stop()
      await forgetWorkers(database, begun).catch(() => {})
      await connections.end()
    },
  }
}
