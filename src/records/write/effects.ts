import type { AccessPolicy } from '../access/policy.ts'
import { fieldLevel } from '../access/secured.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import type { Operation } from './rule.ts'
import { authorityOf, type Session } from './session.ts'
import { readRecords } from './stored-records.ts'

/** What a change set does to one record, as far as its caller may know. */
export interface ChangeEffect {
  readonly module: string
  readonly id: string
  readonly operation: Operation
  /** API names, sorted. */
  readonly changedFields: readonly string[]
}

export interface ChangeEffects {
  /** In the order in which they happen, one for each record. */
  readonly effects: readonly ChangeEffect[]
  /** How many further ones there are. */
  readonly more: number
}

/** Most effects that are told one by one: a call of 1,000 records may touch many more. */
const MOST = 1_000

interface EventRow {
  readonly moduleNumber: number
  readonly id: string
  readonly operation: Operation
  readonly fields: readonly string[]
}

/**
 * What the writes so far have done, also by rules of the modules and for records that no input named: the changes that would be told after a commit. Left out is what would not be
 * told to the caller either: records that he cannot read, and changes of nothing but fields that he cannot.
 */
export async function readEffects(session: Session): Promise<ChangeEffects> {
  const rows = await session.transaction.query<EventRow>({
    text: `SELECT module_number AS "moduleNumber", record_id AS id, operation, changed_fields AS fields FROM outbox
WHERE position IS NULL AND change_set_id = $1 ORDER BY sequence`,
    values: [session.changeSetId],
    purpose: 'record',
  })
  const modules = new Map([...session.registry.modules.values()].map((module) => [module.number, module]))
  const told = await readable(session, rows, modules)
  const { policy } = session.principal
  const effects = united(rows.filter(({ id }) => told.has(id))).flatMap(({ moduleNumber, id, operation, fields }): ChangeEffect[] => {
    const module = modules.get(moduleNumber) as ModuleDefinition
    const changedFields = shownNames(module, fields, policy)
    return operation === 'UPDATED' && changedFields.length === 0 ? [] : [{ module: module.name, id, operation, changedFields }]
  })
  return { effects: effects.slice(0, MOST), more: Math.max(0, effects.length - MOST) }
}

/** Ids of the records that the caller may read as they are now. */
async function readable(session: Session, rows: readonly EventRow[], modules: ReadonlyMap<number, ModuleDefinition>): Promise<ReadonlySet<string>> {
  const told = new Set<string>()
  for (const number of new Set(rows.map(({ moduleNumber }) => moduleNumber))) {
    const module = modules.get(number)
    if (!module) continue
    const ids = [...new Set(rows.filter(({ moduleNumber }) => moduleNumber === number).map(({ id }) => id))]
    const found = await readRecords(session, module, ids, authorityOf(session), { action: 'READ', lock: 'none', deleted: 'INCLUDE' })
    for (const { id, allowed } of found.values()) if (allowed) told.add(id)
  }
  return told
}

/** Several writes of one record are one effect. One that is made stays made, whatever is changed of it afterwards. */
function united(rows: readonly EventRow[]): EventRow[] {
  const byId = new Map<string, EventRow>()
  for (const row of rows) {
    const before = byId.get(row.id)
    const operation = before === undefined || (before.operation !== 'CREATED' && row.operation !== 'UPDATED') ? row.operation : before.operation
    byId.set(row.id, { ...row, operation, fields: [...(before?.fields ?? []), ...row.fields] })
  }
  return [...byId.values()]
}

function shownNames(module: ModuleDefinition, keys: readonly string[], policy: AccessPolicy): string[] {
  const named = new Map([...module.fields.values()].map((field) => [field.id, field.name]))
  const names = keys.flatMap((key) => {
    if (key === `${module.name}.externalIds`) return ['externalIds']
    const name = named.get(key)
    const level = name === undefined ? 'HIDDEN' : fieldLevel(policy, module.name, name)
    return name !== undefined && (level === 'READ' || level === 'WRITE') ? [name] : []
  })
  return [...new Set(names)].sort()
}
