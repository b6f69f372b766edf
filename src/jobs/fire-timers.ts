import { randomUUID } from 'node:crypto'
import { firingOf } from '../domain/index.ts'
import { GuanxiError } from '../errors/index.ts'
import { bindValues } from '../records/access/bind-values.ts'
import type { Principal } from '../records/access/policy.ts'
import { secured } from '../records/access/secured.ts'
import type { Database, Transaction } from '../records/database.ts'
import { StaleEpochError } from '../records/epochs.ts'
import type { Registry } from '../records/registry/index.ts'
import type { CheckedChangeSet, Writer } from '../records/write/index.ts'

/** Timers that one transaction fires. */
const BATCH = 250

/** Milliseconds for which a timer that cannot be fired stands in nobody's way. */
const SET_ASIDE = 60_000

export interface TimerJob {
  readonly database: Database
  readonly writer: Writer
  readonly registry: () => Registry
  /** The system, by the epochs of now. */
  readonly principal: () => Promise<Principal>
  readonly now: () => Date
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
 * follows reminders is told. Any number of processes may do so at once, and may be killed: a timer is fired by the transaction that holds its row, once. Answers how many
 * were fired.
 */
export function createTimerWorker(job: TimerJob): () => Promise<number> {
  const aside = new Map<string, number>()
  return async () => {
    for (let fired = 0; ; ) {
      const now = job.now()
      for (const [id, until] of aside) if (until <= now.getTime()) aside.delete(id)
      const acting = { registry: job.registry(), principal: await job.principal() }
      if (!(await isAnyDue(job.database, acting, now, [...aside.keys()]))) return fired
      const count = await fireBatch(job, acting, now, aside)
      fired += count
      // Others hold what is left.
      if (count === 0) return fired
    }
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

async function fireBatch(job: TimerJob, acting: Acting, now: Date, aside: Map<string, number>): Promise<number> {
  const tried: string[] = []
  try {
    return await fire(job, acting, now, { limit: BATCH, without: [...aside.keys()], tried })
  } catch (error) {
    if (tried.length === 0 || passes(error)) throw error
  }
  // One of them cannot be fired: each goes alone, so that the others are not kept back.
  let fired = 0
  for (const id of [...tried]) {
    try {
      fired += await fire(job, acting, now, { limit: 1, only: id, without: [], tried: [] })
    } catch (error) {
      if (passes(error)) throw error
      aside.set(id, now.getTime() + SET_ASIDE)
      job.onFailure(error, id)
    }
  }
  return fired
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
    const items = due.map(({ id, dueAt, basis }) => {
      const { state, later } = firingOf(dueAt.getTime(), basis, now.getTime(), tolerance)
      return { id, input: { state, ...later } }
    })
    await changes.update(module, items, { pathOf: (index) => ['reminders', index] })
    return due.length
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
