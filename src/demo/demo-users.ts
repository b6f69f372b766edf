import type { Database } from '../records/database.ts'
import { DEMO_DOMAIN } from './people.ts'

/** A demo user who can sign in. */
export interface DemoUser {
  readonly email: string
  readonly name: string
  /** Keys of the roles. */
  readonly roles: readonly string[]
}

/** Demo users who are active and have a password, by role and name; none where the demo data was not loaded. */
export function demoUsers(database: Pick<Database, 'query'>): Promise<DemoUser[]> {
  return database.query<DemoUser>({
    text: `SELECT u.email, u.name, array_agg(r.key ORDER BY r.key) AS roles
             FROM users u JOIN user_credential c ON c.user_id = u.id JOIN user_role ur ON ur.user_id = u.id JOIN role r ON r.id = ur.role_id
            WHERE lower(u.email) LIKE '%@${DEMO_DOMAIN}' AND u.status = 'active' AND u.deleted_at IS NULL AND c.password_hash IS NOT NULL
            GROUP BY u.id, u.email, u.name ORDER BY roles DESC, u.name, u.email LIMIT 50`,
    purpose: 'authentication',
  })
}
