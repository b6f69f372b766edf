import { type Executor, statementName } from '../records/database.ts'
import type { FieldGrant, Grant, NewFields } from './shipped-roles.ts'

/** A role as it is stored, with all that it grants; modules and fields by their keys, those of deleted ones too. */
export interface StoredRole {
  readonly id: string
  readonly key: string
  readonly name: string
  readonly system: boolean
  /** Keys of the roles that it inherits directly. */
  readonly inherits: readonly string[]
  /** What it gets on custom fields that it does not list and whose ordinal is greater than `newFieldsAfter`. */
  readonly newFields: NewFields
  readonly newFieldsAfter: number
  readonly grants: readonly Grant[]
  readonly fields: readonly FieldGrant[]
}

/** Whose rights are asked for. */
export type Subject = { readonly kind: 'session' | 'user'; readonly id: string } | { readonly kind: 'apiKey'; readonly prefix: string }

/** Everything that decides about a subject, read in one snapshot. */
export interface Rights {
  /** Access epoch of the snapshot. */
  readonly accessEpoch: number
  readonly userId: string
  /** May act at all: active and not in the recycle bin. */
  readonly userActive: boolean
  readonly userKind: string
  readonly sessionId: string | null
  readonly apiKeyId: string | null
  /** SHA-256 of the key's secret. */
  readonly apiKeyHash: Buffer | null
  /** Role that the key is limited to. */
  readonly apiKeyRoleId: string | null
  /** Networks from which the key may be used; null: from everywhere. */
  readonly apiKeyNetworks: readonly string[] | null
  /** Whoever made the key is still active; true where there is no key. */
  readonly creatorActive: boolean
  /** Session or key has been revoked. */
  readonly revoked: boolean
  /** When session or key ends. */
  readonly expiresAt: Date | null
  /** Roles of the user. */
  readonly heldRoleIds: readonly string[]
  /** Those roles, the key's, and all that these inherit. */
  readonly roles: readonly StoredRole[]
  /** Keys of the scopes (see AccessPolicy.scopes), sorted; empty where no role uses the scope. */
  readonly team: readonly string[]
  readonly teamTree: readonly string[]
  /** The user and the user's own teams, sorted: with whom records are shared. */
  readonly grantees: readonly string[]
  /** Numbers of modules of which records are, or were, shared with them. */
  readonly sharedModules: readonly number[]
  /** Number of active users and of teams: of all keys that a scope could have. */
  readonly population: number
}

const SUBJECTS = {
  session: `SELECT s.user_id, s.id AS session_id, NULL::uuid AS api_key_id, NULL::bytea AS secret_hash, NULL::uuid AS role_id, NULL::text[] AS networks, TRUE AS creator_active,
                   s.revoked_at IS NOT NULL AS revoked, s.expires_at
              FROM session s WHERE s.id = $1::uuid`,
  apiKey: `SELECT k.user_id, NULL::uuid AS session_id, k.id AS api_key_id, k.secret_hash, k.role_id, k.allowed_networks AS networks,
                  COALESCE((SELECT c.status = 'active' AND c.deleted_at IS NULL FROM users c WHERE c.id = k.created_by), FALSE) AS creator_active,
                  k.revoked_at IS NOT NULL AS revoked, k.expires_at
             FROM api_key k WHERE k.prefix = $1::text`,
  user: `SELECT $1::uuid AS user_id, NULL::uuid AS session_id, NULL::uuid AS api_key_id, NULL::bytea AS secret_hash, NULL::uuid AS role_id, NULL::text[] AS networks, TRUE AS creator_active,
                FALSE AS revoked, NULL::timestamptz AS expires_at`,
} as const

/** A `role r` as a StoredRole. */
export const STORED_ROLE_JSON = `json_build_object('id', r.id, 'key', r.key, 'name', r.name, 'system', r.system,
  'newFields', r.new_fields, 'newFieldsAfter', r.new_fields_after,
  'inherits', COALESCE((SELECT json_agg(p.key ORDER BY p.key) FROM role_inherit i JOIN role p ON p.id = i.inherited_id WHERE i.role_id = r.id), '[]'),
  'grants', COALESCE((SELECT json_agg(json_build_object('module', g.module, 'actions', g.actions, 'scope', g.scope, 'where', g.predicate) ORDER BY g.module, g.scope, g.position) FROM role_grant g WHERE g.role_id = r.id), '[]'),
  'fields', COALESCE((SELECT json_agg(json_build_object('module', f.module, 'fieldId', f.field_id, 'access', f.access) ORDER BY f.module, f.field_id) FROM role_field f WHERE f.role_id = r.id), '[]'))`

