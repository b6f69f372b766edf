import { SchemaMigration } from './migration.ts'

/** Reminders whose time may come, and no others: they are looked for every second. */
export class DueReminders0000000000017 extends SchemaMigration {
  readonly number = 17
  readonly name = 'DueReminders0000000000017'
  readonly breaking = false
  protected readonly statements = ["CREATE INDEX reminders_scheduled ON public.reminders (due_at, id) WHERE state = 'scheduled' AND deleted_at IS NULL"]
}
