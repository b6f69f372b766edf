import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import type { FieldDefinition, ModuleDefinition, Registry } from '../../src/records/registry/index.ts'
import { type Family, familyOf, type ModelFilter, operatorsOf, type ReadModel, STRANGERS, targetOf } from './read-model.ts'

/** What fast-check gives to draw values with. */
export type Draw = <T>(arbitrary: fc.Arbitrary<T>) => T

/** Modules whose fields and relations generated filters use: those that hold data. */
const MODULES = new Set(['account', 'contact', 'order', 'orderLine', 'product', 'ticket', 'reminder', 'user', 'team'])

/** Makes filters on a model's data: half of the operands are values that occur, the rest strangers. */
export class FilterGenerator {
  readonly #model: ReadModel
  readonly #pools = new Map<string, readonly unknown[]>()

  readonly #hidden: ReadonlySet<string>

  /** Fields whose ids are in `hidden` are left out. */
  constructor(model: ReadModel, hidden: ReadonlySet<string> = new Set()) {
    this.#model = model
    this.#hidden = hidden
  }

  /** A random filter with relations and connectives down to `depth`. */
  filter(draw: Draw, module: ModuleDefinition, depth: number): ModelFilter {
    const filter: Record<string, unknown> = {}
    // Few conditions at a time: most conjunctions of many match nothing and so tell nothing.
    const size = draw(fc.constantFrom(1, 1, 1, 1, 2, 3))
    for (let index = 0; index < size; index += 1) {
      const kind = depth > 0 ? draw(fc.integer({ min: 0, max: 9 })) : 0
      const several = () => draw(fc.array(fc.constant(null), { maxLength: 4 })).map(() => this.filter(draw, module, depth - 1))
      if (kind <= 1) this.#own(draw, module, filter)
      else if (kind === 2) filter['and'] = several()
      else if (kind <= 4) filter['or'] = several()
      else if (kind === 5) filter['not'] = this.filter(draw, module, depth - 1)
      else if (kind <= 7) this.#one(draw, module, filter, depth)
      else this.#many(draw, module, filter, depth)
    }
    return filter
  }

