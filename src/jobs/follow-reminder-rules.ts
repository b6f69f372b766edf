import { randomUUID } from 'node:crypto'
import { type ReminderRuleSource, type StoredReminderRule, sourceOf } from '../domain/index.ts'
import { isUuid } from '../lib/record-id.ts'
import type { Principal } from '../records/access/policy.ts'
import type { Database, Executor, Transaction } from '../records/database.ts'
import type { Registry } from '../records/registry/index.ts'
import type { CheckedChangeSet, Writer } from '../records/write/index.ts'
import { reconcileReminders, restoreReminders } from './reconcile-reminders.ts'
import { backfillPage, enqueueBackfills } from './reminder-backfill.ts'
import { type Reader, readActiveRules, readMakers } from './reminder-rule-rows.ts'

export interface ReminderRuleJob {
  readonly database: Database
  readonly writer: Writer
  readonly registry: () => Registry
  /** The system, by the epochs of now. */
  readonly principal: () => Promise<Principal>
  readonly now: () => Date
}

/** Places in the order of commits that one step goes on by. */
const WINDOW = 1_000

const FOLLOWER = 'reminder rules'

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
 * reminders; of a change only the record counts, as it is now. So it may be killed at any moment, and nothing comes twice or is left out. One process follows at a time. Ends
 * between two steps where it is to stop. Answers how many it took.
 */
export async function followReminderRules(job: ReminderRuleJob, isStopping: () => boolean = () => false): Promise<number> {
  for (let steps = 0; ; steps += 1) {
    if (isStopping()) return steps
    const [registry, principal] = [job.registry(), await job.principal()]
    const place = await readPlace(job.database)
    if (!place || (place.position === place.upTo && !place.backfills && place.schemaVersion === registry.version)) return steps
    const reader: Reader = { executor: job.database, policy: principal.policy, registry }
    const isQuiet =
      !place.backfills &&
      place.schemaVersion === registry.version &&
      BigInt(place.floor) <= BigInt(place.position) &&
      (await readEvents(reader, place, await readRules(reader))).length === 0
    const moved = isQuiet ? await moveOn(job.database, place) : await step(job, registry, principal)
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

/** False where another process follows. */
function step({ writer, now }: ReminderRuleJob, registry: Registry, principal: Principal): Promise<boolean> {
  return writer.run(
    principal,
    { requestId: randomUUID(), cause: 'system' },
    async (changes, transaction) => {
      const place = await readPlace(transaction, 'FOR UPDATE OF f SKIP LOCKED')
      if (!place) return false
      const reader: Reader = { executor: transaction, policy: principal.policy, registry }
      const stored = await readActiveRules(reader)
      const rules = resolved(stored, registry)
      const broken = stored.filter((rule) => !rules.some(({ id }) => id === rule.id))
      await enqueueBackfills(transaction, changedBetween(place.broken, broken))
      const isBehind = BigInt(place.floor) > BigInt(place.position)
      // What was taken away meanwhile can be told of no record.
      if (isBehind) await enqueueBackfills(transaction, [...new Set([...rules.map(({ id }) => id), ...(await readMakers(reader))])])
      else if (place.position === place.upTo) await backfillPage(reader, changes, rules, transaction, now())
      else await followWindow(reader, changes, { place, rules, transaction, now: now() })
      await transaction.query({
        text: `UPDATE follower SET position = $1, schema_version = $2, state = jsonb_build_object('broken', $3::jsonb) WHERE name = '${FOLLOWER}'`,
        values: [isBehind ? place.floor : place.upTo, registry.version, JSON.stringify(broken.map(({ id }) => id))],
        purpose: 'background',
      })
      return true
    },
    registry,
  )
}

/** Rules that make reminders, as far as what they go by is there. */
async function readRules(reader: Reader): Promise<readonly ReminderRuleSource[]> {
  return resolved(await readActiveRules(reader), reader.registry)
}

function resolved(stored: readonly StoredReminderRule[], registry: Registry): readonly ReminderRuleSource[] {
  return stored.flatMap((rule) => sourceOf(rule, registry) ?? [])
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

/** What happened within the window that rules look at. */
async function readEvents({ registry, executor }: Reader, { position, upTo }: Place, rules: readonly ReminderRuleSource[]): Promise<readonly Event[]> {
  const number = (name: string) => registry.module(name).number
  const within = 'o.position > $1::bigint AND o.position <= $2::bigint'
  return executor.query<Event>({
    text: `SELECT 'record' AS what, o.record_id::text AS id FROM outbox o WHERE ${within} AND o.module_number = ANY($3::int[])
      UNION SELECT 'record', o.after -> 'basis' ->> 'record' FROM outbox o
        WHERE ${within} AND o.module_number = ${number('reminder')} AND o.operation = 'UPDATED' AND o.after ->> 'state' IN ('fired', 'missed') AND 'reminder.state' = ANY(o.changed_fields)
          AND o.after -> 'basis' ->> 'year' IS NOT NULL
      UNION SELECT 'restored', o.record_id::text FROM outbox o WHERE ${within} AND o.operation = 'RESTORED'
      UNION SELECT 'rule', o.record_id::text FROM outbox o WHERE ${within} AND o.module_number = ${number('reminderRule')}
      UNION SELECT 'user', o.record_id::text FROM outbox o
        WHERE ${within} AND o.module_number = ${number('user')} AND (o.operation IN ('DELETED', 'RESTORED') OR o.changed_fields && '{user.timeZone,user.status}')`,
    values: [position, upTo, [...new Set(rules.map(({ source }) => source.number))]],
    purpose: 'background',
  })
}

interface Window {
  readonly place: Place
  readonly rules: readonly ReminderRuleSource[]
  readonly transaction: Transaction
  readonly now: Date
}

async function followWindow(reader: Reader, changes: CheckedChangeSet, { place, rules, transaction, now }: Window): Promise<void> {
  const events = await readEvents(reader, place, rules)
  const of = (kind: Event['what']) => events.filter(({ what, id }) => what === kind && isUuid(id)).map(({ id }) => id)
  await enqueueBackfills(transaction, of('rule'))
  const all = rules.map(({ id }) => id)
  for (const user of of('user')) await enqueueBackfills(transaction, all, user)
  await reconcileReminders(reader, changes, rules, of('record'), now)
  await restoreReminders(reader, changes, of('restored'), now)
}
