import { SchemaMigration } from './migration.ts'

/** Change sets, history, outbox, audit, idempotency, epochs, settings and the tables of run-time modules. */
export class Platform0000000000002 extends SchemaMigration {
  readonly number = 2
  readonly name = 'Platform0000000000002'
  readonly breaking = true
  protected readonly statements = [
    `CREATE TABLE public.epoch (
      schema_epoch bigint NOT NULL,
      access_epoch bigint NOT NULL,
      singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton)
    )`,

    `CREATE TABLE public.setting (
      key text PRIMARY KEY,
      value jsonb NOT NULL
    )`,

    `CREATE TABLE public.external_id (
      module_number integer NOT NULL,
      system text NOT NULL,
      key text NOT NULL,
      record_id uuid NOT NULL,
      PRIMARY KEY (module_number, system, key)
    )`,
    'CREATE INDEX external_id_record ON public.external_id (record_id)',

    `CREATE TABLE public.change_set (
      id uuid PRIMARY KEY,
      actor_id uuid,
      via text NOT NULL,
      cause text NOT NULL,
      request_id text,
      operation_name text,
      client text,
      at timestamptz(3) NOT NULL
    )`,
    'CREATE INDEX change_set_at ON public.change_set (at)',

    `CREATE TABLE public.record_history (
      record_id uuid NOT NULL,
      version integer NOT NULL,
      module_number integer NOT NULL,
      operation text NOT NULL CHECK (operation IN ('CREATED', 'UPDATED', 'DELETED', 'RESTORED')),
      at timestamptz(3) NOT NULL,
      actor_id uuid,
      change_set_id uuid,
      changes jsonb NOT NULL,
      PRIMARY KEY (record_id, version)
    )`,
    'CREATE INDEX record_history_change_set ON public.record_history (change_set_id)',

    `CREATE TABLE public.outbox (
      sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      position bigint,
      module_number integer NOT NULL,
      record_id uuid NOT NULL,
      version integer NOT NULL,
      operation text NOT NULL CHECK (operation IN ('CREATED', 'UPDATED', 'DELETED', 'RESTORED')),
      changed_fields text[] NOT NULL,
      before jsonb,
      after jsonb,
      actor_id uuid,
      change_set_id uuid,
      causation uuid,
      depth integer NOT NULL DEFAULT 0,
      at timestamptz(3) NOT NULL
    )`,
    'CREATE UNIQUE INDEX outbox_position ON public.outbox (position) WHERE position IS NOT NULL',
    'CREATE INDEX outbox_unstamped ON public.outbox (sequence) WHERE position IS NULL',
    'CREATE INDEX outbox_at ON public.outbox USING brin (at)',

    `CREATE TABLE public.audit_log (
      sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      at timestamptz(3) NOT NULL,
      actor_id uuid,
      via text NOT NULL,
      action text NOT NULL,
      module_number integer,
      record_ids uuid[] NOT NULL DEFAULT '{}',
      changed_fields text[] NOT NULL DEFAULT '{}',
      change_set_id uuid,
      request_id text,
      client text,
      ip text,
      result text NOT NULL
    )`,
    'CREATE INDEX audit_log_at ON public.audit_log USING brin (at)',
    'CREATE INDEX audit_log_actor ON public.audit_log (actor_id, at)',

    `CREATE TABLE public.idempotency_record (
      principal_key text NOT NULL,
      key text NOT NULL,
      request_hash bytea NOT NULL,
      response bytea NOT NULL,
      created_at timestamptz(3) NOT NULL,
      expires_at timestamptz(3) NOT NULL,
      PRIMARY KEY (principal_key, key)
    )`,
    'CREATE INDEX idempotency_record_expires_at ON public.idempotency_record (expires_at)',

    `CREATE TABLE public.auto_number_series (
      field_id text PRIMARY KEY,
      next_value bigint NOT NULL DEFAULT 1
    )`,

    // 65535 is the last number that fits into a record id.
    'CREATE SEQUENCE public.custom_module_number AS integer MINVALUE 1000 MAXVALUE 65535',
    `CREATE TABLE public.custom_module (
      id uuid PRIMARY KEY,
      number integer NOT NULL UNIQUE DEFAULT nextval('public.custom_module_number'),
      name text NOT NULL,
      plural_name text NOT NULL,
      label jsonb NOT NULL,
      plural_label jsonb NOT NULL,
      table_name text NOT NULL UNIQUE,
      name_field text NOT NULL,
      access_parent text,
      owner_plugin text,
      state text NOT NULL CHECK (state IN ('active', 'deleted', 'purged')),
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      created_by uuid,
      deleted_at timestamptz(3)
    )`,
    "CREATE UNIQUE INDEX custom_module_name ON public.custom_module (name) WHERE state <> 'purged'",
    "CREATE UNIQUE INDEX custom_module_plural_name ON public.custom_module (plural_name) WHERE state <> 'purged'",

    'CREATE SEQUENCE public.custom_column_number',
    `CREATE TABLE public.custom_field (
      id uuid PRIMARY KEY,
      module_number integer NOT NULL,
      name text NOT NULL,
      type text NOT NULL,
      label jsonb NOT NULL,
      parameters jsonb NOT NULL DEFAULT '{}',
      column_name text NOT NULL,
      extension integer NOT NULL DEFAULT 0,
      owner_plugin text,
      state text NOT NULL CHECK (state IN ('active', 'deleted', 'purged')),
      index_state text NOT NULL DEFAULT 'none' CHECK (index_state IN ('none', 'building', 'ready', 'failed')),
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      created_by uuid,
      deleted_at timestamptz(3),
      UNIQUE (module_number, column_name)
    )`,
    "CREATE UNIQUE INDEX custom_field_name ON public.custom_field (module_number, name) WHERE state <> 'purged'",
  ]
}
