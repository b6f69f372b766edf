import { GuanxiError, type Issue, say } from '../../errors/index.ts'
import { moduleNumberOf } from '../../lib/record-id.ts'
import type { Action } from '../access/policy.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import { applyChanges, stopAt } from './apply.ts'
import { authorize, checkItemLimit, forbiddenRecord } from './authorize.ts'
import type { ChangeSetWrites } from './change-set-writes.ts'
import { checkVersions } from './conflict.ts'
import { Draft } from './draft.ts'
import { planExternalIds } from './external-ids.ts'
import { type IssuePath, type ParsedInput, parseInput } from './input.ts'
import { neededLinks, withLinks } from './link-rows.ts'
import { checkPartialWrites } from './partial-writes.ts'
import { type ResolvedReferences, resolveReferences } from './references.ts'
import type { TargetItem, UpdateItem, WriteOptions, WriteOutcome } from './request.ts'
import type { Operation } from './rule.ts'
import { type Authority, type Session, takesOwner } from './session.ts'
import { readRecords, type StoredRecord } from './stored-records.ts'
import { resolveTags } from './tags.ts'

/** Updates records: all or none. An item that changes nothing leaves its record as it is. */
export async function updateRecords(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  items: readonly UpdateItem[],
  options: WriteOptions,
  authority: Authority,
): Promise<WriteOutcome> {
  const { session } = writes
  checkItemLimit(module, items.length)
  authorize(session, module, 'UPDATE', authority)
  const issues: Issue[] = []
  const parsed = items.map((item, index) => parseInput(session, module, item.input, index, options, ['update'], authority, issues))
  for (const item of parsed) refuseRef(item, issues)
  const resolved = await resolveReferences(session, parsed, authority, issues)
  await resolveTags(session, parsed, authority, writes, issues)
  stopAt(issues)
  const ids = items.map((item, index) => targetId(module, item.id, parsed[index]?.path ?? []))
  for (const round of rounds(ids)) {
    const targets = round.map((index) => ({ item: items[index] as UpdateItem, parsed: parsed[index] as ParsedInput, id: ids[index] as string }))
    await updateRound(writes, module, targets, resolved, authority)
  }
  return { ids, created: ids.map(() => false) }
}

interface Target {
  readonly item: UpdateItem
  readonly parsed: ParsedInput
  readonly id: string
}

async function updateRound(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  targets: readonly Target[],
  resolved: ResolvedReferences,
  authority: Authority,
): Promise<void> {
  const { session } = writes
  const locked = await readRecords(
    session,
    module,
    targets.map(({ id }) => id),
    authority,
    { action: 'UPDATE', lock: 'change', deleted: 'EXCLUDE' },
  )
  const links = neededLinks(
    module,
    targets.map(({ parsed }) => parsed),
  )
  const stored = await withLinks(session, locked, links, authority)
  // A derived write follows from a change whose target may meanwhile be gone.
  const present = authority.derived ? targets.filter(({ id }) => stored.has(id)) : targets
  const changes = present.map(({ id, item, parsed }) => ({ item, parsed, stored: requireAllowed(module, stored.get(id), 'UPDATE', parsed.path) }))
  await changeRecords(writes, module, changes, resolved, authority)
}

/** What an item of an update or an upsert does to a record that is locked. */
export interface RecordChange {
  readonly item: Pick<UpdateItem, 'ifVersion' | 'onConflict'>
  readonly parsed: ParsedInput
  readonly stored: StoredRecord
}

