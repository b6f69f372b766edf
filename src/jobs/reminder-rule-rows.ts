import { isOfRule, type ReminderRuleSource, type RuleReminder, type StoredReminderRule } from '../domain/index.ts'
import { bindValues } from '../records/access/bind-values.ts'
import type { AccessPolicy } from '../records/access/policy.ts'
import { secured } from '../records/access/secured.ts'
import type { Executor } from '../records/database.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../records/registry/definition.ts'
import { instantSql } from '../records/sql-text.ts'
import { heldColumn, heldFrom } from '../records/write/held-columns.ts'

/** Who reads, and by which modules. */
export interface Reader {
  readonly executor: Executor
  readonly policy: AccessPolicy
  readonly registry: Registry
}

/** A module's table as a statement reads it; further values are bound behind those given. */
function table({ policy, registry }: Reader, module: ModuleDefinition, alias: string, values: unknown[]) {
  return secured(module, 'READ', policy, alias, registry, bindValues(values, policy))
}

/** Rules that make reminders. */
export async function readActiveRules(reader: Reader): Promise<readonly StoredReminderRule[]> {
  const values: unknown[] = []
  const { from, condition } = table(reader, reader.registry.module('reminderRule'), 't', values)
  return reader.executor.query<StoredReminderRule>({
    text: `SELECT t.id, t.module, t.field, t.offset_days AS "offsetDays", t.offset_minutes AS "offsetMinutes", t.at, t.yearly, t.leap_day AS "leapDay", t.recipient, t.subject
      FROM ${from} WHERE t.active AND t.deleted_at IS NULL AND ${condition} ORDER BY t.id`,
    values,
    purpose: 'background',
  })
}

/** A record with what rules of its module look at, by the ids of the fields. */
export interface WatchedRecord {
  readonly id: string
  readonly deleted: boolean
  readonly values: Readonly<Record<string, string | null>>
}

/** Records of one module, deleted ones too. `watched`: fields that rules look at. */
export async function readWatched(
  reader: Reader,
  module: ModuleDefinition,
  watched: readonly FieldDefinition[],
  ids: readonly string[],
): Promise<WatchedRecord[]> {
  const values: unknown[] = [ids]
  const { from, condition } = table(reader, module, 't', values)
  const columns = watched.map((field, index) => `, ${asText(field, heldColumn(field, 't'))} AS f${index}`)
  const rows = await reader.executor.query<Record<string, unknown>>({
    text: `SELECT t.id, t.deleted_at IS NOT NULL AS deleted${columns.join('')} FROM ${heldFrom(module, watched, from, 't')} WHERE t.id = ANY($1::uuid[]) AND ${condition}`,
    values,
    purpose: 'background',
  })
  return rows.map((row) => ({
    id: row['id'] as string,
    deleted: row['deleted'] === true,
    values: Object.fromEntries(watched.map(({ id }, index) => [id, row[`f${index}`] as string | null])),
  }))
}

function asText({ type }: FieldDefinition, column: string): string {
  if (type === 'DATE') return `to_char(${column}, 'YYYY-MM-DD')`
  return type === 'DATETIME' ? instantSql(column) : `${column}::text`
}

/** Time zones of those users who can be told, by id. */
export async function readZones(reader: Reader, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const values: unknown[] = [ids]
  const { from, condition } = table(reader, reader.registry.module('user'), 't', values)
  const rows = await reader.executor.query<{ id: string; zone: string | null }>({
    text: `SELECT t.id, t.time_zone AS zone FROM ${from} WHERE t.id = ANY($1::uuid[]) AND t.status = 'active' AND t.deleted_at IS NULL AND ${condition}`,
    values,
    purpose: 'background',
  })
  return new Map(rows.map(({ id, zone }) => [id, zone ?? 'UTC']))
}

/** What rules have made of these records, by record. */
export async function readMade(reader: Reader, records: readonly string[]): Promise<ReadonlyMap<string, readonly RuleReminder[]>> {
  const values: unknown[] = [records]
  const timers = table(reader, reader.registry.module('timer'), 't', values)
  const reminders = table(reader, reader.registry.module('reminder'), 'r', values)
  const rows = await reader.executor.query<RuleReminder>({
    text: `SELECT r.id, t.dedupe_key AS key, t.basis, r.state, r.owner_id AS owner, t.deleted_at IS NOT NULL OR r.deleted_at IS NOT NULL AS deleted, r.record_id IS NOT NULL AS attached
      FROM ${timers.from} JOIN ${reminders.from} ON r.id = t.reminder_id
      WHERE t.basis ->> 'record' = ANY($1::text[]) AND t.basis ->> 'rule' IS NOT NULL AND ${timers.condition} AND ${reminders.condition} ORDER BY r.id`,
    values,
    purpose: 'background',
  })
  const made = new Map<string, RuleReminder[]>()
  for (const row of rows) if (isOfRule(row.basis)) made.set(row.basis.record, [...(made.get(row.basis.record) ?? []), row])
  return made
}

