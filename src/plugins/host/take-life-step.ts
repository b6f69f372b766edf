import type { Transaction } from '../../records/database.ts'
import type { PluginInstance } from './instance.ts'
import type { LifeStep } from './lifecycle.ts'
import { ensureReminderRules } from './reminder-rules.ts'
import type { HostServices } from './services.ts'
import { walkForTimers } from './timers/walk-records.ts'
import { onceContext, workContext } from './work-context.ts'

/** Milliseconds for a migration, and for what a plugin does at a step of its life. */
const MIGRATION_BUDGET = 300_000
const STEP_BUDGET = 60_000

/** Runs what a plugin does at a step of its life: its migrations that have not run yet, and then its own function. Throws where they fail. */
export async function takeLifeStep(services: HostServices, instance: PluginInstance, step: LifeStep): Promise<void> {
  const { lifecycle = {}, name } = instance.loaded.definition
  const requestId = `plugin ${name}`
  if (step.kind === 'enable' || step.kind === 'upgrade') {
    await migrate(services, instance)
    await ensureReminderRules(services, instance)
    await walkForTimers(services, instance)
  }
  await instance.calls.run(`at ${step.kind}`, STEP_BUDGET, async (turn) => {
    const context = workContext(services, instance, turn, requestId)
    switch (step.kind) {
      case 'enable':
        return lifecycle.onEnable?.(context)
      case 'disable':
        return lifecycle.onDisable?.(context)
      case 'uninstall':
        return lifecycle.onUninstall?.(context)
      case 'upgrade':
        return lifecycle.onUpgrade?.(step.from, context)
    }
  })
}

async function migrate(services: HostServices, instance: PluginInstance): Promise<void> {
  const { database } = services
  const { name: plugin, migrations = [] } = instance.loaded.definition
  const rows = await database.query<{ name: string }>({
    text: 'SELECT migration AS name FROM plugin_migration WHERE plugin = $1',
    values: [plugin],
    purpose: 'platform',
  })
  const done = new Set(rows.map(({ name }) => name))
  for (const migration of migrations.filter(({ name }) => !done.has(name))) {
    const note = async (executor: Pick<Transaction, 'query'>) => {
      await executor.query({ text: 'INSERT INTO plugin_migration (plugin, migration) VALUES ($1, $2)', values: [plugin, migration.name], purpose: 'platform' })
    }
    let isNoted = false
    await instance.calls.run(`migration ${migration.name}`, MIGRATION_BUDGET, (turn) =>
      migration.run(
        onceContext(services, instance, turn, `plugin ${plugin} ${migration.name}`, async (transaction) => {
          await note(transaction)
          isNoted = true
        }),
      ),
    )
    if (!isNoted) await note(database)
  }
}
