import { SchemaMigration } from './migration.ts'
import { createForeignKeys, createModuleTable, type ModuleTable } from './module-table.ts'

const DELIVERIES: ModuleTable = {
  table: 'deliveries',
  columns: [
    'channel text NOT NULL',
    'recipient_id uuid',
    'address text',
    'subject text',
    'record_id uuid',
    'message_id text',
    'state text NOT NULL',
    'attempts integer NOT NULL',
    'last_error text',
    'provider_id text',
    'next_attempt_at timestamptz(3)',
    'sent_at timestamptz(3)',
  ],
  references: { recipient_id: 'users' },
  polymorphic: ['record_id'],
  unique: ['message_id'],
  indexed: ['state'],
}

/**
 * Messages to users and what became of them, the channels of reminders, and when each worker was heard of last. The queue of jobs has a schema and steps of its own
 * (`job-schema.ts`). Reminders keep a default, so that binaries which do not know channels can still make them.
 */
export class Deliveries0000000000019 extends SchemaMigration {
  readonly number = 19
  readonly name = 'Deliveries0000000000019'
  readonly breaking = false
  protected readonly statements = [
    ...createModuleTable(DELIVERIES),
    ...createForeignKeys(DELIVERIES),
    "CREATE INDEX deliveries_waiting ON public.deliveries (updated_at) WHERE state IN ('queued', 'sending') AND deleted_at IS NULL",
    // Those that may leave the log, by their age.
    "CREATE INDEX deliveries_ended ON public.deliveries (updated_at, id) WHERE state NOT IN ('queued', 'sending')",
    "ALTER TABLE public.reminders ADD COLUMN channels text[] NOT NULL DEFAULT '{push}'",
    `CREATE TABLE public.worker_heartbeat (
      worker_id text PRIMARY KEY,
      process text NOT NULL,
      started_at timestamptz(3) NOT NULL DEFAULT now(),
      seen_at timestamptz(3) NOT NULL
    )`,
    // Shipped roles that stand are never made anew: they get here what they would get on an empty database. Where there are none nothing is written, which would move the access epoch.
    `DO $$ BEGIN
      IF EXISTS (SELECT FROM public.role WHERE system) THEN
        INSERT INTO public.role_grant (role_id, module, actions, scope, position)
        SELECT r.id, 'delivery', '{READ}', 'OWN', coalesce((SELECT max(g.position) + 1 FROM public.role_grant g WHERE g.role_id = r.id), 0) FROM public.role r
         WHERE r.system AND r.key IN ('sales_manager', 'sales_rep', 'marketing', 'service_agent', 'finance');
        INSERT INTO public.role_field (role_id, module, field_id, access)
        SELECT r.id, 'delivery', 'delivery.address', 'READ' FROM public.role r
         WHERE r.system AND r.key IN ('sales_manager', 'sales_rep', 'marketing', 'service_agent', 'finance');
      END IF;
    END $$`,
  ]
}
