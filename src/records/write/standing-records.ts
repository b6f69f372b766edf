import type { ModuleDefinition } from '../registry/definition.ts'
import { forbiddenRecord, type StandingAction } from './authorize.ts'
import type { WriteOptions } from './request.ts'
import { findAdmitted } from './rows.ts'
import type { Authority, Session } from './session.ts'
import { StatementBuilder } from './statement.ts'
import { readRecords, type StoredRecord } from './stored-records.ts'
import { requireAllowed } from './update.ts'

const READS = {
  DELETE: { lock: 'remove', deleted: 'EXCLUDE' },
  RESTORE: { lock: 'change', deleted: 'ONLY' },
} as const

/**
 * Locks records that are to be deleted or restored and answers them, in the order of `ids`, if the caller may do it. Derived deletions pass over what is gone meanwhile. Throws NOT_FOUND and FORBIDDEN.
 */
export async function lockStanding(
  session: Session,
  module: ModuleDefinition,
  ids: readonly string[],
  action: StandingAction,
  { pathOf }: Pick<WriteOptions, 'pathOf'>,
  authority: Authority,
): Promise<readonly StoredRecord[]> {
  const stored = await readRecords(session, module, ids, authority, { action, ...READS[action] })
  const passing = authority.derived && action === 'DELETE'
  const records = ids.flatMap((id, index) => (passing && !stored.has(id) ? [] : [requireAllowed(module, stored.get(id), action, pathOf(index))]))
  if (!authority.derived && !new StatementBuilder(session.registry).secured(module, action, authority.policy, 't').scoped) {
    // A statement that waits for a lock goes on with the row as it is then, but with all others as they were before: only another one tells whether these agree.
    const admitted = await findAdmitted(session, module, ids, action, authority)
    const outside = ids.findIndex((id) => !admitted.has(id))
    if (outside >= 0) throw forbiddenRecord(module, action, pathOf(outside))
  }
  return records
}
