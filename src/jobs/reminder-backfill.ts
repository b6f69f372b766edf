import type { ReminderRuleSource } from '../domain/index.ts'
import type { Transaction } from '../records/database.ts'
import type { CheckedChangeSet } from '../records/write/index.ts'
import { reconcileReminders } from './reconcile-reminders.ts'
import { type Reader, readNextMade, readNextRecords } from './reminder-rule-rows.ts'

/** Records that one transaction goes over. */
const PAGE = 500

interface Backfill {
  readonly id: string
  readonly rule: string
  readonly recipient: string | null
  readonly phase: 'made' | 'records'
  readonly after: string | null
}

/** All that these rules have made and are about is gone over from the start; of one recipient where one is given. */
export async function enqueueBackfills(transaction: Transaction, rules: readonly string[], recipient: string | null = null): Promise<void> {
  if (rules.length === 0) return
  await transaction.query({
    text: `INSERT INTO reminder_backfill (rule_id, recipient_id) SELECT r, $2 FROM unnest($1::uuid[]) AS r
      ON CONFLICT (rule_id, recipient_id) DO UPDATE SET phase = 'made', after = NULL`,
    values: [rules, recipient],
    purpose: 'background',
  })
}

/** Goes over the next page of what waits; how far it has come is kept with what it writes. */
export async function backfillPage(
  reader: Reader,
  changes: CheckedChangeSet,
  rules: readonly ReminderRuleSource[],
  transaction: Transaction,
  now: Date,
): Promise<void> {
  const [backfill] = await transaction.query<Backfill>({
    text: 'SELECT id::text, rule_id AS rule, recipient_id AS recipient, phase, after FROM reminder_backfill ORDER BY id LIMIT 1 FOR UPDATE',
    purpose: 'background',
  })
  if (!backfill) return
  const { records, last } = await nextPage(reader, backfill, rules)
  await reconcileReminders(reader, changes, rules, records, now)
  const isLast = last === null
  if (isLast && backfill.phase === 'records')
    await transaction.query({ text: 'DELETE FROM reminder_backfill WHERE id = $1', values: [backfill.id], purpose: 'background' })
  else
    await transaction.query({
      text: 'UPDATE reminder_backfill SET phase = $2, after = $3 WHERE id = $1',
      values: [backfill.id, isLast ? 'records' : backfill.phase, last],
      purpose: 'background',
    })
}

/** `last`: where the next page begins; null behind the last one. */
async function nextPage(
  reader: Reader,
  { rule, recipient, phase, after }: Backfill,
  rules: readonly ReminderRuleSource[],
): Promise<{ readonly records: readonly string[]; readonly last: string | null }> {
  if (phase === 'made') {
    const made = await readNextMade(reader, rule, recipient, after, PAGE)
    return { records: made.map(({ record }) => record), last: made.length < PAGE ? null : (made.at(-1)?.id ?? null) }
  }
  const source = rules.find(({ id }) => id === rule)
  const records = source ? await readNextRecords(reader, source, recipient, after, PAGE) : []
  return { records, last: records.length < PAGE ? null : (records.at(-1) ?? null) }
}
