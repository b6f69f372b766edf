import { SchemaMigration } from './migration.ts'

/**
 * What fields and modules that are made at run time need beyond their rows: indexes that are built beside normal work, columns that wait for
 * their next field, which operations use a field.
 */
export class RunTimeFields0000000000007 extends SchemaMigration {
  readonly number = 7
  readonly name = 'RunTimeFields0000000000007'
  readonly breaking = true
  protected readonly statements = [
    `ALTER TABLE public.custom_module
      ADD COLUMN kind text NOT NULL DEFAULT 'plain' CHECK (kind IN ('plain', 'person', 'company', 'event', 'document')),
      ADD COLUMN position integer NOT NULL DEFAULT 0`,
    // Everything that is no column of its own here stands in `parameters`, in the form of FieldMetadata.
    `ALTER TABLE public.custom_field
      DROP CONSTRAINT custom_field_module_number_column_name_key,
      DROP COLUMN index_state,
      ADD COLUMN aliases text[] NOT NULL DEFAULT '{}',
      ADD COLUMN position integer NOT NULL DEFAULT 0`,
    // What is deleted keeps its data and gives its name free; it comes back under a name that is free then.
    'DROP INDEX public.custom_module_name, public.custom_module_plural_name, public.custom_field_name',
    "CREATE UNIQUE INDEX custom_module_name ON public.custom_module (name) WHERE state = 'active'",
    "CREATE UNIQUE INDEX custom_module_plural_name ON public.custom_module (plural_name) WHERE state = 'active'",
    "CREATE UNIQUE INDEX custom_field_name ON public.custom_field (module_number, name) WHERE state = 'active'",
    // A purged field leaves its columns to the next one of its type.
    "CREATE UNIQUE INDEX custom_field_column ON public.custom_field (module_number, column_name) WHERE state <> 'purged'",

    // Columns that hold nothing any more and wait for a field of the same types. `cleared`: every row is null there.
    `CREATE TABLE public.custom_slot (
      module_number integer NOT NULL,
      column_name text NOT NULL,
      extension integer NOT NULL,
      type text NOT NULL,
      cleared boolean NOT NULL DEFAULT false,
      PRIMARY KEY (module_number, column_name)
    )`,

    // An index that a field asks for. It is made beside normal work; until then its state is building.
    `CREATE TABLE public.custom_index (
      name text PRIMARY KEY,
      field_id uuid NOT NULL REFERENCES public.custom_field (id) ON DELETE CASCADE,
      kind text NOT NULL CHECK (kind IN ('order', 'unique', 'search', 'reference')),
      table_name text NOT NULL,
      definition text NOT NULL,
      state text NOT NULL CHECK (state IN ('building', 'ready', 'failed')),
      attempts integer NOT NULL DEFAULT 0,
      failure text,
      UNIQUE (field_id, kind)
    )`,
    "CREATE INDEX custom_index_building ON public.custom_index (state) WHERE state = 'building'",

    // How often an operation of a client named a custom field, by day (UTC).
    `CREATE TABLE public.field_usage (
      field_id uuid NOT NULL REFERENCES public.custom_field (id) ON DELETE CASCADE,
      operation text NOT NULL,
      client text NOT NULL,
      day date NOT NULL,
      count bigint NOT NULL,
      PRIMARY KEY (field_id, operation, client, day)
    )`,
    'CREATE INDEX field_usage_day ON public.field_usage (day)',
  ]
}
