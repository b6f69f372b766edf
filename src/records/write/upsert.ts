import { GuanxiError, type Issue } from '../../errors/index.ts'
import { fieldLevel } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { applyChanges, applyCreates, stopAt } from './apply.ts'
import { authorize, checkItemLimit, forbidden, mayAct } from './authorize.ts'
import type { ChangeSetWrites } from './change-set-writes.ts'
import { checkVersions } from './conflict.ts'
import { nameRecord, newDraft, requirePartialCreates } from './create.ts'
import type { Draft } from './draft.ts'
import { findDuplicates } from './duplicates.ts'
import { claimExternalId, duplicate, planExternalIds } from './external-ids.ts'
import { type IssuePath, type ParsedInput, parseInput, refuseUncreatable } from './input.ts'
import { neededLinks, withLinks } from './link-rows.ts'
import { checkPartialWrites } from './partial-writes.ts'
import type { ExternalId } from './reference-input.ts'
import { externalKey, type ResolvedReferences, resolveReferences, uniqueKey, uniqueKeySql } from './references.ts'
import type { UpsertItem, WriteOptions, WriteOutcome } from './request.ts'
import { checkParents, restoreDependents } from './restore.ts'
import type { Authority, Session } from './session.ts'
import { StatementBuilder } from './statement.ts'
import { readRecords, readWhere, type StoredRecord } from './stored-records.ts'
import { resolveTags } from './tags.ts'
import { isUntold } from './untold-fields.ts'
import { changeDraft, requireAllowed, rounds } from './update.ts'
import { keyName, parseKey, type UpsertKey } from './upsert-key.ts'
import { coerceValue } from './values.ts'

interface Target {
  readonly item: UpsertItem
  readonly parsed: ParsedInput
  readonly key: UpsertKey
}

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
    let open = round.map((index) => targets[index] as Target)
    for (let look = 0; open.length > 0; look += 1) {
      if (look === MAX_LOOKS) throw new GuanxiError('UNAVAILABLE', `Others keep creating and deleting the same ${module.pluralName}. Try again.`)
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
  targets: readonly Target[],
  look: number,
  resolved: ResolvedReferences,
  authority: Authority,
  done: (target: Target, id: string, created: boolean) => void,
): Promise<Target[]> {
  const { session } = writes
  const matches = withoutUntold(session, module, await findMatches(session, module, targets, authority), authority)
  const taken = new Set<string>()
  const existing: Target[] = []
  const again: Target[] = []
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
  matches: ReadonlyMap<Target, StoredRecord>,
  authority: Authority,
): ReadonlyMap<Target, StoredRecord> {
  const mayCreate = mayAct(session, module, 'CREATE', authority)
  const mayTell = ({ item }: Target) => mayCreate && (item.ifVersion ?? null) === null
  return new Map([...matches].filter(([target, { readable }]) => readable || mayTell(target)))
}

async function changeMatches(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  targets: readonly Target[],
  matches: ReadonlyMap<Target, StoredRecord>,
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
        { path: keyPath(target), code: 'DUPLICATE', message: `Another ${module.name} already has this ${keyName(target.key)}.` },
      ])
    requireAllowed(module, stored, 'UPDATE', target.parsed.path)
    if (stored.deleted) authorize(session, module, 'RESTORE', authority)
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
  const storedOf = (target: Target) => linked.get((matches.get(target) as StoredRecord).id) as StoredRecord
  // Before versions, as in an update.
  const issues: Issue[] = []
  const changed = targets.map((target) => ({ id: storedOf(target).id, parsed: target.parsed }))
  await checkPartialWrites(session, module, changed, 'update', authority, issues)
  stopAt(issues)
  const expecting = targets.filter(({ item }) => (item.ifVersion ?? null) !== null)
  await checkVersions(
    session,
    module,
    expecting.map((target) => ({
      path: target.parsed.path,
      stored: storedOf(target),
      ifVersion: target.item.ifVersion as number,
      parsed: target.parsed,
      onConflict: target.item.onConflict ?? 'FAIL',
    })),
    authority,
  )
  const pairs = targets.map((target) => {
    const stored = storedOf(target)
    return { parsed: target.parsed, draft: changeDraft(session, module, stored.deleted ? 'RESTORED' : 'UPDATED', target.parsed, stored, resolved, issues) }
  })
  await planExternalIds(session, pairs)
  await applyChanges(
    writes,
    module,
    pairs.map(({ draft }) => draft),
    'UPDATE',
    authority,
    issues,
  )
  await checkParents(
    session,
    module,
    pairs.map(({ draft }) => draft).filter(({ operation }) => operation === 'RESTORED'),
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
  targets: readonly Target[],
  matches: ReadonlyMap<Target, StoredRecord>,
  authority: Authority,
): Promise<void> {
  if (targets.length === 0) return
  const idOf = (target: Target) => (matches.get(target) as StoredRecord).id
  const stored = await readRecords(session, module, targets.map(idOf), authority, { action: 'RESTORE', lock: 'none', deleted: 'ONLY' })
  for (const target of targets) requireAllowed(module, stored.get(idOf(target)), 'RESTORE', target.parsed.path)
}

