import { isGenerated } from '../../entities/columns.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { AccessPolicy, Action } from '../access/policy.ts'
import { predicateFields } from '../access/predicate-fields.ts'
import { keptSql } from '../access/shares.ts'
import { epochsHoldSql, StaleEpochError } from '../epochs.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { historyKey } from '../registry/index.ts'
import { anyOf, literalSql, moneySql } from '../sql-text.ts'
import { isStanding } from './authorize.ts'
import { type ColumnContext, columnValues, physicalColumns, type StoredColumn } from './columns.ts'
import type { Draft } from './draft.ts'
import { type ExtensionSql, insertedExtensions, updatedExtensions } from './extension-rows.ts'
import type { ExternalId } from './reference-input.ts'
import type { Operation } from './rule.ts'
import type { Authority, Session } from './session.ts'
import { StatementBuilder } from './statement.ts'

/*
 * The two statements that change records. Each writes all rows of a batch with their history, outbox and audit rows at once and
 * answers what was written, whether the written rows lie within the policy, and whether the epochs still hold.
 */

export interface WrittenRow {
  readonly id: string
  readonly version: number
  /** The written row satisfies the action's row condition, if that is asked of it (not of what is deleted or restored); null where that cannot be told before links and external ids are written too (`findAdmitted`). */
  readonly admitted: boolean | null
  /** Values of generated columns, by column name. */
  readonly generated: Readonly<Record<string, unknown>>
}

export interface RowWrite {
  readonly draft: Draft
  readonly changed: readonly FieldDefinition[]
  /** INSERT alone: external id that must be free; taken together with the row. */
  readonly key?: ExternalId | undefined
}

const VERBS: Readonly<Record<Operation, string>> = { CREATED: 'create', UPDATED: 'update', DELETED: 'delete', RESTORED: 'restore' }

/** Columns of one statement, under the short names that they have in the JSON parameter. */
interface ColumnPlan {
  readonly field: FieldDefinition
  readonly columns: readonly (StoredColumn & { readonly key: string })[]
}

function planColumns(fields: Iterable<FieldDefinition>): ColumnPlan[] {
  let count = 0
  return [...fields].map((field) => ({
    field,
    columns: physicalColumns(field).map((column) => {
      count += 1
      return { ...column, key: `c${count}` }
    }),
  }))
}

function union(writes: readonly RowWrite[]): FieldDefinition[] {
  const fields = new Set<FieldDefinition>()
  for (const { changed } of writes) for (const field of changed) fields.add(field)
  return [...fields]
}

/** The JSON parameter and the `json_to_recordset` that reads it; one row per write. */
function inputRows(builder: StatementBuilder, session: Session, writes: readonly RowWrite[], plans: readonly ColumnPlan[], context: ColumnContext): string {
  const rows = writes.map(({ draft, changed, key }) => {
    const row: Record<string, unknown> = {
      i: draft.id,
      v: draft.version + 1,
      o: draft.operation,
      h: draft.historyChanges(changed),
      f: changedFieldIds(draft, changed),
      d: draft.operation === 'DELETED' ? session.at : undefined,
      s: key?.system,
      k: key?.key,
    }
    for (const { field, columns } of plans) {
      const values = columnValues(field, draft.after[field.name] ?? null, context)
      for (const [index, column] of columns.entries()) if (values[index] !== null) row[column.key] = values[index]
    }
    return row
  })
  const columns = plans.flatMap((plan) => plan.columns.map(({ key, type }) => `${key} ${type}`))
  const list = ['i uuid', 'v int', 'o text', 'h jsonb', 'f text[]', 'd timestamptz', 's text', 'k text', ...columns].join(', ')
  return `SELECT * FROM json_to_recordset(${builder.bind(JSON.stringify(rows), 'json')}) AS x(${list})`
}

function changedFieldIds(draft: Draft, changed: readonly FieldDefinition[]): string[] {
  const ids = changed.map((field) => field.id)
  if (draft.externalIds) ids.push(`${draft.module.name}.externalIds`)
  return ids
}

