import { GuanxiError, type Issue, say } from '../../errors/index.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import { applyChanges } from './apply.ts'
import { authorize, checkItemLimit } from './authorize.ts'
import type { ChangeSetWrites } from './change-set-writes.ts'
import { checkVersions } from './conflict.ts'
import { type Dependency, dependenciesOn, referenceColumn, referenceFrom } from './dependents.ts'
import { Draft } from './draft.ts'
import type { TargetItem, WriteOptions, WriteOutcome } from './request.ts'
import { type Authority, derivedAuthority, type Session } from './session.ts'
import { lockStanding } from './standing-records.ts'
import { StatementBuilder } from './statement.ts'
import type { StoredRecord } from './stored-records.ts'
import { distinctTargetIds } from './update.ts'

/** Records that one deletion or merge may take along or touch; more would hold locks for too long. */
export const MAX_DEPENDENTS = 20_000

/** Derived writes go in parts of this size. */
const CHUNK = 1000

/**
 * Puts records into the recycle bin, with those that depend on them (`cascade`); references by others are cleared (`clear`), or
 * refuse the deletion at commit (`restrict`). Deleting twice is NOT_FOUND.
 */
export async function deleteRecords(
  writes: ChangeSetWrites,
  module: ModuleDefinition,
  items: readonly TargetItem[],
  options: WriteOptions,
  authority: Authority,
): Promise<WriteOutcome> {
  const { session } = writes
  checkItemLimit(module, items.length)
  authorize(session, module, 'DELETE', authority)
  const ids = distinctTargetIds(module, items, options)
  if (ids.length === 0) return { ids, created: [] }
  const records = await lockStanding(session, module, ids, 'DELETE', options, authority)
  const stored = new Map(records.map((record) => [record.id, record]))
  const expectations = items.flatMap(({ ifVersion }, index) => {
    const record = stored.get(ids[index] as string)
    return record && (ifVersion ?? null) !== null
      ? [{ path: options.pathOf(index), stored: record, ifVersion: ifVersion as number, parsed: null, onConflict: 'FAIL' as const }]
      : []
  })
  await checkVersions(session, module, expectations, authority)
  const issues: Issue[] = []
  const drafts = records.map((record) => targetDraft(session, module, 'DELETED', record, ids.indexOf(record.id), options, issues))
  await applyChanges(writes, module, drafts, 'DELETE', authority, issues)
  await followReferences(writes, module, [...stored.keys()], authority)
  return { ids, created: ids.map(() => false) }
}

export function targetDraft(
  session: Session,
  module: ModuleDefinition,
  operation: 'DELETED' | 'RESTORED',
  stored: StoredRecord,
  index: number,
  options: WriteOptions,
  issues: Issue[],
): Draft {
  return new Draft({
    module,
    operation,
    id: stored.id,
    index,
    path: options.pathOf(index),
    before: stored.image,
    version: stored.version,
    session,
    issues,
  })
}

/** Carries out `cascade` and `clear`: one statement finds all dependents, one call per reference changes them. */
async function followReferences(writes: ChangeSetWrites, module: ModuleDefinition, ids: readonly string[], authority: Authority): Promise<void> {
  const { session } = writes
  const dependencies = dependenciesOn(session.registry, module).filter(({ onDelete }) => onDelete !== 'restrict')
  if (dependencies.length === 0 || ids.length === 0) return
  const found = await findDependents(session, dependencies, ids, module)
  const derived = derivedAuthority(session, authority.depth)
  const options = { pathOf: () => [] }
  for (const [dependency, holders] of found) {
    const dependents = [...holders]
    for (let start = 0; start < dependents.length; start += CHUNK) {
      const part = dependents.slice(start, start + CHUNK)
      if (dependency.onDelete === 'cascade')
        await writes.delete(
          dependency.module,
          part.map(([id]) => ({ id })),
          options,
          derived,
        )
      else
        await writes.update(
          dependency.module,
          part.map(([id, targets]) => ({ id, input: { [dependency.field.name]: dependency.field.type === 'REFERENCES' ? { remove: targets } : null } })),
          options,
          derived,
        )
    }
  }
}

/** Ids of the holders, each with the targets that it refers to where one can refer to several. */
async function findDependents(
  session: Session,
  dependencies: readonly Dependency[],
  ids: readonly string[],
  module: ModuleDefinition,
): Promise<Map<Dependency, Map<string, string[]>>> {
  const builder = new StatementBuilder(session.registry)
  const targets = builder.bind(ids, 'uuid[]')
  const many = dependencies.some(({ field }) => field.type === 'REFERENCES')
  const selects = dependencies.map((dependency, index) => {
    const table = builder.secured(dependency.module, 'READ', session.unrestricted, 't')
    const target = many ? `, ${referenceColumn(dependency, 't')} AS target` : ''
    return `SELECT ${index} AS dependency, t.id${target} FROM ${referenceFrom(dependency, table.from, 't')} WHERE ${referenceColumn(dependency, 't')} = ANY(${targets}) AND t.deleted_at IS NULL`
  })
  const rows = await session.transaction.query<{ dependency: number; id: string; target?: string }>(
    builder.statement(`${selects.join('\nUNION ALL ')}\nLIMIT ${MAX_DEPENDENTS + 1}`),
  )
  if (rows.length > MAX_DEPENDENTS) {
    throw new GuanxiError(
      'LIMIT_EXCEEDED',
      say`More than ${MAX_DEPENDENTS} records depend on these ${module.pluralName}. Delete or move those first, or delete fewer at once.`,
      { limit: MAX_DEPENDENTS },
    )
  }
  const found = new Map<Dependency, Map<string, string[]>>()
  for (const { dependency: index, id, target } of rows) {
    const dependency = dependencies[index] as Dependency
    const holders = found.get(dependency) ?? new Map<string, string[]>()
    holders.set(id, [...(holders.get(id) ?? []), ...(target === undefined ? [] : [target])])
    found.set(dependency, holders)
  }
  return found
}
