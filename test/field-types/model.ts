import { Decimal } from 'decimal.js'
import { type Compare, compact, comparing, found, foundPhone, listed, ranged } from '../support/model-values.ts'
import { nameOf, TESTED, type TestedType } from './field-types.ts'

type Values = Record<string, unknown>

/** One entry of a record's history, by the values before and after it; null: there was no record. */
interface Told {
  readonly operation: 'CREATED' | 'UPDATED' | 'DELETED' | 'RESTORED'
  readonly before: Values | null
  readonly after: Values
}

/** A record as it was written: inputs by field, ids where fields are relations. */
export interface ModelRecord {
  readonly id: string
  readonly values: Values
  /** From the oldest to the newest. */
  readonly told: Told[]
}

export function madeRecord(id: string, values: Values): ModelRecord {
  return { id, values, told: [{ operation: 'CREATED', before: null, after: { ...values } }] }
}

export function noteChange(record: ModelRecord, values: Values): void {
  const before = { ...record.values }
  Object.assign(record.values, values)
  record.told.push({ operation: 'UPDATED', before, after: { ...record.values } })
}

/** What the server must answer for records that were written, by the documented rules alone. */
export class Model {
  readonly #compare: Compare
  readonly #records: readonly ModelRecord[]

  /** Order of texts: the database's. */
  constructor(records: readonly ModelRecord[], sortedTexts: readonly string[]) {
    this.#records = records
    this.#compare = comparing(sortedTexts)
  }

  /** What is answered for a field of a record. */
  answer(tested: TestedType, record: ModelRecord): unknown {
    const value = this.#written(tested, record)
    switch (tested.type) {
      case 'REFERENCES':
        return { nodes: ((value ?? []) as string[]).map((id) => ({ id })) }
      case 'REFERENCE':
      case 'USER':
        return value === null ? null : { id: value }
      case 'FORMULA':
      case 'ROLLUP':
        return (this.compared(tested, record) as Decimal | null)?.toFixed() ?? null
      default:
        return value === null ? null : tested.answer ? tested.answer(value as never) : value
    }
  }

  /** What the history answers, the newest entry first. What changes nothing is not told of. */
  history({ told }: ModelRecord): { operation: string; changes: Record<string, { before: unknown; after: unknown }> }[] {
    return told
      .map(({ operation, before, after }) => {
        const changes = TESTED.flatMap((tested) => {
          const [old, next] = [toldOf(tested, before), toldOf(tested, after)]
          const none = before === null && tested.family === 'many' && (next as unknown[]).length === 0
          return none || JSON.stringify(old) === JSON.stringify(next) ? [] : [[nameOf(tested), { before: old, after: next }]]
        })
        return { operation, changes: Object.fromEntries(changes) as Record<string, { before: unknown; after: unknown }> }
      })
      .filter(({ operation, changes }) => operation !== 'UPDATED' || Object.keys(changes).length > 0)
      .reverse()
  }

  /** What filters and orders compare; null for what is empty. */
  compared(tested: TestedType, record: ModelRecord): unknown {
    if (tested.type === 'ROLLUP') {
      const children = this.#records.filter(({ values }) => values['fReference'] === record.id).flatMap(({ values }) => values['fInteger'] ?? [])
      return children.length === 0 ? null : children.reduce((sum: Decimal, value) => sum.plus(value as number), new Decimal(0))
    }
    const value = this.#written(tested, record)
    if (value === null) return tested.family === 'list' || tested.family === 'many' ? [] : null
    if (tested.type === 'FORMULA') return new Decimal(value as number)
    return tested.compared ? tested.compared(value as never) : value
  }

