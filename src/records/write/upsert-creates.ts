import { GuanxiError, type Issue, type Message, say } from '../../errors/index.ts'
import { fieldLevel } from '../access/secured.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import { applyCreates } from './apply.ts'
import { authorize } from './authorize.ts'
import type { ChangeSetWrites } from './change-set-writes.ts'
import { newDraft, requirePartialCreates } from './create.ts'
import type { Draft } from './draft.ts'
import { findDuplicates } from './duplicates.ts'
import { claimExternalId, duplicate, planExternalIds } from './external-ids.ts'
import { type ParsedInput, refuseUncreatable } from './input.ts'
import type { ExternalId } from './reference-input.ts'
import type { ResolvedReferences } from './references.ts'
import type { Authority, Session } from './session.ts'
import { isUntold } from './untold-fields.ts'
import { keyPath, type UpsertTarget } from './upsert-target.ts'
import { coerceValue } from './values.ts'

/** Creates the records that keys have not found, and tells `done` of each; answers those whose row was left out, because a rival made one in between. `look`: how often keys were looked for before. */
export async function createMissing(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  targets: readonly UpsertTarget[],
  look: number,
  resolved: ResolvedReferences,
  authority: Authority,
  done: (target: UpsertTarget, id: string, created: boolean) => void,
): Promise<UpsertTarget[]> {
  if (targets.length === 0) return []
  const { session } = writes
  authorize(session, module, 'CREATE', authority)
  const issues: Issue[] = []
  const drafts = new Map<Draft, UpsertTarget>()
  const keys = new Map<Draft, ExternalId>()
  for (const target of targets) {
    if ((target.item.ifVersion ?? null) !== null) {
      throw new GuanxiError('VERSION_CONFLICT', say`There is no such ${module.name} at version ${target.item.ifVersion as number}.`, {
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
  return [...left].map((draft) => drafts.get(draft) as UpsertTarget)
}

/** The `by` value of a unique field is written on create, whatever the input says. */
function withKey({ parsed, key }: UpsertTarget): ParsedInput {
  if (key.field === null) return parsed
  return { ...parsed, named: new Set([...parsed.named, key.field.name]), values: new Map([...parsed.values, [key.field, key.value]]) }
}

/** A key that finds a record need not be a value that the field takes today. */
function refuseUnwritableKey(session: Session, module: ModuleDefinition, target: UpsertTarget, authority: Authority, issues: Issue[]): void {
  const { field } = target.key
  if (field === null) return
  const refuse = (code: string, message: Message): undefined => void issues.push({ path: keyPath(target), code, message })
  coerceValue(field, target.key.value, session.defaults, refuse)
  if (authority.derived) return
  if (field.readOnly) refuse('READ_ONLY', say`There is no ${module.name} with this ${field.name}, and ${field.name} is set by the system.`)
  else if (fieldLevel(authority.policy, module.name, field.name) !== 'WRITE') refuse('FORBIDDEN_FIELD', say`Your roles do not allow writing ${field.name}.`)
}

/** A row was left out: by its own key (then the next look finds it), or by another unique value, which is a DUPLICATE. */
async function refuseOtherDuplicates(
  session: Session,
  module: ModuleDefinition,
  left: readonly Draft[],
  targets: ReadonlyMap<Draft, UpsertTarget>,
): Promise<void> {
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
