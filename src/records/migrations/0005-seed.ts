import { SchemaMigration } from './migration.ts'

/** The rows without which nothing runs: the epochs, the user that system work is done as, the organisation's currency. */
export class Seed0000000000005 extends SchemaMigration {
  readonly number = 5
  readonly name = 'Seed0000000000005'
  readonly breaking = false
  protected readonly statements = [
    'INSERT INTO public.epoch (schema_epoch, access_epoch) VALUES (1, 1)',
    `INSERT INTO public.users (id, name, kind, status, source)
      VALUES ('00000000-0000-7000-8000-000000000001', 'System', 'service', 'active', 'system')`,
    `INSERT INTO public.setting (key, value) VALUES ('organisation.currency', '"USD"')`,
  ]
}
