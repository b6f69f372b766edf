import type { Transaction } from '../../records/database.ts'
import type { PluginInstance } from './instance.ts'
import { ensureReminderRules } from './reminder-rules.ts'
import type { HostServices } from './services.ts'
import { walkForTimers } from './timers/walk-records.ts'
import { onceContext, workContext } from './work-context.ts'

/** Milliseconds for a migration, and for what a plugin does at a step of its life. */
const MIGRATION_BUDGET = 300_000
const STEP_BUDGET = 60_000

/** A step of a plugin's life, at which a function of its own is called. */
export type LifeStep = { readonly kind: 'enable' | 'disable' | 'uninstall' } | { readonly kind: 'upgrade'; readonly from: string }

/** Runs what a plugin does at a step of its life: its migrations that have not run yet, and then its own function. Throws where they fail. Whoever takes a step that was cut off takes all of it. */
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
    let state: 'open' | 'noted' | 'noted elsewhere' = 'open'
    const note = async (executor: Pick<Transaction, 'query'>) => {
      const noted = await executor.query({
        text: 'INSERT INTO plugin_migration (plugin, migration) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1',
        values: [plugin, migration.name],
        purpose: 'platform',
      })
      state = noted.length > 0 ? 'noted' : 'noted elsewhere'
    }
    const settle = async (transaction: Transaction) => {
      await note(transaction)
      // What was done in this transaction has been done already.
      if (state === 'noted elsewhere') throw new Error('another process has run this migration meanwhile')
    }
    try {
      await instance.calls.run(`migration ${migration.name}`, MIGRATION_BUDGET, (turn) =>
        migration.run(onceContext(services, instance, turn, `plugin ${plugin} ${migration.name}`, settle)),
      )
    } catch (error) {
      if ((state as string) !== 'noted elsewhere') throw error
    }
    if ((state as string) === 'open') await note(database)
  }
}
