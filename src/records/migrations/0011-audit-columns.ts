import { SchemaMigration } from './migration.ts'

/**
 * What an audit row says besides: the operation, the session or API key, and what has no column of its own. The indexes serve the query `auditLog`;
 * records of change sets are found through their history, so that writes of many records fill no index here.
 */
export class AuditColumns0000000000011 extends SchemaMigration {
  readonly number = 11
  readonly name = 'AuditColumns0000000000011'
  readonly breaking = false
  protected readonly statements = [
    `ALTER TABLE public.audit_log
      ADD COLUMN operation text,
      ADD COLUMN root_fields text[],
      ADD COLUMN session_id uuid,
      ADD COLUMN api_key_id uuid,
      ADD COLUMN details jsonb`,
    'DROP INDEX public.audit_log_actor',
    'CREATE INDEX audit_log_actor ON public.audit_log (actor_id, sequence)',
    'CREATE INDEX audit_log_module ON public.audit_log (module_number, sequence) WHERE module_number IS NOT NULL',
    "CREATE INDEX audit_log_refused ON public.audit_log (sequence) WHERE result <> 'ok'",
    'CREATE INDEX audit_log_change_set ON public.audit_log (change_set_id) WHERE change_set_id IS NOT NULL',
    'CREATE INDEX audit_log_records ON public.audit_log USING gin (record_ids) WHERE change_set_id IS NULL',
  ]
}