  #written({ type }: TestedType, { values }: ModelRecord): unknown {
    if (type !== 'FORMULA') return values[nameOf({ type })] ?? null
    const whole = (values['fInteger'] ?? null) as number | null
    return whole === null ? null : whole * 2 + 1
  }

  matches(tested: TestedType, operator: string, operand: unknown, record: ModelRecord): boolean {
    const value = this.compared(tested, record)
    const { family } = tested
    if (family === 'one') return value !== null && (operand as { id: { eq: string } }).id.eq === value
    if (family === 'many') return quantified(operator, value as string[], (operand as { id: { in: string[] } }).id.in)
    if (family === 'list') return listed(operator, value as string[], operand)
    if (operator === 'isNull') return (value === null) === operand
    if (operator === 'currency') return value !== null && (operand as { eq: string }).eq === (this.#written(tested, record) as { currency: string }).currency
    const typed = this.#written(tested, record)
    const equals = (other: unknown) => value !== null && ((family === 'phone' && typed === other) || this.#compare(value, comparable(tested, other)) === 0)
    switch (operator) {
      case 'eq':
        return equals(operand)
      case 'ne':
        return !equals(operand)
      case 'in':
        return (operand as unknown[]).some(equals)
      case 'notIn':
        return !(operand as unknown[]).some(equals)
      case 'gt':
      case 'gte':
      case 'lt':
      case 'lte':
        return value !== null && ranged(operator, this.#compare(value, comparable(tested, operand)))
      case 'contains':
      case 'startsWith':
      case 'endsWith':
        return value !== null && this.#reads(tested, record, operator, operand as string)
      default:
        throw new Error(`the model does not know the operator ${operator} of ${tested.type}`)
    }
  }

  #reads(tested: TestedType, record: ModelRecord, operator: string, part: string): boolean {
    const value = this.compared(tested, record) as string
    return tested.family === 'phone' ? foundPhone(operator, this.#written(tested, record) as string, value, part) : found(operator, value, part)
  }

  /** Empty values last both ways, ties by id in the direction of the key. */
  ordered(tested: TestedType, direction: 'ASC' | 'DESC'): readonly ModelRecord[] {
    const sign = direction === 'ASC' ? 1 : -1
    return [...this.#records].sort((a, b) => {
      const [left, right] = [this.compared(tested, a), this.compared(tested, b)]
      if ((left === null) !== (right === null)) return left === null ? 1 : -1
      return (left === null ? 0 : this.#compare(left, right) * sign) || (a.id < b.id ? -sign : sign)
    })
  }

  /** Number of records by the answered value, the empty one too. */
  counts(tested: TestedType, key: (answer: unknown, record: ModelRecord) => unknown): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const record of this.#records) {
      const name = JSON.stringify(key(this.answer(tested, record), record))
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    return counts
  }

  /** Values of the records that have one. */
  all(tested: TestedType): readonly unknown[] {
    return this.#records.map((record) => this.compared(tested, record)).filter((value) => value !== null)
  }
}

/** A value as the history has it: ids of records, and nothing of what is computed. */
function toldOf(tested: TestedType, values: Readonly<Values> | null): unknown {
  if (values === null) return null
  const { type, answer } = tested
  if (type === 'FORMULA' || type === 'ROLLUP') return null
  const value = values[nameOf(tested)] ?? null
  if (type === 'REFERENCES') return [...((value ?? []) as string[])].sort()
  return value === null || answer === undefined ? value : answer(value as never)
}

function comparable({ family }: TestedType, operand: unknown): unknown {
  if (family === 'number' || family === 'money') return new Decimal(operand as string)
  if (family === 'phone') return compact(operand as string)
  return family === 'day' || family === 'instant' ? Date.parse(operand as string) : operand
}

function quantified(quantifier: string, ids: readonly string[], asked: readonly string[]): boolean {
  const hits = ids.filter((id) => asked.includes(id)).length
  if (quantifier === 'some') return hits > 0
  if (quantifier === 'none') return hits === 0
  if (quantifier === 'every') return hits === ids.length
  throw new Error(`the model does not know the quantifier ${quantifier}`)
}
