import { valueTypeOf } from '../../entities/value-type.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { allOf, averageSql, instantSql, literalSql, moneySql } from '../sql-text.ts'
import { columnOf, comparableColumn, comparableType } from './columns.ts'
import { encodeTimeZone } from './encode.ts'
import { filterSql } from './filter.ts'
import { type PlanBuilder, ROW } from './plan-builder.ts'
import type { AggregateFunction, AggregateMember, AggregateValue, DateBucket, GroupKey, ReadRequest } from './request.ts'
import { searchSql } from './search.ts'

type AggregateRequest = Extract<ReadRequest, { kind: 'aggregate' }>

/** More groups than this need an explicit `first`. */
export const MAX_GROUPS = 1000

/** Scalar sub-select with the groups as a JSON list; null when there are more than MAX_GROUPS and no `first` was given. */
export function aggregateSql(request: AggregateRequest, builder: PlanBuilder): string {
  const { module } = request
  const alias = builder.alias()
  const table = builder.secured(module, 'READ', alias)
  const joins: string[] = []
  const keys = request.groupBy.map((key, index) => ({ name: `k${index + 1}`, sql: groupKeySql(key, module, alias, joins, request, builder) }))
  const conditions: string[] = []
  if (request.deleted === 'EXCLUDE') conditions.push(`${quoteIdentifier(alias)}.deleted_at IS NULL`)
  if (request.deleted === 'ONLY') conditions.push(`${quoteIdentifier(alias)}.deleted_at IS NOT NULL`)
  if (request.filter !== null) conditions.push(filterSql(request.filter, module, alias, builder))
  if (request.search !== null) conditions.push(searchSql(request.search, module, alias, builder))
  const where = allOf([...conditions, table.condition])
  // Groups are made in an inner query of plain columns; JSON is written for the groups that are answered.
  const values: { name: string; sql: string }[] = []
  const valueOf = (sql: string): string => {
    const known = values.find((value) => value.sql === sql)
    if (known) return `g.${known.name}`
    values.push({ name: `v${values.length + 1}`, sql })
    return `g.v${values.length}`
  }
  const count = () => valueOf('count(*)')
  const members = request.members.map((member) => `${aggregateMemberSql(member, request, alias, valueOf, count, builder)} AS ${quoteIdentifier(member.key)}`)
  const order = request.orderBy.map((by) => {
    const sql = by.kind === 'count' ? count() : by.kind === 'key' ? `g.k${by.index + 1}` : valueOf(functionSql(by.function, by.field, module, alias, builder))
    return `${sql} ${by.direction} NULLS LAST`
  })
  const orderBy = [...order, ...keys.map((key) => `g.${key.name} ASC NULLS LAST`)]
  const limit = request.first ?? (keys.length > 0 ? MAX_GROUPS + 1 : null)
  const columns = [...keys.map((key) => `${key.sql} AS ${key.name}`), ...values.map((value) => `${value.sql} AS ${value.name}`)]
  const groups = `SELECT ${columns.length > 0 ? columns.join(', ') : 'count(*)'} FROM ${table.from}${joins.join('')} WHERE ${where}${keys.length > 0 ? ` GROUP BY ${keys.map((_, index) => index + 1).join(', ')}` : ''}`
  const sorted = `SELECT * FROM (${groups}) g${orderBy.length > 0 ? ` ORDER BY ${orderBy.join(', ')}` : ''}${limit === null ? '' : ` LIMIT ${limit}`}`
  const guard =
    request.first === null && keys.length > 0
      ? `CASE WHEN count(*) <= ${MAX_GROUPS} THEN coalesce(json_agg(${ROW}), '[]'::json) END`
      : `coalesce(json_agg(${ROW}), '[]'::json)`
  return `(SELECT ${guard} FROM (${sorted}) g CROSS JOIN LATERAL (SELECT ${members.join(', ')}) ${ROW})`
}

function groupKeySql(key: GroupKey, module: ModuleDefinition, alias: string, joins: string[], request: AggregateRequest, builder: PlanBuilder): string {
  let table = alias
  let current = module
  for (const step of key.through) {
    builder.assertReadable(current, step)
    const target = builder.registry.module(step.reference?.module ?? 'user')
    const next = builder.alias()
    const secured = builder.secured(target, 'READ', next)
    joins.push(
      ` LEFT JOIN ${secured.from} ON ${allOf([`${quoteIdentifier(next)}.id = ${quoteIdentifier(table)}.${columnOf(step)}`, `${quoteIdentifier(next)}.deleted_at IS NULL`, secured.condition])}`,
    )
    table = next
    current = target
  }
  builder.assertReadable(current, key.field)
  const column = `${quoteIdentifier(table)}.${comparableColumn(key.field)}`
  return key.bucket === null ? column : bucketSql(key.bucket, key.field, column, request, builder)
}