async function createMissing(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  targets: readonly Target[],
  look: number,
  resolved: ResolvedReferences,
  authority: Authority,
  done: (target: Target, id: string, created: boolean) => void,
): Promise<Target[]> {
  if (targets.length === 0) return []
  const { session } = writes
  authorize(session, module, 'CREATE', authority)
  const issues: Issue[] = []
  const drafts = new Map<Draft, Target>()
  const keys = new Map<Draft, ExternalId>()
  for (const target of targets) {
    if ((target.item.ifVersion ?? null) !== null) {
      throw new GuanxiError('VERSION_CONFLICT', `There is no such ${module.name} at version ${target.item.ifVersion}.`, {
        module: module.name,
        path: target.parsed.path,
        base: null,
        yours: null,
        current: null,
      })
    }
    const id = target.key.kind === 'id' ? (target.key.value as string) : session.newId(module.number)
    refuseUnwritableKey(session, module, target, authority, issues)
    refuseUncreatable(module, target.parsed, authority, issues)
    const parsed = withKey(target)
    const draft = newDraft(session, module, id, parsed, resolved, issues)
    if (target.key.kind === 'externalId') keys.set(draft, target.key.value as ExternalId)
    drafts.set(draft, target)
  }
  await planExternalIds(
    session,
    [...drafts].map(([draft, { parsed }]) => ({ draft, parsed })),
  )
  for (const [draft, key] of keys) claimExternalId(draft, key)
  const left = new Set(await applyCreates(writes, module, [...drafts.keys()], authority, issues, { yielding: true, keys }))
  const made = [...drafts].filter(([draft]) => !left.has(draft))
  for (const [draft, target] of made) done(target, draft.id, true)
  await requirePartialCreates(
    session,
    module,
    made.map(([{ id }, { parsed }]) => ({ id, parsed })),
    authority,
  )
  // At the first look the rival may be the very record that the key names; the next look tells.
  if (look > 0) await refuseOtherDuplicates(session, module, [...left], drafts)
  return [...left].map((draft) => drafts.get(draft) as Target)
}

/** The `by` value of a unique field is written on create, whatever the input says. */
function withKey({ parsed, key }: Target): ParsedInput {
  if (key.field === null) return parsed
  return { ...parsed, named: new Set([...parsed.named, key.field.name]), values: new Map([...parsed.values, [key.field, key.value]]) }
}

/** A key that finds a record need not be a value that the field takes today. */
function refuseUnwritableKey(session: Session, module: ModuleDefinition, target: Target, authority: Authority, issues: Issue[]): void {
  const { field } = target.key
  if (field === null) return
  const refuse = (code: string, message: string): undefined => void issues.push({ path: keyPath(target), code, message })
  coerceValue(field, target.key.value, session.defaults, refuse)
  if (authority.derived) return
  if (field.readOnly) refuse('READ_ONLY', `There is no ${module.name} with this ${field.name}, and ${field.name} is set by the system.`)
  else if (fieldLevel(authority.policy, module.name, field.name) !== 'WRITE') refuse('FORBIDDEN_FIELD', `Your roles do not allow writing ${field.name}.`)
}

