import type { Database } from '../records/database.ts'

/** Milliseconds between two beats of a worker. */
export const BEAT = 1_500
/** Seconds of silence after which a worker counts as dead. A killed worker's jobs are begun again within this, one beat, and the time of a statement. */
const SILENCE = 5
/** Advisory lock of whoever looks for silent workers; any constant. */
const RELEASE_LOCK = 7_203_114_811

/** Says that workers are alive, by the clock of the database. */
export async function beat(database: Database, workers: readonly string[], process: string): Promise<void> {
  await database.query({
    text: `INSERT INTO worker_heartbeat (worker_id, process, seen_at) SELECT w, $2, now() FROM unnest($1::text[]) w
      ON CONFLICT (worker_id) DO UPDATE SET seen_at = excluded.seen_at`,
    values: [workers, process],
    purpose: 'background',
  })
}

/**
 * Gives the jobs of workers of which nothing was heard back to the queue, and answers how many workers those were. One process at a time does so; one that looked too
 * early does no harm, since whoever lost a job cannot complete it (`held-job.ts`).
 */
export async function releaseSilent(database: Database): Promise<number> {
  return database.transaction(async (transaction) => {
    const [lock] = await transaction.query<{ held: boolean }>({
      text: 'SELECT pg_try_advisory_xact_lock($1) AS held',
      values: [RELEASE_LOCK],
      purpose: 'background',
    })
    if (!lock?.held) return 0
    // A worker that has just begun may hold a job before its first beat.
    const silent = await transaction.query<{ worker: string }>({
      text: `SELECT DISTINCT j.locked_by AS worker FROM graphile_worker._private_jobs j
        WHERE j.locked_by IS NOT NULL AND j.locked_at < now() - make_interval(secs => $1)
          AND NOT EXISTS (SELECT FROM worker_heartbeat h WHERE h.worker_id = j.locked_by AND h.seen_at > now() - make_interval(secs => $1))`,
      values: [SILENCE],
      purpose: 'background',
    })
    if (silent.length === 0) return 0
    await transaction.query({
      text: `SELECT graphile_worker.force_unlock_workers($1), pg_notify('jobs:insert', json_build_object('r', random(), 'count', 1000)::text)`,
      values: [silent.map(({ worker }) => worker)],
      purpose: 'background',
    })
    return silent.length
  })
}

/** Takes away what is known of workers that have ended: those given, and whoever was silent for an hour. */
export async function forgetWorkers(database: Database, workers: readonly string[]): Promise<void> {
  await database.query({
    text: `DELETE FROM worker_heartbeat WHERE worker_id = ANY($1) OR seen_at < now() - interval '1 hour'`,
    values: [workers],
    purpose: 'background',
  })
}
