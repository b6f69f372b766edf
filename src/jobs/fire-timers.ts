import { randomUUID } from 'node:crypto'
import { firingOf } from '../domain/index.ts'
import { GuanxiError } from '../errors/index.ts'
import { breather } from '../lib/breather.ts'
import { bindValues } from '../records/access/bind-values.ts'
import type { Principal } from '../records/access/policy.ts'
import { secured } from '../records/access/secured.ts'
import type { Database, Transaction } from '../records/database.ts'
import { StaleEpochError } from '../records/epochs.ts'
import type { Registry } from '../records/registry/index.ts'
import type { CheckedChangeSet } from '../records/write/index.ts'
import type { SystemWork } from './system-work.ts'

/** Timers that one transaction fires. */
const BATCH = 250

/** Milliseconds for which a timer that cannot be fired stands in nobody's way: doubled with each try that fails, up to the longest. */
const SET_ASIDE = 60_000
const LONGEST_ASIDE = 3_600_000
/** Milliseconds in which one transaction finds out what becomes of its timers. */
const PATIENCE = 1_000

export interface TimerJob extends SystemWork {
  /** Milliseconds by which a timer may be late and still fire. */
  readonly tolerance: number
  /** Told of a timer that cannot be fired; it is tried again later. */
  readonly onFailure: (error: unknown, reminder: string) => void
}

interface DueTimer {
  /** Its reminder. */
  readonly id: string
  readonly dueAt: Date
  readonly basis: unknown
}

/**
 * What fires the timers whose time has come: their reminders become `fired`, or `missed` where they are found too late, by an ordinary write with its history and event, so that whoever
 * follows reminders is told. Any number of processes may do so at once, and may be killed: a timer is fired by the transaction that holds its row, once. Ends between two batches
 * where it is to stop. Answers how many were fired.
 */
export function createTimerWorker(job: TimerJob): (isStopping?: () => boolean) => Promise<number> {
  const aside = new SetAside()
  return async (isStopping = () => false) => {
    for (let fired = 0; ; ) {
      if (isStopping()) return fired
      const now = job.now()
      const acting = { registry: job.registry(), principal: await job.principal() }
      if (!(await isAnyDue(job.database, acting, now, aside.idsAt(now)))) return fired
      const batch = await fireBatch(job, acting, now, aside)
      fired += batch.fired
      // Others hold what is left.
      if (batch.fired === 0 && batch.failed === 0) return fired
    }
  }
}

/** Timers that could not be fired, and until when they are left alone. */
class SetAside {
  readonly #known = new Map<string, { readonly until: number; readonly tries: number }>()

  idsAt(now: Date): string[] {
    for (const [id, { until }] of this.#known) if (until + LONGEST_ASIDE < now.getTime()) this.#known.delete(id)
    return [...this.#known].filter(([, { until }]) => until > now.getTime()).map(([id]) => id)
  }

  put(id: string, now: Date): void {
    const tries = (this.#known.get(id)?.tries ?? 0) + 1
    this.#known.set(id, { tries, until: now.getTime() + Math.min(SET_ASIDE * 2 ** (tries - 1), LONGEST_ASIDE) })
  }
}

/** By what it is done. */
interface Acting {
  readonly principal: Principal
  readonly registry: Registry
}

async function isAnyDue(database: Database, { principal: { policy }, registry }: Acting, now: Date, aside: readonly string[]): Promise<boolean> {
  const values: unknown[] = [now, aside]
  const { from, condition } = secured(registry.module('timer'), 'READ', policy, 't', registry, bindValues(values, policy))
  const rows = await database.query({
    text: `SELECT FROM ${from} WHERE t.state = 'scheduled' AND t.deleted_at IS NULL AND t.kind = 'reminder' AND t.due_at <= $1 AND t.reminder_id <> ALL($2::uuid[]) AND ${condition} LIMIT 1`,
    values,
    purpose: 'background',
  })
  return rows.length > 0
}

async function fireBatch(job: TimerJob, acting: Acting, now: Date, aside: SetAside): Promise<{ readonly fired: number; readonly failed: number }> {
  const tried: string[] = []
  try {
    return { fired: await fire(job, acting, now, { limit: BATCH, without: aside.idsAt(now), tried }), failed: 0 }
  } catch (error) {
    if (tried.length === 0 || passes(error)) throw error
  }
  // One of them cannot be fired: each goes alone, so that the others are not kept back.
  let [fired, failed] = [0, 0]
  for (const id of [...tried]) {
    try {
      fired += await fire(job, acting, now, { limit: 1, only: id, without: [], tried: [] })
    } catch (error) {
      if (passes(error)) throw error
      aside.put(id, now)
      failed += 1
      job.onFailure(error, id)
    }
  }
  return { fired, failed }
}

/** It is nothing about the timers: the next try may well succeed. */
function passes(error: unknown): boolean {
  return error instanceof StaleEpochError || (error instanceof GuanxiError && error.code === 'UNAVAILABLE')
}

interface Claim {
  readonly limit: number
  readonly only?: string
  readonly without: readonly string[]
  /** Where the reminders of the last try are noted. */
  readonly tried: string[]
}

function fire({ writer, tolerance }: TimerJob, { principal, registry }: Acting, now: Date, claim: Claim): Promise<number> {
  const module = registry.module('reminder')
  const work = async (changes: CheckedChangeSet, transaction: Transaction): Promise<number> => {
    const due = await claimDue(transaction, { principal, registry }, now, claim)
    claim.tried.splice(0, claim.tried.length, ...due.map(({ id }) => id))
    if (due.length === 0) return 0
    const items: { readonly id: string; readonly input: Readonly<Record<string, unknown>> }[] = []
    const [breathe, until] = [breather(), performance.now() + PATIENCE]
    for (const { id, dueAt, basis } of due) {
      const { state, later } = firingOf(dueAt.getTime(), basis, now.getTime(), tolerance)
      items.push({ id, input: { state, ...later } })
      // The others are claimed by the next one.
      if (performance.now() > until) break
      await breathe()
    }
    await changes.update(module, items, { pathOf: (index) => ['reminders', index] })
    return items.length
  }
  return writer.run(principal, { requestId: randomUUID(), cause: 'system' }, work, registry)
}

/** Locks timers that are due together with their reminders, and passes over those that others hold: whoever changes a reminder holds it first, and its timer then. */
function claimDue(transaction: Transaction, { principal: { policy }, registry }: Acting, now: Date, { limit, only, without }: Claim): Promise<DueTimer[]> {
  const values: unknown[] = [now, limit, without, only ?? null]
  const binder = bindValues(values, policy)
  const timers = secured(registry.module('timer'), 'UPDATE', policy, 't', registry, binder)
  const reminders = secured(registry.module('reminder'), 'UPDATE', policy, 'r', registry, binder)
  return transaction.query<DueTimer>({
    text: `SELECT r.id, t.due_at AS "dueAt", t.basis FROM ${timers.from} JOIN ${reminders.from} ON r.id = t.reminder_id
      WHERE t.state = 'scheduled' AND t.deleted_at IS NULL AND t.kind = 'reminder' AND r.deleted_at IS NULL AND t.due_at <= $1 AND ${timers.condition} AND ${reminders.condition}
        AND r.id <> ALL($3::uuid[]) AND ($4::uuid IS NULL OR r.id = $4)
      ORDER BY t.due_at, t.id LIMIT $2 FOR NO KEY UPDATE OF r, t SKIP LOCKED`,
    values,
    purpose: 'background',
  })
}
