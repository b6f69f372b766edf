import { SchemaMigration } from './migration.ts'

const bumpsAccessEpoch = (name: string, event: string, table: string) =>
  `CREATE TRIGGER ${name} AFTER ${event} ON public.${table} FOR EACH STATEMENT EXECUTE FUNCTION public.guanxi_bump_access_epoch()`

/** Bumps when the columns that rights follow from have really changed; other updates of these tables are frequent. */
const bumpsWhenChanged = (table: string, columns: readonly string[]) => {
  const list = (alias: string) => columns.map((column) => `${alias}.${column}`).join(', ')
  return [
    `CREATE FUNCTION public.guanxi_${table}_access_changed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM after_rows n JOIN before_rows o USING (id) WHERE (${list('n')}) IS DISTINCT FROM (${list('o')})) THEN
        UPDATE public.epoch SET access_epoch = access_epoch + 1;
      END IF;
      RETURN NULL;
    END $$`,
    `CREATE TRIGGER ${table}_access_changed AFTER UPDATE ON public.${table} REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows
      FOR EACH STATEMENT EXECUTE FUNCTION public.guanxi_${table}_access_changed()`,
  ]
}

/**
 * Whatever changes rights bumps the access epoch in the same transaction, whoever writes: record pipeline, role administration, or psql. Sessions of a user
 * who can no longer sign in end for good. And the counters of failed sign-ins.
 */
export class AccessEpoch0000000000006 extends SchemaMigration {
  readonly number = 6
  readonly name = 'AccessEpoch0000000000006'
  readonly breaking = false
  protected readonly statements = [
    `CREATE FUNCTION public.guanxi_bump_access_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE public.epoch SET access_epoch = access_epoch + 1;
      RETURN NULL;
    END $$`,
    ...bumpsWhenChanged('users', ['status', 'kind', 'team_id', 'deleted_at']),
    ...bumpsWhenChanged('teams', ['parent_id', 'deleted_at']),
    bumpsAccessEpoch('users_access_made', 'INSERT OR DELETE', 'users'),
    bumpsAccessEpoch('teams_access_made', 'INSERT OR DELETE', 'teams'),
    ...['role', 'role_grant', 'role_field', 'user_role', 'team_member'].map((table) =>
      bumpsAccessEpoch(`${table}_access_changed`, 'INSERT OR UPDATE OR DELETE', table),
    ),
    ...['session', 'api_key'].map((table) => bumpsAccessEpoch(`${table}_access_changed`, 'UPDATE OF revoked_at OR DELETE', table)),

    `CREATE FUNCTION public.guanxi_end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE public.session SET revoked_at = now() WHERE user_id = NEW.id AND revoked_at IS NULL;
      RETURN NULL;
    END $$`,
    `CREATE TRIGGER users_end_sessions AFTER UPDATE OF status, deleted_at ON public.users FOR EACH ROW
      WHEN ((NEW.status <> 'active' AND OLD.status = 'active') OR (NEW.deleted_at IS NOT NULL AND OLD.deleted_at IS NULL))
      EXECUTE FUNCTION public.guanxi_end_sessions()`,

    'CREATE INDEX users_sign_in ON public.users (lower(email)) WHERE deleted_at IS NULL',
    // Keys are digests of an account or an address.
    `CREATE TABLE public.sign_in_failure (
      key bytea PRIMARY KEY,
      failures integer NOT NULL,
      since timestamptz(3) NOT NULL,
      locked_until timestamptz(3)
    )`,
    'CREATE INDEX sign_in_failure_since ON public.sign_in_failure (since)',
  ]
}
