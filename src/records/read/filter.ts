import { DefectError, say, validationFailed } from '../../errors/index.ts'
import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../registry/definition.ts'
import { allOf } from '../sql-text.ts'
import { columnOf, comparableColumn, comparableType } from './columns.ts'
import { encodeComparable, encodeId, encodeText } from './encode.ts'
import { LIST_OPERATORS, YES_OR_NO_OPERATORS } from './operators.ts'
import { type RelationSql, relationSql } from './relation.ts'
import type { CompareOperator, FilterNode, Operand } from './request.ts'

/** What the compiler of filters needs of a statement that is being written. */
export interface FilterBuilder {
  readonly registry: Registry
  /** A fresh table alias, to be quoted. */
  alias(): string
  /** A related module's table, as far as the filter may look into it. */
  secured(module: ModuleDefinition, action: 'READ', alias: string): { readonly from: string; readonly condition: string }
  /** A column of the field in the row `alias`; `column` is quoted. */
  column(alias: string, field: FieldDefinition, column: string): string
  /** Placeholder for an operand; `encode` turns the API value into the driver's and may throw VALIDATION_FAILED. */
  operand(operand: Operand, encoding: string, encode: (value: unknown) => unknown): string
  /** Value that decides about the text. */
  peek(operand: Operand): unknown
  /**
   * The condition where the operand may turn out to be nothing at all, as values of a viewer may; `negated`: what fulfils it is kept out. Left out by those whose operands are
   * what they are.
   */
  bounded?(condition: string, operand: Operand, isList: boolean, negated: boolean): string
  /** Second wall behind the schema layer: names that the reader may not use never reach SQL. Throws DefectError. */
  assertReadable(module: ModuleDefinition, field: FieldDefinition): void
}

/** SQL condition of a filter over the row `alias` of `module`. Two-valued where `not` and `every` need it. */
export function filterSql(node: FilterNode, module: ModuleDefinition, alias: string, builder: FilterBuilder, negated = false): string {
  const within = (inner: FilterNode, turned = false) => filterSql(inner, module, alias, builder, turned ? !negated : negated)
  switch (node.kind) {
    case 'and':
      return node.nodes.length === 0 ? 'TRUE' : `(${node.nodes.map((inner) => within(inner)).join(' AND ')})`
    case 'or':
      return node.nodes.length === 0 ? 'FALSE' : `(${node.nodes.map((inner) => within(inner)).join(' OR ')})`
    case 'not':
      return `((${within(node.node, true)}) IS NOT TRUE)`
    case 'compare':
      builder.assertReadable(module, node.field)
      return bounded(compareSql(node.field, node.part, node.operator, node.operand, alias, builder), node.operator, node.operand, builder, negated)
    case 'one': {
      builder.assertReadable(module, node.field)
      const inner = builder.alias()
      const tie = { join: '', condition: `${quoteIdentifier(inner)}.id = ${builder.column(alias, node.field, columnOf(node.field))}` }
      const empty = emptinessOf(node.node, builder)
      if (empty !== null) return `${empty ? 'NOT ' : ''}${existsSql(node.module, inner, tie, 'TRUE', builder)}`
      const exists = existsSql(node.module, inner, tie, filterSql(node.node, node.module, inner, builder, negated), builder)
      // Turned round, a hint on a value that is missing would let everything in.
      const hints = negated && builder.bounded ? [] : idHints(node.field, node.node, alias, builder)
      return allOf([...hints, exists])
    }
    case 'many': {
      const { relation } = node
      builder.assertReadable(builder.registry.module(relation.field.module), relation.field)
      const inner = builder.alias()
      const tie = relationSql(relation, inner, alias, builder)
      // None: what fulfils the condition is kept out. Every: what does not, so twice turned round.
      const condition = filterSql(node.node, node.module, inner, builder, node.quantifier === 'none' ? !negated : negated)
      if (node.quantifier === 'some') return existsSql(node.module, inner, tie, condition, builder)
      if (node.quantifier === 'none') return `NOT ${existsSql(node.module, inner, tie, condition, builder)}`
      return `NOT ${existsSql(node.module, inner, tie, `(${condition}) IS NOT TRUE`, builder)}`
    }
    case 'externalId': {
      const system = builder.operand(node.system, 'text', encodeText)
      const key = builder.operand(node.externalKey, 'text', encodeText)
      return `EXISTS (SELECT FROM external_id x WHERE x.module_number = ${module.number} AND x.system = ${system} AND x.key = ${key} AND x.record_id = ${quoteIdentifier(alias)}.id)`
    }
  }
}

