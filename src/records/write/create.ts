import { isGenerated } from '../../entities/columns.ts'
import { type Issue, say } from '../../errors/index.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import { applyCreates, stopAt } from './apply.ts'
import { authorize, checkItemLimit } from './authorize.ts'
import type { ChangeSetWrites } from './change-set-writes.ts'
import { Draft } from './draft.ts'
import { planExternalIds } from './external-ids.ts'
import { isSystemOnly, type ParsedInput, parseInput } from './input.ts'
import { checkPartialWrites, type PartialWrite } from './partial-writes.ts'
import { type ResolvedReferences, resolveReferences } from './references.ts'
import type { RecordInput, WriteOptions, WriteOutcome } from './request.ts'
import { type Authority, type Session, takesOwner } from './session.ts'
import { resolveTags } from './tags.ts'

/** Creates records: all or none. */
export async function createRecords(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  inputs: readonly RecordInput[],
  options: WriteOptions,
  authority: Authority,
): Promise<WriteOutcome> {
  const { session } = writes
  checkItemLimit(module, inputs.length)
  authorize(session, module, 'CREATE', authority)
  const issues: Issue[] = []
  const parsed = inputs.map((input, index) => parseInput(session, module, input, index, options, ['create'], authority, issues))
  const ids = parsed.map(() => session.newId(module.number))
  for (const [index, item] of parsed.entries()) nameRecord(session, module, item, ids[index] as string, issues)
  const resolved = await resolveReferences(session, parsed, authority, issues)
  await resolveTags(session, parsed, authority, writes, issues)
  const drafts = parsed.map((item, index) => newDraft(session, module, ids[index] as string, item, resolved, issues))
  await planExternalIds(
    session,
    drafts.map((draft, index) => ({ draft, parsed: parsed[index] as ParsedInput })),
  )
  await applyCreates(writes, module, drafts, authority, issues)
  await requirePartialCreates(
    session,
    module,
    parsed.map((item, index) => ({ id: ids[index] as string, parsed: item })),
    authority,
  )
  return { ids, created: ids.map(() => true) }
}

/** Throws VALIDATION_FAILED for new records, which stand, on which a field that they have may not be written. */
export async function requirePartialCreates(session: Session, module: ModuleDefinition, made: readonly PartialWrite[], authority: Authority): Promise<void> {
  const issues: Issue[] = []
  await checkPartialWrites(session, module, made, 'create', authority, issues)
  stopAt(issues)
}

/** Later references of the operation may use the name; two records cannot share it. */
export function nameRecord(session: Session, module: ModuleDefinition, { ref, path }: ParsedInput, id: string, issues: Issue[]): void {
  if (ref === undefined) return
  if (session.named.has(ref))
    issues.push({ path: [...path, 'ref'], code: 'DUPLICATE_REF', message: say`Two records of this operation are named ${JSON.stringify(ref.slice(0, 60))}.` })
  else session.named.set(ref, { module: module.name, id })
}

/** A new record's draft: input, defaults, owner and team. What is required and missing becomes an issue. */
export function newDraft(
  session: Session,
  module: ModuleDefinition,
  id: string,
  parsed: ParsedInput,
  { teamOfUser }: ResolvedReferences,
  issues: Issue[],
): Draft {
  const draft = new Draft({
    module,
    operation: 'CREATED',
    id,
    index: parsed.index,
    path: parsed.path,
    before: null,
    version: 0,
    session,
    issues,
  })
  draft.take(parsed)
  for (const field of module.fields.values()) {
    if (parsed.named.has(field.name) || isSystemOnly(field)) continue
    if (field.default !== undefined && field.default !== null) draft.set(field.name, field.default)
    else if (field.required && !field.readOnly && field.type !== 'AUTO_NUMBER' && !isGenerated(field))
      draft.refuse(field.name, 'REQUIRED', say`${field.name} is required.`)
  }
  if (takesOwner(module)) assignOwner(session, draft, parsed, teamOfUser)
  return draft
}

function assignOwner(session: Session, draft: Draft, parsed: ParsedInput, teamOfUser: ReadonlyMap<string, string | null>): void {
  if (!parsed.named.has('owner') && session.principal.kind === 'user') draft.put('owner', session.principal.userId)
  if (parsed.named.has('team')) return
  const owner = draft.after['owner'] ?? null
  if (owner !== null) draft.put('team', owner === session.principal.userId ? session.actorTeam : (teamOfUser.get(owner as string) ?? null))
}
