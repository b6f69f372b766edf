import { bindValues } from '../records/access/bind-values.ts'
import type { Principal } from '../records/access/policy.ts'
import { secured } from '../records/access/secured.ts'
import { withoutShares } from '../records/access/shares.ts'
import { actorOf, writeEntries } from '../records/audit/index.ts'
import type { Executor } from '../records/database.ts'
import type { ModuleDefinition, Registry } from '../records/registry/definition.ts'
import type { RuleContext } from '../records/write/index.ts'

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

/** Who shares, and on what occasion. */
type Occasion = Pick<RuleContext, 'transaction' | 'principal' | 'origin' | 'at'>

/**
 * Shares each record with whoever watches it, to read: a share of its own beside one that somebody made by hand. Moves the access epoch where it is somebody's first share
 * of the module.
 */
export async function putWatchShares(occasion: Occasion, module: ModuleDefinition, watches: readonly Watch[]): Promise<void> {
  const { transaction, principal, at } = occasion
  if (watches.length === 0) return
  const made = await transaction.query<Watch>({
    text: `INSERT INTO record_share AS s (id, module_number, record_id, user_id, level, created_at, created_by, watching)
           SELECT gen_random_uuid(), $1, w.record_id, w.user_id, 'READ', $4, $5, TRUE FROM unnest($2::uuid[], $3::uuid[]) AS w(record_id, user_id)
           ON CONFLICT (grantee_id, module_number, record_id, watching) DO NOTHING RETURNING s.record_id AS "recordId", s.user_id AS "userId"`,
    values: [module.number, ...columnsOf(watches), at, principal.userId],
    purpose: 'record',
  })
  await note(occasion, module, 'share', made)
}

/** Ends the shares that came with watching, and no others. Answers those that there were. */
export async function endWatchShares(occasion: Occasion, module: ModuleDefinition, watches: readonly Watch[]): Promise<readonly Watch[]> {
  if (watches.length === 0) return []
  const ended = await occasion.transaction.query<Watch>({
    text: `DELETE FROM record_share s USING unnest($2::uuid[], $3::uuid[]) AS w(record_id, user_id)
           WHERE s.module_number = $1 AND s.record_id = w.record_id AND s.grantee_id = w.user_id AND s.watching RETURNING s.record_id AS "recordId", s.user_id AS "userId"`,
    values: [module.number, ...columnsOf(watches)],
    purpose: 'record',
  })
  await note(occasion, module, 'unshare', ended)
  return ended
}

function columnsOf(watches: readonly Watch[]): [recordIds: readonly string[], userIds: readonly string[]] {
  return [watches.map(({ recordId }) => recordId), watches.map(({ userId }) => userId)]
}

/** Writes what has happened to shares into the audit of their records, as for those made by hand. */
async function note(
  { transaction, principal, origin, at }: Occasion,
  module: ModuleDefinition,
  verb: 'share' | 'unshare',
  watches: readonly Watch[],
): Promise<void> {
  const terms = { level: 'READ', expiresAt: null, watching: true }
  const change = verb === 'share' ? { before: null, after: terms } : { before: terms, after: null }
  const { requestId, client = null, ip = null, operationName = null, rootFields } = origin
  const from = { requestId, client, ip, operation: operationName, ...(rootFields && { rootFields }) }
  const entries = watches.map(({ recordId, userId }) => ({
    at: new Date(at),
    ...actorOf(principal),
    action: `${module.name}.${verb}`,
    moduleNumber: module.number,
    recordIds: [recordId],
    origin: from,
    result: 'ok',
    details: { user: userId, ...change },
  }))
  await writeEntries(transaction, entries, 'record')
}
