import { GuanxiError, say } from '../errors/index.ts'
import type { Principal } from '../records/access/policy.ts'
import type { Executor } from '../records/database.ts'
import { SERVICE_KIND } from './principal-factory.ts'
import { ADMINISTRATOR } from './shipped-roles.ts'

/** May change roles, other users' passwords and keys, and metadata. System work may. */
export function isAdministrator(principal: Principal): boolean {
  return principal.kind === 'system' || principal.roles.includes(ADMINISTRATOR)
}

/** Acts by an API key that is limited to a role, and so has no say over what acts with more: sessions, and keys of other roles or of none. */
export function isLimited(principal: Principal): boolean {
  return principal.policy.held !== undefined && !isAdministrator(principal)
}

/** Throws FORBIDDEN for everyone else. */
export function requireAdministrator(principal: Principal): void {
  if (!isAdministrator(principal)) throw new GuanxiError('FORBIDDEN', say`Only administrators may do this.`)
}

/** People who can sign in as administrators: active, with an e-mail address and a password. Lock the access epoch first, else two removals can each see the other's. */
export async function countAdministrators(executor: Executor): Promise<number> {
  const [row] = await executor.query<{ count: number }>({
    text: `SELECT count(*)::int AS count FROM user_role ur JOIN role r ON r.id = ur.role_id JOIN users u ON u.id = ur.user_id JOIN user_credential c ON c.user_id = u.id
            WHERE r.key = $1 AND u.status = 'active' AND u.deleted_at IS NULL AND u.kind <> $2 AND u.email IS NOT NULL`,
    values: [ADMINISTRATOR, SERVICE_KIND],
    purpose: 'platform',
  })
  return row?.count ?? 0
}