/** Reminders that somebody made, which were cancelled with one of these records and are still to come. */
export async function readCancelledWith(reader: Reader, records: readonly string[], now: Date): Promise<{ readonly id: string; readonly record: string }[]> {
  const values: unknown[] = [records, now]
  const { from, condition } = table(reader, reader.registry.module('timer'), 't', values)
  return reader.executor.query({
    text: `SELECT t.reminder_id AS id, t.basis ->> 'record' AS record FROM ${from}
      WHERE t.basis ->> 'record' = ANY($1::text[]) AND t.basis ->> 'rule' IS NULL AND t.state = 'cancelled' AND t.deleted_at IS NULL AND t.due_at > $2 AND ${condition} ORDER BY t.id`,
    values,
    purpose: 'background',
  })
}

/** Below every id: an index is entered by a bound, and not by the absence of one. */
const FIRST = '00000000-0000-0000-0000-000000000000'

/** The next records behind `after` of a rule, in the order of their ids; those of one recipient where one is given. */
export async function readNextRecords(
  reader: Reader,
  { source, date, receiver }: ReminderRuleSource,
  recipient: string | null,
  after: string | null,
  limit: number,
) {
  const values: unknown[] = [after ?? FIRST, limit, ...(recipient === null ? [] : [recipient])]
  const { from, condition } = table(reader, source, 't', values)
  const ofRecipient = recipient === null ? '' : ` AND ${heldColumn(receiver, 't')} = $3`
  const rows = await reader.executor.query<{ id: string }>({
    text: `SELECT t.id FROM ${heldFrom(source, [date, receiver], from, 't')} WHERE t.id > $1 AND t.deleted_at IS NULL
        AND ${heldColumn(date, 't')} IS NOT NULL${ofRecipient} AND ${condition} ORDER BY t.id LIMIT $2`,
    values,
    purpose: 'background',
  })
  return rows.map(({ id }) => id)
}

/** The next timers behind `after` that a rule has made and that are still to come; those of one recipient where one is given. */
export async function readNextMade(reader: Reader, rule: string, recipient: string | null, after: string | null, limit: number) {
  const values: unknown[] = [after ?? FIRST, limit, rule, ...(recipient === null ? [] : [recipient])]
  const { from, condition } = table(reader, reader.registry.module('timer'), 't', values)
  const ofRecipient = recipient === null ? '' : ' AND t.owner_id = $4'
  return reader.executor.query<{ id: string; record: string }>({
    text: `SELECT t.id, t.basis ->> 'record' AS record FROM ${from} WHERE t.basis ->> 'rule' = $3 AND t.state = 'scheduled' AND t.deleted_at IS NULL
        AND t.id > $1${ofRecipient} AND ${condition} ORDER BY t.id LIMIT $2`,
    values,
    purpose: 'background',
  })
}

/** Rules, gone ones too, whose reminders are still to come. */
export async function readMakers(reader: Reader): Promise<readonly string[]> {
  const values: unknown[] = []
  const { from, condition } = table(reader, reader.registry.module('timer'), 't', values)
  const rows = await reader.executor.query<{ rule: string }>({
    text: `SELECT DISTINCT t.basis ->> 'rule' AS rule FROM ${from} WHERE t.basis ->> 'rule' IS NOT NULL AND t.state = 'scheduled' AND t.deleted_at IS NULL AND ${condition}`,
    values,
    purpose: 'background',
  })
  return rows.map(({ rule }) => rule)
}

/** Those of the records that stand. */
export async function readStanding(reader: Reader, module: ModuleDefinition, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const values: unknown[] = [ids]
  const { from, condition } = table(reader, module, 't', values)
  const rows = await reader.executor.query<{ id: string }>({
    text: `SELECT t.id FROM ${from} WHERE t.id = ANY($1::uuid[]) AND t.deleted_at IS NULL AND ${condition}`,
    values,
    purpose: 'background',
  })
  return new Set(rows.map(({ id }) => id))
}
