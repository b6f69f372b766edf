import type { Executor, Transaction } from '../database.ts'
import type { JobKind } from './job-kind.ts'

export interface JobRequest<Payload> {
  readonly payload: Payload
  /** A job of the same key that waits is replaced; one that runs ends as it would, and this one comes after it. */
  readonly key: string
  /** Not before; at once unless given. `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly runAt?: string
  /** How often it is begun at most. */
  readonly attempts: number
  /** Those of a lower number come first; 0 unless given. */
  readonly priority?: number
  /** Processes may leave out jobs of a flag (`JobWorkerOptions.without`); those wait. */
  readonly flag?: string
}

/** Puts jobs into the queue when this transaction commits, and not if it does not. One statement, however many. */
export async function enqueue<Payload>(transaction: Transaction, kind: JobKind<Payload>, jobs: readonly JobRequest<Payload>[]): Promise<void> {
  if (jobs.length === 0) return
  const specs = jobs.map(({ payload, key, runAt, attempts, priority, flag }) => ({
    payload: kind.payload.parse(payload),
    key,
    run_at: runAt ?? null,
    attempts,
    priority: priority ?? null,
    flags: flag === undefined ? null : [flag],
  }))
  await transaction.query({
    text: `SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
      SELECT ROW($1, j.payload, NULL, j.run_at, j.attempts, j.key, j.priority, j.flags)::graphile_worker.job_spec
        FROM jsonb_to_recordset($2::jsonb) AS j (payload json, key text, run_at timestamptz, attempts int, priority int, flags text[])))`,
    values: [kind.name, JSON.stringify(specs)],
    purpose: 'platform',
  })
}

/** Takes jobs that wait out of the queue by their keys; those that run are left. */
export async function dequeue(transaction: Executor, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return
  await transaction.query({
    text: 'DELETE FROM graphile_worker._private_jobs WHERE key = ANY($1::text[]) AND locked_at IS NULL',
    values: [keys],
    purpose: 'platform',
  })
}
