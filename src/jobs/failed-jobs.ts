import { GuanxiError, say } from '../errors/index.ts'
import type { Database, Executor } from '../records/database.ts'

/** A job that was begun as often as it may be, and is begun no more. */
export interface FailedJob {
  readonly id: string
  /** Name of its kind. */
  readonly kind: string
  readonly payload: unknown
  readonly attempts: number
  /** Of the last attempt. */
  readonly error: string | null
  readonly failedAt: Date
}

/** Failed jobs by their ids, or all of them; of one kind where it is given. */
export interface FailedJobChoice {
  readonly ids: readonly string[] | 'all'
  readonly kind?: string | undefined
}

const FAILED = `FROM graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t ON t.id = j.task_id
  WHERE j.attempts >= j.max_attempts AND j.locked_at IS NULL AND ($1::text IS NULL OR t.identifier = $1)`

/** The oldest failed jobs, at most so many, and how many there are. */
export async function readFailedJobs(
  database: Executor,
  kind: string | undefined,
  limit: number,
): Promise<{ readonly jobs: FailedJob[]; readonly total: number }> {
  const rows = await database.query<FailedJob & { total: number }>({
    text: `SELECT j.id::text, t.identifier AS kind, j.payload, j.attempts::int, j.last_error AS error, j.updated_at AS "failedAt", count(*) OVER ()::int AS total ${FAILED} ORDER BY j.id LIMIT $2`,
    values: [kind ?? null, limit],
    purpose: 'platform',
  })
  return { jobs: rows.map(({ total, ...job }) => job), total: rows[0]?.total ?? 0 }
}

/** Begins failed jobs anew, at once and as often as they might be begun at first. Answers their ids. Throws NOT_FOUND, with nothing changed, where one that is named is none. */
export function retryFailedJobs(database: Database, choice: FailedJobChoice): Promise<readonly string[]> {
  return database.transaction(async (transaction) => {
    const ids = await lockFailed(transaction, choice)
    await transaction.query({
      text: `UPDATE graphile_worker._private_jobs SET attempts = 0, run_at = now(), updated_at = now() WHERE id = ANY($1::bigint[])`,
      values: [ids],
      purpose: 'platform',
    })
    // The workers need not wait for their next look.
    await transaction.query({
      text: `SELECT pg_notify('jobs:insert', json_build_object('r', random(), 'count', $1::int)::text)`,
      values: [ids.length],
      purpose: 'platform',
    })
    return ids
  })
}

/** Takes failed jobs out of the queue: what they were to do is never done. Answers their ids. Throws as `retryFailedJobs` does. */
export function dropFailedJobs(database: Database, choice: FailedJobChoice): Promise<readonly string[]> {
  return database.transaction(async (transaction) => {
    const ids = await lockFailed(transaction, choice)
    await transaction.query({ text: 'DELETE FROM graphile_worker._private_jobs WHERE id = ANY($1::bigint[])', values: [ids], purpose: 'platform' })
    return ids
  })
}

async function lockFailed(transaction: Executor, { ids, kind }: FailedJobChoice): Promise<string[]> {
  const rows = await transaction.query<{ id: string }>({
    text: `SELECT j.id::text ${FAILED} AND ($2::bigint[] IS NULL OR j.id = ANY($2)) ORDER BY j.id FOR UPDATE OF j`,
    values: [kind ?? null, ids === 'all' ? null : ids],
    purpose: 'platform',
  })
  const found = new Set(rows.map(({ id }) => id))
  const unknown = ids === 'all' ? undefined : ids.find((id) => !found.has(String(BigInt(id))))
  if (unknown !== undefined)
    throw new GuanxiError(
      'NOT_FOUND',
      kind === undefined ? say`There is no job ${unknown} that failed for good.` : say`There is no job ${unknown} that failed for good of the kind ${kind}.`,
    )
  return [...found]
}
