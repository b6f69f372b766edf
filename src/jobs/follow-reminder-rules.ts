import { randomUUID } from 'node:crypto'
import type { ReminderRuleSource, StoredReminderRule } from '../domain/index.ts'
import { isUuid } from '../lib/record-id.ts'
import type { Database, Executor, Transaction } from '../records/database.ts'
import { findFailing, forgetJobs, isAboutRecords, leaveToJobs } from './left-out-records.ts'
import { reconcileReminders, restoreReminders } from './reconcile-reminders.ts'
import { type Acting, FOLLOWER, readRules, remindOf, resolved } from './remind-of-records.ts'
import { enqueueBackfills, nextPage } from './reminder-backfill.ts'
import { type Reader, readActiveRules, readMakers } from './reminder-rule-rows.ts'
import type { SystemWork } from './system-work.ts'

/** Places in the order of commits that one step goes on by. */
const WINDOW = 1_000
/** Advisory lock of the one who follows; any constant. */
const FOLLOW_LOCK = 7_203_114_931

interface Place {
  /** Up to where changes are followed; decimal text. */
  readonly position: string
  readonly upTo: string
  /** Changes up to here are not kept any more. */
  readonly floor: string
  readonly schemaVersion: number
  /** Rules whose module or fields were not there by that schema. */
  readonly broken: readonly string[]
  /** Rules wait to be gone over. */
  readonly backfills: boolean
}

/**
 * Follows all changes of records, and makes, moves and cancels the reminders that rules want of them. How far it has come is kept, and moves on in the transaction that writes the
 * reminders; of a change only the record counts, as it is now. So it may be killed at any moment, and nothing comes twice or is left out. A record whose reminders cannot be written
 * keeps nothing back: it is left to a job of its own. One process follows at a time. Ends between two steps where it is to stop. Answers how many it took. Throws what is not about
 * the records, such as a database that is away, and goes on from there the next time.
 */
export async function followReminderRules(job: SystemWork, isStopping: () => boolean = () => false): Promise<number> {
  for (let steps = 0; ; steps += 1) {
    if (isStopping()) return steps
    const acting: Acting = { registry: job.registry(), principal: await job.principal() }
    const { registry, principal } = acting
    const place = await readPlace(job.database)
    if (!place || (place.position === place.upTo && !place.backfills && place.schemaVersion === registry.version)) return steps
    const reader: Reader = { executor: job.database, policy: principal.policy, registry }
    const isQuiet =
      !place.backfills &&
      place.schemaVersion === registry.version &&
      !isBehind(place) &&
      (await readEvents(reader, place, await readRules(reader))).length === 0
    const moved = isQuiet ? await moveOn(job.database, place) : await stepPast(job, acting, isStopping)
    if (!moved) return steps
  }
}

async function readPlace(executor: Executor, lock = ''): Promise<Place | undefined> {
  const [place] = await executor.query<Place>({
    text: `SELECT f.position::text, greatest(f.position, least(f.position + ${WINDOW}, s.outbox_position))::text AS "upTo", s.outbox_floor::text AS floor,
        f.schema_version::int AS "schemaVersion", coalesce(f.state -> 'broken', '[]') AS broken, EXISTS (SELECT FROM reminder_backfill) AS backfills
      FROM follower f, stamper s WHERE f.name = '${FOLLOWER}' ${lock}`,
    purpose: 'background',
  })
  return place
}

/** Nothing has happened that rules look at. False where another process was faster. */
async function moveOn(database: Database, { position, upTo }: Place): Promise<boolean> {
  const rows = await database.query({
    text: `UPDATE follower SET position = $2 WHERE name = '${FOLLOWER}' AND position = $1 RETURNING position`,
    values: [position, upTo],
    purpose: 'background',
  })
  return rows.length > 0
}

/** One try of a step. */
interface Try {
  /** Records that are left to jobs. */
  readonly leaveOut: ReadonlySet<string>
  /** Where those are noted that it was about. */
  readonly about: Set<string>
}

/** False where another process follows, or it is to stop. */
async function stepPast(job: SystemWork, acting: Acting, isStopping: () => boolean): Promise<boolean> {
  const about = new Set<string>()
  try {
    return await step(job, acting, { leaveOut: new Set(), about })
  } catch (error) {
    if (!isAboutRecords(error) || about.size === 0) throw error
  }
  const failing = await findFailing([...about], (records) => remindOf(job, acting, records), isStopping)
  return failing !== null && step(job, acting, { leaveOut: new Set(failing), about })
}

