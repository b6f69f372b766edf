import { SchemaMigration } from './migration.ts'
import { createForeignKeys, createModuleTable, type ModuleTable } from './module-table.ts'

const TABLES: readonly ModuleTable[] = [
  {
    table: 'complaint_categories',
    columns: [
      'name text NOT NULL',
      'parent_id uuid',
      'default_team_id uuid',
      'default_priority text',
      'assignment text NOT NULL',
      'active boolean NOT NULL',
      'description text',
    ],
    references: { parent_id: 'complaint_categories', default_team_id: 'teams' },
    searchable: ['name'],
    indexed: ['name'],
  },
  {
    table: 'duty_shifts',
    columns: ['user_id uuid NOT NULL', 'starts_at timestamptz(3) NOT NULL', 'ends_at timestamptz(3) NOT NULL', 'note text'],
    references: { user_id: 'users' },
    indexed: ['starts_at'],
  },
  {
    table: 'ticket_watchers',
    columns: ['ticket_id uuid NOT NULL', 'user_id uuid NOT NULL'],
    references: { ticket_id: 'tickets', user_id: 'users' },
    inheritsAccess: true,
  },
  {
    table: 'ticket_links',
    columns: ['ticket_id uuid NOT NULL', 'other_id uuid NOT NULL', 'kind text NOT NULL'],
    references: { ticket_id: 'tickets', other_id: 'tickets' },
    inheritsAccess: true,
  },
  {
    table: 'ticket_status_changes',
    columns: [
      'ticket_id uuid NOT NULL',
      'from_status text',
      'to_status text NOT NULL',
      'changed_at timestamptz(3) NOT NULL',
      'duration_seconds bigint',
      'reason text',
    ],
    references: { ticket_id: 'tickets' },
    inheritsAccess: true,
  },
]

/**
 * Shipped roles that stand are never made anew: those whose rights on tickets are as they were shipped get here what they would get on an empty database. What an administrator gave tickets
 * instead is theirs to go on with. Where there are none nothing is written, which would move the access epoch.
 */
const STANDING_ROLES = `DO $$ BEGIN
  IF EXISTS (SELECT FROM public.role WHERE system) THEN
    WITH standing AS (
      SELECT r.id, r.key, s.scope FROM public.role r
        JOIN (VALUES ('sales_manager', 'TEAM_TREE', '{CREATE,READ,UPDATE,BULK}'::text[]), ('sales_rep', 'OWN', '{CREATE,READ,UPDATE,BULK}'),
          ('service_agent', 'ALL', '{CREATE,READ,UPDATE,DELETE,RESTORE,BULK}')) AS s (key, scope, actions) ON s.key = r.key
       WHERE r.system AND (SELECT count(*) = 2 AND bool_and(g.scope = s.scope AND g.predicate IS NULL AND g.actions @> s.actions AND g.actions <@ s.actions)
         FROM public.role_grant g WHERE g.role_id = r.id AND g.module IN ('ticket', 'ticketComment'))),
    granted AS (INSERT INTO public.role_grant (role_id, module, actions, scope, position)
      SELECT r.id, n.module, n.actions, r.scope, (SELECT max(g.position) FROM public.role_grant g WHERE g.role_id = r.id) + row_number() OVER (PARTITION BY r.id ORDER BY n.module)
        FROM standing r JOIN (VALUES
          (ARRAY['sales_manager'], 'ticketStatusChange', '{READ,EXPORT}'::text[]),
          (ARRAY['sales_rep', 'service_agent'], 'ticketStatusChange', '{READ}'),
          (ARRAY['sales_manager', 'sales_rep', 'service_agent'], 'ticketWatcher', '{CREATE,READ,UPDATE,DELETE,RESTORE,BULK}'),
          (ARRAY['sales_manager', 'sales_rep', 'service_agent'], 'ticketLink', '{CREATE,READ,UPDATE,DELETE,RESTORE,BULK}'),
          (ARRAY['service_agent'], 'complaintCategory', '{CREATE,READ,UPDATE,DELETE,RESTORE,BULK}'),
          (ARRAY['service_agent'], 'dutyShift', '{CREATE,READ,UPDATE,DELETE,RESTORE,BULK}')) AS n (keys, module, actions) ON r.key = ANY (n.keys))
    INSERT INTO public.role_field (role_id, module, field_id, access)
      SELECT r.id, 'ticket', 'ticket.satisfactionComment', 'WRITE' FROM standing r
        JOIN public.role_field f ON f.role_id = r.id AND f.field_id = 'ticket.description' AND f.access = 'WRITE';
  END IF;
END $$`

