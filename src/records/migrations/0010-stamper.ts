import { SchemaMigration } from './migration.ts'

/**
 * What the stamper keeps: positions of committed events and audit rows, and the chain of digests over the audit. Rows are written without any of it, so
 * that writers never queue.
 */
export class Stamper0000000000010 extends SchemaMigration {
  readonly number = 10
  readonly name = 'Stamper0000000000010'
  readonly breaking = false
  protected readonly statements = [
    `CREATE TABLE public.stamper (
      one boolean PRIMARY KEY DEFAULT true CHECK (one),
      token bigint NOT NULL DEFAULT 0,
      outbox_position bigint NOT NULL DEFAULT 0,
      audit_position bigint NOT NULL DEFAULT 0,
      audit_digest bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex')
    )`,
    'INSERT INTO public.stamper DEFAULT VALUES',
    `ALTER TABLE public.audit_log
      ADD COLUMN position bigint,
      ADD COLUMN salt bytea,
      ADD COLUMN content_digest bytea,
      ADD COLUMN digest bytea`,
    'CREATE UNIQUE INDEX audit_log_position ON public.audit_log (position) WHERE position IS NOT NULL',
    'CREATE INDEX audit_log_unstamped ON public.audit_log (sequence) WHERE position IS NULL',
    `CREATE TABLE public.audit_checkpoint (
      position bigint PRIMARY KEY,
      at timestamptz(3) NOT NULL,
      digest bytea NOT NULL,
      key_id text NOT NULL,
      signature bytea NOT NULL
    )`,
  ]
}
