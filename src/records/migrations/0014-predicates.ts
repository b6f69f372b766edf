import { SchemaMigration } from './migration.ts'

/** Conditions of grants on rows, so that a role has several grants of one scope. A binary that does not know them would let their roles reach more. */
export class Predicates0000000000014 extends SchemaMigration {
  readonly number = 14
  readonly name = 'Predicates0000000000014'
  readonly breaking = true
  protected readonly statements = [
    `ALTER TABLE public.role_grant
      ADD COLUMN predicate jsonb CHECK (jsonb_typeof(predicate) = 'object'),
      ADD COLUMN position integer NOT NULL DEFAULT 0`,
    'ALTER TABLE public.role_grant DROP CONSTRAINT role_grant_pkey, ADD PRIMARY KEY (role_id, module, scope, position)',
  ]
}
