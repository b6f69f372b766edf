import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import type { ExternalId } from './reference-input.ts'
import { externalKey, uniqueKey, uniqueKeySql } from './references.ts'
import type { Authority, Session } from './session.ts'
import { StatementBuilder } from './statement.ts'
import { readWhere, type StoredRecord } from './stored-records.ts'
import type { UpsertTarget } from './upsert-target.ts'

/** Locks what the keys name, deleted and unreadable records included: one statement per kind of key. */
export async function findMatches(
  session: Session,
  module: ModuleDefinition,
  targets: readonly UpsertTarget[],
  authority: Authority,
): Promise<Map<UpsertTarget, StoredRecord>> {
  const matches = new Map<UpsertTarget, StoredRecord>()
  const groups = new Map<string, UpsertTarget[]>()
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

async function lockMatches(
  session: Session,
  module: ModuleDefinition,
  group: readonly UpsertTarget[],
  authority: Authority,
): Promise<Map<string, StoredRecord>> {
  const builder = new StatementBuilder(session.registry)
  const { kind, field } = (group[0] as UpsertTarget).key
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
