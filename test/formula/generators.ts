import fc from 'fast-check'
import type { Expression } from '../../src/entities/expression.ts'
import { EXPRESSION_TYPES, type ExpressionType } from '../../src/records/formula/index.ts'

type Generator = fc.Arbitrary<Expression>
type ByType = Readonly<Record<ExpressionType, Generator>>

const call = (name: string, ...operands: readonly Generator[]): Generator =>
  fc.tuple(...operands).map((found) => ({ kind: 'call', name, arguments: found }) satisfies Expression)

const variadic = (name: string, operand: Generator): Generator =>
  fc.array(operand, { minLength: 2, maxLength: 4 }).map((found) => ({ kind: 'call', name, arguments: found }) satisfies Expression)

const field = (...names: readonly string[]): Generator => fc.constantFrom(...names).map((name) => ({ kind: 'field', field: `id-${name}` }))

const number = (...values: readonly string[]): Generator => fc.constantFrom(...values).map((value) => ({ kind: 'literal', type: 'number', value }))

const NUMBERS = number('0', '1', '2', '10', '0.5', '3', '0.000001', '999999999999', '999999999999999999999999999999', '0.00000000000000000001', '12345.6789')
/** Without letters whose case or width PostgreSQL and JavaScript see differently. */
const LETTERS = ['a', 'B', ' ', '1', '关', '係', 'Ａ', '😀', "'", '"', '\\', '%', '_', '\n', '.', '-', '$1', '?']
const TEXTS: Generator = fc
  .oneof(
    fc.array(fc.constantFrom(...LETTERS), { maxLength: 5 }).map((letters) => letters.join('')),
    fc.constantFrom('won', '１２.5', '-7', '1e5', ' 42 '),
  )
  .map((value) => ({ kind: 'literal', type: 'text', value }))
const NULL: Generator = fc.constant({ kind: 'literal', type: 'null' })
const DAYS = ['0001-01-01', '9999-12-31', '2024-02-29', '2026-01-31', '1900-03-01'] as const
const MOMENTS = ['0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', '2024-02-29T23:59:59.999Z', '2026-01-31T08:00:00.123Z'] as const

const text = (value: string): Expression => ({ kind: 'literal', type: 'text', value })

/** Typed expressions of at most so many levels over the fields of the test kit, by type, without conversions between types but for null. */
export function expressionsOf(levels: number): ByType {
  let table = LEAVES
  for (let level = 0; level < levels; level += 1) table = grown(table)
  return table
}

function grown(below: ByType): ByType {
  const deeper = (type: ExpressionType): Generator => below[type]
  const any = fc.oneof(...EXPRESSION_TYPES.map(deeper))
  const orNull = (type: ExpressionType): Generator => fc.oneof({ weight: 6, arbitrary: deeper(type) }, { weight: 1, arbitrary: NULL })
  const entries = EXPRESSION_TYPES.map((type) => {
    const general = [call('if', orNull('boolean'), deeper(type), orNull(type)), call('coalesce', deeper(type), orNull(type))]
    return [type, fc.oneof(LEAVES[type], ...CALLS[type](deeper, any), ...general)] as const
  })
  return Object.fromEntries(entries) as unknown as ByType
}

const LEAVES: ByType = {
  number: fc.oneof(NUMBERS, field('quantity', 'rating', 'effort', 'factor', 'discount')),
  money: field('price', 'cost'),
  text: fc.oneof(TEXTS, field('name', 'familyName', 'stage', 'phone', 'email')),
  boolean: fc.oneof(
    field('active', 'paid', 'true'),
    fc.boolean().map((value): Expression => ({ kind: 'literal', type: 'boolean', value })),
  ),
  date: fc.oneof(call('date', fc.constantFrom(...DAYS).map(text)), field('startsOn', 'endsOn')),
  dateTime: fc.oneof(call('dateTime', fc.constantFrom(...MOMENTS).map(text)), field('openedAt', 'closedAt')),
}

type Deeper = (type: ExpressionType) => Generator

const quantities = (type: 'number' | 'money', deeper: Deeper): Generator[] => [
  ...['+', '-'].map((name) => call(name, deeper(type), deeper(type))),
  ...['-', 'abs', 'round', 'floor', 'ceil'].map((name) => call(name, deeper(type))),
  call('round', deeper(type), deeper('number')),
  call('/', deeper(type), deeper('number')),
  call('*', deeper(type), deeper('number')),
  variadic('min', deeper(type)),
  variadic('max', deeper(type)),
]

const moments = (type: 'date' | 'dateTime', deeper: Deeper): Generator[] => [
  ...['+', '-', 'addDays', 'addMonths'].map((name) => call(name, deeper(type), deeper('number'))),
  call('+', deeper('number'), deeper(type)),
  variadic('min', deeper(type)),
  variadic('max', deeper(type)),
]

const CALLS: Readonly<Record<ExpressionType, (deeper: Deeper, any: Generator) => Generator[]>> = {
  number: (deeper) => [
    ...quantities('number', deeper),
    call('%', deeper('number'), deeper('number')),
    call('/', deeper('money'), deeper('money')),
    call('number', deeper('money')),
    call('number', deeper('text')),
    call('length', deeper('text')),
    ...(['date', 'dateTime'] as const).flatMap((type) => [
      ...['year', 'month', 'day', 'weekday'].map((name) => call(name, deeper(type))),
      ...['daysBetween', '-'].map((name) => call(name, deeper(type), deeper(type))),
    ]),
    call('hoursBetween', deeper('dateTime'), deeper('dateTime')),
  ],
  money: (deeper) => [...quantities('money', deeper), call('*', deeper('number'), deeper('money')), call('money', deeper('number'))],
  text: (deeper, any) => [
    ...['upper', 'lower', 'trim'].map((name) => call(name, deeper('text'))),
    ...['left', 'right'].map((name) => call(name, deeper('text'), deeper('number'))),
    call('replace', deeper('text'), deeper('text'), TEXTS),
    call('text', any),
    call('&', any, any),
    variadic('concat', any),
  ],
  boolean: (deeper, any) => [
    ...['and', 'or'].map((name) => call(name, deeper('boolean'), deeper('boolean'))),
    call('not', deeper('boolean')),
    ...(['number', 'money', 'text', 'boolean', 'date', 'dateTime'] as const).flatMap((type) =>
      ['=', '!='].map((name) => call(name, deeper(type), deeper(type))),
    ),
    ...(['number', 'money', 'text', 'date', 'dateTime'] as const).flatMap((type) =>
      ['<', '<=', '>', '>='].map((name) => call(name, deeper(type), deeper(type))),
    ),
    call('=', any, NULL),
    call('isEmpty', any),
    call('isEmpty', field('interests', 'address', 'assignee')),
    call('contains', field('interests'), deeper('text')),
    ...['contains', 'startsWith', 'endsWith'].map((name) => call(name, deeper('text'), deeper('text'))),
    call('in', deeper('number'), NUMBERS, call('-', NUMBERS)),
    call('in', deeper('text'), TEXTS, TEXTS),
  ],
  date: (deeper) => [...moments('date', deeper), call('dateOf', deeper('dateTime'))],
  dateTime: (deeper) => moments('dateTime', deeper),
}
