import { z } from 'zod'
import { DefectError, GuanxiError } from '../errors/index.ts'
import { isUuid } from '../lib/record-id.ts'
import { isConnectionLoss, sqlState, type Transaction } from '../records/database.ts'
import { StaleEpochError } from '../records/epochs.ts'
import { dequeue, enqueue } from '../records/jobs/enqueue.ts'
import type { JobKind } from '../records/jobs/job-kind.ts'

/** Brings the reminders of one record, which could not be written with those of the others, to what the record says. */
export const REMIND_OF_RECORD: JobKind<{ readonly record: string }> = Object.freeze({
  name: 'reminders.record',
  payload: z.strictObject({ record: z.string().refine(isUuid) }),
})

/** How often such a record is tried: with the pauses of the queue, for half an hour. */
const ATTEMPTS = 8
/** Behind what has just become due. */
const PRIORITY = 10

const keyOf = (record: string): string => `reminders:${record}`

/** SQLSTATE classes of errors that are about values: data, constraints, limits of the program, and what a trigger raised. */
const ABOUT_VALUES = /^(22|23|54|P0)/

/**
 * Something about the records themselves is wrong, so that it comes again with them, and with them alone. False for what is about the database, the connection or the schema: who stops
 * there and goes on later loses nothing.
 */
export function isAboutRecords(error: unknown): boolean {
  if (error instanceof GuanxiError) return error.code !== 'UNAVAILABLE'
  if (error instanceof StaleEpochError || isConnectionLoss(error)) return false
  const state = sqlState(error)
  if (state !== undefined) return ABOUT_VALUES.test(state)
  return error instanceof DefectError || error instanceof RangeError || error instanceof TypeError
}

/** Leaves records to jobs of their own. One that fails for good stays in the queue as `dead`, with the reason, until somebody asks for it again or its record is written. */
export async function leaveToJobs(transaction: Transaction, records: readonly string[]): Promise<void> {
  await enqueue(
    transaction,
    REMIND_OF_RECORD,
    [...new Set(records)].map((record) => ({ payload: { record }, key: keyOf(record), attempts: ATTEMPTS, priority: PRIORITY })),
  )
}

/** The reminders of these records are written: the jobs that were to do so go, those apart that run. */
export function forgetJobs(transaction: Transaction, records: readonly string[]): Promise<void> {
  return dequeue(transaction, records.map(keyOf))
}

/**
 * Those of the records that cannot be written, each found by trying halves; null where it is to stop. `write` writes some of them in a transaction of its own. Throws what is not about
 * the records.
 */
export async function findFailing(
  records: readonly string[],
  write: (records: readonly string[]) => Promise<void>,
  isStopping: () => boolean,
): Promise<readonly string[] | null> {
  if (isStopping()) return null
  try {
    await write(records)
    return []
  } catch (error) {
    if (!isAboutRecords(error)) throw error
    if (records.length === 1) return records
  }
  const middle = Math.ceil(records.length / 2)
  const first = await findFailing(records.slice(0, middle), write, isStopping)
  const second = first && (await findFailing(records.slice(middle), write, isStopping))
  return first && second && [...first, ...second]
}
