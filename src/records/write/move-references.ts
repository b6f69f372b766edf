import { GuanxiError, say } from '../../errors/index.ts'
import { ACTIONS, type Action, allAdmissions } from '../access/policy.ts'
import { maskedSql, readableSql, writableSql } from '../access/row-levels.ts'
import { partialLevel } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { literalSql } from '../sql-text.ts'
import { forbiddenRecord } from './authorize.ts'
import type { ChangeSetWrites } from './change-set-writes.ts'
import { MAX_DEPENDENTS } from './delete.ts'
import { type Dependency, dependenciesOn, referenceColumn, referenceFrom } from './dependents.ts'
import { ruleContext } from './rules.ts'
import { authorityOf, type Session } from './session.ts'
import { StatementBuilder } from './statement.ts'

/** What a caller may come to do with a record that follows another one from now on. */
const WIDENED: readonly Action[] = ACTIONS.filter((action) => action !== 'CREATE' && action !== 'READ' && action !== 'BULK')

export interface Move {
  /** Undeleted records of the module that others refer to, which the caller has locked. */
  readonly from: readonly string[]
  readonly to: string
  /** Fields that stay as they are, by id. */
  readonly except: ReadonlySet<string>
}

/** Ids of the undeleted records that `moveReferences` would move away from these, by the id of the field; of these fields alone. */
export async function movableReferences(
  session: Session,
  module: ModuleDefinition,
  { from, fields }: { readonly from: readonly string[]; readonly fields: ReadonlySet<string> },
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const dependencies = dependenciesOn(session.registry, module).filter(({ field }) => fields.has(field.id))
  if (dependencies.length === 0 || from.length === 0) return new Map()
  const found = await findHolders(session, dependencies, from)
  return new Map([...found].map(([{ field }, holders]) => [field.id, new Set(holders.keys())]))
}

/**
 * Lets all undeleted records that refer to some records refer to another one of the same module, by derived writes. Where what a record refers to has a say in who reaches
 * it, those that the caller cannot read stay where they are: nobody brings into sight what was hidden. Throws FORBIDDEN where the caller would come to do more with
 * what moves than before, or to see more of it.
 */
export async function moveReferences(writes: ChangeSetWrites, module: ModuleDefinition, { from, to, except }: Move): Promise<void> {
  const { session } = writes
  const dependencies = dependenciesOn(session.registry, module).filter(({ field }) => !except.has(field.id))
  if (dependencies.length === 0 || from.length === 0) return
  const found = await findHolders(session, dependencies, from)
  const { derive } = ruleContext(writes, authorityOf(session))
  for (const [dependency, holders] of found) {
    const ids = [...holders.keys()]
    const { module: holder, field } = dependency
    const before = decides(session, dependency) ? await allowedOn(session, holder, ids) : undefined
    await derive.update(
      holder.name,
      [...holders].map(([id, targets]) => ({ id, values: { [field.name]: reference(field, targets, to) } })),
    )
    if (before) await refuseWider(session, holder, ids, before)
  }
}

function reference({ type }: FieldDefinition, targets: readonly string[], to: string): object {
  return type === 'REFERENCES' ? { remove: targets.map((id) => ({ id })), add: [{ id: to }] } : { id: to }
}

/** What the field refers to has a say in who reaches its record, or what he sees of it: it follows that, or a condition of the caller's grants may look at it. */
function decides({ principal }: Session, { module, field }: Dependency): boolean {
  const access = principal.policy.modules.get(module.name)
  const isJudged = access && allAdmissions(access).some(({ where, parent }) => where !== undefined || parent !== undefined)
  return module.accessParent === field.name || isJudged === true
}

/** Records that are to be moved, with the targets of each: one statement. */
async function findHolders(session: Session, dependencies: readonly Dependency[], from: readonly string[]): Promise<Map<Dependency, Map<string, string[]>>> {
  const builder = new StatementBuilder(session.registry)
  const targets = builder.bind(from, 'uuid[]')
  const selects = dependencies.map((dependency, index) => {
    const table = builder.secured(dependency.module, 'READ', decides(session, dependency) ? session.principal.policy : session.unrestricted, 't')
    const column = referenceColumn(dependency, 't')
    return `SELECT ${index} AS dependency, t.id, ${column} AS target FROM ${referenceFrom(dependency, table.from, 't')} WHERE ${column} = ANY(${targets}) AND t.deleted_at IS NULL AND ${table.condition}`
  })
  const rows = await session.transaction.query<{ dependency: number; id: string; target: string }>(
    builder.statement(`${selects.join('\nUNION ALL ')}\nORDER BY dependency, id LIMIT ${MAX_DEPENDENTS + 1}`),
  )
  if (rows.length > MAX_DEPENDENTS)
    throw new GuanxiError('LIMIT_EXCEEDED', say`More than ${MAX_DEPENDENTS} records refer to these. Move some of them first.`, { limit: MAX_DEPENDENTS })
  const found = new Map<Dependency, Map<string, string[]>>()
  for (const { dependency: index, id, target } of rows) {
    const dependency = dependencies[index] as Dependency
    const holders = found.get(dependency) ?? new Map<string, string[]>()
    holders.set(id, [...(holders.get(id) ?? []), target])
    found.set(dependency, holders)
  }
  return found
}

/** What the caller may do with each of these records, and see and write of it: actions, and levels of fields where they are not the same on all records. */
async function allowedOn(session: Session, module: ModuleDefinition, ids: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const builder = new StatementBuilder(session.registry)
  const { policy } = session.principal
  const parts = WIDENED.map((action) => builder.secured(module, action, policy, 't'))
  const columns = [...parts.map(({ condition }, index) => `CASE WHEN ${condition} THEN '${WIDENED[index]}' END`), ...levelColumns(session, module, builder)]
  const from = (parts[0] as (typeof parts)[number]).from
  const rows = await session.transaction.query<{ id: string; allowed: string[] }>(
    builder.statement(
      `SELECT t.id, array_remove(ARRAY[${columns.join(', ')}]::text[], NULL) AS allowed FROM ${from} WHERE t.id = ANY(${builder.bind(ids, 'uuid[]')})`,
    ),
  )
  return new Map(rows.map(({ id, allowed }) => [id, new Set(allowed)]))
}

function levelColumns({ principal: { policy }, registry }: Session, module: ModuleDefinition, builder: StatementBuilder): string[] {
  const row = { module, alias: 't', policy, registry, binder: builder.binder(policy) }
  return [...module.fields.values()]
    .filter(({ name }) => partialLevel(policy, module.name, name) !== undefined)
    .flatMap((field) =>
      Object.entries({ read: readableSql(field, row), masked: maskedSql(field, row), write: writableSql(field, 'update', row) }).map(
        ([level, condition]) => `CASE WHEN ${condition} THEN ${literalSql(`${level} ${field.id}`)} END`,
      ),
    )
}

function isAction(text: string): text is Action {
  return (ACTIONS as readonly string[]).includes(text)
}

async function refuseWider(
  session: Session,
  module: ModuleDefinition,
  ids: readonly string[],
  before: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<void> {
  for (const [id, allowed] of await allowedOn(session, module, ids))
    for (const each of allowed) if (!before.get(id)?.has(each)) throw forbiddenRecord(module, isAction(each) ? each : 'UPDATE', [])
}