/** Values that all rows of a statement share, bound once. */
function shared(builder: StatementBuilder, session: Session, module: ModuleDefinition) {
  return {
    module: builder.bind(module.number, 'int'),
    at: builder.bind(session.at, 'timestamptz'),
    actor: builder.bind(session.principal.userId, 'uuid'),
    changeSet: builder.bind(session.changeSetId, 'uuid'),
  }
}

type Shared = ReturnType<typeof shared>

/** History, outbox and audit for the rows of `w`; `before` is SQL for a row's old image. */
function recordSql(
  builder: StatementBuilder,
  session: Session,
  module: ModuleDefinition,
  common: Shared,
  old: { join: string; image: string } | null,
  extensions: ExtensionSql,
): string {
  const generated = [...module.fields.values()].filter(isGenerated)
  const { module: number, at, actor, changeSet } = common
  const amountOf = (row: string, field: FieldDefinition) => `${row}.${quoteIdentifier(`${field.column}_amount`)}`
  const moved = (field: FieldDefinition) => (old ? `${amountOf('w', field)} IS DISTINCT FROM ${amountOf('b', field)}` : `${amountOf('w', field)} IS NOT NULL`)
  const money = (row: string, field: FieldDefinition) => {
    const [amount, currency] = [amountOf(row, field), `${row}.${quoteIdentifier(`${field.column}_currency`)}`]
    return `CASE WHEN ${amount} IS NOT NULL THEN jsonb_build_object('amount', ${moneySql(amount)}, 'currency', ${currency}) END`
  }
  const changes = [
    'i.h',
    ...generated.map(
      (field) =>
        `CASE WHEN ${moved(field)} THEN jsonb_build_object(${literalSql(historyKey(field))}, jsonb_build_object('before', ${old ? money('b', field) : 'NULL'}, 'after', ${money('w', field)})) ELSE '{}' END`,
    ),
  ]
  const fields = ['i.f', ...generated.map((field) => `CASE WHEN ${moved(field)} THEN ARRAY[${literalSql(field.id)}] ELSE '{}' END`)]
  const source = `w JOIN i ON i.i = w.id ${old?.join ?? ''}${extensions.joins}`
  const historySource = generated.length > 0 ? source : 'w JOIN i ON i.i = w.id'
  const { origin, principal } = session
  const from = [
    ...[origin.requestId, origin.client, origin.ip, origin.operationName].map((value) => builder.bind(value ?? null, 'text')),
    builder.bind(origin.rootFields ?? null, 'text[]'),
    ...[principal.sessionId, principal.apiKeyId].map((value) => builder.bind(value ?? null, 'uuid')),
  ].join(', ')
  return `
h AS (INSERT INTO record_history (module_number, record_id, version, operation, at, actor_id, change_set_id, changes)
  SELECT ${number}, w.id, w.version, i.o, ${at}, ${actor}, ${changeSet}, ${changes.join(' || ')} FROM ${historySource}),
o AS (INSERT INTO outbox (module_number, record_id, version, operation, changed_fields, before, after, actor_id, change_set_id, at)
  SELECT ${number}, w.id, w.version, i.o, ${fields.join(' || ')}, ${old ? `${old.image}${extensions.before}` : 'NULL'}, to_jsonb(w)${extensions.after}, ${actor}, ${changeSet}, ${at} FROM ${source} ORDER BY w.id),
a AS (INSERT INTO audit_log (at, actor_id, via, action, module_number, record_ids, changed_fields, change_set_id, request_id, client, ip, operation, root_fields, session_id, api_key_id, result)
  SELECT ${at}, ${actor}, ${builder.bind(principal.via, 'text')}, ${builder.bind(module.name, 'text')} || '.' || v.verb, ${number}, array_agg(w.id ORDER BY w.id),
    (SELECT coalesce(array_agg(DISTINCT u.f), '{}') FROM i AS j, unnest(j.f) AS u(f) WHERE j.o = i.o), ${changeSet}, ${from}, 'ok'
  FROM w JOIN i ON i.i = w.id JOIN (VALUES ${Object.entries(VERBS)
    .map(([operation, verb]) => `('${operation}', '${verb}')`)
    .join(', ')}) AS v(operation, verb) ON v.operation = i.o GROUP BY i.o, v.verb)`
}

