import { ENDED_STATES, planReminders, type ReminderRuleSource, type RuleReminder } from '../domain/index.ts'
import { moduleNumberOf } from '../lib/record-id.ts'
import type { FieldDefinition, ModuleDefinition } from '../records/registry/definition.ts'
import type { CheckedChangeSet } from '../records/write/index.ts'
import { type Reader, readCancelledWith, readMade, readStanding, readWatched, readZones, type WatchedRecord } from './reminder-rule-rows.ts'

/** Records that one call writes. */
const CHUNK = 1_000

interface Writes {
  readonly creates: Readonly<Record<string, unknown>>[]
  readonly updates: { readonly id: string; readonly input: Readonly<Record<string, unknown>> }[]
}

/**
 * Brings the reminders that rules make of these records to what the records say now, whatever happened to them and in which order. Records of modules that have no rule lose what
 * earlier ones made.
 */
export async function reconcileReminders(
  reader: Reader,
  changes: CheckedChangeSet,
  rules: readonly ReminderRuleSource[],
  records: readonly string[],
  now: Date,
): Promise<void> {
  if (records.length === 0) return
  const made = await readMade(reader, records)
  const writes: Writes = { creates: [], updates: [] }
  const ofNoRule = (record: string, of: readonly ReminderRuleSource[]) =>
    (made.get(record) ?? []).filter(({ state, deleted, basis }) => state === 'scheduled' && !deleted && !of.some(({ id }) => id === basis.rule))
  for (const [module, ids] of byModule(reader, records)) {
    const of = module ? rules.filter(({ source }) => source === module) : []
    for (const id of ids)
      for (const reminder of ofNoRule(id, of))
        writes.updates.push({ id: reminder.id, input: { state: 'cancelled', basis: { ...reminder.basis, moot: 'Its rule does not apply any more.' } } })
    if (module && of.length > 0) await planModule(reader, { module, rules: of, ids, made, now, writes })
  }
  await write(reader, changes, writes)
}

function byModule({ registry }: Reader, records: readonly string[]): Map<ModuleDefinition | undefined, string[]> {
  const grouped = new Map<ModuleDefinition | undefined, string[]>()
  for (const id of new Set(records)) {
    const module = registry.byNumber.get(moduleNumberOf(id) ?? 0)
    grouped.set(module, [...(grouped.get(module) ?? []), id])
  }
  return grouped
}

interface ModulePlan {
  readonly module: ModuleDefinition
  readonly rules: readonly ReminderRuleSource[]
  readonly ids: readonly string[]
  readonly made: ReadonlyMap<string, readonly RuleReminder[]>
  readonly now: Date
  readonly writes: Writes
}

async function planModule(reader: Reader, { module, rules, ids, made, now, writes }: ModulePlan): Promise<void> {
  const ended = Object.entries(ENDED_STATES[module.name] ?? {}).flatMap(([name, states]) => {
    const field = module.fields.get(name)
    return field ? [{ field, states }] : []
  })
  const watched = [...new Set<FieldDefinition>([...rules.flatMap(({ date, receiver }) => [date, receiver]), ...ended.map(({ field }) => field)])]
  const records = await readWatched(reader, module, watched, ids)
  const receivers = new Set(records.flatMap(({ values }) => rules.map(({ receiver }) => values[receiver.id])))
  const zones = await readZones(
    reader,
    [...receivers].filter((id): id is string => typeof id === 'string'),
  )
  const mootOf = ({ deleted, values }: WatchedRecord): string | null => {
    if (deleted) return 'Its record was deleted.'
    const end = ended.find(({ field, states }) => states.includes(values[field.id] ?? ''))
    return end ? `Its record is ${values[end.field.id]}.` : null
  }
  for (const record of records) {
    const moot = mootOf(record)
    for (const rule of rules) {
      const [value, receiver] = [record.values[rule.date.id] ?? null, record.values[rule.receiver.id] ?? null]
      const zone = receiver === null ? undefined : zones.get(receiver)
      const recipient = receiver !== null && zone !== undefined ? { id: receiver, timeZone: zone } : null
      const present = (made.get(record.id) ?? []).filter(({ basis }) => basis.rule === rule.id)
      const plan = planReminders(rule, { id: record.id, moot, value, recipient }, present, now.getTime())
      writes.creates.push(...plan.creates)
      writes.updates.push(...plan.updates)
    }
  }
}

/** Schedules again what was cancelled by hand-made reminders' records being deleted, now that these are back. */
export async function restoreReminders(reader: Reader, changes: CheckedChangeSet, records: readonly string[], now: Date): Promise<void> {
  const cancelled = records.length === 0 ? [] : await readCancelledWith(reader, records, now)
  const updates: Writes['updates'] = []
  for (const [module, ids] of byModule(
    reader,
    cancelled.map(({ record }) => record),
  )) {
    const standing = module ? await readStanding(reader, module, ids) : new Set<string>()
    for (const { id, record } of cancelled) if (standing.has(record)) updates.push({ id, input: { state: 'scheduled', record: { id: record } } })
  }
  await write(reader, changes, { creates: [], updates })
}

async function write({ registry }: Reader, changes: CheckedChangeSet, { creates, updates }: Writes): Promise<void> {
  const module = registry.module('reminder')
  const options = { pathOf: (index: number) => ['reminders', index] }
  for (let start = 0; start < updates.length; start += CHUNK) await changes.update(module, updates.slice(start, start + CHUNK), options)
  for (let start = 0; start < creates.length; start += CHUNK) await changes.create(module, creates.slice(start, start + CHUNK), options)
}
