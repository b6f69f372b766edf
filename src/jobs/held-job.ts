import type { Executor } from '../records/database.ts'
import { type JobDefinition, JobLost, type JobRun } from './job.ts'

/** A job as the queue hands it out. */
export interface TakenJob {
  readonly id: string
  readonly attempts: number
  /** The worker that holds it. Its name is never used by another one, and it runs one job at a time: so it is the job's fencing token. */
  readonly worker: string
}

/**
 * Runs a job that was taken. It is completed here, under the lock of the worker, and not by the queue, which deletes by id alone: a worker that was frozen, lost its job and
 * wakes up would else take away what another one is working on.
 */
export async function runTaken(
  executor: Executor,
  definition: JobDefinition,
  { id, attempts, worker }: TakenJob,
  payload: unknown,
  signal: AbortSignal,
): Promise<void> {
  const parsed = definition.payload.safeParse(payload)
  if (!parsed.success) {
    await giveUp(executor, id, worker)
    throw new Error(`its payload is not what ${definition.name} takes: ${parsed.error.issues[0]?.message ?? 'it does not fit'}`)
  }
  let settled = false
  const run: JobRun = {
    id,
    attempt: attempts,
    signal,
    hold: (transaction) => own(transaction, 'SELECT 1 FROM graphile_worker._private_jobs WHERE id = $1 AND locked_by = $2 FOR UPDATE'),
    settle: async (transaction) => {
      await own(transaction, 'DELETE FROM graphile_worker._private_jobs WHERE id = $1 AND locked_by = $2 RETURNING 1')
      settled = true
    },
  }
  const own = async (transaction: Executor, text: string): Promise<void> => {
    const rows = await transaction.query({ text, values: [id, worker], purpose: 'background' })
    if (rows.length === 0) throw new JobLost(id)
  }
  await definition.run(parsed.data, run)
  if (!settled) await run.settle(executor)
}

/** It is begun no more, and stays for somebody to look at. */
async function giveUp(executor: Executor, id: string, worker: string): Promise<void> {
  await executor.query({
    text: 'UPDATE graphile_worker._private_jobs SET attempts = max_attempts WHERE id = $1 AND locked_by = $2',
    values: [id, worker],
    purpose: 'background',
  })
}
