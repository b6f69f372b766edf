import { type Issue, say } from '../../errors/index.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import type { Draft } from './draft.ts'
import { uniqueKey, uniqueKeySql } from './references.ts'
import type { Session } from './session.ts'
import { StatementBuilder } from './statement.ts'
import { addIssue, issueOfField } from './untold-fields.ts'

/**
 * Which unique values of these drafts other records hold already. Says that much to everyone who may write the value, and never
 * which record it is; of a hidden field, by its default or what was stored, nothing more than that the record cannot be written.
 */
export async function findDuplicates(session: Session, module: ModuleDefinition, drafts: readonly Draft[]): Promise<Issue[]> {
  const issues: Issue[] = []
  for (const field of module.uniqueFields) {
    const holders = drafts.filter((draft) => (draft.after[field.name] ?? null) !== null)
    if (holders.length === 0) continue
    const taken = await takenValues(
      session,
      module,
      field,
      holders.map((draft) => uniqueKey(field, draft.after[field.name])),
    )
    for (const draft of holders) if (taken.has(uniqueKey(field, draft.after[field.name]))) addIssue(issues, duplicateIssue(session, module, draft, field))
  }
  if (issues.length === 0)
    for (const draft of drafts) issues.push({ path: draft.path, code: 'DUPLICATE', message: say`Another ${module.name} already has these values.` })
  return issues
}

function duplicateIssue({ principal }: Session, module: ModuleDefinition, { path }: Draft, field: FieldDefinition): Issue {
  return issueOfField(principal, field, path, { code: 'DUPLICATE', message: say`Another ${module.name} already has this ${field.name}.` })
}

/**
 * Likewise for stored records that are about to take unique values; asked beforehand, since a violation ends the transaction
 * without saying which record it was. The unique index has the last word, and the only one while it is not wholly built: a look without it reads the
 * whole table.
 */
export async function findTakenValues(session: Session, module: ModuleDefinition, drafts: readonly Draft[]): Promise<Issue[]> {
  const issues: Issue[] = []
  for (const field of module.uniqueFields) {
    if (field.keyUnavailable) continue
    const takers = drafts.filter((draft) => (draft.after[field.name] ?? null) !== null && (draft.operation === 'RESTORED' || draft.changes(field.name)))
    if (takers.length === 0) continue
    const keys = takers.map((draft) => uniqueKey(field, draft.after[field.name]))
    const taken = await takenValues(
      session,
      module,
      field,
      keys,
      drafts.map(({ id }) => id),
    )
    for (const [index, draft] of takers.entries()) if (taken.has(keys[index] as string)) addIssue(issues, duplicateIssue(session, module, draft, field))
  }
  return issues
}

async function takenValues(
  session: Session,
  module: ModuleDefinition,
  field: FieldDefinition,
  keys: readonly string[],
  except: readonly string[] = [],
): Promise<Set<string>> {
  const builder = new StatementBuilder(session.registry)
  const table = builder.secured(module, 'READ', session.unrestricted, 't')
  const key = uniqueKeySql(field, 't')
  const values = builder.bind(keys, field.type === 'INTEGER' ? 'int[]' : 'text[]')
  const others = except.length > 0 ? `AND t.id <> ALL(${builder.bind(except, 'uuid[]')})` : ''
  const rows = await session.transaction.query<{ key: string }>(
    builder.statement(`SELECT ${key}::text AS key FROM ${table.from} WHERE ${key} = ANY(${values}) AND t.deleted_at IS NULL ${others}`),
  )
  return new Set(rows.map((row) => row.key))
}
