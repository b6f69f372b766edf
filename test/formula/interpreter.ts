import { Decimal } from 'decimal.js'
import type { Expression } from '../../src/entities/expression.ts'

/**
 * What expressions mean, said a second time and in another way: over plain values, by their kinds, with no table of overloads. It knows no
 * conversions of days to instants, which have tests of their own.
 */
const Exact = Decimal.clone({ precision: 200, rounding: Decimal.ROUND_HALF_UP, toExpNeg: -500, toExpPos: 500 })

/** Days since 0001-01-01. */
export class Day {
  readonly days: number
  constructor(days: number) {
    this.days = days
  }
}

/** Milliseconds since 1970. */
export class Moment {
  readonly milliseconds: number
  constructor(milliseconds: number) {
    this.milliseconds = milliseconds
  }
}

export type Value = null | Decimal | string | boolean | Day | Moment | readonly string[] | { readonly json: string }
export type Row = ReadonlyMap<string, Value>

const DAY = 86_400_000
const START = Date.UTC(2000, 0, 1) - 730_119 * DAY
const LAST_DAY = 3_652_058

export const dayOf = (text: string): Day => new Day((Date.parse(`${text}T00:00:00Z`) - START) / DAY)
export const momentOf = (text: string): Moment => new Moment(Date.parse(text))
export const decimal = (value: string | number): Decimal => new Exact(value)

const dateOfDay = ({ days }: Day): Date => new Date(START + days * DAY)
const dayText = (day: Day): string => dateOfDay(day).toISOString().slice(0, 10)

export function textOf(value: Value): string | null {
  if (value === null) return null
  if (value instanceof Decimal) return value.isZero() ? '0' : value.toFixed()
  if (value instanceof Day) return dayText(value)
  if (value instanceof Moment) return new Date(value.milliseconds).toISOString()
  return String(value)
}

function bounded(value: Decimal): Decimal | null {
  const rounded = value.toDecimalPlaces(20)
  return rounded.abs().gte('1e30') ? null : rounded
}

const cut = (text: string): string => (text.length <= 100_000 ? text : [...text].slice(0, 100_000).join(''))
const characters = (text: string): string[] => [...text]
const fold = (text: string): string => text.normalize('NFKC').toLowerCase()

function compare(a: Value, b: Value): number {
  if (a instanceof Decimal) return a.comparedTo(b as Decimal)
  if (a instanceof Day) return a.days - (b as Day).days
  if (a instanceof Moment) return a.milliseconds - (b as Moment).milliseconds
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  return Number(a) - Number(b)
}

const equal = (a: Value, b: Value): boolean => (a === null || b === null ? a === b : compare(a, b) === 0)
const count = (n: Decimal, low: number, high: number): number => Math.min(Math.max(n.trunc().toNumber(), low), high)

function shiftDays(value: Day | Moment, days: Decimal): Day | Moment | null {
  if (value instanceof Day) {
    const shifted = days.trunc().plus(value.days)
    return shifted.gte(0) && shifted.lte(LAST_DAY) ? new Day(shifted.toNumber()) : null
  }
  const shifted = days
    .times(DAY)
    .plus(value.milliseconds - START)
    .toDecimalPlaces(0)
  return shifted.gte(0) && shifted.lt((LAST_DAY + 1) * DAY) ? new Moment(shifted.toNumber() + START) : null
}

function shiftMonths(value: Day | Moment, months: Decimal): Day | Moment | null {
  const date = value instanceof Day ? dateOfDay(value) : new Date(value.milliseconds)
  const total = months.trunc().plus(date.getUTCFullYear() * 12 + date.getUTCMonth())
  if (total.lt(12) || total.gt(119_999)) return null
  const [year, month] = [Math.floor(total.toNumber() / 12), total.toNumber() % 12]
  const last = new Date(Date.UTC(2000, 0, 1))
  last.setUTCFullYear(year, month + 1, 0)
  const shifted = new Date(date.getTime())
  shifted.setUTCFullYear(year, month, Math.min(date.getUTCDate(), last.getUTCDate()))
  return value instanceof Day ? new Day((shifted.getTime() - START) / DAY) : new Moment(shifted.getTime())
}

function arithmetic(name: string, a: Value, b: Value): Value {
  if (a === null || b === null) return null
  if (a instanceof Decimal && b instanceof Decimal) {
    if (name === '+') return bounded(a.plus(b))
    if (name === '-') return bounded(a.minus(b))
    if (name === '*') return bounded(a.times(b))
    if (b.isZero()) return null
    return name === '%' ? bounded(a.mod(b)) : bounded(a.div(b).toDecimalPlaces(20).toDecimalPlaces(10))
  }
  if (a instanceof Day && b instanceof Day) return decimal(a.days - b.days)
  if (a instanceof Moment && b instanceof Moment)
    return decimal(a.milliseconds - b.milliseconds)
      .div(DAY)
      .toDecimalPlaces(10)
  if (a instanceof Decimal) return arithmetic(name, b, a)
  return shiftDays(a as Day | Moment, name === '-' ? (b as Decimal).negated() : (b as Decimal))
}

