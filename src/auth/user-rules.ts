import { GuanxiError } from '../errors/index.ts'
import type { AppliedChange, ModuleRule } from '../records/write/index.ts'
import { countAdministrators, isAdministrator } from './administrator.ts'
import { ADMINISTRATOR } from './shipped-roles.ts'

/**
 * What keeps writes on user records from changing rights by the back door: nobody but an administrator moves themselves into another team, which would
 * widen what they see, and no write leaves the organisation without an administrator.
 */
export const userAccessRule: ModuleRule = {
  module: 'user',
  before(changes, { principal }) {
    for (const change of changes) {
      if (change.id === principal.userId && change.changes('team') && !isAdministrator(principal)) {
        change.refuse('team', 'OWN_TEAM', 'Nobody moves themselves into another team; ask an administrator.')
      }
    }
  },
  async after(changes, { transaction }) {
    const leaving = changes.filter(leaves).map(({ id }) => id)
    if (leaving.length === 0) return
    // The trigger on users has bumped the access epoch, so its row is locked until this transaction ends: no one else removes an administrator meanwhile.
    const wereAdministrators = await transaction.query({
      text: 'SELECT 1 FROM user_role ur JOIN role r ON r.id = ur.role_id WHERE r.key = $1 AND ur.user_id = ANY($2::uuid[]) LIMIT 1',
      values: [ADMINISTRATOR, leaving],
      purpose: 'platform',
    })
    if (wereAdministrators.length > 0 && (await countAdministrators(transaction)) === 0) {
      throw new GuanxiError('FORBIDDEN', 'The last administrator cannot be disabled or deleted. Give the role to someone else first.')
    }
  },
}

/** Could sign in before the change and cannot after it. */
function leaves({ operation, before, after }: AppliedChange): boolean {
  return operation === 'DELETED' || (before?.status === 'active' && after.status !== 'active')
}
