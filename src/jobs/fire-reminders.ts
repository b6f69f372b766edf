import { randomUUID } from 'node:crypto'
import { bindValues } from '../records/access/bind-values.ts'
import type { Principal } from '../records/access/policy.ts'
import { secured } from '../records/access/secured.ts'
import type { Registry } from '../records/registry/index.ts'
import type { Writer } from '../records/write/index.ts'

/** Reminders that one transaction fires. */
const BATCH = 200

export interface ReminderJob {
  readonly writer: Writer
  readonly registry: () => Registry
  /** The system, by the epochs of now. */
  readonly principal: () => Promise<Principal>
  readonly now: () => Date
}

/**
 * Fires the reminders whose time has come: `scheduled` becomes `fired`, by an ordinary write with its history and event, so that whoever follows reminders is told. Any number of processes may do so
 * at once, and may be killed: a reminder is fired by the transaction that holds its row, once. Answers how many were fired.
 */
export async function fireReminders({ writer, registry, principal, now }: ReminderJob): Promise<number> {
  for (let fired = 0; ; ) {
    const [served, acting] = [registry(), await principal()]
    const module = served.module('reminder')
    const count = await writer.run(acting, { requestId: randomUUID(), cause: 'system' }, async (changes, transaction) => {
      const values: unknown[] = [now(), BATCH]
      const { from, condition } = secured(module, 'UPDATE', acting.policy, 't', served, bindValues(values, acting.policy))
      const due = await transaction.query<{ id: string }>({
        text: `SELECT t.id FROM ${from} WHERE t.state = 'scheduled' AND t.deleted_at IS NULL AND t.due_at <= $1 AND ${condition} ORDER BY t.due_at, t.id LIMIT $2 FOR UPDATE OF t SKIP LOCKED`,
        values,
        purpose: 'background',
      })
      if (due.length > 0)
        await changes.update(
          module,
          due.map(({ id }) => ({ id, input: { state: 'fired' } })),
          { pathOf: (index) => ['reminders', index] },
        )
      return due.length
    })
    fired += count
    if (count < BATCH) return fired
  }
}