function part(name: string, value: Day | Moment): Decimal {
  const date = value instanceof Day ? dateOfDay(value) : new Date(value.milliseconds)
  const parts: Readonly<Record<string, number>> = {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay() || 7,
  }
  return decimal(parts[name] as number)
}

/** Functions that are null where an argument is. */
const STRICT: Readonly<Record<string, (...values: never[]) => Value>> = {
  abs: (x: Decimal) => x.abs(),
  round: (x: Decimal, n?: Decimal) => {
    const places = n === undefined ? 0 : count(n, -30, 20)
    if (places >= 0) return bounded(x.toDecimalPlaces(places))
    const unit = new Exact(10).pow(-places)
    return bounded(x.div(unit).toDecimalPlaces(0).times(unit))
  },
  floor: (x: Decimal) => bounded(x.floor()),
  ceil: (x: Decimal) => bounded(x.ceil()),
  money: (x: Decimal) => x,
  number: (x: Decimal | string) => {
    if (typeof x !== 'string') return x
    const plain = fold(x).replace(/^[ \t\n\r]+|[ \t\n\r]+$/g, '')
    return characters(x).length <= 100 && /^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)$/.test(plain) ? bounded(new Exact(plain)) : null
  },
  text: (x: Value) => textOf(x),
  upper: (x: string) => x.toUpperCase(),
  lower: (x: string) => x.toLowerCase(),
  trim: (x: string) => x.replace(/^[ \t\n\r\u00a0\u3000]+|[ \t\n\r\u00a0\u3000]+$/g, ''),
  length: (x: string) => decimal(characters(x).length),
  left: (x: string, n: Decimal) =>
    characters(x)
      .slice(0, count(n, 0, 100_000))
      .join(''),
  right: (x: string, n: Decimal) => {
    const all = characters(x)
    return all.slice(Math.max(0, all.length - count(n, 0, 100_000))).join('')
  },
  replace: (x: string, search: string, replacement: string) => (search === '' ? x : cut(x.split(search).join(replacement))),
  date: (x: string) => dayOf(x),
  dateTime: (x: string) => momentOf(x),
  addDays: shiftDays,
  addMonths: shiftMonths,
  daysBetween: (from: Value, to: Value) => arithmetic('-', to, from),
  hoursBetween: (from: Moment, to: Moment) =>
    decimal(to.milliseconds - from.milliseconds)
      .div(3_600_000)
      .toDecimalPlaces(10),
  dateOf: (x: Moment) => new Day(Math.floor((x.milliseconds - START) / DAY)),
}

const COMPARE: Readonly<Record<string, (order: number) => boolean>> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
}

const MATCH: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  contains: (a, b) => a.includes(b),
  startsWith: (a, b) => a.startsWith(b),
  endsWith: (a, b) => a.endsWith(b),
}

export function evaluate(node: Expression, row: Row): Value {
  if (node.kind === 'field') return row.get(node.field) ?? null
  if (node.kind === 'literal') {
    if (node.type === 'null') return null
    return node.type === 'number' ? new Exact(node.value) : node.value
  }
  const values = node.arguments.map((argument) => evaluate(argument, row))
  const [a = null, b = null, c = null] = values
  const present = values.filter((value) => value !== null)
  const comparison = COMPARE[node.name]
  if (comparison) return a !== null && b !== null && comparison(compare(a, b))
  const match = MATCH[node.name]
  if (match) {
    if (a === null || b === null) return false
    return Array.isArray(a) ? a.includes(b) : match(fold(a as string), fold(b as string))
  }
  switch (node.name) {
    case 'and':
      return a === true && b === true
    case 'or':
      return a === true || b === true
    case 'not':
      return a !== true
    case '=':
      return equal(a, b)
    case '!=':
      return !equal(a, b)
    case 'in':
      return a !== null && values.slice(1).some((value) => equal(a, value))
    case 'if':
      return a === true ? b : c
    case 'coalesce':
      return present[0] ?? null
    case 'isEmpty':
      return a === null || a === '' || (Array.isArray(a) && a.length === 0)
    case '&':
    case 'concat':
      return cut(values.map((value) => textOf(value) ?? '').join(''))
    case 'min':
    case 'max':
      return present.sort(compare).at(node.name === 'min' ? 0 : -1) ?? null
    case 'year':
    case 'month':
    case 'day':
    case 'weekday':
      return a === null ? null : part(node.name, a as Day | Moment)
  }
  if (node.name === '-' && values.length === 1) return a === null ? null : (a as Decimal).negated()
  if (['+', '-', '*', '/', '%'].includes(node.name)) return arithmetic(node.name, a, b)
  const strict = STRICT[node.name]
  if (!strict) throw new Error(`the interpreter does not know ${node.name}`)
  return values.includes(null) ? null : strict(...(values as never[]))
}
