import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { AccessPolicy } from '../access/policy.ts'
import { type Executor, statementName } from '../database.ts'
import { epochsHold, epochsHoldSql, mayBeOfAnotherSchema, StaleEpochError } from '../epochs.ts'
import { allOf } from '../sql-text.ts'
import { aggregateSql } from './aggregate.ts'
import { columnOf, comparableType } from './columns.ts'
import { encodeComparable, encodeId, encodeIds, encodeText } from './encode.ts'
import { expandTables } from './expand-tables.ts'
import { connectionSelect } from './page.ts'
import { type BindParameter, PlanBuilder, type PlanContext, type PlanInputs, ROW } from './plan-builder.ts'
import type { Operand, ReadRequest, RecordSelection, UniqueKey } from './request.ts'
import { rowSql } from './row.ts'

/** One statement: `SELECT <epochs still hold> AS fresh, <json text> AS data`. Reusable for every caller of the same permission shape. */
export interface ReadPlan {
  readonly text: string
  readonly name: string
  readonly bindings: readonly BindParameter[]
  /** Names of the modules whose records it reads. */
  readonly reads: readonly string[]
  /** As `Statement` has it. */
  readonly listOf?: number
}

/** Plans one root record field. Throws GuanxiError for operands that are not valid. */
export function planRead(request: ReadRequest, context: PlanContext): ReadPlan {
  const builder = new PlanBuilder(context)
  const whole = usedOnly(
    freshSql((build) => requestSql(request, build), builder),
    builder.bindings,
  )
  const reads = [...builder.reads]
  if (request.kind !== 'byIds' || request.ids.kind !== 'variable') return { ...whole, reads }
  const ids = builder.bindings[Number(idsOf(request.ids, builder).slice(1)) - 1] as BindParameter
  return { ...whole, reads, listOf: whole.bindings.indexOf(ids) }
}

function idsOf(ids: Operand, builder: PlanBuilder): string {
  return builder.operand(ids, 'uuid[]', encodeIds)
}

/** What `data` writes, and whether the epochs still hold, as one statement. */
export function freshSql(data: (builder: PlanBuilder) => string, builder: PlanBuilder): string {
  const schema = builder.parameter('schema epoch', ({ policy, checked }) => (checked ? null : policy.epochs.schema))
  const access = builder.parameter('access epoch', ({ policy, checked }) => (checked ? null : policy.epochs.access))
  return expandTables(`SELECT ${epochsHoldSql(schema, access)} AS fresh, ${data(builder)}::text AS data`, builder)
}

/**
 * Parameters that no part of the text took in the end (PostgreSQL could not tell their types) are left out, the others renumbered. Literals are
 * passed over: a formula may hold the text `$1`. `elsewhere`: what stands for a parameter, by its number and the type that it is cast to, which does not come as one; undefined for all others.
 */
export function usedOnly(
  sql: string,
  bindings: readonly BindParameter[],
  elsewhere: (given: number, type: string | undefined) => string | undefined = () => undefined,
): Omit<ReadPlan, 'reads'> {
  const numbers = new Map<number, number>()
  const text = sql.replaceAll(/'[^']*'|\$(\d+)(?:::([a-z][a-z0-9_]*(?:\[\])?))?/g, (found, digits: string | undefined, type: string | undefined) => {
    if (digits === undefined) return found
    const given = Number(digits)
    const cast = type === undefined ? '' : `::${type}`
    const other = elsewhere(given, type)
    if (other !== undefined) return `${other}${cast}`
    if (!numbers.has(given)) numbers.set(given, numbers.size + 1)
    return `$${numbers.get(given)}${cast}`
  })
  return { text, name: statementName(text), bindings: [...numbers.keys()].map((given) => bindings[given - 1] as BindParameter) }
}

/** Runs a plan. Answers the JSON text, or null where there is no such record. Throws StaleEpochError. */
export async function runRead(plan: ReadPlan, inputs: PlanInputs, executor: Executor): Promise<string | null> {
  return runStatement(
    plan,
    plan.bindings.map((bind) => bind(inputs)),
    inputs,
    executor,
  )
}

