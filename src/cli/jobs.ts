import type { Environment } from '../config/index.ts'
import { StartupError } from '../errors/index.ts'
import { oneLine } from '../jobs/email/one-line.ts'
import { dropFailedJobs, type FailedJob, type FailedJobChoice, readFailedJobs, retryFailedJobs } from '../jobs/failed-jobs.ts'
import { withKernel } from './setting-up.ts'

/** Jobs that one call lists at most. */
const LONGEST_LIST = 1_000
/** Characters of a job's error, and of what it was given, that are shown. */
const LONGEST_TEXT = 200
/** Largest id of the queue. */
const LARGEST_ID = 2n ** 63n - 1n

export interface JobsOptions {
  readonly all?: boolean | undefined
  readonly kind?: string | undefined
}

/** `guanxi jobs list`: a line for each job that failed for good. */
export async function listJobsCommand(environment: Environment, directory: string, { kind }: JobsOptions): Promise<void> {
  const { jobs, total } = await withKernel(environment, directory, ({ database }) => readFailedJobs(database, kind, LONGEST_LIST), { existing: true })
  const rest = total > jobs.length ? `, of which these are the oldest ${jobs.length}` : ''
  process.stdout.write([...jobs.map(lineOf), `${counted(total)} failed for good${rest}.`].map((line) => `${line}\n`).join(''))
}

/** `guanxi jobs retry`. Throws StartupError for what is no id, and NOT_FOUND for one of no such job, with nothing changed. */
export async function retryJobsCommand(environment: Environment, directory: string, ids: readonly string[], options: JobsOptions): Promise<void> {
  const choice = choiceOf(ids, options)
  const begun = await withKernel(environment, directory, ({ database }) => retryFailedJobs(database, choice), { existing: true })
  process.stdout.write(`${counted(begun.length)} will be begun again.\n`)
}

/** `guanxi jobs drop`. Throws as `guanxi jobs retry` does. */
export async function dropJobsCommand(environment: Environment, directory: string, ids: readonly string[], options: JobsOptions): Promise<void> {
  const choice = choiceOf(ids, options)
  const gone = await withKernel(environment, directory, ({ database }) => dropFailedJobs(database, choice), { existing: true })
  process.stdout.write(`${counted(gone.length)} dropped.\n`)
}

function choiceOf(ids: readonly string[], { all = false, kind }: JobsOptions): FailedJobChoice {
  if (all === ids.length > 0) throw new StartupError('Name the jobs by their ids, as guanxi jobs list tells them, or say --all.')
  for (const id of ids) if (!/^\d{1,19}$/.test(id) || BigInt(id) > LARGEST_ID) throw new StartupError(`${JSON.stringify(id)} is not the id of a job.`)
  return { ids: all ? 'all' : [...new Set(ids)], kind }
}

function lineOf({ id, kind, payload, attempts, error, failedAt }: FailedJob): string {
  const given = oneLine(JSON.stringify(payload), LONGEST_TEXT)
  return `${id}  ${oneLine(kind, LONGEST_TEXT)}  ${failedAt.toISOString()}  ${attempts} attempts  ${given}  ${oneLine(error ?? 'The process ended in the last attempt.', LONGEST_TEXT)}`
}

function counted(count: number): string {
  return count === 1 ? '1 job' : `${count} jobs`
}
