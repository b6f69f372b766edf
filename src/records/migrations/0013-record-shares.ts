import { SchemaMigration } from './migration.ts'

/**
 * Records shared with a user or a team. A share takes effect without a bump of the access epoch, as statements ask this table; only the first one of a module that a grantee
 * gets bumps it, because until then the grantee's statements do not ask. Binaries that do not know it show less.
 */
export class RecordShares0000000000013 extends SchemaMigration {
  readonly number = 13
  readonly name = 'RecordShares0000000000013'
  readonly breaking = false
  protected readonly statements = [
    `CREATE TABLE public.record_share (
      id uuid PRIMARY KEY,
      module_number integer NOT NULL,
      record_id uuid NOT NULL,
      user_id uuid REFERENCES public.users (id) ON DELETE CASCADE,
      team_id uuid REFERENCES public.teams (id) ON DELETE CASCADE,
      grantee_id uuid NOT NULL GENERATED ALWAYS AS (COALESCE(user_id, team_id)) STORED,
      level text NOT NULL CHECK (level IN ('READ', 'WRITE')),
      expires_at timestamptz(3),
      created_at timestamptz(3) NOT NULL,
      created_by uuid NOT NULL,
      CHECK (num_nonnulls(user_id, team_id) = 1)
    )`,
    'CREATE UNIQUE INDEX record_share_grantee ON public.record_share (grantee_id, module_number, record_id) INCLUDE (level, expires_at)',
    'CREATE INDEX record_share_record ON public.record_share (record_id)',
    'CREATE INDEX record_share_team ON public.record_share (team_id) WHERE team_id IS NOT NULL',
    'CREATE INDEX record_share_expires_at ON public.record_share (expires_at) WHERE expires_at IS NOT NULL',

    // One writer at a time, taking away too: else the last share of a module could go while another comes, and nobody would bump.
    `CREATE FUNCTION public.guanxi_lock_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM FROM public.epoch FOR UPDATE;
      RETURN NULL;
    END $$`,
    `CREATE TRIGGER record_share_locks BEFORE INSERT OR DELETE ON public.record_share FOR EACH STATEMENT EXECUTE FUNCTION public.guanxi_lock_epoch()`,
    `CREATE FUNCTION public.guanxi_shares_made() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM made m WHERE NOT EXISTS (SELECT FROM public.record_share s
          WHERE s.grantee_id = m.grantee_id AND s.module_number = m.module_number AND s.id NOT IN (SELECT id FROM made))) THEN
        UPDATE public.epoch SET access_epoch = access_epoch + 1;
      END IF;
      RETURN NULL;
    END $$`,
    `CREATE TRIGGER record_share_access_changed AFTER INSERT ON public.record_share REFERENCING NEW TABLE AS made
      FOR EACH STATEMENT EXECUTE FUNCTION public.guanxi_shares_made()`,

    // Whoever comes back from the recycle bin comes back without.
    `CREATE FUNCTION public.guanxi_end_shares() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      DELETE FROM public.record_share WHERE grantee_id = NEW.id;
      RETURN NULL;
    END $$`,
    ...['users', 'teams'].map(
      (table) => `CREATE TRIGGER ${table}_end_shares AFTER UPDATE OF deleted_at ON public.${table} FOR EACH ROW
      WHEN (NEW.deleted_at IS NOT NULL AND OLD.deleted_at IS NULL) EXECUTE FUNCTION public.guanxi_end_shares()`,
    ),
  ]
}
