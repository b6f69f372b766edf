import type { Executor } from '../records/database.ts'
import { STORED_ROLE_JSON } from './rights.ts'

/** What open connections stand on, all of one snapshot. */
export interface StandingsRead {
  /** Access epoch of the snapshot. */
  readonly epoch: number
  /** By id of a session or API key, a digest of whose it is and what its roles grant; none for one that has ended, or whose user may not act. */
  readonly digests: ReadonlyMap<string, string>
}

/** Tells whether open connections still rest on the rights that they were opened with. */
export interface Standings {
  /** The access epoch: as long as it stays, so does every standing. */
  epoch(): Promise<number>
  /** Standings of sessions and API keys, by their ids, in one statement however many they are. */
  read(ids: readonly string[]): Promise<StandingsRead>
}

const EPOCH_SQL = 'SELECT access_epoch::int AS epoch FROM epoch'

/** A role's name grants nothing; what it inherits, it grants, however far up. */
const STANDINGS_SQL = `
WITH RECURSIVE subject AS (
  SELECT s.id, s.user_id, NULL::uuid AS role_id FROM session s WHERE s.id = ANY($1::uuid[]) AND s.revoked_at IS NULL
  UNION ALL
  SELECT k.id, k.user_id, k.role_id FROM api_key k JOIN users c ON c.id = k.created_by AND c.status = 'active' AND c.deleted_at IS NULL
   WHERE k.id = ANY($1::uuid[]) AND k.revoked_at IS NULL),
live AS (SELECT s.id, s.user_id, s.role_id, u.kind FROM subject s JOIN users u ON u.id = s.user_id WHERE u.status = 'active' AND u.deleted_at IS NULL),
used AS (
  (SELECT l.id, ur.role_id FROM live l JOIN user_role ur ON ur.user_id = l.user_id
   UNION SELECT l.id, l.role_id FROM live l WHERE l.role_id IS NOT NULL)
  UNION SELECT u.id, i.inherited_id FROM role_inherit i JOIN used u ON u.role_id = i.role_id),
content AS (
  SELECT r.id, md5((${STORED_ROLE_JSON}::jsonb - 'name')::text) AS digest FROM role r WHERE r.id IN (SELECT role_id FROM used)),
granted AS (
  SELECT u.id, md5(string_agg(u.role_id || c.digest, '' ORDER BY u.role_id)) AS digest FROM used u JOIN content c ON c.id = u.role_id GROUP BY u.id)
SELECT e.access_epoch::int AS epoch,
       COALESCE((SELECT json_object_agg(l.id, concat_ws(' ', l.kind, COALESCE(l.role_id::text, '-'), g.digest)) FROM live l LEFT JOIN granted g ON g.id = l.id), '{}') AS digests
  FROM epoch e`

/** Reads standings from a database. */
export function createStandings(database: Executor): Standings {
  return {
    epoch: async () => {
      const [row] = await database.query<{ epoch: number }>({ text: EPOCH_SQL, purpose: 'background' })
      return row?.epoch ?? 0
    },
    read: async (ids) => {
      const [row] = await database.query<{ epoch: number; digests: Readonly<Record<string, string>> }>({
        text: STANDINGS_SQL,
        values: [ids],
        purpose: 'authentication',
      })
      return { epoch: row?.epoch ?? 0, digests: new Map(Object.entries(row?.digests ?? {})) }
    },
  }
}