function answerSql(builder: StatementBuilder, module: ModuleDefinition, action: Action, authority: Authority, session: Session): string {
  const written = builder.secured(module, action, authority.policy, 'w')
  const within = isStanding(action) ? 'TRUE' : written.plain ? `(${written.condition}) IS TRUE` : 'NULL::boolean'
  // What follows from a caller's write makes nothing the caller's own either, though it goes by no rights.
  const { policy } = session.principal
  const stored = builder.secured(module, action, policy, 'o')
  const admitted = stored.isShared ? `CASE WHEN ${keptSql(stored, touchedSql(module, policy), authority.derived)} THEN ${within} ELSE FALSE END` : within
  const generated = [...module.fields.values()]
    .filter(isGenerated)
    .flatMap((field) => physicalColumns(field).map((column) => `, ${column.read(`w.${quoteIdentifier(column.name)}`)} AS ${quoteIdentifier(column.name)}`))
  const { epochs } = session.principal.policy
  const current = epochsHoldSql(builder.bind(epochs.schema, 'bigint'), builder.bind(epochs.access, 'bigint'))
  return `SELECT w.id AS "written.id", w.version AS "written.version", ${admitted} AS "written.admitted", ${current} AS "written.current"${generated.join('')} FROM w`
}

/** Fields that every update changes; no list of changed fields names them. */
const ALWAYS_TOUCHED = ['version', 'updatedAt', 'updatedBy']

/** The write changes something of the row `w` that conditions of the writer's grants look at. Fields that PostgreSQL computes stand in no list of changed ones. */
function touchedSql(module: ModuleDefinition, policy: AccessPolicy): string {
  const keys = predicateFields(module, policy)
  if (ALWAYS_TOUCHED.some((name) => keys.has(module.fields.get(name)?.id ?? ''))) return 'TRUE'
  if (keys.size === 0) return 'FALSE'
  const listed = `EXISTS (SELECT FROM i WHERE i.i = w.id AND i.f && ARRAY[${[...keys].sort().map(literalSql).join(', ')}]::text[])`
  const computed = [...module.fields.values()].filter((field) => isGenerated(field) && keys.has(field.id)).flatMap(physicalColumns)
  return anyOf([listed, ...computed.map(({ name }) => `o.${quoteIdentifier(name)} IS DISTINCT FROM w.${quoteIdentifier(name)}`)])
}

async function run(session: Session, builder: StatementBuilder, text: string): Promise<Map<string, WrittenRow>> {
  const rows = await session.transaction.query<Record<string, unknown>>(builder.statement(text))
  if (rows.some((row) => row['written.current'] !== true)) throw new StaleEpochError()
  return new Map(
    rows.map((row) => {
      const { 'written.id': id, 'written.version': version, 'written.admitted': admitted, 'written.current': _, ...generated } = row
      return [id as string, { id: id as string, version: version as number, admitted: admitted as boolean | null, generated }]
    }),
  )
}

/**
 * Inserts records. A row that meets an existing unique value (or whose external id is taken) is left out, so that the caller
 * finds out which ones without the transaction being lost.
 */
