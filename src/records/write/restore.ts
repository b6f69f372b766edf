import { type Issue, say, validationFailed } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import { targetOf } from '../registry/index.ts'
import { applyChanges } from './apply.ts'
import { authorize, checkItemLimit } from './authorize.ts'
import type { ChangeSetWrites } from './change-set-writes.ts'
import { checkVersions } from './conflict.ts'
import { targetDraft } from './delete.ts'
import { type Dependency, dependenciesOn, referenceColumn, referenceFrom } from './dependents.ts'
import type { Draft } from './draft.ts'
import { checkLinkedParents } from './link-rows.ts'
import type { TargetItem, WriteOptions, WriteOutcome } from './request.ts'
import { type Authority, derivedAuthority, type Session } from './session.ts'
import { lockStanding } from './standing-records.ts'
import { StatementBuilder } from './statement.ts'
import type { StoredRecord } from './stored-records.ts'
import { addIssue, isToldOfRelation, UNTOLD } from './untold-fields.ts'
import { distinctTargetIds } from './update.ts'

const CHUNK = 1000

/**
 * Takes records out of the recycle bin, with the dependents that went there in the same change set. References that the deletion
 * cleared stay empty. A record that is not deleted is NOT_FOUND here; a unique value that was taken since is a DUPLICATE.
 */
export async function restoreRecords(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  items: readonly TargetItem[],
  options: WriteOptions,
  authority: Authority,
): Promise<WriteOutcome> {
  const { session } = writes
  checkItemLimit(module, items.length)
  authorize(session, module, 'RESTORE', authority)
  const ids = distinctTargetIds(module, items, options)
  if (ids.length === 0) return { ids, created: [] }
  const records = await lockStanding(session, module, ids, 'RESTORE', options, authority)
  const expectations = items.flatMap(({ ifVersion }, index) =>
    (ifVersion ?? null) === null
      ? []
      : [{ path: options.pathOf(index), stored: records[index] as StoredRecord, ifVersion: ifVersion as number, parsed: null, onConflict: 'FAIL' as const }],
  )
  await checkVersions(session, module, expectations, authority)
  const issues: Issue[] = []
  const drafts = records.map((record, index) => targetDraft(session, module, 'RESTORED', record, index, options, issues))
  await applyChanges(writes, module, drafts, 'RESTORE', authority, issues)
  await checkParents(session, module, drafts)
  await restoreDependents(writes, module, records, authority)
  return { ids, created: ids.map(() => false) }
}

/** Restores what was deleted together with these records, which are given as they were in the recycle bin. */
export async function restoreDependents(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  records: readonly StoredRecord[],
  authority: Authority,
): Promise<void> {
  if (records.length === 0) return
  const { session } = writes
  const dependencies = dependenciesOn(session.registry, module).filter(({ onDelete }) => onDelete === 'cascade')
  if (dependencies.length === 0) return
  const builder = new StatementBuilder(session.registry)
  const targets = `unnest(${builder.bind(
    records.map(({ id }) => id),
    'uuid[]',
  )}, ${builder.bind(
    records.map(({ changeSetId }) => changeSetId),
    'uuid[]',
  )}) AS d(id, change_set_id)`
  const selects = dependencies.map((dependency, index) => {
    const table = builder.secured(dependency.module, 'READ', session.unrestricted, 't')
    return `SELECT ${index} AS dependency, t.id FROM ${targets} JOIN ${referenceFrom(dependency, table.from, 't')} ON ${referenceColumn(dependency, 't')} = d.id AND t.change_set_id = d.change_set_id WHERE t.deleted_at IS NOT NULL${stillHangs(builder, session, module, dependency)}`
  })
  const rows = await session.transaction.query<{ dependency: number; id: string }>(builder.statement(selects.join('\nUNION ALL ')))
  for (const [index, { module: child }] of dependencies.entries()) {
    const ids = [...new Set(rows.filter(({ dependency }) => dependency === index).map(({ id }) => id))]
    for (let start = 0; start < ids.length; start += CHUNK) {
      await writes.restore(
        child,
        ids.slice(start, start + CHUNK).map((id) => ({ id })),
        { pathOf: () => [] },
        derivedAuthority(session, authority.depth),
      )
    }
  }
}

/** A record that hangs on several stays where it is until the last of them comes back. */
function stillHangs(builder: StatementBuilder, session: Session, target: ModuleDefinition, { field }: Dependency): string {
  if (field.type !== 'REFERENCES') return ''
  const table = builder.secured(target, 'READ', session.unrestricted, 'g')
  return ` AND NOT EXISTS (SELECT FROM ${quoteIdentifier(field.column)} AS o JOIN ${table.from} ON g.id = o.target_id WHERE o.source_id = t.id AND g.deleted_at IS NOT NULL)`
}

/** A restored record must not hang on one that is still deleted: its parents come first. They are locked against a rival who deletes them now. */
export async function checkParents(session: Session, module: ModuleDefinition, drafts: readonly Draft[]): Promise<void> {
  const issues: Issue[] = []
  for (const field of module.fields.values()) {
    const hangs = field.reference?.onDelete === 'cascade' || (field.required && field.reference?.onDelete === 'restrict')
    const target = hangs && !field.system ? targetOf(field, session.registry) : undefined
    const held = drafts.filter((draft) => (draft.after[field.name] ?? null) !== null)
    if (!target || field.type === 'REFERENCES' || held.length === 0) continue
    const builder = new StatementBuilder(session.registry)
    const table = builder.secured(target, 'READ', session.unrestricted, 't')
    const ids = builder.bind([...new Set(held.map((draft) => draft.after[field.name]))], 'uuid[]')
    const rows = await session.transaction.query<{ id: string; deleted: boolean }>(
      builder.statement(`SELECT t.id, t.deleted_at IS NOT NULL AS deleted FROM ${table.from} WHERE t.id = ANY(${ids}) ORDER BY t.id FOR KEY SHARE OF t`),
    )
    const deleted = new Set(rows.filter((row) => row.deleted).map(({ id }) => id))
    const message = isToldOfRelation(session, field, target) ? say`The ${target.name} of this ${module.name} is deleted. Restore it first.` : UNTOLD
    for (const draft of held) if (deleted.has(draft.after[field.name] as string)) addIssue(issues, { path: draft.path, code: 'PARENT_DELETED', message })
  }
  if (issues.length > 0) throw validationFailed(issues)
  await checkLinkedParents(session, module, drafts)
}
