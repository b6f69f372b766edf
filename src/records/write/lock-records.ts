import type { Action } from '../access/policy.ts'
import { withoutShares } from '../access/shares.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import { authorize, checkItemLimit, forbiddenRecord } from './authorize.ts'
import { checkVersions } from './conflict.ts'
import type { TargetItem, WriteOptions } from './request.ts'
import type { RecordImage } from './rule.ts'
import { authorityOf, type Session } from './session.ts'
import { readRecords, type StoredRecord } from './stored-records.ts'
import { distinctTargetIds, notFoundAt } from './update.ts'

/**
 * Undeleted records as they stand, in the order of the items, if the caller may carry out all these actions on each of them by roles: what others have shared does not
 * count. Until the transaction ends nobody else changes them or refers to them anew. Throws NOT_FOUND for what the caller cannot read, FORBIDDEN and VERSION_CONFLICT.
 */
export async function lockRecords(
  session: Session,
  module: ModuleDefinition,
  items: readonly TargetItem[],
  actions: readonly Action[],
  options: WriteOptions,
): Promise<readonly RecordImage[]> {
  const authority = authorityOf(session)
  checkItemLimit(module, items.length)
  for (const action of actions) authorize(session, module, action, authority)
  const ids = distinctTargetIds(module, items, options)
  const stored = await readRecords(session, module, ids, authority, { action: 'READ', lock: 'remove', deleted: 'EXCLUDE' })
  const records = ids.map((id, index) => {
    const record = stored.get(id)
    if (!record) throw notFoundAt(module, options.pathOf(index))
    return record
  })
  const byRoles = { ...authority, policy: withoutShares(authority.policy) }
  for (const action of actions) {
    const held = await readRecords(session, module, ids, byRoles, { action, lock: 'none', deleted: 'EXCLUDE' })
    const refused = ids.findIndex((id) => held.get(id)?.allowed !== true)
    if (refused >= 0) throw forbiddenRecord(module, action, options.pathOf(refused))
  }
  const expectations = items.flatMap(({ ifVersion }, index) =>
    (ifVersion ?? null) === null
      ? []
      : [{ path: options.pathOf(index), stored: records[index] as StoredRecord, ifVersion: ifVersion as number, parsed: null, onConflict: 'FAIL' as const }],
  )
  await checkVersions(session, module, expectations, authority)
  return records.map(({ image }) => image)
}