/** False where another process follows. */
function step({ writer, now }: SystemWork, { registry, principal }: Acting, { leaveOut, about }: Try): Promise<boolean> {
  return writer.run(
    principal,
    { requestId: randomUUID(), cause: 'system' },
    async (changes, transaction) => {
      const place = await hold(transaction)
      if (!place) return false
      const reader: Reader = { executor: transaction, policy: principal.policy, registry }
      const stored = await readActiveRules(reader)
      const rules = resolved(stored, registry)
      const broken = stored.filter((rule) => !rules.some(({ id }) => id === rule.id))
      await enqueueBackfills(transaction, changedBetween(place.broken, broken))
      const { records, restored } = await workOf(reader, { place, rules, transaction })
      about.clear()
      for (const id of [...records, ...restored]) about.add(id)
      const written = (ids: readonly string[]) => ids.filter((id) => !leaveOut.has(id))
      await reconcileReminders(reader, changes, rules, written(records), now())
      await restoreReminders(reader, changes, written(restored), now())
      await forgetJobs(transaction, written([...about]))
      await leaveToJobs(
        transaction,
        [...about].filter((id) => leaveOut.has(id)),
      )
      await transaction.query({
        text: `UPDATE follower SET position = $1, schema_version = $2, state = jsonb_build_object('broken', $3::jsonb) WHERE name = '${FOLLOWER}'`,
        values: [isBehind(place) ? place.floor : place.upTo, registry.version, JSON.stringify(broken.map(({ id }) => id))],
        purpose: 'background',
      })
      return true
    },
    registry,
  )
}

/** Undefined where another process follows. Whoever writes reminders of single records is waited for, so that many of these do not keep it from going on. */
async function hold(transaction: Transaction): Promise<Place | undefined> {
  const [lock] = await transaction.query<{ held: boolean }>({
    text: 'SELECT pg_try_advisory_xact_lock($1) AS held',
    values: [FOLLOW_LOCK],
    purpose: 'background',
  })
  return lock?.held ? readPlace(transaction, 'FOR UPDATE OF f') : undefined
}

/** Rules that have broken since, or are whole again. */
function changedBetween(before: readonly string[], now: readonly StoredReminderRule[]): string[] {
  const ids = now.map(({ id }) => id)
  return [...before.filter((id) => !ids.includes(id)), ...ids.filter((id) => !before.includes(id))]
}

interface Event {
  readonly what: 'record' | 'restored' | 'rule' | 'user'
  readonly id: string
}

/** What happened within the window that rules look at. Where the reminder of a year has fired, or its recipient wants it no more, the next year's is due to be made. */
async function readEvents({ registry, executor }: Reader, { position, upTo }: Place, rules: readonly ReminderRuleSource[]): Promise<readonly Event[]> {
  const number = (name: string) => registry.module(name).number
  const within = 'o.position > $1::bigint AND o.position <= $2::bigint'
  return executor.query<Event>({
    text: `SELECT 'record' AS what, o.record_id::text AS id FROM outbox o WHERE ${within} AND o.module_number = ANY($3::int[])
      UNION SELECT 'record', o.after -> 'basis' ->> 'record' FROM outbox o
        WHERE ${within} AND o.module_number = ${number('reminder')} AND o.after -> 'basis' ->> 'year' IS NOT NULL AND (o.operation = 'DELETED' OR o.operation = 'UPDATED'
          AND 'reminder.state' = ANY(o.changed_fields) AND (o.after ->> 'state' IN ('fired', 'missed') OR o.after ->> 'state' = 'cancelled' AND o.after -> 'basis' ->> 'moot' IS NULL))
      UNION SELECT 'restored', o.record_id::text FROM outbox o WHERE ${within} AND o.operation = 'RESTORED'
      UNION SELECT 'rule', o.record_id::text FROM outbox o WHERE ${within} AND o.module_number = ${number('reminderRule')}
      UNION SELECT 'user', o.record_id::text FROM outbox o
        WHERE ${within} AND o.module_number = ${number('user')} AND (o.operation IN ('DELETED', 'RESTORED') OR o.changed_fields && '{user.timeZone,user.status}')`,
    values: [position, upTo, [...new Set(rules.map(({ source }) => source.number))]],
    purpose: 'background',
  })
}

interface Step {
  readonly place: Place
  readonly rules: readonly ReminderRuleSource[]
  readonly transaction: Transaction
}

/** What one step is about. */
interface Work {
  readonly records: readonly string[]
  /** Records that came back. */
  readonly restored: readonly string[]
}

function isBehind({ floor, position }: Place): boolean {
  return BigInt(floor) > BigInt(position)
}

/** Notes what is to be gone over, and answers what this step writes. */
async function workOf(reader: Reader, { place, rules, transaction }: Step): Promise<Work> {
  if (isBehind(place)) {
    // What was taken away meanwhile can be told of no record.
    await enqueueBackfills(transaction, [...new Set([...rules.map(({ id }) => id), ...(await readMakers(reader))])])
    return { records: [], restored: [] }
  }
  if (place.position === place.upTo) return { records: await nextPage(reader, rules, transaction), restored: [] }
  const events = await readEvents(reader, place, rules)
  const of = (kind: Event['what']) => events.filter(({ what, id }) => what === kind && isUuid(id)).map(({ id }) => id)
  await enqueueBackfills(transaction, of('rule'))
  const all = rules.map(({ id }) => id)
  for (const user of of('user')) await enqueueBackfills(transaction, all, user)
  return { records: of('record'), restored: of('restored') }
}
