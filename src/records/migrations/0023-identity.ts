import { SchemaMigration } from './migration.ts'

/**
 * Tokens of links that are sent to users, networks from which API keys may be used, the programs that sessions were opened with, and places from which accounts have been signed in to. A binary that does
 * not know the networks would let keys in from everywhere.
 */
export class Identity0000000000023 extends SchemaMigration {
  readonly number = 23
  readonly name = 'Identity0000000000023'
  readonly breaking = true
  protected readonly statements = [
    `CREATE TABLE public.one_time_token (
      id uuid PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES public.users (id),
      purpose text NOT NULL CHECK (purpose IN ('passwordReset', 'invitation')),
      token_hash bytea NOT NULL UNIQUE,
      created_by uuid NOT NULL,
      created_at timestamptz(3) NOT NULL,
      expires_at timestamptz(3) NOT NULL,
      used_at timestamptz(3),
      ended_at timestamptz(3),
      delivery_id uuid UNIQUE REFERENCES public.deliveries (id) ON DELETE CASCADE
    )`,
    'CREATE INDEX one_time_token_user_id ON public.one_time_token (user_id, purpose, created_at)',
    // Whatever else writes: of one purpose a user has one at a time.
    'CREATE UNIQUE INDEX one_time_token_alive ON public.one_time_token (user_id, purpose) WHERE used_at IS NULL AND ended_at IS NULL',
    // A link proves that somebody reads the mail of an address, which says nothing about the user once the address is another one.
    `CREATE FUNCTION public.guanxi_end_one_time_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE public.one_time_token SET ended_at = now() WHERE user_id = NEW.id AND used_at IS NULL AND ended_at IS NULL;
      RETURN NULL;
    END $$`,
    `CREATE TRIGGER users_end_one_time_tokens AFTER UPDATE OF email, status, deleted_at ON public.users FOR EACH ROW
      WHEN (NEW.email IS DISTINCT FROM OLD.email OR (NEW.status <> 'active' AND OLD.status = 'active') OR (NEW.deleted_at IS NOT NULL AND OLD.deleted_at IS NULL))
      EXECUTE FUNCTION public.guanxi_end_one_time_tokens()`,

    'ALTER TABLE public.session ADD COLUMN client text',
    'ALTER TABLE public.api_key ADD COLUMN allowed_networks text[]',

    // Keys are digests of an account and a network.
    `CREATE TABLE public.sign_in_place (
      key bytea PRIMARY KEY,
      last_at timestamptz(3) NOT NULL
    )`,
    'CREATE INDEX sign_in_place_last_at ON public.sign_in_place (last_at)',
  ]
}
