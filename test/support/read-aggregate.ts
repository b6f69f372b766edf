import { Decimal } from 'decimal.js'
import type { FieldDefinition, ModuleDefinition } from '../../src/records/registry/index.ts'
import { familyOf, type ModelRow, type ReadModel, targetOf } from './read-model.ts'

export const BUCKETS = ['HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'] as const
export type Bucket = (typeof BUCKETS)[number]
export const FUNCTIONS = ['sum', 'avg', 'min', 'max'] as const
export type AggregateFunction = (typeof FUNCTIONS)[number]

export interface ModelGroupKey {
  readonly steps: readonly string[]
  readonly field: string
  readonly bucket: Bucket | null
}

export interface ModelGroup {
  /** One for each key: what it is sorted by, and what is answered. */
  readonly keys: readonly { readonly order: unknown; readonly answer: unknown }[]
  readonly rows: readonly ModelRow[]
}

/** Doubles the precision that PostgreSQL averages with, so that only the last rounding shows. */
const Exact = Decimal.clone({ precision: 60 })

/** Keys that a module can be grouped by, through at most `depth` to-one relations; dates without their bucket. */
export function groupKeysOf(model: ReadModel, module: ModuleDefinition, depth: number): Omit<ModelGroupKey, 'bucket'>[] {
  return [...module.fields.values()].flatMap((field) => {
    const target = targetOf(field)
    if (target !== undefined) {
      if (depth === 0) return []
      return groupKeysOf(model, model.registry.module(target), depth - 1).map((key) => ({ ...key, steps: [field.name, ...key.steps] }))
    }
    const family = familyOf(field)
    const groupable = family !== undefined && family !== 'list' && family !== 'money' && field.type !== 'LONG_TEXT' && field.reference?.module !== '*'
    return groupable ? [{ steps: [], field: field.name }] : []
  })
}

/** Field that a key ends in. */
export function fieldOf(model: ReadModel, module: ModuleDefinition, { steps, field }: Pick<ModelGroupKey, 'steps' | 'field'>): FieldDefinition {
  const end = steps.reduce((at, step) => model.registry.module(targetOf(at.fields.get(step) as FieldDefinition) as string), module)
  return end.fields.get(field) as FieldDefinition
}

export function isDated(field: FieldDefinition): boolean {
  return field.type === 'DATE' || field.type === 'DATETIME'
}

/** Groups in the order of their keys, empty ones last. */
export function groupRows(model: ReadModel, rows: readonly ModelRow[], module: ModuleDefinition, keys: readonly ModelGroupKey[], zone: string): ModelGroup[] {
  const groups = new Map<string, { keys: ModelGroup['keys']; rows: ModelRow[] }>()
  for (const row of rows) {
    const values = keys.map((key) => {
      const order = key.bucket === null ? model.reach(row, module, key) : bucketOf(model.reach(row, module, key), key.bucket, fieldOf(model, module, key), zone)
      return { order, answer: order instanceof Decimal ? numberAnswer(fieldOf(model, module, key), order) : order }
    })
    const name = JSON.stringify(values.map(({ answer }) => answer))
    const group = groups.get(name) ?? { keys: values, rows: [] }
    group.rows.push(row)
    groups.set(name, group)
  }
  if (keys.length === 0 && groups.size === 0) return [{ keys: [], rows: [] }]
  return [...groups.values()].sort((a, b) => compareKeys(model, a, b, keys))
}

/** -1, 0 or 1 by the keys one after another. */
function compareKeys(model: ReadModel, a: ModelGroup, b: ModelGroup, keys: readonly ModelGroupKey[]): number {
  for (const [index, { bucket }] of keys.entries()) {
    const [left, right] = [a.keys[index]?.order ?? null, b.keys[index]?.order ?? null]
    // Buckets are texts that sort like the times that they stand for.
    const compared = compareEmpty(left, right) ?? (bucket === null ? model.compare(left, right) : String(left) < String(right) ? -1 : Number(left !== right))
    if (compared !== 0) return compared
  }
  return 0
}

