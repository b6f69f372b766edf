import { type Issue, say, validationFailed } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { targetOf } from '../registry/index.ts'
import type { Draft } from './draft.ts'
import type { ParsedInput } from './input.ts'
import type { Authority, Session } from './session.ts'
import { StatementBuilder } from './statement.ts'
import type { StoredRecord } from './stored-records.ts'
import { addIssue, isToldOfRelation, UNTOLD } from './untold-fields.ts'

/** REFERENCES fields whose present links a change needs: those that it names, and those that may be demanded by what it names. */
export function neededLinks(module: ModuleDefinition, inputs: readonly ParsedInput[]): FieldDefinition[] {
  return module.linkFields.filter((field) => field.requiredWhen !== undefined || inputs.some(({ values }) => values.has(field)))
}

/**
 * The records, which are locked, with the ids of their targets in these fields' places, all of them, and which of these the authority does not see: one statement, none without fields. It comes after the
 * one that locked them, so that it shows what the writer before has committed.
 */
export async function withLinks(
  session: Session,
  stored: ReadonlyMap<string, StoredRecord>,
  fields: readonly FieldDefinition[],
  authority: Authority,
): Promise<ReadonlyMap<string, StoredRecord>> {
  if (fields.length === 0 || stored.size === 0) return stored
  const builder = new StatementBuilder(session.registry)
  const ids = builder.bind([...stored.keys()], 'uuid[]')
  const selects = fields.map((field, index) => {
    const target = builder.secured(targetOf(field, session.registry) as ModuleDefinition, 'READ', authority.policy, 't')
    return `SELECT ${index} AS field, l.source_id AS id, l.target_id AS target, t.deleted_at IS NOT NULL AS gone, ${target.condition} AS seen FROM ${quoteIdentifier(field.column)} AS l JOIN ${target.from} ON t.id = l.target_id WHERE l.source_id = ANY(${ids})`
  })
  const rows = await session.transaction.query<{ field: number; id: string; target: string; gone: boolean; seen: boolean }>(
    builder.statement(selects.join('\nUNION ALL ')),
  )
  const linked = new Map([...stored.keys()].map((id) => [id, { links: fields.map((): string[] => []), gone: new Set<string>(), unseen: new Set<string>() }]))
  for (const { field, id, target, gone, seen } of rows) {
    const record = linked.get(id)
    record?.links[field]?.push(target)
    if (gone) record?.gone.add(target)
    // Everybody may name themselves, as in any reference.
    if (!seen && target !== session.principal.userId) record?.unseen.add(target)
  }
  return new Map(
    [...stored].map(([id, record]) => {
      const found = linked.get(id)
      if (!found) return [id, record]
      const { links, gone, unseen } = found
      const lists = Object.fromEntries(fields.map((field, index) => [field.name, links[index]?.sort()]))
      return [id, { ...record, image: { ...record.image, ...lists }, gone, unseen }]
    }),
  )
}

/** Makes and ends the links of these drafts, whose rows stand; one statement, none where no link changes. */
export async function writeLinks(session: Session, module: ModuleDefinition, drafts: readonly Draft[]): Promise<void> {
  const builder = new StatementBuilder(session.registry)
  const writes: string[] = []
  for (const field of module.linkFields) {
    const [ended, made] = linkPairs(field, drafts)
    const table = quoteIdentifier(field.column)
    const pairs = (list: readonly Pair[]) => {
      const sources = builder.bind(
        list.map(({ source }) => source),
        'uuid[]',
      )
      return `unnest(${sources}, ${builder.bind(
        list.map(({ target }) => target),
        'uuid[]',
      )}) AS k(source, target)`
    }
    if (ended.length > 0) writes.push(`DELETE FROM ${table} AS l USING ${pairs(ended)} WHERE l.source_id = k.source AND l.target_id = k.target`)
    if (made.length > 0)
      writes.push(`INSERT INTO ${table} (source_id, target_id) SELECT k.source, k.target FROM ${pairs(made)} ORDER BY k.target ON CONFLICT DO NOTHING`)
  }
  if (writes.length === 0) return
  const last = writes.pop() as string
  const others = writes.map((text, index) => `w${index} AS (${text})`)
  await session.transaction.query(builder.statement(others.length > 0 ? `WITH ${others.join(', ')}\n${last}` : last))
}

interface Pair {
  readonly source: string
  readonly target: string
}

function linkPairs(field: FieldDefinition, drafts: readonly Draft[]): readonly [readonly Pair[], readonly Pair[]] {
  const ended: Pair[] = []
  const made: Pair[] = []
  for (const { id, before, after } of drafts) {
    const [old, next] = [new Set((before?.[field.name] ?? []) as readonly string[]), new Set((after[field.name] ?? []) as readonly string[])]
    for (const target of old) if (!next.has(target)) ended.push({ source: id, target })
    for (const target of next) if (!old.has(target)) made.push({ source: id, target })
  }
  return [ended, made]
}

/**
 * A restored record that hangs on others by REFERENCES: with `cascade` on each of them, as required on one at least. Those are locked against a rival who
 * deletes them now. Throws VALIDATION_FAILED.
 */
export async function checkLinkedParents(session: Session, module: ModuleDefinition, drafts: readonly Draft[]): Promise<void> {
  if (drafts.length === 0) return
  const issues: Issue[] = []
  for (const field of module.linkFields) {
    const cascades = field.reference?.onDelete === 'cascade'
    if (!cascades && !(field.required && field.reference?.onDelete === 'restrict')) continue
    const target = targetOf(field, session.registry) as ModuleDefinition
    const builder = new StatementBuilder(session.registry)
    const table = builder.secured(target, 'READ', session.unrestricted, 't')
    const sources = builder.bind(
      drafts.map(({ id }) => id),
      'uuid[]',
    )
    const rows = await session.transaction.query<{ id: string; gone: boolean }>(
      builder.statement(
        `SELECT l.source_id AS id, t.deleted_at IS NOT NULL AS gone FROM ${quoteIdentifier(field.column)} AS l JOIN ${table.from} ON t.id = l.target_id WHERE l.source_id = ANY(${sources}) ORDER BY t.id FOR KEY SHARE OF t`,
      ),
    )
    const message = isToldOfRelation(session, field, target) ? say`A ${target.name} of this ${module.name} is deleted. Restore it first.` : UNTOLD
    for (const draft of drafts) {
      const targets = rows.filter(({ id }) => id === draft.id)
      const hangs = cascades ? targets.some(({ gone }) => gone) : targets.length > 0 && targets.every(({ gone }) => gone)
      if (hangs) addIssue(issues, { path: draft.path, code: 'PARENT_DELETED', message })
    }
  }
  if (issues.length > 0) throw validationFailed(issues)
}
