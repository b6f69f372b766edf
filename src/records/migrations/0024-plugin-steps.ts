import { SchemaMigration } from './migration.ts'

/**
 * The step of its life that a plugin has begun and not ended, and the process that takes it: `{kind, from, node}`. Another process takes it where that one has died. Binaries that do not know it leave the step
 * to those that do.
 */
export class PluginSteps0000000000024 extends SchemaMigration {
  readonly number = 24
  readonly name = 'PluginSteps0000000000024'
  readonly breaking = false
  protected readonly statements = ['ALTER TABLE public.plugin ADD COLUMN step jsonb']
}
