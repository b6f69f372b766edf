import { SchemaMigration } from './migration.ts'

/**
 * Plugins: what is installed and in which state, who of the processes has which code, and how far the plugins' own work has come. What belongs to a plugin that is not enabled is
 * withheld: not served, and kept. A binary that does not know the state would take it for nothing that it can serve, which is right; one that writes past the hooks of plugins would not be.
 */
export class Plugins0000000000021 extends SchemaMigration {
  readonly number = 21
  readonly name = 'Plugins0000000000021'
  readonly breaking = true
  protected readonly statements = [
    ...['custom_module', 'custom_field'].flatMap((table) => [
      `ALTER TABLE public.${table} DROP CONSTRAINT ${table}_state_check`,
      `ALTER TABLE public.${table} ADD CONSTRAINT ${table}_state_check CHECK (state IN ('active', 'withheld', 'deleted', 'purged'))`,
    ]),
    `CREATE TABLE public.plugin (
      name text PRIMARY KEY,
      version text NOT NULL,
      state text NOT NULL CHECK (state IN ('enabled', 'disabled', 'quarantined', 'uninstalled')),
      wanted_version text,
      attempt uuid,
      capabilities jsonb NOT NULL,
      settings jsonb NOT NULL DEFAULT '{}',
      permissions jsonb NOT NULL DEFAULT '{}',
      judges text[] NOT NULL DEFAULT '{}',
      members jsonb NOT NULL DEFAULT '{}',
      user_id uuid REFERENCES public.users (id),
      last_error text,
      last_error_at timestamptz(3),
      changed_at timestamptz(3) NOT NULL DEFAULT now()
    )`,
    `CREATE TABLE public.plugin_migration (
      plugin text NOT NULL REFERENCES public.plugin (name) ON DELETE CASCADE,
      migration text NOT NULL,
      at timestamptz(3) NOT NULL DEFAULT now(),
      PRIMARY KEY (plugin, migration)
    )`,
    // The latest moment of a job's timetable for which it was put into the queue.
    `CREATE TABLE public.plugin_timetable (
      plugin text NOT NULL REFERENCES public.plugin (name) ON DELETE CASCADE,
      job text NOT NULL,
      last_at timestamptz(3) NOT NULL,
      PRIMARY KEY (plugin, job)
    )`,
    // Every process, of whatever role, by the clock of the database. One that is silent is dead, or frozen.
    `CREATE TABLE public.node (
      id uuid PRIMARY KEY,
      process text NOT NULL,
      role text NOT NULL,
      started_at timestamptz(3) NOT NULL DEFAULT now(),
      seen_at timestamptz(3) NOT NULL,
      schema_version bigint NOT NULL,
      plugins jsonb NOT NULL DEFAULT '{}'
    )`,
  ]
}
