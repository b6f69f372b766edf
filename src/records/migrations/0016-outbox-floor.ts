import { SchemaMigration } from './migration.ts'

/** Up to which position changes are kept no longer, so that whoever asks for older ones is told. */
export class OutboxFloor0000000000016 extends SchemaMigration {
  readonly number = 16
  readonly name = 'OutboxFloor0000000000016'
  readonly breaking = false
  protected readonly statements = ['ALTER TABLE public.stamper ADD COLUMN outbox_floor bigint NOT NULL DEFAULT 0']
}
