import { SchemaMigration } from './migration.ts'
import { createForeignKeys, createModuleTable, type ModuleTable } from './module-table.ts'

const TIMERS: ModuleTable = {
  table: 'timers',
  columns: [
    'dedupe_key text NOT NULL',
    'kind text NOT NULL',
    'due_at timestamptz(3) NOT NULL',
    'basis jsonb NOT NULL',
    'state text NOT NULL',
    'reason text',
    'record_id uuid',
    'fired_at timestamptz(3)',
    'reminder_id uuid',
  ],
  references: { reminder_id: 'reminders' },
  polymorphic: ['record_id'],
  unique: ['dedupe_key'],
  indexed: ['due_at'],
}

const REMINDER_RULES: ModuleTable = {
  table: 'reminder_rules',
  columns: [
    'name text NOT NULL',
    'module text NOT NULL',
    'field text NOT NULL',
    'offset_days integer NOT NULL',
    'offset_minutes integer NOT NULL',
    'at text',
    'yearly boolean NOT NULL',
    'leap_day text NOT NULL',
    'recipient text NOT NULL',
    'subject text NOT NULL',
    'active boolean NOT NULL',
  ],
  searchable: ['name'],
}

const REMINDER_COLUMNS = {
  recurrence: 'text',
  time_zone: 'text',
  series_id: 'uuid REFERENCES public.reminders (id)',
  basis: 'jsonb',
  snooze_count: 'integer',
  acknowledged_at: 'timestamptz(3)',
  acknowledged_by_id: 'uuid REFERENCES public.users (id)',
}

const [CREATE_TIMERS = '', ...TIMER_INDEXES] = createModuleTable(TIMERS)

/**
 * Timers: what is due at a time, and what has become of it. Every reminder has one from now on, those that stand too. A binary that does not know them would make reminders that
 * nobody fires.
 */
export class Timers0000000000020 extends SchemaMigration {
  readonly number = 20
  readonly name = 'Timers0000000000020'
  readonly breaking = true
  protected readonly statements = [
    `ALTER TABLE public.reminders ${Object.entries(REMINDER_COLUMNS)
      .map(([name, type]) => `ADD COLUMN ${name} ${type}`)
      .join(', ')}`,
    ...['series_id', 'acknowledged_by_id'].map((column) => `CREATE INDEX reminders_${column}_list ON public.reminders (${column}, created_at DESC, id DESC)`),
    ...createModuleTable(REMINDER_RULES),
    // Filled before it has indexes and foreign keys: to keep these up row by row takes a multiple of the time where there are many reminders.
    CREATE_TIMERS,
    `INSERT INTO public.timers (id, version, created_at, created_by, updated_at, updated_by, deleted_at, owner_id, team_id, change_set_id, dedupe_key, kind, due_at, basis, state, record_id, reminder_id)
      SELECT (left(r.id::text, 32) || '001c')::uuid, 1, r.created_at, r.created_by, r.updated_at, r.updated_by, r.deleted_at, coalesce(r.recipient_id, r.owner_id), r.team_id, r.change_set_id,
        'reminder:' || r.id, 'reminder', r.due_at, jsonb_build_object('at', to_char(r.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')), r.state, r.record_id, r.id
      FROM public.reminders r`,
    ...TIMER_INDEXES,
    ...[TIMERS, REMINDER_RULES].flatMap(createForeignKeys),

    // Those whose time may come, and no others: they are looked for all the time.
    "CREATE INDEX timers_scheduled ON public.timers (due_at, id) WHERE state = 'scheduled' AND deleted_at IS NULL",
    'DROP INDEX public.reminders_scheduled',
    // What rules have made of a record, and what has been cancelled with it.
    "CREATE INDEX timers_basis_record ON public.timers ((basis ->> 'record')) WHERE basis ->> 'record' IS NOT NULL",
    "CREATE INDEX timers_basis_rule ON public.timers ((basis ->> 'rule'), id) WHERE basis ->> 'rule' IS NOT NULL AND state = 'scheduled' AND deleted_at IS NULL",

    // Whoever reads reminders reads the timers of those that are for him.
    `DO $$ BEGIN
      IF EXISTS (SELECT FROM public.role_grant WHERE module = 'reminder') THEN
        INSERT INTO public.role_grant (role_id, module, actions, scope)
          SELECT DISTINCT role_id, 'timer', '{READ}'::text[], 'OWN' FROM public.role_grant WHERE module = 'reminder' AND 'READ' = ANY (actions);
      END IF;
    END $$`,

    // How far those that follow changes have come, by which schema, and what else they must not forget.
    `CREATE TABLE public.follower (
      name text PRIMARY KEY,
      position bigint NOT NULL,
      schema_version bigint NOT NULL DEFAULT 0,
      state jsonb NOT NULL DEFAULT '{}'
    )`,
    "INSERT INTO public.follower (name, position) SELECT 'reminder rules', outbox_position FROM public.stamper",
    // Rules whose records are gone over, all of them or those for one recipient: first what the rule has made, then what it is about, each up to the id \`after\`.
    `CREATE TABLE public.reminder_backfill (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      rule_id uuid NOT NULL,
      recipient_id uuid,
      phase text NOT NULL DEFAULT 'made' CHECK (phase IN ('made', 'records')),
      after uuid,
      UNIQUE NULLS NOT DISTINCT (rule_id, recipient_id)
    )`,
  ]
}
