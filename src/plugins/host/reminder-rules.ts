import type { Executor, Transaction } from '../../records/database.ts'
import { underCurrentEpochs } from '../../records/under-current-epochs.ts'
import type { CheckedChangeSet } from '../../records/write/index.ts'
import type { ReminderDescription } from '../api/index.ts'
import type { PluginInstance } from './instance.ts'
import type { HostServices } from './services.ts'

type RuleServices = Pick<HostServices, 'database' | 'writer' | 'system' | 'registry'>

/** What a rule that is made stands under, among the notes of what was done once for a plugin. */
const NOTE = 'reminder '

/** External ids of a plugin's rules are of this system. */
const systemOf = (plugin: string): string => `plugin ${plugin}`

/**
 * Makes the reminder rules that the plugin describes and that were not made before; they are the administrators' then. Rules that it describes no more are at rest until it does
 * again. Its modules are served.
 */
export async function ensureReminderRules(services: RuleServices, { loaded: { definition } }: PluginInstance): Promise<void> {
  const { name: plugin, reminders = [] } = definition
  const made = await madeRules(services.database, plugin)
  const missing = reminders.filter(({ name }) => !made.has(name))
  const dropped = [...made].filter((name) => !reminders.some((each) => each.name === name))
  if (missing.length + dropped.length === 0) return
  await asSystem(services, plugin, async (changes, transaction) => {
    const rule = changes.registry.module('reminderRule')
    const standing = await standingRules(transaction, plugin, dropped)
    if (standing.length > 0)
      await changes.update(
        rule,
        standing.map((id) => ({ id, input: { active: false } })),
        { pathOf: () => ['reminders'] },
      )
    const upserts = missing.map((each) => ({ by: { externalId: { system: systemOf(plugin), key: each.name } }, input: ruleOf(each) }))
    if (upserts.length > 0) await changes.upsert(rule, upserts, { pathOf: (index) => ['reminders', index] })
    await transaction.query({
      text: 'DELETE FROM plugin_migration WHERE plugin = $1 AND migration = ANY($2::text[])',
      values: [plugin, dropped.map((name) => NOTE + name)],
      purpose: 'platform',
    })
    await transaction.query({
      text: 'INSERT INTO plugin_migration (plugin, migration) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING',
      values: [plugin, missing.map(({ name }) => NOTE + name)],
      purpose: 'platform',
    })
  })
}

/** Deletes all rules that were made for the plugin; what is to come of them is cancelled. */
export async function deleteReminderRules(services: RuleServices, plugin: string): Promise<void> {
  if ((await standingRules(services.database, plugin, null)).length === 0) return
  await asSystem(services, plugin, async (changes, transaction) => {
    const standing = await standingRules(transaction, plugin, null)
    const items = standing.map((id) => ({ id }))
    if (items.length > 0) await changes.delete(changes.registry.module('reminderRule'), items, { pathOf: () => ['reminders'] })
    // Enabled again after all, the plugin makes them anew.
    await transaction.query({
      text: `DELETE FROM plugin_migration WHERE plugin = $1 AND migration LIKE '${NOTE}%'`,
      values: [plugin],
      purpose: 'platform',
    })
  })
}

function ruleOf({ module, field, offsetDays = 0, offsetMinutes = 0, at, yearly = false, recipient = 'owner', subject, label }: ReminderDescription) {
  return { name: label ?? subject, module, field, offsetDays, offsetMinutes, at: at ?? null, yearly, recipient, subject, active: true }
}

async function madeRules(executor: Executor, plugin: string): Promise<ReadonlySet<string>> {
  const rows = await executor.query<{ note: string }>({
    text: `SELECT migration AS note FROM plugin_migration WHERE plugin = $1 AND migration LIKE '${NOTE}%'`,
    values: [plugin],
    purpose: 'platform',
  })
  return new Set(rows.map(({ note }) => note.slice(NOTE.length)))
}

/** Ids of the plugin's rules, by their names; null: all of them. */
async function standingRules(executor: Executor, plugin: string, names: readonly string[] | null): Promise<readonly string[]> {
  const rows = await executor.query<{ id: string }>({
    text: `SELECT r.id FROM external_id e JOIN reminder_rules r ON r.id = e.record_id
      WHERE e.system = $1 AND ($2::text[] IS NULL OR e.key = ANY($2::text[])) AND r.deleted_at IS NULL ORDER BY r.id`,
    values: [systemOf(plugin), names],
    purpose: 'platform',
  })
  return rows.map(({ id }) => id)
}

function asSystem(
  { writer, system, registry }: RuleServices,
  plugin: string,
  work: (changes: CheckedChangeSet, transaction: Transaction) => Promise<void>,
): Promise<void> {
  const reason = `plugin ${plugin}`
  return underCurrentEpochs(async () => writer.run(await system(reason), { requestId: reason, cause: 'plugin', client: reason }, work, registry()))
}