/** Members of teams: users who belong there by their own record, and those entered as further members. */
const keysOf = (teams: string) => `
  SELECT a.id FROM account a
  UNION SELECT team_id FROM ${teams}
  UNION SELECT u.id FROM users u JOIN ${teams} t ON t.team_id = u.team_id
  UNION SELECT m.user_id FROM team_member m JOIN ${teams} t ON t.team_id = m.team_id`

const rightsSql = (subject: string) => `
WITH RECURSIVE subject AS (${subject}),
account AS (SELECT u.id, u.team_id, u.kind, u.status = 'active' AND u.deleted_at IS NULL AS active FROM users u JOIN subject s ON s.user_id = u.id),
held AS (SELECT ur.role_id FROM user_role ur JOIN account a ON a.id = ur.user_id),
used AS (
  (SELECT role_id FROM held UNION SELECT role_id FROM subject WHERE role_id IS NOT NULL)
  UNION SELECT i.inherited_id FROM role_inherit i JOIN used ON used.role_id = i.role_id),
scope_used AS (SELECT DISTINCT g.scope FROM role_grant g JOIN used r ON r.role_id = g.role_id),
own_team AS (
  SELECT t.id AS team_id FROM teams t
   WHERE t.deleted_at IS NULL AND t.id IN (SELECT team_id FROM account UNION SELECT m.team_id FROM team_member m JOIN account a ON a.id = m.user_id)),
grantee AS (SELECT a.id FROM account a UNION SELECT team_id FROM own_team),
tree AS (SELECT team_id FROM own_team UNION SELECT t.id FROM teams t JOIN tree ON t.parent_id = tree.team_id WHERE t.deleted_at IS NULL)
SELECT e.access_epoch::int AS "accessEpoch", a.id AS "userId", a.active AS "userActive", a.kind AS "userKind", s.session_id AS "sessionId", s.api_key_id AS "apiKeyId",
       s.secret_hash AS "apiKeyHash", s.role_id AS "apiKeyRoleId", s.networks AS "apiKeyNetworks", s.creator_active AS "creatorActive", s.revoked AS "revoked", s.expires_at AS "expiresAt",
       ARRAY(SELECT role_id FROM held ORDER BY 1) AS "heldRoleIds",
       COALESCE((SELECT json_agg(${STORED_ROLE_JSON} ORDER BY r.key) FROM role r JOIN used ON used.role_id = r.id), '[]') AS "roles",
       CASE WHEN EXISTS (SELECT FROM scope_used WHERE scope = 'TEAM') THEN ARRAY(${keysOf('own_team')} ORDER BY 1) ELSE '{}' END AS "team",
       CASE WHEN EXISTS (SELECT FROM scope_used WHERE scope = 'TEAM_TREE') THEN ARRAY(${keysOf('tree')} ORDER BY 1) ELSE '{}' END AS "teamTree",
       ARRAY(SELECT id FROM grantee ORDER BY 1) AS "grantees",
       ARRAY(SELECT DISTINCT s.module_number FROM record_share s WHERE s.grantee_id IN (SELECT id FROM grantee) ORDER BY 1) AS "sharedModules",
       (SELECT count(*)::int FROM users WHERE status = 'active' AND deleted_at IS NULL) + (SELECT count(*)::int FROM teams WHERE deleted_at IS NULL) AS "population"
  FROM epoch e, subject s JOIN account a ON a.id = s.user_id`

const prepared = (subject: string) => {
  const text = rightsSql(subject)
  return { text, name: statementName(text) }
}

const STATEMENTS = { session: prepared(SUBJECTS.session), apiKey: prepared(SUBJECTS.apiKey), user: prepared(SUBJECTS.user) } as const

/**
 * Rights of a subject in one statement, so that roles, team tree, user, session and epoch are of one snapshot. Undefined for a subject that does not
 * exist; whether it may act (revoked, expired, disabled) is the caller's to decide.
 */
export async function readRights(executor: Executor, subject: Subject): Promise<Rights | undefined> {
  const [rights] = await executor.query<Rights>({
    ...STATEMENTS[subject.kind],
    values: [subject.kind === 'apiKey' ? subject.prefix : subject.id],
    purpose: 'authentication',
  })
  return rights
}