/** Order of two values of which one is empty; undefined where neither is. */
export function compareEmpty(left: unknown, right: unknown): number | undefined {
  if (left === null) return right === null ? 0 : 1
  return right === null ? -1 : undefined
}

/** `{owner: {name: …}}`: the answer's key in the shape of `groupBy`. */
export function keyAnswer(keys: readonly ModelGroupKey[], group: ModelGroup): object {
  const answer: Record<string, unknown> = {}
  for (const [index, { steps, field }] of keys.entries()) {
    let at = answer
    for (const step of steps) {
      at[step] ??= {}
      at = at[step] as Record<string, unknown>
    }
    at[field] = group.keys[index]?.answer ?? null
  }
  return answer
}

/** Numeric value of a function over a group, null where no row has one; for dates milliseconds. */
export function aggregate(model: ReadModel, name: AggregateFunction, field: FieldDefinition, rows: readonly ModelRow[]): Decimal | number | null {
  const values = rows.map((row) => model.value(field, row)).filter((value) => value !== null)
  if (values.length === 0) return null
  if (isDated(field)) return (name === 'min' ? Math.min : Math.max)(...(values as number[]))
  const numbers = values.map((value) => new Exact((value as Decimal).toFixed()))
  if (name === 'min') return Exact.min(...numbers)
  if (name === 'max') return Exact.max(...numbers)
  const sum = numbers.reduce((total, value) => total.plus(value), new Exact(0))
  return name === 'sum' ? sum : sum.div(numbers.length).toDecimalPlaces(familyOf(field) === 'money' ? 4 : 6, Decimal.ROUND_HALF_UP)
}

/** The same as it is answered. */
export function aggregateAnswer(model: ReadModel, name: AggregateFunction, field: FieldDefinition, rows: readonly ModelRow[]): unknown {
  const value = aggregate(model, name, field, rows)
  if (value === null) return null
  if (typeof value === 'number') return new Date(value).toISOString().slice(0, field.type === 'DATE' ? 10 : 24)
  if (familyOf(field) === 'money') return { amount: value.toFixed(Math.max(2, value.decimalPlaces())), currency: 'CNY' }
  return familyOf(field) === 'whole' && (name === 'min' || name === 'max') ? value.toNumber() : value.toFixed()
}

function numberAnswer(field: FieldDefinition, value: Decimal): unknown {
  return familyOf(field) === 'whole' ? value.toNumber() : value.toFixed()
}

/** First day of the bucket (its local hour for HOUR) in which an instant or a day lies. Weeks begin on Monday. */
export function bucketOf(value: unknown, bucket: Bucket, field: Pick<FieldDefinition, 'type'>, zone: string): string | null {
  if (value === null) return null
  const [year, month, day, hour] = localParts(value as number, field.type === 'DATE' ? 'UTC' : zone)
  const text = (y: number, m: number, d: number) => dayOf(y, m, d).toISOString().slice(0, 10)
  switch (bucket) {
    case 'HOUR':
      return `${text(year, month, day)}T${String(hour).padStart(2, '0')}:00`
    case 'DAY':
      return text(year, month, day)
    case 'WEEK':
      return text(year, month, day - ((dayOf(year, month, day).getUTCDay() + 6) % 7))
    case 'MONTH':
      return text(year, month, 1)
    case 'QUARTER':
      return text(year, month - ((month - 1) % 3), 1)
    case 'YEAR':
      return text(year, 1, 1)
  }
}

/** `Date.UTC` takes the years below 100 for those of the last century. */
function dayOf(year: number, month: number, day: number): Date {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date
}

/** Year, month, day and hour on a wall clock of the zone. */
function localParts(instant: number, zone: string): readonly [number, number, number, number] {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric' })
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]))
  return [parts.get('year') ?? 0, parts.get('month') ?? 0, parts.get('day') ?? 0, parts.get('hour') ?? 0]
}
