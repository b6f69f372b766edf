import { randomUUID } from 'node:crypto'
import { type ReminderRuleSource, type StoredReminderRule, sourceOf } from '../domain/index.ts'
import type { Principal } from '../records/access/policy.ts'
import type { Transaction } from '../records/database.ts'
import type { Registry } from '../records/registry/index.ts'
import { underCurrentEpochs } from '../records/under-current-epochs.ts'
import { defineJob, type JobDefinition } from './job.ts'
import { REMIND_OF_RECORD } from './left-out-records.ts'
import { reconcileReminders, restoreReminders } from './reconcile-reminders.ts'
import { type Reader, readActiveRules } from './reminder-rule-rows.ts'
import type { SystemWork } from './system-work.ts'

/** By what it is done. */
export interface Acting {
  readonly principal: Principal
  readonly registry: Registry
}

/** Name of the row that says how far changes are followed; whoever writes reminders of rules holds it, since two who read a record one after the other might write in the other order. */
export const FOLLOWER = 'reminder rules'

/** What is left out of the steps that follow changes is tried again by itself, and its end is one with what it writes. */
export function remindOfRecord(job: SystemWork): JobDefinition {
  return defineJob(REMIND_OF_RECORD, ({ record }, run) =>
    underCurrentEpochs(async () => remindOf(job, { registry: job.registry(), principal: await job.principal() }, [record], run.settle)),
  )
}

/** Brings the reminders of these records to what they say now, in a transaction of its own, in which `behind` runs at the end. */
export function remindOf(
  { writer, now }: Pick<SystemWork, 'writer' | 'now'>,
  { registry, principal }: Acting,
  records: readonly string[],
  behind: (transaction: Transaction) => Promise<void> = async () => {},
): Promise<void> {
  return writer.run(
    principal,
    { requestId: randomUUID(), cause: 'system' },
    async (changes, transaction) => {
      await transaction.query({ text: `SELECT FROM follower WHERE name = '${FOLLOWER}' FOR UPDATE`, purpose: 'background' })
      const reader: Reader = { executor: transaction, policy: principal.policy, registry }
      await reconcileReminders(reader, changes, await readRules(reader), records, now())
      await restoreReminders(reader, changes, records, now())
      await behind(transaction)
    },
    registry,
  )
}

/** Rules that make reminders, as far as what they go by is there. */
export async function readRules(reader: Reader): Promise<readonly ReminderRuleSource[]> {
  return resolved(await readActiveRules(reader), reader.registry)
}

export function resolved(stored: readonly StoredReminderRule[], registry: Registry): readonly ReminderRuleSource[] {
  return stored.flatMap((rule) => sourceOf(rule, registry) ?? [])
}