  /** Fields of the module that can be compared. */
  fields(module: ModuleDefinition): readonly FieldDefinition[] {
    return [...module.fields.values()].filter((field) => familyOf(field) !== undefined && !this.#hidden.has(field.id))
  }

  /** Operands for one operator on one field. */
  operand(draw: Draw, field: FieldDefinition, operator: string): unknown {
    if (operator === 'isNull' || operator === 'isEmpty') return draw(fc.boolean())
    const one = () => draw(fc.constantFrom(...this.pool(field)))
    if (['in', 'notIn', 'hasAny', 'hasAll', 'hasNone'].includes(operator)) return draw(fc.array(fc.constant(null), { maxLength: 3 })).map(one)
    if (['contains', 'startsWith', 'endsWith'].includes(operator)) return distorted(draw, String(one()))
    return one()
  }

  /** Values of the field in the data and strangers, as the API takes them. */
  pool(field: FieldDefinition): readonly unknown[] {
    const known = this.#pools.get(field.id)
    if (known) return known
    const family = familyOf(field) as Family
    const rows = this.#model.rows(field.module, 'INCLUDE')
    const values = rows.flatMap((row) => (family === 'phone' ? (row[field.column] ?? null) : this.#model.value(field, row)))
    const found = new Set(values.filter((value) => value !== null).map((value) => input(family, value)))
    const pool = [...[...found].slice(0, 12), ...FOREIGN[family]]
    this.#pools.set(field.id, pool)
    return pool
  }

  #own(draw: Draw, module: ModuleDefinition, filter: Record<string, unknown>): void {
    const field = draw(fc.constantFrom(...this.fields(module)))
    const family = familyOf(field) as Family
    const condition: Record<string, unknown> = {}
    const operators = operatorsOf(family).filter((operator) => field.name !== 'id' || operator !== 'isNull')
    for (const operator of draw(fc.uniqueArray(fc.constantFrom(...operators), { minLength: 1, maxLength: draw(fc.constantFrom(1, 1, 2)) })))
      condition[operator] = this.operand(draw, field, operator)
    if (family === 'money' && draw(fc.nat(3)) === 0)
      condition['currency'] = draw(fc.constantFrom({ eq: 'CNY' }, { ne: 'USD' }, { in: ['EUR', 'XXX'] }, { isNull: true }))
    filter[field.name] = condition
  }

  #one(draw: Draw, module: ModuleDefinition, filter: Record<string, unknown>, depth: number): void {
    const relations = [...module.fields.values()].filter((field) => MODULES.has(targetOf(field) ?? ''))
    if (relations.length === 0) return
    const field = draw(fc.constantFrom(...relations))
    filter[field.name] = this.filter(draw, this.#model.registry.module(targetOf(field) as string), depth - 1)
  }

  #many(draw: Draw, module: ModuleDefinition, filter: Record<string, unknown>, depth: number): void {
    const relations = [...module.inverses.values()].filter((relation) => MODULES.has(relation.module))
    if (relations.length === 0) return
    const relation = draw(fc.constantFrom(...relations))
    const quantifiers = draw(fc.uniqueArray(fc.constantFrom('some', 'none', 'every'), { minLength: 1, maxLength: 2 }))
    filter[relation.name] = Object.fromEntries(quantifiers.map((name) => [name, this.filter(draw, this.#model.registry.module(relation.module), depth - 1)]))
  }
}

const FOREIGN: Readonly<Record<Family, readonly unknown[]>> = {
  id: ['00000000-0000-7000-8000-0000000000ff', 'no id'],
  text: STRANGERS,
  phone: ['+86 21 6234 5678', '8613800138000', '＋８６１３８００１３８０００', ''],
  whole: [-1, 2, 2_147_483_647],
  decimal: ['-0.5', '0.00', '1000000000000'],
  money: ['72.50', '80', '-1'],
  flag: [true, false],
  day: ['0001-01-01', '9999-12-31'],
  instant: ['2024-01-01T08:00:00+08:00', '2024-06-01T00:00:00Z'],
  list: ['vip', 'none such'],
}

function input(family: Family, value: unknown): unknown {
  if (family === 'whole') return (value as Decimal).toNumber()
  if (value instanceof Decimal) return value.toFixed()
  if (family === 'day') return new Date(value as number).toISOString().slice(0, 10)
  return family === 'instant' ? new Date(value as number).toISOString() : value
}

/** A part of a text in another case or width. */
function distorted(draw: Draw, text: string): string {
  const letters = [...text]
  const start = draw(fc.integer({ min: 0, max: Math.max(letters.length - 1, 0) }))
  const length = draw(fc.oneof(fc.constant(letters.length), fc.integer({ min: 0, max: 3 })))
  const part = (draw(fc.boolean()) ? letters.slice(0, length) : letters.slice(start, start + length)).join('')
  switch (draw(fc.integer({ min: 0, max: 3 }))) {
    case 0:
      return part.toUpperCase()
    case 1:
      return part.replaceAll(/[!-~]/g, (letter) => String.fromCodePoint((letter.codePointAt(0) as number) + 0xfee0))
    default:
      return part
  }
}

/** An operation's way to carry a filter: whole in a variable, as a literal, or a literal whose operands are variables. */
export const CARRIERS = ['variable', 'literal', 'operands'] as const

export interface CarriedFilter {
  /** `query (…)`, or empty. */
  readonly head: string
  readonly argument: string
  readonly variables: Readonly<Record<string, unknown>>
}

export function carry(carrier: (typeof CARRIERS)[number], filter: ModelFilter, module: ModuleDefinition, registry: Registry): CarriedFilter {
  if (carrier === 'variable') return { head: `query ($filter: ${module.typeName}Filter)`, argument: '$filter', variables: { filter } }
  const variables: Record<string, unknown> = {}
  const definitions: string[] = []
  const operand = (family: Family, operator: string, value: unknown): string => {
    if (carrier === 'literal') return JSON.stringify(value)
    const name = `v${definitions.length}`
    const type = operator === 'isNull' || operator === 'isEmpty' ? 'Boolean' : SCALARS[family]
    definitions.push(`$${name}: ${Array.isArray(value) ? `[${type}!]` : type}`)
    variables[name] = value
    return `$${name}`
  }
  const object = (value: object, member: (name: string, inner: unknown) => string): string =>
    `{${Object.entries(value).map(([name, inner]) => `${name}: ${member(name, inner)}`)}}`
  const condition = (family: Family, value: unknown): string =>
    object(value as object, (name, inner) => (name === 'currency' ? condition('text', inner) : operand(family, name, inner)))
  const print = (value: unknown, of: ModuleDefinition): string =>
    object(value as object, (name, inner) => {
      if (name === 'and' || name === 'or') return `[${(inner as unknown[]).map((item) => print(item, of))}]`
      if (name === 'not') return print(inner, of)
      if (name === 'externalId') return object(inner as object, (part, text) => operand('text', part, text))
      const inverse = of.inverses.get(name)
      if (inverse) return object(inner as object, (_, each) => print(each, registry.module(inverse.module)))
      const field = of.fields.get(name) as FieldDefinition
      const target = targetOf(field)
      return target === undefined ? condition(familyOf(field) as Family, inner) : print(inner, registry.module(target))
    })
  const argument = print(filter, module)
  return { head: definitions.length > 0 ? `query (${definitions})` : '', argument, variables }
}

const SCALARS: Readonly<Record<Family, string>> = {
  id: 'ID',
  text: 'String',
  phone: 'String',
  whole: 'Int',
  decimal: 'Decimal',
  money: 'Decimal',
  flag: 'Boolean',
  day: 'Date',
  instant: 'DateTime',
  list: 'String',
}