export function insertRows(
  session: Session,
  module: ModuleDefinition,
  writes: readonly RowWrite[],
  authority: Authority,
  context: ColumnContext,
): Promise<Map<string, WrittenRow>> {
  const builder = new StatementBuilder(session.registry)
  const plans = planColumns(union(writes))
  const input = inputRows(builder, session, writes, plans, context)
  const common = shared(builder, session, module)
  const columns = plans.filter(({ field }) => !field.extension).flatMap((plan) => plan.columns)
  const extensions = insertedExtensions(module, plans)
  const names = columns.map(({ name }) => `, ${quoteIdentifier(name)}`).join('')
  const tagged = columns.some(({ type }) => type === 'uuid[]')
  const values = columns.map(({ key, type }) => (tagged && type === 'uuid[]' ? `, coalesce(i.${key}, '{}')` : `, i.${key}`)).join('')
  const keyed = writes.some(({ key }) => key !== undefined)
  const keys = keyed
    ? `e AS (INSERT INTO external_id (module_number, system, key, record_id) SELECT ${common.module}, i.s, i.k, i.i FROM i WHERE i.s IS NOT NULL ON CONFLICT DO NOTHING RETURNING record_id),`
    : ''
  const free = keyed ? 'WHERE i.s IS NULL OR i.i IN (SELECT record_id FROM e)' : ''
  const text = `WITH i AS (${input}), ${keys}
w AS (INSERT INTO ${quoteIdentifier(module.table)} (id, version, created_at, created_by, updated_at, updated_by, change_set_id${names})
  SELECT i.i, i.v, ${common.at}, ${common.actor}, ${common.at}, ${common.actor}, ${common.changeSet}${values} FROM i ${free} ON CONFLICT DO NOTHING RETURNING *),${extensions.writes}${recordSql(builder, session, module, common, null, extensions)}
${answerSql(builder, module, 'CREATE', authority, session)}`
  return run(session, builder, text)
}

/**
 * Changes records that this transaction has locked: updates, deletions and restorations alike. Only columns of changed fields
 * are set, each row's own ones.
 */
export function updateRows(
  session: Session,
  module: ModuleDefinition,
  writes: readonly RowWrite[],
  action: Action,
  authority: Authority,
  context: ColumnContext,
): Promise<Map<string, WrittenRow>> {
  const builder = new StatementBuilder(session.registry)
  const plans = planColumns(union(writes))
  const input = inputRows(builder, session, writes, plans, context)
  const common = shared(builder, session, module)
  const table = builder.secured(module, action, authority.policy, 't')
  const old = builder.secured(module, action, authority.policy, 'b')
  const changedSets = writes.map(({ changed }) => new Set(changed))
  const everywhere = (field: FieldDefinition) => changedSets.every((changed) => changed.has(field))
  const extensions = updatedExtensions(module, plans, everywhere)
  const own = plans.filter(({ field }) => !field.extension)
  const assignments = own.flatMap(({ field, columns }) => {
    const all = everywhere(field)
    return columns.map(({ name, key, type }) => {
      const value = type === 'uuid[]' ? `coalesce(i.${key}, '{}')` : `i.${key}`
      return `, ${quoteIdentifier(name)} = ${all ? value : `CASE WHEN ${literalSql(field.id)} = ANY(i.f) THEN ${value} ELSE t.${quoteIdentifier(name)} END`}`
    })
  })
  const moving = writes.some(({ draft }) => draft.operation !== 'UPDATED')
  const deletion = moving ? ", deleted_at = CASE i.o WHEN 'DELETED' THEN i.d WHEN 'RESTORED' THEN NULL ELSE t.deleted_at END" : ''
  const text = `WITH i AS (${input}),
w AS (UPDATE ${table.from} SET version = i.v, updated_at = ${common.at}, updated_by = ${common.actor}, change_set_id = ${common.changeSet}${deletion}${assignments.join('')}
  FROM i WHERE t.id = i.i RETURNING t.*),${extensions.writes}${recordSql(builder, session, module, common, { join: `JOIN ${old.from} ON b.id = w.id`, image: 'to_jsonb(b)' }, extensions)}
${answerSql(builder, module, action, authority, session)}`
  return run(session, builder, text)
}

/** Which of the written rows satisfy the action's row condition, once all that it looks at is written. */
export async function findAdmitted(
  session: Session,
  module: ModuleDefinition,
  ids: readonly string[],
  action: Action,
  authority: Authority,
): Promise<ReadonlySet<string>> {
  const builder = new StatementBuilder(session.registry)
  const table = builder.secured(module, action, authority.policy, 't')
  const rows = await session.transaction.query<{ id: string }>(
    builder.statement(`SELECT t.id FROM ${table.from} WHERE t.id = ANY(${builder.bind(ids, 'uuid[]')}) AND ${table.condition}`),
  )
  return new Set(rows.map(({ id }) => id))
}