/** Writes changes of records that the caller may update; what was deleted comes back with its change. Throws VALIDATION_FAILED, VERSION_CONFLICT and what rules refuse. */
export async function changeRecords(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  changes: readonly RecordChange[],
  resolved: ResolvedReferences,
  authority: Authority,
): Promise<readonly Draft[]> {
  const { session } = writes
  const issues: Issue[] = []
  const written = changes.map(({ stored, parsed }) => ({ id: stored.id, parsed }))
  // Before versions, which compare the input with what is stored: whoever does not see a field of this record must not learn whether a guess is right.
  await checkPartialWrites(session, module, written, 'update', authority, issues)
  stopAt(issues)
  const expecting = changes.filter(({ item }) => (item.ifVersion ?? null) !== null)
  await checkVersions(
    session,
    module,
    expecting.map(({ item, parsed, stored }) => ({
      path: parsed.path,
      stored,
      ifVersion: item.ifVersion as number,
      parsed,
      onConflict: item.onConflict ?? 'FAIL',
    })),
    authority,
  )
  const pairs = changes.map(({ parsed, stored }) => ({
    parsed,
    draft: changeDraft(session, module, stored.deleted ? 'RESTORED' : 'UPDATED', parsed, stored, resolved, issues),
  }))
  await planExternalIds(session, pairs)
  const drafts = pairs.map(({ draft }) => draft)
  await applyChanges(writes, module, drafts, 'UPDATE', authority, issues)
  return drafts
}

/** Draft of a stored record with what the input changes. A new owner brings the owner's team, unless a team is given. */
function changeDraft(
  session: Session,
  module: ModuleDefinition,
  operation: Operation,
  parsed: ParsedInput,
  stored: StoredRecord,
  { teamOfUser }: ResolvedReferences,
  issues: Issue[],
): Draft {
  const draft = new Draft({
    module,
    operation,
    id: stored.id,
    index: parsed.index,
    path: parsed.path,
    before: stored.image,
    version: stored.version,
    gone: stored.gone,
    unseen: stored.unseen,
    session,
    issues,
  })
  draft.take(parsed)
  if (takesOwner(module) && draft.changes('owner') && !parsed.named.has('team')) {
    const team = teamOfUser.get(draft.after['owner'] as string)
    if (team !== undefined) draft.put('team', team)
  }
  return draft
}

/** The record, if the caller may carry out the action on it. Throws NOT_FOUND for a missing or unreadable one, else FORBIDDEN. */
export function requireAllowed(module: ModuleDefinition, stored: StoredRecord | undefined, action: Action, path: IssuePath): StoredRecord {
  if (!stored) throw notFoundAt(module, path)
  if (!stored.allowed) throw forbiddenRecord(module, action, path)
  return stored
}

export function notFoundAt(module: ModuleDefinition, path: IssuePath): GuanxiError {
  return new GuanxiError('NOT_FOUND', say`There is no ${module.name} with this id, or you cannot read it.`, { module: module.name, path })
}

/** The id in canonical form. Throws NOT_FOUND for what cannot be an id of this module. */
export function targetId(module: ModuleDefinition, id: string, path: IssuePath): string {
  const lower = String(id).toLowerCase()
  if (moduleNumberOf(lower) !== module.number) throw notFoundAt(module, path)
  return lower
}

/** The ids of items of which each must name another record: a second one finds the first's work done. Throws NOT_FOUND. */
export function distinctTargetIds(module: ModuleDefinition, items: readonly TargetItem[], { pathOf }: WriteOptions): string[] {
  const ids = items.map((item, index) => targetId(module, item.id, pathOf(index)))
  const twice = rounds(ids)[1]?.[0]
  if (twice !== undefined) throw notFoundAt(module, pathOf(twice))
  return ids
}

/** Indexes in rounds, so that no round names a record twice: its changes follow one another in the order of the input. */
export function rounds(keys: readonly string[]): number[][] {
  const seen = new Map<string, number>()
  const result: number[][] = []
  for (const [index, key] of keys.entries()) {
    const round = seen.get(key) ?? 0
    seen.set(key, round + 1)
    const members = result[round]
    if (members) members.push(index)
    else result.push([index])
  }
  return result
}

function refuseRef({ ref, path }: ParsedInput, issues: Issue[]): void {
  if (ref !== undefined) issues.push({ path: [...path, 'ref'], code: 'UNKNOWN_FIELD', message: say`ref names a record that is created; an update has none.` })
}
