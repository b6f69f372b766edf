import { bindValues } from '../records/access/bind-values.ts'
import type { Principal } from '../records/access/policy.ts'
import { secured } from '../records/access/secured.ts'
import { withoutShares } from '../records/access/shares.ts'
import type { Executor } from '../records/database.ts'
import type { ModuleDefinition, Registry } from '../records/registry/definition.ts'

/** Somebody follows a record. */
export interface Watch {
  readonly recordId: string
  readonly userId: string
}

/** Of these records those that the caller may share, and whose shares he may end: those that he may update by a role. One statement, none without ids. */
export async function sharableRecords(
  executor: Executor,
  { policy }: Principal,
  module: ModuleDefinition,
  ids: readonly string[],
  registry: Registry,
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const values: unknown[] = [ids]
  const { from, condition } = secured(module, 'UPDATE', withoutShares(policy), 't', registry, bindValues(values, policy))
  const rows = await executor.query<{ id: string }>({
    text: `SELECT t.id FROM ${from} WHERE t.id = ANY($1::uuid[]) AND ${condition}`,
    values,
    purpose: 'record',
  })
  return new Set(rows.map(({ id }) => id))
}

/**
 * Shares each record with whoever watches it, to read: a share of its own beside one that somebody made by hand. Answers those that were made. Moves the
 * access epoch where it is somebody's first share of the module.
 */
export async function putWatchShares(
  executor: Executor,
  { number }: ModuleDefinition,
  watches: readonly Watch[],
  { at, createdBy }: { readonly at: string; readonly createdBy: string },
): Promise<readonly Watch[]> {
  return executor.query<Watch>({
    text: `INSERT INTO record_share AS s (id, module_number, record_id, user_id, level, created_at, created_by, watching)
           SELECT gen_random_uuid(), $1, w.record_id, w.user_id, 'READ', $4, $5, TRUE FROM unnest($2::uuid[], $3::uuid[]) AS w(record_id, user_id)
           ON CONFLICT (grantee_id, module_number, record_id, watching) DO NOTHING RETURNING s.record_id AS "recordId", s.user_id AS "userId"`,
    values: [number, watches.map(({ recordId }) => recordId), watches.map(({ userId }) => userId), at, createdBy],
    purpose: 'record',
  })
}

/** Ends the shares that came with watching, and no others. Answers those that there were. */
export async function endWatchShares(executor: Executor, { number }: ModuleDefinition, watches: readonly Watch[]): Promise<readonly Watch[]> {
  return executor.query<Watch>({
    text: `DELETE FROM record_share s USING unnest($2::uuid[], $3::uuid[]) AS w(record_id, user_id)
           WHERE s.module_number = $1 AND s.record_id = w.record_id AND s.grantee_id = w.user_id AND s.watching RETURNING s.record_id AS "recordId", s.user_id AS "userId"`,
    values: [number, watches.map(({ recordId }) => recordId), watches.map(({ userId }) => userId)],
    purpose: 'record',
  })
}