/** Likewise, with the values bound. */
export async function runStatement(
  { text, name, listOf }: Pick<ReadPlan, 'text' | 'name' | 'listOf'>,
  values: readonly unknown[],
  inputs: Pick<PlanInputs, 'policy' | 'checked'>,
  executor: Executor,
): Promise<string | null> {
  try {
    const [row] = await executor.query<{ fresh: boolean; data: string | null }>({
      text,
      name,
      values,
      purpose: 'record',
      ...(listOf !== undefined && { listOf }),
    })
    if (row?.fresh !== true) throw new StaleEpochError()
    return row.data
  } catch (error) {
    // Inside of a transaction nothing more can be asked; whoever runs it asks when it is over.
    if (mayBeOfAnotherSchema(error) && !inputs.checked && !(await epochsHold(executor, inputs))) throw new StaleEpochError()
    throw error
  }
}

/** Runs a statement that is no plan: the text of `data`, which numbers its parameters from 1, and null where there is no row. Throws StaleEpochError. */
export function readFresh(data: string, values: readonly unknown[], policy: AccessPolicy, executor: Executor): Promise<string | null> {
  const [schema, access] = [`$${values.length + 1}`, `$${values.length + 2}`]
  const text = `SELECT ${epochsHoldSql(schema, access)} AS fresh, ${data}::text AS data`
  const bound = [...values, policy.epochs.schema, policy.epochs.access]
  return runStatement({ text, name: statementName(text) }, bound, { policy, checked: false }, executor)
}

function requestSql(request: ReadRequest, builder: PlanBuilder): string {
  switch (request.kind) {
    case 'list':
      return `(SELECT row_to_json(${ROW}) FROM (${connectionSelect(request.module, request.list, request.connection, null, builder)}) ${ROW})`
    case 'aggregate':
      return aggregateSql(request, builder)
    case 'get':
      return singleSql(request.selection, { kind: 'id', id: request.id }, builder)
    case 'getBy':
      return singleSql(request.selection, request.by, builder)
    case 'byIds': {
      const ids = idsOf(request.ids, builder)
      const alias = builder.alias()
      const match = [`${quoteIdentifier(alias)}.id = k.id`]
      if (!request.deleted) match.push(`${quoteIdentifier(alias)}.deleted_at IS NULL`)
      const record = `(SELECT ${ROW} FROM (${recordSelect(request.selection, alias, match, builder)}) ${ROW})`
      return `array_to_json(ARRAY(SELECT ${record} FROM unnest(${ids}::uuid[]) WITH ORDINALITY k(id, position) ORDER BY k.position))`
    }
  }
}

function singleSql(selection: RecordSelection, key: UniqueKey, builder: PlanBuilder): string {
  const alias = builder.alias()
  const match = [keySql(key, selection, alias, builder), `${quoteIdentifier(alias)}.deleted_at IS NULL`]
  return `(SELECT row_to_json(${ROW}) FROM (${recordSelect(selection, alias, match, builder)}) ${ROW})`
}

function recordSelect(selection: RecordSelection, alias: string, match: readonly string[], builder: PlanBuilder): string {
  const table = builder.secured(selection.module, 'READ', alias)
  const row = rowSql(selection, alias, builder)
  return `SELECT ${row.members} FROM ${table.from}${row.joins} WHERE ${allOf([...match, table.condition])}`
}

function keySql(key: UniqueKey, selection: RecordSelection, alias: string, builder: PlanBuilder): string {
  const table = quoteIdentifier(alias)
  if (key.kind === 'id') return `${table}.id = ${builder.operand(key.id, 'uuid', encodeId)}::uuid`
  if (key.kind === 'externalId') {
    const system = builder.operand(key.system, 'text', encodeText)
    const external = builder.operand(key.externalKey, 'text', encodeText)
    return `${table}.id = (SELECT x.record_id FROM external_id x WHERE x.module_number = ${selection.module.number} AND x.system = ${system} AND x.key = ${external})`
  }
  const type = comparableType(key.field)
  const value = `${builder.operand(key.value, type, (given) => encodeComparable(type, given))}::${type}`
  const column = `${table}.${columnOf(key.field)}`
  // As its unique index has it: e-mail addresses are the same whatever their case.
  return key.field.type === 'EMAIL' ? `lower(${column}) = lower(${value})` : `${column} = ${value}`
}
