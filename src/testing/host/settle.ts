import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'

/** What moves the work of the background on, without waiting for its next round. */
export interface Pushes {
  /** Handlers of events that have not been told of everything. */
  behind(): Promise<readonly string[]>
  push(): Promise<void>
}

const LEFT = `SELECT
  (SELECT count(*)::int FROM outbox WHERE position IS NULL) AS unplaced,
  (SELECT array_agg(f.name) FROM follower f, stamper s WHERE f.position < s.outbox_position AND f.name NOT LIKE 'plugin %') AS following,
  (SELECT count(*)::int FROM timers WHERE state = 'scheduled' AND deleted_at IS NULL AND due_at <= (SELECT moment FROM guanxi_testing.clock)
    AND (kind = 'reminder' OR EXISTS (SELECT FROM plugin p WHERE p.name = basis ->> 'plugin' AND p.state = 'enabled'))) AS timers,
  (SELECT array_agg(DISTINCT t.identifier || coalesce(' ' || (j.payload -> 'job' #>> '{}'), '') || coalesce(': ' || j.last_error, ''))
    FROM graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t ON t.id = j.task_id
    WHERE (j.locked_at IS NOT NULL OR (j.run_at <= now() AND j.attempts < j.max_attempts))
      AND NOT EXISTS (SELECT FROM plugin p WHERE p.state <> 'enabled' AND j.flags ? ('plugin ' || p.name))) AS jobs`

/** Waits until changes have their places, handlers have been told of them, and no job or timer is due. What has failed and is tried again later is not waited for. Throws with what is left in the end. */
export async function settle(client: pg.Client, { behind, push }: Pushes, patience: number): Promise<void> {
  for (const deadline = Date.now() + patience; ; ) {
    await push()
    // Asked first: what handlers do by being told shows in the rest.
    const handlers = await behind()
    const { rows } = await client.query<{ unplaced: number; following: string[] | null; timers: number; jobs: string[] | null }>(LEFT)
    const [left] = rows
    if (!left) return
    const { unplaced, following, timers, jobs } = left
    if (handlers.length === 0 && unplaced === 0 && !following && timers === 0 && !jobs) return
    if (Date.now() > deadline) {
      const what = [
        unplaced > 0 && `${unplaced} changes without a place`,
        handlers.length > 0 && `handlers of events: ${handlers.join(', ')}`,
        following && `followers: ${following.join(', ')}`,
        timers > 0 && `${timers} timers`,
        jobs && `jobs: ${jobs.join('; ')}`,
      ]
      throw new Error(`The server has not come to rest within ${patience} ms. Left: ${what.filter(Boolean).join('. ')}. server.logs() may tell why.`)
    }
    await delay(15)
  }
}
