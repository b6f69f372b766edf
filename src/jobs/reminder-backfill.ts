import type { ReminderRuleSource } from '../domain/index.ts'
import type { Transaction } from '../records/database.ts'
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

/** The records of the next page of what waits to be gone over; how far it has come is kept with what is written of them. */
export async function nextPage(reader: Reader, rules: readonly ReminderRuleSource[], transaction: Transaction): Promise<readonly string[]> {
  const [backfill] = await transaction.query<Backfill>({
    text: 'SELECT id::text, rule_id AS rule, recipient_id AS recipient, phase, after FROM reminder_backfill ORDER BY id LIMIT 1 FOR UPDATE',
    purpose: 'background',
  })
  if (!backfill) return []
  const { records, last } = await readPage(reader, backfill, rules)
  const isLast = last === null
  if (isLast && backfill.phase === 'records')
    await transaction.query({ text: 'DELETE FROM reminder_backfill WHERE id = $1', values: [backfill.id], purpose: 'background' })
  else
    await transaction.query({
      text: 'UPDATE reminder_backfill SET phase = $2, after = $3 WHERE id = $1',
      values: [backfill.id, isLast ? 'records' : backfill.phase, last],
      purpose: 'background',
    })
  return records
}

/** `last`: where the next page begins; null behind the last one. */
async function readPage(
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