/** A key as it is answered. Groups are made and sorted by the values themselves: as texts 10 would come before 9. */
function keyAnswerSql({ field, bucket }: GroupKey, column: string): string {
  return bucket === null && comparableType(field) === 'numeric' ? `trim_scale(${column})::text` : column
}

/** The bucket's first day (for HOUR its first minute) in the asked time zone. */
function bucketSql(bucket: DateBucket, field: FieldDefinition, column: string, request: AggregateRequest, builder: PlanBuilder): string {
  const zone = builder.operand(request.timeZone, 'time zone', encodeTimeZone)
  const local = valueTypeOf(field) === 'DATE' ? `${column}::timestamp` : `(${column} AT TIME ZONE ${zone}::text)`
  return `to_char(date_trunc('${bucket.toLowerCase()}', ${local}), '${bucket === 'HOUR' ? 'YYYY-MM-DD"T"HH24:MI' : 'YYYY-MM-DD'}')`
}

function aggregateMemberSql(
  member: AggregateMember,
  request: AggregateRequest,
  alias: string,
  valueOf: (sql: string) => string,
  count: () => string,
  builder: PlanBuilder,
): string {
  switch (member.kind) {
    case 'typename':
      return literalSql(member.value)
    case 'count':
      return count()
    case 'key':
      return keyJsonSql(request.groupBy)
    case 'function': {
      const parts = member.members.map(
        (value) => `${functionValueSql(member.function, value, request.module, alias, valueOf, builder)} AS ${quoteIdentifier(value.key)}`,
      )
      // A function takes a hundred arguments at most, so no json_build_object.
      return `(SELECT ${ROW} FROM (SELECT ${parts.join(', ')}) ${ROW})`
    }
  }
}

/** `{industry: …, owner: {name: …}}`: the group's key in the shape of `groupBy`. */
function keyJsonSql(groupBy: readonly GroupKey[]): string {
  interface Branch {
    readonly members: Map<string, Branch | string>
  }
  const root: Branch = { members: new Map() }
  groupBy.forEach((key, index) => {
    let branch = root
    for (const name of key.names.slice(0, -1)) {
      const known = branch.members.get(name)
      const next: Branch = known !== undefined && typeof known !== 'string' ? known : { members: new Map() }
      branch.members.set(name, next)
      branch = next
    }
    branch.members.set(key.names.at(-1) as string, keyAnswerSql(key, `g.k${index + 1}`))
  })
  const write = (branch: Branch): string =>
    `json_build_object(${[...branch.members].map(([name, value]) => `${literalSql(name)}, ${typeof value === 'string' ? value : write(value)}`).join(', ')})`
  return write(root)
}

function functionSql(name: AggregateFunction, field: FieldDefinition, module: ModuleDefinition, alias: string, builder: PlanBuilder): string {
  builder.assertReadable(module, field)
  const column = `${quoteIdentifier(alias)}.${comparableColumn(field)}`
  const value = comparableType(field) === 'bool' ? `${column}::int` : column
  return name === 'avg' ? averageSql(value) : `${name}(${value})`
}

function functionValueSql(
  name: AggregateFunction,
  value: AggregateValue,
  module: ModuleDefinition,
  alias: string,
  valueOf: (sql: string) => string,
  builder: PlanBuilder,
): string {
  const { field } = value
  if (field === undefined) return literalSql(value.value ?? '')
  const raw = valueOf(functionSql(name, field, module, alias, builder))
  const rounded = name === 'avg' ? `round(${raw}, 6)` : raw
  if (valueTypeOf(field) === 'MONEY') {
    const parts = (value.parts ?? []).map(({ key, part, value: text }) => {
      const member =
        part === '__typename'
          ? literalSql(text ?? '')
          : part === 'currency'
            ? literalSql(builder.context.organisationCurrency)
            : moneySql(name === 'avg' ? `round(${raw}, 4)` : raw)
      return `${literalSql(key)}, ${member}`
    })
    return `CASE WHEN ${raw} IS NOT NULL THEN json_build_object(${parts.join(', ')}) END`
  }
  if (name === 'sum' || name === 'avg') return `trim_scale((${rounded})::numeric)::text`
  if (valueTypeOf(field) === 'DATETIME') return instantSql(raw)
  return comparableType(field) === 'numeric' ? `${raw}::text` : raw
}
