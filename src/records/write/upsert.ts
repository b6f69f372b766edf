import { GuanxiError, type Issue, say } from '../../errors/index.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import { stopAt } from './apply.ts'
import { checkItemLimit, forbidden, mayAct } from './authorize.ts'
import type { ChangeSetWrites } from './change-set-writes.ts'
import { nameRecord } from './create.ts'
import { type ParsedInput, parseInput } from './input.ts'
import { type ResolvedReferences, resolveReferences } from './references.ts'
import type { UpsertItem, WriteOptions, WriteOutcome } from './request.ts'
import type { Authority, Session } from './session.ts'
import type { StoredRecord } from './stored-records.ts'
import { resolveTags } from './tags.ts'
import { rounds } from './update.ts'
import { changeMatches } from './upsert-changes.ts'
import { createMissing } from './upsert-creates.ts'
import { parseKey, type UpsertKey } from './upsert-key.ts'
import { findMatches } from './upsert-matches.ts'
import type { UpsertTarget } from './upsert-target.ts'

/** A rival may insert and delete the same key again and again; this many times we look anew. */
const MAX_LOOKS = 5

/**
 * Updates the records that the keys name and creates those that do not exist, atomically: of many callers with one key, one
 * creates and the others update. A deleted match comes back with the input's changes.
 */
export async function upsertRecords(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  items: readonly UpsertItem[],
  options: WriteOptions,
  authority: Authority,
): Promise<WriteOutcome> {
  const { session } = writes
  checkItemLimit(module, items.length)
  if (!mayAct(session, module, 'CREATE', authority) && !mayAct(session, module, 'UPDATE', authority)) throw forbidden(module, 'UPDATE')
  const issues: Issue[] = []
  const parsed = items.map((item, index) => parseInput(session, module, item.input, index, options, ['create', 'update'], authority, issues))
  const keys = items.map((item, index) => parseKey(session, module, item.by, (parsed[index] as ParsedInput).path, authority, issues))
  const resolved = await resolveReferences(session, parsed, authority, issues)
  await resolveTags(session, parsed, authority, writes, issues)
  stopAt(issues)
  const targets = items.map((item, index) => ({ item, parsed: parsed[index] as ParsedInput, key: keys[index] as UpsertKey }))
  const ids: string[] = new Array(items.length)
  const created: boolean[] = new Array(items.length).fill(false)
  for (const round of rounds(targets.map(({ key }) => key.text))) {
    let open = round.map((index) => targets[index] as UpsertTarget)
    for (let look = 0; open.length > 0; look += 1) {
      if (look === MAX_LOOKS) throw new GuanxiError('UNAVAILABLE', say`Others keep creating and deleting the same ${module.pluralName}. Try again.`)
      open = await upsertRound(writes, module, open, look, resolved, authority, (target, id, isNew) => {
        ids[target.parsed.index] = id
        created[target.parsed.index] = isNew
      })
    }
  }
  for (const { parsed: item } of targets) nameRecord(session, module, item, ids[item.index] as string, issues)
  stopAt(issues)
  return { ids, created }
}

/** One look at the keys; answers the targets that are still open: they met a record which was made in between. */
async function upsertRound(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  targets: readonly UpsertTarget[],
  look: number,
  resolved: ResolvedReferences,
  authority: Authority,
  done: (target: UpsertTarget, id: string, created: boolean) => void,
): Promise<UpsertTarget[]> {
  const { session } = writes
  const matches = withoutUntold(session, module, await findMatches(session, module, targets, authority), authority)
  const taken = new Set<string>()
  const existing: UpsertTarget[] = []
  const again: UpsertTarget[] = []
  for (const target of targets) {
    const stored = matches.get(target)
    if (!stored) continue
    // Two kinds of key may name one record: its changes follow one another.
    if (taken.has(stored.id)) again.push(target)
    else existing.push(target)
    taken.add(stored.id)
  }
  const missing = targets.filter((target) => !matches.has(target))
  await changeMatches(writes, module, existing, matches, resolved, authority)
  for (const target of existing) done(target, (matches.get(target) as StoredRecord).id, false)
  return [...again, ...(await createMissing(writes, module, missing, look, resolved, authority, done))]
}

/** Whoever could not create the record under a key learns from nothing that somebody else's has it: a record that he cannot read is one that does not exist. */
function withoutUntold(
  session: Session,
  module: ModuleDefinition,
  matches: ReadonlyMap<UpsertTarget, StoredRecord>,
  authority: Authority,
): ReadonlyMap<UpsertTarget, StoredRecord> {
  const mayCreate = mayAct(session, module, 'CREATE', authority)
  const mayTell = ({ item }: UpsertTarget) => mayCreate && (item.ifVersion ?? null) === null
  return new Map([...matches].filter(([target, { readable }]) => readable || mayTell(target)))
}
