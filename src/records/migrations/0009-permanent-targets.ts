import { SchemaMigration } from './migration.ts'

/** The module that has the name which a right is stored under, or had it last. */
const NAMED = `FROM (SELECT DISTINCT ON (name) name, number FROM public.custom_module WHERE state <> 'purged'
                      ORDER BY name, state = 'active' DESC, deleted_at DESC NULLS LAST, number DESC) holder
               WHERE holder.name = r.module`

/** The right is on a module that is gone for good, whose name is free for the next one. */
const GONE = `EXISTS (SELECT FROM public.custom_module m WHERE m.name = r.module)
          AND NOT EXISTS (SELECT FROM public.custom_module m WHERE m.name = r.module AND m.state <> 'purged')`

/**
 * The name of a module that was made at run time is free once it is deleted, so what must outlast that points at the module's number: references of fields,
 * rights of roles. A foreign key tells which module a reference leads to; where it is lost, the module that has the name now, or had it last.
 */
export class PermanentTargets0000000000009 extends SchemaMigration {
  readonly number = 9
  readonly name = 'PermanentTargets0000000000009'
  readonly breaking = true
  protected readonly statements = [
    `UPDATE public.custom_field f SET parameters = jsonb_set(f.parameters, '{reference,moduleNumber}', to_jsonb(target.number))
      FROM (
        SELECT c.id, COALESCE(
          (SELECT m.number FROM pg_constraint k JOIN pg_class t ON t.oid = k.confrelid JOIN public.custom_module m ON m.table_name = t.relname
            WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace AND t.relnamespace = 'public'::regnamespace
              AND k.conname = c.column_name || CASE WHEN c.type = 'REFERENCES' THEN '_target_fkey' ELSE '_fkey' END LIMIT 1),
          (SELECT m.number FROM public.custom_module m WHERE m.name = c.parameters #>> '{reference,module}'
            ORDER BY m.state = 'active' DESC, m.deleted_at DESC NULLS LAST, m.number DESC LIMIT 1)) AS number
        FROM public.custom_field c WHERE c.state <> 'purged' AND c.parameters ? 'reference'
      ) target
      WHERE target.id = f.id AND target.number IS NOT NULL`,

    // Only where there is something to do: even an UPDATE of no row would make all rights be read anew.
    `DO $$ BEGIN
      IF EXISTS (SELECT FROM public.custom_module) THEN
        DELETE FROM public.role_grant r WHERE ${GONE};
        DELETE FROM public.role_field r WHERE ${GONE};
        UPDATE public.role_grant r SET module = holder.number::text ${NAMED};
        -- A field's id is made of its module's name where it is no uuid.
        UPDATE public.role_field r SET module = holder.number::text,
          field_id = CASE WHEN starts_with(r.field_id, r.module || '.') THEN holder.number || substr(r.field_id, length(r.module) + 1) ELSE r.field_id END
          ${NAMED};
      END IF;
    END $$`,
  ]
}
