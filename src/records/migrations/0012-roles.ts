import { SchemaMigration } from './migration.ts'

/**
 * Roles that inherit others, what a role gets on fields made later, a right of its own to change many records in one call, and when each grant was used last.
 * A binary that does not know the first two would give more or less than the roles say.
 */
export class Roles0000000000012 extends SchemaMigration {
  readonly number = 12
  readonly name = 'Roles0000000000012'
  readonly breaking = true
  protected readonly statements = [
    `CREATE TABLE public.role_inherit (
      role_id uuid NOT NULL REFERENCES public.role (id) ON DELETE CASCADE,
      inherited_id uuid NOT NULL REFERENCES public.role (id) ON DELETE CASCADE,
      PRIMARY KEY (role_id, inherited_id)
    )`,
    'CREATE INDEX role_inherit_inherited ON public.role_inherit (inherited_id)',
    'CREATE TRIGGER role_inherit_access_changed AFTER INSERT OR UPDATE OR DELETE ON public.role_inherit FOR EACH STATEMENT EXECUTE FUNCTION public.guanxi_bump_access_epoch()',

    // Fields are numbered in the order in which they are made: clocks of several nodes would not do to tell a later one.
    'ALTER TABLE public.custom_field ADD COLUMN ordinal bigint GENERATED ALWAYS AS IDENTITY',
    `ALTER TABLE public.role
      ADD COLUMN new_fields text NOT NULL DEFAULT 'FOLLOW' CHECK (new_fields IN ('FOLLOW', 'READ', 'NONE')),
      ADD COLUMN new_fields_after bigint NOT NULL DEFAULT 0`,

    // Until now whoever could change one record could change many at once. Where there is no such role nothing is written, which would move the access epoch.
    `DO $$ BEGIN
      IF EXISTS (SELECT FROM public.role_grant) THEN
        UPDATE public.role_grant SET actions = actions || '{BULK}'::text[]
         WHERE actions && '{CREATE,UPDATE,DELETE,RESTORE}'::text[] AND NOT 'BULK' = ANY (actions);
      END IF;
    END $$`,

    `CREATE TABLE public.grant_use (
      role_id uuid NOT NULL REFERENCES public.role (id) ON DELETE CASCADE,
      module text NOT NULL,
      action text NOT NULL,
      last_used_at timestamptz(3) NOT NULL,
      PRIMARY KEY (role_id, module, action)
    )`,
  ]
}
