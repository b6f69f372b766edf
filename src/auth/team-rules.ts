import type { Transaction } from '../records/database.ts'
import type { ModuleRule, PendingChange } from '../records/write/index.ts'
import { isAdministrator } from './administrator.ts'

/** Teams of a user, with all below them: whose records the scopes TEAM and TEAM_TREE can reach. */
const TREE = `
WITH RECURSIVE tree AS (
  SELECT t.id FROM teams t WHERE t.deleted_at IS NULL AND t.id IN (SELECT team_id FROM users WHERE id = $1 UNION SELECT team_id FROM team_member WHERE user_id = $1)
  UNION SELECT t.id FROM teams t JOIN tree ON t.parent_id = tree.id WHERE t.deleted_at IS NULL)
SELECT id FROM tree`

/**
 * Nobody but an administrator brings a team or another user, with all that is theirs, under a team of their own: that would widen what they see. It makes no
 * difference which roles they act by, since a key that is limited to one could do it for the others. New teams and users have nothing yet.
 */
export const teamAccessRules: readonly ModuleRule[] = [ruleOf('team', 'parent'), ruleOf('user', 'team')]

function ruleOf(module: string, field: string): ModuleRule {
  return {
    module,
    async before(changes, { principal, transaction }) {
      const moves = changes.filter((change) => change.before !== null && change.after[field] !== null && change.changes(field))
      if (moves.length === 0 || isAdministrator(principal)) return
      const tree = await treeOf(transaction, principal.userId)
      const isInside = (change: PendingChange): boolean => tree.has(module === 'team' ? change.id : String(change.before?.[field]))
      for (const change of moves) {
        if (tree.has(String(change.after[field])) && !isInside(change))
          change.refuse(field, 'OWN_TEAM', 'Nobody brings other teams or people under a team of their own; ask an administrator.')
      }
    },
  }
}

async function treeOf(transaction: Transaction, userId: string): Promise<ReadonlySet<string>> {
  const rows = await transaction.query<{ id: string }>({ text: TREE, values: [userId], purpose: 'platform' })
  return new Set(rows.map(({ id }) => id))
}
