import { DefectError } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { columnOf } from './columns.ts'
import { cursorSql } from './cursor.ts'
import { literalSql } from './field-value.ts'
import { filterSql } from './filter.ts'
import { keysetSql, type ListOrder, listOrder, orderBySql } from './order.ts'
import { allOf, type PlanBuilder } from './plan-builder.ts'
import type { ConnectionMember, ConnectionSelection, EdgeMember, ListArguments, Operand } from './request.ts'
import { rowMembersSql } from './row.ts'
import { searchSql } from './search.ts'

/** The record whose to-many relation is listed; null for a root list. */
export interface PageParent {
  readonly alias: string
  readonly via: FieldDefinition
}

/**
 * Up to this many scope keys, each key's newest rows are taken from its own index range and merged; beyond it one scan of the
 * date index that filters by `scope_id = ANY` is faster (DESIGN §3, "the trap of row scopes"). Must be a boundary of the
 * size buckets in `AccessPolicy.shape`.
 */
export const MERGE_SCOPE_KEYS = 16

/** SQL expression (a scalar sub-select) for a whole connection as JSON. */
export function connectionSql(module: ModuleDefinition, list: ListArguments, connection: ConnectionSelection, parent: PageParent | null, builder: PlanBuilder): string {
  const limit = list.first ?? list.last
  if (limit === null) throw new DefectError('a page needs first or last')
  const needsPage = connection.members.some((member) => member.kind !== 'totalCount' && member.kind !== 'typename')
  const total = () => totalSql(module, list, parent, builder)
  if (!needsPage) {
    return `(SELECT row_to_json(c) FROM (SELECT ${connection.members.map((member) => memberSql(member, { total })).join(', ')}) c)`
  }
  const alias = builder.alias()
  const rows = builder.alias()
  const order = listOrder(list.orderBy, module, alias, builder)
  const wantsMore = connection.members.some((member) => member.kind === 'pageInfo' && member.parts.some(({ part }) => part !== '__typename'))
  const backward = list.first === null
  // Order values that come from joined tables travel with the row under names of their own.
  const outerValues = order.terms.map((term, index) => (order.hasJoins ? `${quoteIdentifier(alias)}.${quoteIdentifier(`~k${index}`)}` : term.sql))
  const source = sourceSql(module, list, order, alias, limit + (wantsMore ? 1 : 0), backward, parent, builder)
  const cursorKey = () => builder.parameter('cursor key', (inputs) => inputs.cursorKey)
  const cursor = () => cursorSql(outerValues, order.fingerprint, cursorKey())

  const laterals: string[] = []
  const columns: string[] = []
  const aggregates = new Map<ConnectionMember, string>()
  const windowed = wantsMore || backward
  for (const member of connection.members) {
    if (member.kind !== 'nodes' && member.kind !== 'edges') continue
    const name = `n${laterals.length + 1}`
    const members = member.kind === 'nodes' ? rowMembersSql(member.selection, alias, builder) : edgeMembersSql(member.members, alias, cursor, builder)
    laterals.push(` CROSS JOIN LATERAL (SELECT ${members}) ${name}`)
    columns.push(`${name} AS ${name}`)
    // Rows reach the aggregate in the order of the page: nothing between it and the sorted source reorders them.
    const reversed = backward ? ` ORDER BY ${rows}.rn DESC` : ''
    const inPage = wantsMore ? ` FILTER (WHERE ${rows}.rn <= ${limit})` : ''
    aggregates.set(member, `coalesce(json_agg(${rows}.${name}${reversed})${inPage}, '[]'::json)`)
  }
  const info = pageInfoSql(connection, backward, limit, list, rows, builder)
  const table = quoteIdentifier(alias)
  if (info.cursors.has('first')) columns.push(`CASE WHEN ${table}.rn = 1 THEN ${cursor()} END AS first_cursor`)
  if (info.cursors.has('last')) columns.push(`CASE WHEN ${table}.rn = least(${table}.cnt, ${limit}) THEN ${cursor()} END AS last_cursor`)
  if (windowed) columns.push(`${table}.rn`)
  const numbered = windowed ? `SELECT s.*, row_number() OVER () AS rn, count(*) OVER () AS cnt FROM (${source}) s` : source
  const page = `SELECT ${columns.length > 0 ? columns.join(', ') : '1'} FROM (${numbered}) ${table}${laterals.join('')}`
  const select = connection.members.map((member) => memberSql(member, { total, info: info.parts, aggregate: aggregates.get(member) })).join(', ')
  return `(SELECT row_to_json(c) FROM (SELECT ${select} FROM (${page}) ${rows}) c)`
}

interface MemberSources {
  readonly total: () => string
  readonly info?: Readonly<Record<string, string>>
  readonly aggregate?: string | undefined
}

function memberSql(member: ConnectionMember, sources: MemberSources): string {
  return `${memberValueSql(member, sources)} AS ${quoteIdentifier(member.key)}`
}

