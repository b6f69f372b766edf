import { bindValues } from '../../../records/access/bind-values.ts'
import type { AccessPolicy } from '../../../records/access/policy.ts'
import { secured } from '../../../records/access/secured.ts'
import type { Transaction } from '../../../records/database.ts'
import type { Registry } from '../../../records/registry/index.ts'
import type { RuleContext } from '../../../records/write/index.ts'
import type { RecordImage, Timer } from '../../api/index.ts'

/** What the time of a plugin's timer was worked out from. */
export interface PluginBasis {
  readonly plugin: string
  readonly timer: string
  /** Id of the record that it is of, which the reference forgets when the record is deleted. */
  readonly of: string
}

/** A record, and the moment that follows from it now; null: none. */
export interface Moment {
  readonly id: string
  readonly at: string | null
  readonly owner: unknown
  readonly team: unknown
  /** Why there is none, where that is not plain. */
  readonly reason?: string
}

/** A timer as it stands. */
interface StandingTimer {
  readonly id: string
  readonly key: string
  readonly state: string
  readonly at: string
}

/** In whose transaction, and by what, timers are read. */
export interface TimerReads {
  readonly transaction: Transaction
  readonly registry: Registry
  readonly policy: AccessPolicy
}

/** No two timers have the same. */
export function timerKey({ plugin, timer, of }: PluginBasis): string {
  return `plugin:${plugin}:${timer}:${of}`
}

/** When a record's timer is due, as the database keeps it. Throws an Error for what is no moment. */
export function momentOf({ name, at }: Pick<Timer<never>, 'name' | 'at'>, record: RecordImage): string | null {
  const moment: unknown = at(record)
  if (moment === null || moment === undefined) return null
  const time = typeof moment === 'string' ? Date.parse(moment) : Number.NaN
  if (Number.isNaN(time)) throw new Error(`its timer ${name} is due at ${JSON.stringify(moment)?.slice(0, 60)}, which is no moment`)
  return new Date(time).toISOString()
}

/** Makes the timers say what follows from their records: made, moved, cancelled. One that has fired at that very moment stays as it is. */
export async function settleTimers(
  basis: Omit<PluginBasis, 'of'>,
  moments: readonly Moment[],
  { derive, ...reads }: TimerReads & Pick<RuleContext, 'derive'>,
): Promise<void> {
  if (moments.length === 0) return
  const standing = await readStanding(
    reads,
    moments.map(({ id }) => timerKey({ ...basis, of: id })),
  )
  const made: Readonly<Record<string, unknown>>[] = []
  const changed: { readonly id: string; readonly values: Readonly<Record<string, unknown>> }[] = []
  for (const { id, at, owner, team, reason = null } of moments) {
    const own = { ...basis, of: id }
    const known = standing.get(timerKey(own))
    if (at === null) {
      if (known?.state === 'scheduled') changed.push({ id: known.id, values: { state: 'cancelled', reason } })
      continue
    }
    const values = { dueAt: at, state: 'scheduled', reason: null, record: id, owner, team }
    if (!known) made.push({ kind: 'plugin', dedupeKey: timerKey(own), basis: own, ...values })
    else if (known.at !== at || known.state === 'cancelled') changed.push({ id: known.id, values })
  }
  if (made.length > 0) await derive.create('timer', made)
  if (changed.length > 0) await derive.update('timer', changed)
}

async function readStanding({ transaction, registry, policy }: TimerReads, keys: readonly string[]): Promise<ReadonlyMap<string, StandingTimer>> {
  const values: unknown[] = [keys]
  const { from, condition } = secured(registry.module('timer'), 'READ', policy, 't', registry, bindValues(values, policy))
  const rows = await transaction.query<StandingTimer>({
    text: `SELECT t.id, t.dedupe_key AS key, t.state, guanxi_time(t.due_at) AS at FROM ${from} WHERE t.dedupe_key = ANY($1::text[]) AND t.deleted_at IS NULL AND ${condition}`,
    values,
    purpose: 'record',
  })
  return new Map(rows.map((row) => [row.key, row]))
}