/** `{account: {id: {isNull: true}}}` asks for records without a (readable) account: true; `isNull: false` for those with one. */
function emptinessOf(node: FilterNode, builder: FilterBuilder): boolean | null {
  if (node.kind === 'and' && node.nodes.length === 1) return emptinessOf(node.nodes[0] as FilterNode, builder)
  if (node.kind !== 'compare' || node.field.name !== 'id' || node.operator !== 'isNull') return null
  return builder.peek(node.operand) === true
}

/**
 * What a condition on the related record's id says of the reference itself, so that the reference's index can be used. An owner
 * is also the record's scope key, which has the index.
 */
function idHints(field: FieldDefinition, node: FilterNode, alias: string, builder: FilterBuilder): string[] {
  if (node.kind === 'and') return node.nodes.flatMap((inner) => idHints(field, inner, alias, builder))
  if (node.kind !== 'compare' || node.field.name !== 'id' || (node.operator !== 'eq' && node.operator !== 'in')) return []
  const column = builder.column(alias, field, field.system && field.name === 'owner' ? '"scope_id"' : columnOf(field))
  const list = node.operator === 'in'
  const ids = builder.operand(node.operand, list ? 'uuid[]' : 'uuid', (value) => (list ? encodeList(value, encodeId) : encodeId(value)))
  return [`${column} = ${list ? `ANY(${ids}::uuid[])` : `${ids}::uuid`}`]
}

function existsSql(module: ModuleDefinition, alias: string, tie: RelationSql, condition: string, builder: FilterBuilder): string {
  const table = builder.secured(module, 'READ', alias)
  const where = allOf([tie.condition, `${quoteIdentifier(alias)}.deleted_at IS NULL`, table.condition, condition])
  return `EXISTS (SELECT FROM ${table.from}${tie.join} WHERE ${where})`
}

function bounded(condition: string, operator: CompareOperator, operand: Operand, builder: FilterBuilder, negated: boolean): string {
  if (YES_OR_NO_OPERATORS.has(operator)) return condition
  return builder.bounded?.(condition, operand, LIST_OPERATORS.has(operator), negated) ?? condition
}

const SIGNS: Partial<Record<CompareOperator, string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' }

function compareSql(field: FieldDefinition, part: string | null, operator: CompareOperator, operand: Operand, alias: string, builder: FilterBuilder): string {
  const column = builder.column(alias, field, part === null ? comparableColumn(field) : columnOf(field, part))
  const type = part === 'currency' ? 'text' : comparableType(field)
  if (operator === 'isNull') return `${column} IS ${builder.peek(operand) === true ? '' : 'NOT '}NULL`
  if (field.system && field.name === 'tags') return tagsSql(column, operator, operand, builder)
  if (type === 'text[]') return listSql(column, operator, operand, builder)
  if (field.type === 'PHONE') return phoneSql(field, alias, operator, operand, builder)
  const encode = (value: unknown) => encodeComparable(type, value)
  const one = () => `${builder.operand(operand, type, encode)}::${type}`
  const many = () => `${builder.operand(operand, `${type}[]`, (value) => encodeList(value, encode))}::${type}[]`
  switch (operator) {
    case 'eq':
      return `${column} = ${one()}`
    case 'ne':
      return `${column} IS DISTINCT FROM ${one()}`
    case 'in':
      return `${column} = ANY(${many()})`
    case 'notIn':
      return `(${column} = ANY(${many()})) IS NOT TRUE`
    case 'contains': {
      const text = textOperand(operand, builder)
      const match = `strpos(guanxi_fold(${column}), guanxi_fold(${text})) > 0`
      // The bigram index of a searchable field narrows first: what contains the text contains its bigrams.
      return field.searchable ? `(guanxi_bigrams(guanxi_search_fold(${column})) @> guanxi_bigrams(guanxi_search_fold(${text})) AND ${match})` : match
    }
    case 'startsWith':
      return `starts_with(guanxi_fold(${column}), guanxi_fold(${textOperand(operand, builder)}))`
    case 'endsWith': {
      const text = `guanxi_fold(${textOperand(operand, builder)})`
      return `right(guanxi_fold(${column}), length(${text})) = ${text}`
    }
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return `${column} ${SIGNS[operator]} ${one()}`
    default:
      throw new DefectError(`${field.id}: operator ${operator} does not apply`)
  }
}