function memberValueSql(member: ConnectionMember, { total, info, aggregate }: MemberSources): string {
  switch (member.kind) {
    case 'typename':
      return literalSql(member.value)
    case 'totalCount':
      return total()
    case 'pageInfo':
      return `json_build_object(${member.parts.map(({ key, part, value }) => `${literalSql(key)}, ${part === '__typename' ? literalSql(value ?? '') : info?.[part]}`).join(', ')})`
    default:
      return aggregate as string
  }
}

function edgeMembersSql(members: readonly EdgeMember[], alias: string, cursor: () => string, builder: PlanBuilder): string {
  return members
    .map((member) => {
      const key = quoteIdentifier(member.key)
      if (member.kind === 'typename') return `${literalSql(member.value)} AS ${key}`
      if (member.kind === 'cursor') return `${cursor()} AS ${key}`
      return `(SELECT row_to_json(n) FROM (SELECT ${rowMembersSql(member.selection, alias, builder)}) n) AS ${key}`
    })
    .join(', ')
}

function pageInfoSql(connection: ConnectionSelection, backward: boolean, limit: number, list: ListArguments, rows: string, builder: PlanBuilder) {
  const wanted = new Set(connection.members.flatMap((member) => (member.kind === 'pageInfo' ? member.parts.map(({ part }) => part) : [])))
  const [first, last] = backward ? ['endCursor', 'startCursor'] : ['startCursor', 'endCursor']
  const cursors = new Set<'first' | 'last'>()
  if (wanted.has(first as string)) cursors.add('first')
  if (wanted.has(last as string)) cursors.add('last')
  const more = `(count(*) > ${limit})`
  const given = (operand: Operand | null) => (operand !== null && builder.peek(operand) != null ? 'TRUE' : 'FALSE')
  const parts: Record<string, string> = {
    hasNextPage: backward ? given(list.before) : more,
    hasPreviousPage: backward ? more : given(list.after),
    [first as string]: `max(${rows}.first_cursor)`,
    [last as string]: `max(${rows}.last_cursor)`,
  }
  return { parts, cursors }
}

function conditionsSql(module: ModuleDefinition, list: ListArguments, alias: string, parent: PageParent | null, builder: PlanBuilder): string[] {
  const table = quoteIdentifier(alias)
  const conditions: string[] = []
  if (parent !== null) conditions.push(`${table}.${columnOf(parent.via)} = ${quoteIdentifier(parent.alias)}.id`)
  if (list.deleted === 'EXCLUDE') conditions.push(`${table}.deleted_at IS NULL`)
  if (list.deleted === 'ONLY') conditions.push(`${table}.deleted_at IS NOT NULL`)
  if (list.filter !== null) conditions.push(filterSql(list.filter, module, alias, builder))
  if (list.search !== null) conditions.push(searchSql(list.search, module, alias, builder))
  return conditions
}

function totalSql(module: ModuleDefinition, list: ListArguments, parent: PageParent | null, builder: PlanBuilder): string {
  const alias = builder.alias()
  const table = builder.secured(module, 'READ', alias)
  return `(SELECT count(*) FROM ${table.from} WHERE ${allOf([...conditionsSql(module, list, alias, parent, builder), table.condition])})`
}

/** The rows of one page in their order (turned round for a page read backward), with computed order values as `~k<i>`. */
function sourceSql(module: ModuleDefinition, list: ListArguments, order: ListOrder, alias: string, limit: number, backward: boolean, parent: PageParent | null, builder: PlanBuilder): string {
  const table = builder.secured(module, 'READ', alias)
  const name = quoteIdentifier(alias)
  const keys = order.hasJoins ? order.terms.map((term, index) => `, ${term.sql} AS ${quoteIdentifier(`~k${index}`)}`).join('') : ''
  const conditions = [...conditionsSql(module, list, alias, parent, builder), keysetSql(list, order, builder)]
  const orderBy = orderBySql(order.terms, backward)
  const scope = table.scope
  const mergeable = parent === null && scope !== undefined && scope !== 'ALL' && module.accessParent === undefined && !order.hasJoins && list.filter === null && list.search === null
  if (mergeable && builder.policy.scopes[scope].length <= MERGE_SCOPE_KEYS) {
    const where = allOf([`${name}.scope_id = k.id`, ...conditions])
    return `SELECT ${name}.* FROM unnest(${builder.scope(scope)}::uuid[]) k(id) CROSS JOIN LATERAL (SELECT ${name}.* FROM ${table.from} WHERE ${where} ORDER BY ${orderBy} LIMIT ${limit}) ${name} ORDER BY ${orderBy} LIMIT ${limit}`
  }
  return `SELECT ${name}.*${keys} FROM ${table.from}${order.joins} WHERE ${allOf([...conditions, table.condition])} ORDER BY ${orderBy} LIMIT ${limit}`
}