const TICKET_REFERENCES = { category_id: 'complaint_categories', merged_into_id: 'tickets' } as const

/**
 * Complaint categories, duty shifts and the rotations that assign tickets by them; watchers, links and steps of tickets; satisfaction and merging. A share that comes with
 * watching stands beside one that was made by hand, so that each ends for itself: a binary that knows one share a grantee could not make any.
 */
export class ServiceDesk0000000000018 extends SchemaMigration {
  readonly number = 18
  readonly name = 'ServiceDesk0000000000018'
  readonly breaking = true
  protected readonly statements = [
    ...TABLES.flatMap(createModuleTable),
    ...TABLES.flatMap(createForeignKeys),
    // The rules answer earlier, and in words; these have the last one.
    'CREATE UNIQUE INDEX ticket_watchers_pair ON public.ticket_watchers (ticket_id, user_id) WHERE deleted_at IS NULL',
    'CREATE UNIQUE INDEX ticket_links_pair ON public.ticket_links (ticket_id, other_id, kind) WHERE deleted_at IS NULL',
    // Who is on duty now, and whether anybody will be.
    'CREATE INDEX duty_shifts_duty ON public.duty_shifts (team_id, ends_at) WHERE deleted_at IS NULL',

    `ALTER TABLE public.tickets
      ADD COLUMN status_reason text,
      ADD COLUMN category_id uuid,
      ADD COLUMN assignment_reason text,
      ADD COLUMN assigned_at timestamptz(3),
      ADD COLUMN satisfaction_comment text,
      ADD COLUMN satisfied_at timestamptz(3),
      ADD COLUMN merged_into_id uuid`,
    ...Object.entries(TICKET_REFERENCES).flatMap(([column, target]) => [
      `ALTER TABLE public.tickets ADD CONSTRAINT tickets_${column}_fkey FOREIGN KEY (${column}) REFERENCES public.${target} (id)`,
      `CREATE INDEX tickets_${column}_list ON public.tickets (${column}, created_at DESC, id DESC)`,
    ]),
    // What somebody has in hand, however much they have done.
    `CREATE INDEX tickets_in_hand ON public.tickets (assignee_id) WHERE deleted_at IS NULL AND status NOT IN ('resolved', 'closed')`,

    'CREATE TABLE public.assignment_rotation (team_id uuid PRIMARY KEY REFERENCES public.teams (id) ON DELETE CASCADE, last_turn bigint NOT NULL)',
    `CREATE TABLE public.assignment_turn (
      team_id uuid NOT NULL REFERENCES public.assignment_rotation (team_id) ON DELETE CASCADE,
      user_id uuid NOT NULL REFERENCES public.users (id) ON DELETE CASCADE,
      turn bigint NOT NULL,
      PRIMARY KEY (team_id, user_id)
    )`,

    'ALTER TABLE public.record_share ADD COLUMN watching boolean NOT NULL DEFAULT false',
    'DROP INDEX public.record_share_grantee',
    'CREATE UNIQUE INDEX record_share_grantee ON public.record_share (grantee_id, module_number, record_id, watching) INCLUDE (level, expires_at)',
    STANDING_ROLES,
  ]
}
