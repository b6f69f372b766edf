import { bindValues } from '../records/access/bind-values.ts'
import type { Principal } from '../records/access/policy.ts'
import { secured } from '../records/access/secured.ts'
import type { Database } from '../records/database.ts'
import type { Registry } from '../records/registry/index.ts'

/** What waits, in numbers. */
export interface QueueState {
  /** `due`, `scheduled` for later, `running`, and `dead`: begun as often as they may be. */
  readonly jobs: ReadonlyMap<string, number>
  /** Seconds for which the job has waited that waits longest. */
  readonly oldest: number
  /** By state, those apart that are sent or skipped. */
  readonly deliveries: ReadonlyMap<string, number>
}

interface Counted {
  readonly state: string
  readonly count: number
}

export interface QueueStateSources {
  readonly database: Database
  readonly registry: () => Registry
  readonly system: () => Promise<Principal>
}

export async function readQueueState({ database, registry, system }: QueueStateSources): Promise<QueueState> {
  const [served, principal] = [registry(), await system()]
  const jobs = await database.query<Counted & { seconds: number }>({
    text: `SELECT CASE WHEN locked_at IS NOT NULL THEN 'running' WHEN attempts >= max_attempts THEN 'dead' WHEN run_at > now() THEN 'scheduled' ELSE 'due' END AS state,
        count(*)::int AS count, extract(epoch FROM now() - min(run_at))::float8 AS seconds FROM graphile_worker._private_jobs GROUP BY 1`,
    purpose: 'background',
  })
  const values: unknown[] = []
  const { from, condition } = secured(served.module('delivery'), 'READ', principal.policy, 'd', served, bindValues(values, principal.policy))
  const deliveries = await database.query<Counted>({
    text: `SELECT d.state, count(*)::int AS count FROM ${from} WHERE d.state IN ('queued', 'sending', 'failed', 'dead') AND d.deleted_at IS NULL AND ${condition} GROUP BY 1`,
    values,
    purpose: 'background',
  })
  const counts = (rows: readonly Counted[]) => new Map(rows.map(({ state, count }) => [state, count] as const))
  return { jobs: counts(jobs), oldest: jobs.find(({ state }) => state === 'due')?.seconds ?? 0, deliveries: counts(deliveries) }
}
