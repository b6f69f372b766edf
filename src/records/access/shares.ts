import type { AccessPolicy, Action } from './policy.ts'
import type { AccessBinder } from './predicate-sql.ts'
import type { SecuredTable } from './secured.ts'

/** What a share gives: READ, or READ and UPDATE. */
export const SHARE_LEVELS = ['READ', 'WRITE'] as const
export type ShareLevel = (typeof SHARE_LEVELS)[number]

/** Shares that have not ended, by the database's clock: so that they end everywhere at once, with nobody to end them. `alias`: of a `record_share`. */
export const liveShareSql = (alias: string) => `(${alias}.expires_at IS NULL OR ${alias}.expires_at > statement_timestamp())`

/** Nothing but roles lets anybody delete, restore or export. */
export function sharesGive(action: Action): action is 'READ' | 'UPDATE' {
  return action === 'READ' || action === 'UPDATE'
}

/** Shares that count for the caller: with him or a team of his, and made by others. `alias`: of a `record_share`. */
export function countedShareSql(alias: string, binder: Pick<AccessBinder, 'scope'>): string {
  return `${alias}.grantee_id = ANY(${binder.scope('SHARED')}::uuid[]) AND ${alias}.created_by <> ALL(${binder.scope('OWN')}::uuid[])`
}

/**
 * Condition that a row of the module is shared with the caller for the action: `table` is the quoted alias of the row. The ids come as an array that is made once for a statement: PostgreSQL joins its index of the primary key with the one of the scope, which it would not do
 * for a sub-query. What the caller has shared himself, with a team of his, does not count for him: else he would keep what he may lose, and open to himself what belongs to it.
 */
export function sharedSql(module: { readonly number: number }, action: Action, table: string, binder: Pick<AccessBinder, 'scope'>): string {
  const level = action === 'UPDATE' ? ` AND s.level = 'WRITE'` : ''
  return `${table}.id = ANY(ARRAY(SELECT s.record_id FROM record_share s WHERE ${countedShareSql('s', binder)} AND s.module_number = ${module.number}${level} AND ${liveShareSql('s')}))`
}

/** The same rights without what others have shared: nobody passes on what was only shared with them. */
export function withoutShares(policy: AccessPolicy): AccessPolicy {
  return policy.shared.size === 0 ? policy : { ...policy, shared: new Set() }
}

/**
 * Condition that an update, which has written the row `w` out of the row `stored`, has left alone what grants go by if its writer may write it by a share alone: owner, team
 * and all that conditions of the writer's own grants look at. Else they would make it their own, and have what no share gives. `stored` has the alias `o`; `touched` is the
 * condition that one of these fields has changed. `derived`: the update follows from another one of theirs, and may be of a row that they reach in no way.
 */
export function keptSql(stored: Pick<SecuredTable, 'from' | 'granted' | 'shared'>, touched: string, derived: boolean): string {
  const others = derived ? ` OR NOT ${stored.shared}` : ''
  const unmoved = `o.owner_id IS NOT DISTINCT FROM w.owner_id AND o.team_id IS NOT DISTINCT FROM w.team_id AND NOT ${touched}`
  return `EXISTS (SELECT FROM ${stored.from} WHERE o.id = w.id AND (${stored.granted}${others} OR (${unmoved})))`
}
