import { DefectError } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { ModuleDefinition } from '../registry/definition.ts'
import { allOf, literalSql } from '../sql-text.ts'
import { cursorSql } from './cursor.ts'
import { isGiven, keysetSql, listOrder, type OrderTerm, orderBySql } from './order.ts'
import { type PageParent, restrictionSql, sourceSql } from './page-source.ts'
import { type PlanBuilder, ROW } from './plan-builder.ts'
import type { ConnectionMember, ConnectionSelection, EdgeMember, ListArguments, Operand, SelectedPart } from './request.ts'
import { rowSql } from './row.ts'

/** A connection as a scalar sub-select that gives one record. */
export function connectionSql(
  module: ModuleDefinition,
  list: ListArguments,
  connection: ConnectionSelection,
  parent: PageParent | null,
  builder: PlanBuilder,
): string {
  return `(SELECT ${ROW} FROM (${connectionSelect(module, list, connection, parent, builder)}) ${ROW})`
}

/** The SELECT of a connection's one row, with a column for each selected member. */
export function connectionSelect(
  module: ModuleDefinition,
  list: ListArguments,
  connection: ConnectionSelection,
  parent: PageParent | null,
  builder: PlanBuilder,
): string {
  const limit = list.first ?? list.last
  if (limit === null) throw new DefectError('a page needs first or last')
  const backward = list.first === null
  const alias = builder.alias()
  const order = listOrder(list.orderBy, module, alias, builder)
  const keyset = keysetSql(list, order, builder)
  // Order values that come from joined tables travel with the row under names of their own.
  const terms = order.terms.map((term, index) => (order.hasJoins ? { ...term, sql: `${quoteIdentifier(alias)}.${quoteIdentifier(`~k${index}`)}` } : term))
  const page: Page = { alias, limit, backward, terms, fingerprint: order.fingerprint, list }
  const lists = connection.members.filter((member) => member.kind === 'nodes' || member.kind === 'edges')
  const informed = connection.members.some((member) => member.kind === 'pageInfo' && member.parts.some(({ part }) => part !== '__typename'))
  // Read once by a common table expression when more than one member needs the page.
  const shared = informed || lists.length > 1
  const sourceOf = (columns: string, rows: number) => sourceSql({ module, list, order, keyset, alias, backward, parent, columns, limit: rows }, builder)
  const source = shared ? `(SELECT * FROM ${quoteIdentifier(alias)} LIMIT ${limit})` : `(${sourceOf(`${quoteIdentifier(alias)}.*`, limit)})`
  const members = connection.members.map(
    (member) => `${memberSql(member, page, source, () => totalSql(module, list, parent, builder), builder)} AS ${quoteIdentifier(member.key)}`,
  )
  const select = `SELECT ${members.join(', ')}`
  if (!shared) return select
  const columns = usedColumns(select, alias)
  return `WITH ${quoteIdentifier(alias)} AS MATERIALIZED (${sourceOf(columns.join(', '), limit + 1)}) ${select}`
}

interface Page {
  readonly alias: string
  readonly limit: number
  readonly backward: boolean
  /** Order terms as the page's rows give them. */
  readonly terms: readonly OrderTerm[]
  readonly fingerprint: string
  readonly list: ListArguments
}

function memberSql(member: ConnectionMember, page: Page, source: string, total: () => string, builder: PlanBuilder): string {
  switch (member.kind) {
    case 'typename':
      return literalSql(member.value)
    case 'totalCount':
      return total()
    case 'pageInfo':
      return `(SELECT ${ROW} FROM (${pageInfoSelect(member.parts, page, builder)}) ${ROW})`
    case 'nodes': {
      const row = rowSql(member.selection, page.alias, builder)
      return listSql(row.members, row.joins, page, source)
    }
    case 'edges': {
      const joins: string[] = []
      const members = member.members.map((edge) => `${edgeMemberSql(edge, page, joins, builder)} AS ${quoteIdentifier(edge.key)}`)
      return listSql(members.join(', '), joins.join(''), page, source)
    }
  }
}

/** The rows of a page as an array of records, in the list's order whichever end it was read from. */
function listSql(members: string, joins: string, page: Page, source: string): string {
  return `ARRAY(SELECT ${ROW} FROM (SELECT ${members} FROM ${source} ${quoteIdentifier(page.alias)}${joins} ORDER BY ${orderBySql(page.terms, false)}) ${ROW})`
}

function edgeMemberSql(member: EdgeMember, page: Page, joins: string[], builder: PlanBuilder): string {
  if (member.kind === 'typename') return literalSql(member.value)
  if (member.kind === 'cursor')
    return cursorSql(
      page.terms.map((term) => term.sql),
      page.fingerprint,
      cursorKey(builder),
    )
  const row = rowSql(member.selection, page.alias, builder)
  const node = quoteIdentifier(builder.alias())
  joins.push(row.joins, ` CROSS JOIN LATERAL (SELECT ${row.members}) ${node}`)
  return node
}

function cursorKey(builder: PlanBuilder): string {
  return builder.parameter('cursor key', (inputs) => inputs.cursorKey)
}

/** Aggregates over the page, which holds one row more than was asked where there are more. */
function pageInfoSelect(parts: readonly SelectedPart[], { alias, limit, backward, terms, fingerprint, list }: Page, builder: PlanBuilder): string {
  // Counts a column, not rows: inside the cursor's sub-select `count(*)` would count that one.
  const rows = `count(${quoteIdentifier(alias)}.id)`
  const more = `(${rows} > ${limit})`
  const given = (operand: Operand | null) => (isGiven(operand, builder) ? 'TRUE' : 'FALSE')
  const cursorAt = (position: string) => {
    const values = terms.map((term) => `(array_agg(${term.sql}))[${position}]`)
    return `CASE WHEN ${rows} > 0 THEN ${cursorSql(values, fingerprint, cursorKey(builder))} END`
  }
  const first = '1'
  const last = `least(${limit}, ${rows})`
  const value = (part: string): string => {
    switch (part) {
      case 'hasNextPage':
        return backward ? given(list.before) : more
      case 'hasPreviousPage':
        return backward ? more : given(list.after)
      case 'startCursor':
        return cursorAt(backward ? last : first)
      default:
        return cursorAt(backward ? first : last)
    }
  }
  const members = parts.map(({ key, part, value: text }) => `${part === '__typename' ? literalSql(text ?? '') : value(part)} AS ${quoteIdentifier(key)}`)
  if (parts.every(({ part }) => part === '__typename')) return `SELECT ${members.join(', ')}`
  // HAVING makes it one row even where no member is an aggregate.
  return `SELECT ${members.join(', ')} FROM ${quoteIdentifier(alias)} HAVING TRUE`
}

/** Columns that generated SQL takes from an alias, but for the joined order values. Aliases are unique in a plan and never part of a literal. */
function usedColumns(sql: string, alias: string): string[] {
  const used = new Set<string>(['id'])
  for (const [, column] of sql.matchAll(new RegExp(`"${alias}"\\.("[^"~]+"|[a-z_]+)`, 'g'))) used.add((column as string).replaceAll('"', ''))
  return [...used].map((column) => `${quoteIdentifier(alias)}.${quoteIdentifier(column)}`)
}

function totalSql(module: ModuleDefinition, list: ListArguments, parent: PageParent | null, builder: PlanBuilder): string {
  const alias = builder.alias()
  const table = builder.secured(module, 'READ', alias)
  const { join, conditions } = restrictionSql(module, list, alias, parent, builder)
  return `(SELECT count(*) FROM ${table.from}${join} WHERE ${allOf([...conditions, table.condition])})`
}