/** A row was left out: by its own key (then the next look finds it), or by another unique value, which is a DUPLICATE. */
async function refuseOtherDuplicates(session: Session, module: ModuleDefinition, left: readonly Draft[], targets: ReadonlyMap<Draft, Target>): Promise<void> {
  if (left.length === 0) return
  const issues = await findDuplicates(session, module, left)
  const others = issues.filter((issue) => {
    const { path } = issue
    const draft = left.find((candidate) => candidate.path.every((step, index) => path[index] === step))
    const key = draft && targets.get(draft)?.key
    return isUntold(issue) || (path.length > (draft?.path.length ?? 0) && key?.field?.name !== path.at(-1))
  })
  if (others.length > 0) throw duplicate(session, module, others)
}

/** Locks what the keys name, deleted and unreadable records included: one statement per kind of key. */
async function findMatches(session: Session, module: ModuleDefinition, targets: readonly Target[], authority: Authority): Promise<Map<Target, StoredRecord>> {
  const matches = new Map<Target, StoredRecord>()
  const groups = new Map<string, Target[]>()
  for (const target of targets) {
    const group = target.key.field?.name ?? target.key.kind
    groups.set(group, [...(groups.get(group) ?? []), target])
  }
  for (const group of groups.values()) {
    const found = await lockMatches(session, module, group, authority)
    for (const target of group) {
      const stored = found.get(target.key.text)
      if (stored) matches.set(target, stored)
    }
  }
  return matches
}

async function lockMatches(session: Session, module: ModuleDefinition, group: readonly Target[], authority: Authority): Promise<Map<string, StoredRecord>> {
  const builder = new StatementBuilder(session.registry)
  const { kind, field } = (group[0] as Target).key
  const options = { action: 'UPDATE', lock: 'change', deleted: 'INCLUDE', unreadable: true } as const
  if (kind === 'id') {
    const found = await readWhere(
      session,
      module,
      builder,
      `t.id = ANY(${builder.bind(
        group.map(({ key }) => key.value),
        'uuid[]',
      )})`,
      authority,
      options,
    )
    return new Map([...found.values()].map((stored) => [`id:${stored.id}`, stored]))
  }
  if (kind === 'externalId') {
    const holders = await holdersOf(
      session,
      module,
      group.map(({ key }) => key.value as ExternalId),
    )
    const found = await readWhere(session, module, builder, `t.id = ANY(${builder.bind([...holders.values()], 'uuid[]')})`, authority, options)
    return new Map([...holders].flatMap(([key, id]) => (found.has(id) ? [[`externalId:${key}`, found.get(id) as StoredRecord] as const] : [])))
  }
  const unique = field as FieldDefinition
  // One record a key: the undeleted one, else the one that was deleted last.
  const inner = builder.secured(module, 'UPDATE', session.unrestricted, 'k')
  const values = builder.bind(
    group.map(({ key }) => uniqueKey(unique, key.value)),
    unique.type === 'INTEGER' ? 'int[]' : 'text[]',
  )
  const innerKey = uniqueKeySql(unique, 'k')
  const where = `t.id IN (SELECT DISTINCT ON (${innerKey}) k.id FROM ${inner.from} WHERE ${innerKey} = ANY(${values}) ORDER BY ${innerKey}, k.deleted_at DESC NULLS FIRST, k.id)`
  const found = await readWhere(session, module, builder, where, authority, options)
  return new Map([...found.values()].map((stored) => [`${unique.name}:${uniqueKey(unique, stored.image[unique.name])}`, stored]))
}

async function holdersOf(session: Session, module: ModuleDefinition, ids: readonly ExternalId[]): Promise<Map<string, string>> {
  const rows = await session.transaction.query<{ system: string; key: string; id: string }>({
    text: `SELECT e.system, e.key, e.record_id AS id FROM external_id e JOIN unnest($2::text[], $3::text[]) AS k(system, key) ON e.system = k.system AND e.key = k.key WHERE e.module_number = $1`,
    values: [module.number, ids.map(({ system }) => system), ids.map(({ key }) => key)],
    purpose: 'record',
  })
  return new Map(rows.map(({ system, key, id }) => [externalKey({ system, key }), id]))
}

function keyPath({ parsed, key }: Target): IssuePath {
  return [...parsed.path.slice(0, -1), 'by', keyName(key)]
}
