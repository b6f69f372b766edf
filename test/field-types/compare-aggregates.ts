import { expect } from '@jest/globals'
import { Decimal } from 'decimal.js'
import { BUCKETS, type Bucket, bucketOf } from '../support/read-aggregate.ts'
import { nameOf, TESTED, type TestedType } from './field-types.ts'
import type { Model } from './model.ts'
import { moneyText } from './samples.ts'
import type { EveryType, TestedModule } from './setup.ts'

/** Not the zone of the process or the database, and not a whole number of hours from them. */
const TIME_ZONE = 'Asia/Kathmandu'
const isDated = ({ family }: TestedType) => family === 'day' || family === 'instant'

/** A field that records are grouped by; for dates by one of their parts. */
interface GroupKey {
  readonly each: TestedType
  readonly bucket: Bucket | null
}

/** Groups by every field that has them, dates by each part that the API has for them. */
export async function compareGroups({ server }: EveryType, { list, typeName }: TestedModule, scope: string, model: Model): Promise<void> {
  const { type } = await server.admin.data(`{ type: __type(name: "${typeName}GroupBy") { inputFields { name type { enumValues { name } } } } }`)
  const parts = new Map<string, readonly Bucket[]>(
    type.inputFields.map((input: { name: string; type: { enumValues: { name: Bucket }[] | null } }) => [
      input.name,
      input.type.enumValues?.map(({ name }) => name) ?? [],
    ]),
  )
  const groups = TESTED.filter(({ groupable }) => groupable).flatMap((each): GroupKey[] =>
    isDated(each) ? (parts.get(nameOf(each)) ?? []).map((bucket) => ({ each, bucket })) : [{ each, bucket: null }],
  )
  for (const name of ['fDate', 'fDatetime']) expect([name, parts.get(name)]).toEqual([name, BUCKETS])
  const data = await server.admin.data(
    `query ($filter: ${typeName}Filter) { ${groups
      .map(
        ({ each, bucket }, index) =>
          `g${index}: ${list}Aggregate(filter: $filter, groupBy: [{${nameOf(each)}: ${bucket ?? 'true'}}], timeZone: "${TIME_ZONE}") { key count }`,
      )
      .join(' ')} }`,
    { filter: { scope: { eq: scope } } },
  )
  for (const [index, { each, bucket }] of groups.entries()) {
    const answered = new Map(
      data[`g${index}`].map(({ key, count }: { key: Record<string, unknown>; count: number }) => [JSON.stringify(key[nameOf(each)]), count]),
    )
    const counts = model.counts(each, (answer, record) => {
      if (answer === null) return null
      if (bucket !== null) return bucketOf(model.compared(each, record), bucket, each, TIME_ZONE)
      return each.family === 'phone' ? (answer as { e164: string }).e164 : answer
    })
    expect([each.type, bucket, answered]).toEqual([each.type, bucket, counts])
  }
}

export async function compareAggregates({ server }: EveryType, { list, typeName }: TestedModule, scope: string, model: Model): Promise<void> {
  const numbers = TESTED.filter(({ family }) => family === 'number' || family === 'money')
  const dates = TESTED.filter(isDated)
  const members = (of: readonly TestedType[]) => of.map((each) => `${nameOf(each)}${each.family === 'money' ? '{ amount currency }' : ''}`).join(' ')
  const { all } = await server.admin.data(
    `query ($filter: ${typeName}Filter) { all: ${list}Aggregate(filter: $filter) { count sum { ${members(numbers)} } avg { ${members(numbers)} } min { ${members([...numbers, ...dates])} } max { ${members([...numbers, ...dates])} } } }`,
    { filter: { scope: { eq: scope } } },
  )
  const [answer] = all
  const money = (each: TestedType, value: Decimal) => (each.family === 'money' ? { amount: moneyText(value), currency: 'CNY' } : null)
  for (const each of numbers) {
    const values = model.all(each) as Decimal[]
    const Exact = Decimal.clone({ precision: 60 })
    const sum = values.reduce((total, value) => total.plus(value.toFixed()), new Exact(0))
    const average = values.length === 0 ? null : sum.div(values.length).toDecimalPlaces(each.family === 'money' ? 4 : 6, Decimal.ROUND_HALF_UP)
    const whole = ['INTEGER', 'RATING', 'DURATION'].includes(each.type)
    const told = (value: Decimal | null, number: boolean) => (value === null ? null : (money(each, value) ?? (number ? value.toNumber() : value.toFixed())))
    const least = values.length === 0 ? null : Decimal.min(...values)
    const most = values.length === 0 ? null : Decimal.max(...values)
    const name = nameOf(each)
    expect([each.type, answer.sum[name], answer.avg[name], answer.min[name], answer.max[name]]).toEqual([
      each.type,
      told(values.length === 0 ? null : sum, false),
      told(average, false),
      told(least, whole),
      told(most, whole),
    ])
  }
  for (const each of dates) {
    const values = model.all(each) as number[]
    const told = (value: number) => (values.length === 0 ? null : new Date(value).toISOString().slice(0, each.family === 'day' ? 10 : 24))
    expect([each.type, answer.min[nameOf(each)], answer.max[nameOf(each)]]).toEqual([each.type, told(Math.min(...values)), told(Math.max(...values))])
  }
}
