import { SchemaMigration } from './migration.ts'

/** Roles, teams' further members, credentials, sessions and API keys. */
export class Access0000000000004 extends SchemaMigration {
  readonly number = 4
  readonly name = 'Access0000000000004'
  readonly breaking = true
  protected readonly statements = [
    `CREATE TABLE public.role (
      id uuid PRIMARY KEY,
      key text NOT NULL UNIQUE,
      name text NOT NULL,
      system boolean NOT NULL DEFAULT false
    )`,

    `CREATE TABLE public.role_grant (
      role_id uuid NOT NULL REFERENCES public.role (id) ON DELETE CASCADE,
      module text NOT NULL,
      actions text[] NOT NULL,
      scope text NOT NULL CHECK (scope IN ('OWN', 'TEAM', 'TEAM_TREE', 'ALL')),
      PRIMARY KEY (role_id, module, scope)
    )`,

    `CREATE TABLE public.role_field (
      role_id uuid NOT NULL REFERENCES public.role (id) ON DELETE CASCADE,
      module text NOT NULL,
      field_id text NOT NULL,
      access text NOT NULL CHECK (access IN ('HIDDEN', 'MASKED', 'READ', 'WRITE')),
      PRIMARY KEY (role_id, field_id)
    )`,

    `CREATE TABLE public.user_role (
      user_id uuid NOT NULL REFERENCES public.users (id),
      role_id uuid NOT NULL REFERENCES public.role (id) ON DELETE CASCADE,
      PRIMARY KEY (user_id, role_id)
    )`,
    'CREATE INDEX user_role_role ON public.user_role (role_id)',

    `CREATE TABLE public.team_member (
      team_id uuid NOT NULL REFERENCES public.teams (id),
      user_id uuid NOT NULL REFERENCES public.users (id),
      PRIMARY KEY (team_id, user_id)
    )`,
    'CREATE INDEX team_member_user ON public.team_member (user_id)',

    // A user's teams: the home team and further ones.
    `CREATE VIEW public.team_membership AS
      SELECT team_id, id AS user_id FROM public.users WHERE team_id IS NOT NULL AND deleted_at IS NULL
      UNION
      SELECT team_id, user_id FROM public.team_member`,

    `CREATE TABLE public.user_credential (
      user_id uuid PRIMARY KEY REFERENCES public.users (id),
      password_hash text NOT NULL,
      updated_at timestamptz(3) NOT NULL DEFAULT now()
    )`,

    `CREATE TABLE public.session (
      id uuid PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES public.users (id),
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      last_used_at timestamptz(3) NOT NULL DEFAULT now(),
      expires_at timestamptz(3) NOT NULL,
      revoked_at timestamptz(3),
      user_agent text,
      ip text
    )`,
    'CREATE INDEX session_user_id ON public.session (user_id)',
    'CREATE INDEX session_expires_at ON public.session (expires_at)',

    `CREATE TABLE public.refresh_token (
      id uuid PRIMARY KEY,
      session_id uuid NOT NULL REFERENCES public.session (id) ON DELETE CASCADE,
      token_hash bytea NOT NULL UNIQUE,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      expires_at timestamptz(3) NOT NULL,
      used_at timestamptz(3),
      replaced_by uuid
    )`,
    'CREATE INDEX refresh_token_session ON public.refresh_token (session_id)',

    `CREATE TABLE public.api_key (
      id uuid PRIMARY KEY,
      name text NOT NULL,
      prefix text NOT NULL UNIQUE,
      secret_hash bytea NOT NULL,
      user_id uuid NOT NULL REFERENCES public.users (id),
      role_id uuid REFERENCES public.role (id),
      created_by uuid,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      expires_at timestamptz(3),
      last_used_at timestamptz(3),
      revoked_at timestamptz(3)
    )`,
    'CREATE INDEX api_key_user_id ON public.api_key (user_id)',
  ]
}
