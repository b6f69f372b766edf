import { say } from '../errors/index.ts'
import type { Transaction } from '../records/database.ts'
import type { ModuleRule, PendingChange } from '../records/write/index.ts'
import { isAdministrator } from './administrator.ts'

/** Teams of a user, deleted ones too, and the live ones with all below them: whose records the scopes TEAM and TEAM_TREE can reach. */
const TEAMS = `
WITH RECURSIVE own AS (
  SELECT t.id, t.deleted_at IS NULL AS live FROM teams t WHERE t.id IN (SELECT team_id FROM users WHERE id = $1 UNION SELECT team_id FROM team_member WHERE user_id = $1)),
tree AS (SELECT id FROM own WHERE live UNION SELECT t.id FROM teams t JOIN tree ON t.parent_id = tree.id WHERE t.deleted_at IS NULL)
SELECT id, TRUE AS own, live FROM own UNION ALL SELECT id, FALSE, TRUE FROM tree WHERE id NOT IN (SELECT id FROM own)`

/**
 * Nobody but an administrator brings a team or another user, with all that is theirs, under a team of their own, or a user from a team below into one, or restores a team that is theirs or hangs below one: that would widen what they see. It makes no
 * difference which roles they act by, since a key that is limited to one could do it for the others. New teams and users have nothing yet.
 */
export const teamAccessRules: readonly ModuleRule[] = [ruleOf('team', 'parent'), ruleOf('user', 'team')]

function ruleOf(module: string, field: string): ModuleRule {
  return {
    module,
    async before(changes, { principal, transaction }) {
      const returns = ({ operation }: PendingChange) => module === 'team' && operation === 'RESTORED'
      const moves = changes.filter((change) => returns(change) || (change.before !== null && change.after[field] !== null && change.changes(field)))
      if (moves.length === 0 || isAdministrator(principal)) return
      const { own, tree, deleted } = await teamsOf(transaction, principal.userId)
      const widens = ({ id, before, after }: PendingChange): boolean => {
        const [from, to] = [String(before?.[field]), String(after[field])]
        if (module === 'team') return deleted.has(id) || (tree.has(to) && !tree.has(id))
        return (tree.has(to) && !tree.has(from)) || (own.has(to) && !own.has(from))
      }
      for (const change of moves)
        if (widens(change))
          change.refuse(field, 'OWN_TEAM', say`Nobody brings other teams or people under a team of their own, or back to one; ask an administrator.`)
    },
  }
}

interface Teams {
  readonly own: ReadonlySet<string>
  /** With all below them. */
  readonly tree: ReadonlySet<string>
  /** Those of their own that are in the recycle bin. */
  readonly deleted: ReadonlySet<string>
}

async function teamsOf(transaction: Transaction, userId: string): Promise<Teams> {
  const rows = await transaction.query<{ id: string; own: boolean; live: boolean }>({ text: TEAMS, values: [userId], purpose: 'platform' })
  const idsOf = (some: readonly { readonly id: string }[]) => new Set(some.map(({ id }) => id))
  const live = rows.filter((row) => row.live)
  return { own: idsOf(live.filter(({ own }) => own)), tree: idsOf(live), deleted: idsOf(rows.filter((row) => !row.live)) }
}
