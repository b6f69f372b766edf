import { type Issue, say } from '../../errors/index.ts'
import { mayAct } from './authorize.ts'
import type { ChangeSetWrites } from './change-set-writes.ts'
import type { ParsedInput } from './input.ts'
import type { Authority, Session } from './session.ts'
import { authorityOf } from './session.ts'
import { StatementBuilder } from './statement.ts'

/**
 * Finds the ids of all tag names in the batch with one statement and makes those that are missing, which needs the right to
 * create tags. Two operations that make the same tag at once end up with one.
 */
export async function resolveTags(
  session: Session,
  items: readonly ParsedInput[],
  authority: Authority,
  writes: ChangeSetWrites,
  issues: Issue[],
): Promise<void> {
  const wanted = new Map<string, ParsedInput>()
  for (const item of items) {
    for (const [field, value] of item.values) {
      if (field.system && field.name === 'tags') for (const name of (value ?? []) as readonly string[]) if (!session.tagIds.has(name)) wanted.set(name, item)
    }
  }
  if (wanted.size === 0) return
  for (const [name, id] of await findTags(session, [...wanted.keys()])) {
    session.tagIds.set(name, id)
    wanted.delete(name)
  }
  if (wanted.size === 0) return
  const tag = session.registry.module('tag')
  if (!mayAct(session, tag, 'CREATE', authority)) {
    for (const [name, item] of wanted) {
      issues.push({
        path: [...item.path, 'tags'],
        code: 'NOT_FOUND',
        message: say`There is no tag ${JSON.stringify(name)}, and your roles do not allow creating tags.`,
      })
    }
    return
  }
  const names = [...wanted.keys()]
  const { ids } = await writes.upsert(
    tag,
    names.map((name) => ({ by: { name }, input: {} })),
    { pathOf: () => ['tags'] },
    authority.derived ? authority : authorityOf(session),
  )
  for (const [index, name] of names.entries()) session.tagIds.set(name, ids[index] as string)
}

async function findTags(session: Session, names: readonly string[]): Promise<Map<string, string>> {
  const builder = new StatementBuilder(session.registry)
  const table = builder.secured(session.registry.module('tag'), 'READ', session.unrestricted, 'g')
  const rows = await session.transaction.query<{ id: string; name: string }>(
    builder.statement(`SELECT g.id, g.name FROM ${table.from} WHERE g.name = ANY(${builder.bind(names, 'text[]')}) AND g.deleted_at IS NULL`),
  )
  return new Map(rows.map(({ id, name }) => [name, id]))
}
