import type { AccessPolicy, Action } from './policy.ts'

/** What a share gives: READ, or READ and UPDATE. */
export const SHARE_LEVELS = ['READ', 'WRITE'] as const
export type ShareLevel = (typeof SHARE_LEVELS)[number]

/** Shares that have not ended, by the database's clock: so that they end everywhere at once, with nobody to end them. `alias`: of a `record_share`. */
export const liveShareSql = (alias: string) => `(${alias}.expires_at IS NULL OR ${alias}.expires_at > statement_timestamp())`

/**
 * Condition that a row of the module is shared with the caller for the action: `table` is the quoted alias of the row, `grantees` the SQL of an uuid[] of the user and
 * the user's teams. Null where nothing of the module is shared with the caller, so that such statements stay as they were, and for actions that shares never give.
 * The ids come as an array that is made once for a statement: PostgreSQL joins its index of the primary key with the one of the scope, which it would not do for a
 * sub-query.
 */
export function sharedCondition(
  module: { readonly name: string; readonly number: number },
  action: Action,
  policy: Pick<AccessPolicy, 'shared'>,
  table: string,
  grantees: () => string,
): string | null {
  if ((action !== 'READ' && action !== 'UPDATE') || !policy.shared.has(module.name)) return null
  const level = action === 'UPDATE' ? ` AND s.level = 'WRITE'` : ''
  return `${table}.id = ANY(ARRAY(SELECT s.record_id FROM record_share s WHERE s.grantee_id = ANY(${grantees()}::uuid[]) AND s.module_number = ${module.number}${level} AND ${liveShareSql('s')}))`
}

/** The same rights without what others have shared: nobody passes on what was only shared with them. */
export function withoutShares(policy: AccessPolicy): AccessPolicy {
  return policy.shared.size === 0 ? policy : { ...policy, shared: new Set() }
}

interface Admission {
  readonly condition: string
  readonly granted: string
  readonly shared: string | null
}

/**
 * Condition that the row `w`, as an update has written it, lies within what its writer may update; `o` is the same row as it was before. Whoever may write a record by a
 * share alone leaves its owner and team alone: else they would make it their own, and have what no share gives.
 */
export function writtenCondition(written: Admission, stored: Admission & { readonly from: string }): string {
  if (written.shared === null) return written.condition
  const unmoved = 'o.owner_id IS NOT DISTINCT FROM w.owner_id AND o.team_id IS NOT DISTINCT FROM w.team_id'
  return `EXISTS (SELECT FROM ${stored.from} WHERE o.id = w.id AND ((${written.granted} AND ${stored.granted}) OR (${written.shared} AND ${unmoved})))`
}