function textOperand(operand: Operand, builder: FilterBuilder): string {
  return `${builder.operand(operand, 'text', (value) => encodeComparable('text', value))}::text`
}

function encodeList(value: unknown, encode: (value: unknown) => unknown): unknown[] {
  if (!Array.isArray(value))
    throw validationFailed([{ path: [], code: 'NULL', message: say`A list of values is needed; null is none. An empty list matches nothing.` }])
  return value.map(encode)
}

function textList(operand: Operand, builder: FilterBuilder): string {
  return `${builder.operand(operand, 'text[]', (value) => encodeList(value, encodeText))}::text[]`
}

function listSql(column: string, operator: CompareOperator, operand: Operand, builder: FilterBuilder): string {
  switch (operator) {
    case 'hasAny':
      return `${column} && ${textList(operand, builder)}`
    case 'hasAll':
      return `coalesce(${column}, '{}') @> ${textList(operand, builder)}`
    case 'hasNone':
      return `NOT coalesce(${column} && ${textList(operand, builder)}, FALSE)`
    case 'isEmpty':
      return `(coalesce(cardinality(${column}), 0) = 0) = ${builder.peek(operand) === true ? 'TRUE' : 'FALSE'}`
    default:
      throw new DefectError(`operator ${operator} does not apply to a list`)
  }
}

/** Tags are stored as ids of tag records and compared by name; a deleted tag is none. */
function tagsSql(column: string, operator: CompareOperator, operand: Operand, builder: FilterBuilder): string {
  if (operator === 'isEmpty') {
    const found = `EXISTS (SELECT FROM tags g WHERE g.id = ANY(${column}) AND g.deleted_at IS NULL)`
    return builder.peek(operand) === true ? `NOT ${found}` : found
  }
  const names = textList(operand, builder)
  const ids = `ARRAY(SELECT g.id FROM tags g WHERE g.name = ANY(${names}) AND g.deleted_at IS NULL)`
  if (operator === 'hasAny') return `${column} && ${ids}`
  if (operator === 'hasNone') return `NOT (${column} && ${ids})`
  if (operator === 'hasAll') return `(${column} @> ${ids} AND cardinality(${ids}) = (SELECT count(DISTINCT n) FROM unnest(${names}) n))`
  throw new DefectError(`operator ${operator} does not apply to tags`)
}

/** A phone matches by what was typed or, whatever the spelling of the operand, by its international form; that one it is ordered by. */
function phoneSql(field: FieldDefinition, alias: string, operator: CompareOperator, operand: Operand, builder: FilterBuilder): string {
  const raw = builder.column(alias, field, columnOf(field))
  const e164 = builder.column(alias, field, columnOf(field, 'e164'))
  if (operator === 'in' || operator === 'notIn') {
    const match = `EXISTS (SELECT FROM unnest(${textList(operand, builder)}) v WHERE ${raw} = v OR ${e164} = ${digitsSql('v')})`
    return operator === 'in' ? match : `NOT ${match}`
  }
  const text = textOperand(operand, builder)
  const digits = digitsSql(text)
  // Fewer digits are found in nearly every number.
  const either = (match: (column: string, part: string) => string) =>
    `(${match(`guanxi_fold(${raw})`, `guanxi_fold(${text})`)} OR (length(${digits}) > 2 AND ${match(e164, digits)}))`
  switch (operator) {
    case 'eq':
      return `(${raw} = ${text} OR ${e164} = ${digits})`
    case 'ne':
      return `(${raw} = ${text} OR ${e164} = ${digits}) IS NOT TRUE`
    case 'contains':
      return either((column, part) => `strpos(${column}, ${part}) > 0`)
    case 'startsWith':
      return either((column, part) => `starts_with(${column}, ${part})`)
    case 'endsWith':
      return either((column, part) => `right(${column}, length(${part})) = ${part}`)
    default: {
      const sign = SIGNS[operator]
      if (sign === undefined) throw new DefectError(`${field.id}: operator ${operator} does not apply`)
      return `${e164} ${sign} ${digits}`
    }
  }
}

/** A number without blanks, brackets and dashes. */
function digitsSql(text: string): string {
  return `regexp_replace(guanxi_fold(${text}), '[^+0-9]', '', 'g')`
}
