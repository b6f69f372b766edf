import { say } from '../../errors/index.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import { authorize } from './authorize.ts'
import type { ChangeSetWrites } from './change-set-writes.ts'
import { duplicate } from './external-ids.ts'
import { neededLinks, withLinks } from './link-rows.ts'
import type { ResolvedReferences } from './references.ts'
import { checkParents, restoreDependents } from './restore.ts'
import type { Authority, Session } from './session.ts'
import { readRecords, type StoredRecord } from './stored-records.ts'
import { changeRecords, requireAllowed } from './update.ts'
import { keyName } from './upsert-key.ts'
import { keyPath, type UpsertTarget } from './upsert-target.ts'

/** Changes the records that keys have found, which are locked; deleted ones come back with it. Throws for the first that may not be told of, changed or restored. */
export async function changeMatches(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  targets: readonly UpsertTarget[],
  matches: ReadonlyMap<UpsertTarget, StoredRecord>,
  resolved: ResolvedReferences,
  authority: Authority,
): Promise<void> {
  if (targets.length === 0) return
  const { session } = writes
  authorize(session, module, 'UPDATE', authority)
  for (const target of targets) {
    const stored = matches.get(target) as StoredRecord
    if (!stored.readable)
      throw duplicate(session, module, [
        { path: keyPath(target), code: 'DUPLICATE', message: say`Another ${module.name} already has this ${keyName(target.key)}.` },
      ])
    requireAllowed(module, stored, 'UPDATE', target.parsed.path)
    if (stored.deleted) authorize(session, module, 'RESTORE', authority, target.parsed.path)
  }
  const returning = targets.filter((target) => (matches.get(target) as StoredRecord).deleted)
  await requireRestorable(session, module, returning, matches, authority)
  const linked = await withLinks(
    session,
    new Map([...matches.values()].map((stored) => [stored.id, stored])),
    neededLinks(
      module,
      targets.map(({ parsed }) => parsed),
    ),
    authority,
  )
  const changes = targets.map((target) => ({
    item: target.item,
    parsed: target.parsed,
    stored: linked.get((matches.get(target) as StoredRecord).id) as StoredRecord,
  }))
  const drafts = await changeRecords(writes, module, changes, resolved, authority)
  await checkParents(
    session,
    module,
    drafts.filter(({ operation }) => operation === 'RESTORED'),
  )
  await restoreDependents(
    writes,
    module,
    returning.map((target) => matches.get(target) as StoredRecord),
    authority,
  )
}

/** A match comes out of the recycle bin only for who may restore this very record. */
async function requireRestorable(
  session: Session,
  module: ModuleDefinition,
  targets: readonly UpsertTarget[],
  matches: ReadonlyMap<UpsertTarget, StoredRecord>,
  authority: Authority,
): Promise<void> {
  if (targets.length === 0) return
  const idOf = (target: UpsertTarget) => (matches.get(target) as StoredRecord).id
  const stored = await readRecords(session, module, targets.map(idOf), authority, { action: 'RESTORE', lock: 'none', deleted: 'ONLY' })
  for (const target of targets) requireAllowed(module, stored.get(idOf(target)), 'RESTORE', target.parsed.path)
}
