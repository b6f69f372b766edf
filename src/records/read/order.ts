import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { fieldLevel } from '../access/secured.ts'
import type { FieldDefinition, ModuleDefinition } from '../registry/definition.ts'
import { allOf } from '../sql-text.ts'
import { columnOf, comparableColumn, comparableType, neverNull } from './columns.ts'
import { decodeCursor } from './cursor.ts'
import type { PlanBuilder } from './plan-builder.ts'
import type { ListArguments, Operand, OrderKey } from './request.ts'

/** One key of a list's total order, bound to an occurrence of the module's table. */
export interface OrderTerm {
  readonly sql: string
  readonly type: string
  readonly nullable: boolean
  readonly descending: boolean
}

export interface ListOrder {
  /** The asked keys and, unless they end in the id already, the id as tie-break. */
  readonly terms: readonly OrderTerm[]
  /** LEFT JOINs that keys through to-one relations need. */
  readonly joins: string
  readonly hasJoins: boolean
  readonly fingerprint: string
}

/** Resolves order keys over the row `alias`; an unreadable or deleted related record counts as empty. */
export function listOrder(keys: readonly OrderKey[], module: ModuleDefinition, alias: string, builder: PlanBuilder): ListOrder {
  const joined = new Map<string, string>()
  const joins: string[] = []
  const asked = keys.length > 0 ? keys : [defaultKey(module, builder)]
  const terms = asked.map((key): OrderTerm => {
    let table = alias
    let current = module
    let path = ''
    for (const step of key.through) {
      builder.assertReadable(current, step)
      path += `.${step.id}`
      const target = builder.registry.module(step.reference?.module ?? 'user')
      let next = joined.get(path)
      if (next === undefined) {
        next = builder.alias()
        const secured = builder.secured(target, 'READ', next)
        const on = allOf([
          `${quoteIdentifier(next)}.id = ${quoteIdentifier(table)}.${columnOf(step)}`,
          `${quoteIdentifier(next)}.deleted_at IS NULL`,
          secured.condition,
        ])
        joins.push(` LEFT JOIN ${secured.from} ON ${on}`)
        joined.set(path, next)
      }
      table = next
      current = target
    }
    builder.assertReadable(current, key.field)
    return {
      sql: `${quoteIdentifier(table)}.${comparableColumn(key.field)}`,
      type: comparableType(key.field),
      nullable: key.through.length > 0 || !neverNull(key.field),
      descending: key.direction === 'DESC',
    }
  })
  const last = asked[asked.length - 1] as OrderKey
  const unique = last.through.length === 0 && last.field.name === 'id'
  if (!unique) terms.push({ sql: `${quoteIdentifier(alias)}.id`, type: 'uuid', nullable: false, descending: last.direction === 'DESC' })
  const fingerprint = `${module.number}:${asked.map((key) => `${[...key.through, key.field].map((field) => field.id).join('>')} ${key.direction}`).join(',')}`
  return { terms, joins: joins.join(''), hasJoins: joins.length > 0, fingerprint }
}

/** Newest first; by the id alone, which grows with time too, for whoever may not know when records were made: their order and cursors would tell it. */
function defaultKey(module: ModuleDefinition, builder: PlanBuilder): OrderKey {
  const level = fieldLevel(builder.policy, module.name, 'createdAt')
  const name = level === 'READ' || level === 'WRITE' ? 'createdAt' : 'id'
  return { through: [], field: module.fields.get(name) as FieldDefinition, direction: 'DESC' }
}

/** ORDER BY list; empty values last both ways, everything turned round when the page is read from its end. */
export function orderBySql(terms: readonly OrderTerm[], backward: boolean): string {
  return orderSql(terms, backward, backward ? 'FIRST' : 'LAST')
}

/** The same for rows whose first key is empty in all or in none of them: in the order that an index of that key has. */
export function partOrderSql(terms: readonly OrderTerm[], backward: boolean): string {
  return orderSql(terms, backward, terms[0]?.descending !== backward ? 'FIRST' : 'LAST')
}

function orderSql(terms: readonly OrderTerm[], backward: boolean, nullsOfFirst: 'FIRST' | 'LAST'): string {
  return terms
    .map(({ sql, nullable, descending }, index) => {
      const direction = descending !== backward ? 'DESC' : 'ASC'
      // On columns that are never null the clause is left out, because it would keep PostgreSQL from using the index.
      const nulls = index === 0 ? nullsOfFirst : backward ? 'FIRST' : 'LAST'
      return `${sql} ${direction}${nullable ? ` NULLS ${nulls}` : ''}`
    })
    .join(', ')
}

/** The cursor is there in this request: a variable may be left out or null. */
export function isGiven(operand: Operand | null, builder: PlanBuilder): operand is Operand {
  return operand !== null && builder.peek(operand) != null
}

/** Conditions of `after` and `before`. `filled`: the first key is known to have a value in the rows at hand. */
export function keysetSql(list: ListArguments, order: ListOrder, builder: PlanBuilder, filled = false): string {
  const conditions: string[] = []
  for (const [operand, side] of [
    [list.after, 'after'],
    [list.before, 'before'],
  ] as const) {
    if (isGiven(operand, builder)) conditions.push(boundSql(operand, side, order, builder, filled))
  }
  return allOf(conditions)
}

function boundSql(operand: Operand, side: 'after' | 'before', order: ListOrder, builder: PlanBuilder, filled: boolean): string {
  const { fingerprint } = order
  const nulls = decodeCursor(builder.peek(operand), fingerprint, order.terms.length, builder.context.inputs)
  const terms = order.terms.map((term, index) => (filled && index === 0 && nulls[0] !== null ? { ...term, nullable: false } : term))
  const placeholder = (index: number) => {
    const name = operand.kind === 'constant' ? `cursor constant ${fingerprint} ${String(operand.value)}` : `cursor ${operand.name} ${fingerprint}`
    const key = `${name} ${index}`
    const bind = operand.kind === 'constant' ? () => nulls[index] : undefined
    const term = terms[index] as OrderTerm
    const parameter = builder.parameter(
      key,
      bind ?? ((inputs) => decodeCursor(inputs.variables[(operand as { name: string }).name], fingerprint, terms.length, inputs)[index]),
    )
    return `${parameter}::text::${term.type}`
  }
  const beyond = (term: OrderTerm, index: number): string => {
    const isNull = nulls[index] === null
    if (side === 'after') {
      if (isNull) return 'FALSE'
      const compare = `${term.sql} ${term.descending ? '<' : '>'} ${placeholder(index)}`
      return term.nullable ? `(${compare} OR ${term.sql} IS NULL)` : compare
    }
    if (isNull) return `${term.sql} IS NOT NULL`
    return `${term.sql} ${term.descending ? '>' : '<'} ${placeholder(index)}`
  }
  const uniform = terms.every((term) => !term.nullable && term.descending === terms[0]?.descending)
  if (uniform) {
    const sign = (side === 'after') === terms[0]?.descending ? '<' : '>'
    return `(${terms.map((term) => term.sql).join(', ')}) ${sign} (${terms.map((_, index) => placeholder(index)).join(', ')})`
  }
  const arms = terms.map((term, index) => {
    const equal = terms.slice(0, index).map((previous, i) => (nulls[i] === null ? `${previous.sql} IS NULL` : `${previous.sql} = ${placeholder(i)}`))
    return allOf([...equal, beyond(term, index)])
  })
  const possible = arms.filter((arm) => arm !== 'FALSE')
  return possible.length === 0 ? 'FALSE' : `(${possible.map((arm) => `(${arm})`).join(' OR ')})`
}
