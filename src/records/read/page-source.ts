import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { SecuredTable } from '../access/secured.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import { allOf } from '../sql-text.ts'
import { filterSql } from './filter.ts'
import { isGiven, keysetSql, type ListOrder, orderBySql, partOrderSql } from './order.ts'
import type { PlanBuilder } from './plan-builder.ts'
import { relationSql } from './relation.ts'
import type { ListArguments, ToManyRelation } from './request.ts'
import { searchSql } from './search.ts'

/** The record whose to-many relation is listed; null for a root list. */
export interface PageParent {
  readonly alias: string
  readonly relation: ToManyRelation
}

/** What decides which rows a page has. */
export interface PageSource {
  readonly module: ModuleDefinition
  readonly list: ListArguments
  readonly order: ListOrder
  /** Condition that the rows stand behind `after` and before `before`. */
  readonly keyset: string
  /** What the rows are called. */
  readonly alias: string
  /** Read from the end of the list. */
  readonly backward: boolean
  readonly parent: PageParent | null
  /** What is selected of the rows. */
  readonly columns: string
  readonly limit: number
}

/** What the list's rows must fulfil, and the join that ties them to the parent. */
interface Restriction {
  readonly join: string
  readonly conditions: readonly string[]
}

export function restrictionSql(module: ModuleDefinition, list: ListArguments, alias: string, parent: PageParent | null, builder: PlanBuilder): Restriction {
  const table = quoteIdentifier(alias)
  const tie = parent === null ? null : relationSql(parent.relation, alias, parent.alias, builder)
  const conditions = tie === null ? [] : [tie.condition]
  if (list.deleted === 'EXCLUDE') conditions.push(`${table}.deleted_at IS NULL`)
  if (list.deleted === 'ONLY') conditions.push(`${table}.deleted_at IS NOT NULL`)
  if (list.filter !== null) conditions.push(filterSql(list.filter, module, alias, builder))
  if (list.search !== null) conditions.push(searchSql(list.search, module, alias, builder))
  return { join: tie?.join ?? '', conditions }
}

/** The rows of one page in their order (turned round for a page read backward), with joined order values as `~k<i>`. */
export function sourceSql(source: PageSource, builder: PlanBuilder): string {
  const { module, list, order, alias, parent } = source
  const table = builder.secured(module, 'READ', alias)
  const restriction = restrictionSql(module, list, alias, parent, builder)
  const isPlain = parent === null && !order.hasJoins
  const { keyed } = table
  if (isPlain && module.accessParent === undefined && list.filter === null && list.search === null)
    if (keyed && builder.policy.merged[keyed.scope]) return mergedSql(source, table, keyed, restriction, builder)
  const [first] = order.terms
  const later = isGiven(list.after, builder) || isGiven(list.before, builder)
  if (isPlain && first?.nullable && (first.descending || later)) return twoPartsSql(source, table, restriction, builder)
  return scannedSql(source, table, restriction)
}

/** All rows that fulfil the conditions, in one ordered scan. */
function scannedSql({ order, keyset, backward, columns, limit }: PageSource, table: SecuredTable, { join, conditions }: Restriction): string {
  const keys = order.hasJoins ? order.terms.map((term, index) => `, ${term.sql} AS ${quoteIdentifier(`~k${index}`)}`).join('') : ''
  const where = allOf([...conditions, keyset, table.condition])
  return `SELECT ${columns}${keys} FROM ${table.from}${join}${order.joins} WHERE ${where} ORDER BY ${orderBySql(order.terms, backward)} LIMIT ${limit}`
}

/** A page for each key of the caller's scope, each read in order by an index, and merged. */
function mergedSql(
  { order, keyset, alias, backward, columns, limit }: PageSource,
  table: SecuredTable,
  { scope, rest }: NonNullable<SecuredTable['keyed']>,
  { conditions }: Restriction,
  builder: PlanBuilder,
): string {
  const name = quoteIdentifier(alias)
  const orderBy = orderBySql(order.terms, backward)
  const where = allOf([`${name}.scope_id = k.id`, rest(), ...conditions, keyset])
  const each = `SELECT ${name}.* FROM ${table.from} WHERE ${where} ORDER BY ${orderBy} LIMIT ${limit}`
  const owned = `unnest(${builder.scope(scope)}::uuid[]) k(id) CROSS JOIN LATERAL (${each}) ${name}`
  if (!table.isShared) return `SELECT ${columns} FROM ${owned} ORDER BY ${orderBy} LIMIT ${limit}`
  // One part more for what others have shared, less what the keys have given already.
  const others = allOf([table.shared, `(${table.granted}) IS NOT TRUE`, ...conditions, keyset])
  const shared = `SELECT ${name}.* FROM ${table.from} WHERE ${others} ORDER BY ${orderBy} LIMIT ${limit}`
  return `SELECT ${columns} FROM (SELECT ${name}.* FROM ${owned} UNION ALL (${shared})) ${name} ORDER BY ${orderBy} LIMIT ${limit}`
}

/**
 * The rows with a value in the first key and those without, each part read on its own and the second one only where the first is too short: an index gives
 * both in their orders, but not the one behind the other where the order is descending, and not from a cursor on.
 */
function twoPartsSql(source: PageSource, table: SecuredTable, { join, conditions }: Restriction, builder: PlanBuilder): string {
  const { list, order, keyset, alias, backward, columns, limit } = source
  const name = quoteIdentifier(alias)
  const key = (order.terms[0] as ListOrder['terms'][number]).sql
  const part = (isNull: boolean, gate: readonly string[]) => {
    const behind = isNull ? keyset : keysetSql(list, order, builder, true)
    const where = allOf([...conditions, behind, table.condition, ...gate, `${key} IS ${isNull ? '' : 'NOT '}NULL`])
    return `SELECT ${name}.* FROM ${table.from}${join} WHERE ${where} ORDER BY ${partOrderSql(order.terms, backward)} LIMIT ${limit}`
  }
  const begun = quoteIdentifier(`${alias}~first`)
  const rest = part(!backward, [`(SELECT count(*) FROM ${begun}) < ${limit}`])
  const orderBy = orderBySql(order.terms, backward)
  return `WITH ${begun} AS MATERIALIZED (${part(backward, [])}) SELECT ${columns} FROM (SELECT * FROM ${begun} UNION ALL (${rest})) ${name} ORDER BY ${orderBy} LIMIT ${limit}`
}
