import { SchemaMigration } from './migration.ts'

/**
 * Lists whose rows a scope decides about find the scope in their index, so that rows outside of it are passed over without a look at the table (from PostgreSQL 17 on, where a
 * list of keys behind the order keeps the order). Tables that were made with such an index stay as they are.
 */
export class ScopedLists0000000000015 extends SchemaMigration {
  readonly number = 15
  readonly name = 'ScopedLists0000000000015'
  readonly breaking = false
  protected readonly statements = [
    `DO $do$
      DECLARE module text;
      BEGIN
        FOR module IN
          SELECT l.tablename FROM pg_indexes l JOIN pg_indexes s ON s.schemaname = l.schemaname AND s.tablename = l.tablename AND s.indexname = l.tablename || '_scope_id_list'
           WHERE l.schemaname = 'public' AND l.indexname = l.tablename || '_list' AND l.indexdef LIKE '%(created_at DESC, id DESC)'
        LOOP
          EXECUTE format('DROP INDEX public.%I', module || '_list');
          EXECUTE format('CREATE INDEX %I ON public.%I (created_at DESC, id DESC, scope_id)', module || '_list', module);
        END LOOP;
      END
    $do$`,
  ]
}
