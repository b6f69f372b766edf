import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import pg from 'pg'
import type { FieldDefinition, ModuleDefinition } from '../../src/records/registry/index.ts'
import { codesOf } from '../support/client.ts'
import {
  type AggregateFunction,
  aggregate,
  aggregateAnswer,
  BUCKETS,
  compareEmpty,
  FUNCTIONS,
  fieldOf,
  groupKeysOf,
  groupRows,
  isDated,
  keyAnswer,
  type ModelGroup,
  type ModelGroupKey,
} from '../support/read-aggregate.ts'
import { loadReadData } from '../support/read-data.ts'
import { type Draw, FilterGenerator } from '../support/read-filter.ts'
import { type Deleted, familyOf, ReadModel } from '../support/read-model.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Groups, figures and their order answer what a plain in-memory reading of the rules answers. */
let server: TestServer
let model: ReadModel
let generator: FilterGenerator

beforeAll(async () => {
  server = await startTestServer({ environment: { ORGANISATION_CURRENCY: 'CNY' } })
  await loadReadData(server)
  model = await ReadModel.load(server.database.url)
  generator = new FilterGenerator(model)
}, 60_000)

afterAll(() => server?.close())

/** With and without daylight saving, on both sides of Greenwich, off by half and quarter hours. */
const ZONES = ['UTC', 'Asia/Shanghai', 'America/New_York', 'Europe/Berlin', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'America/St_Johns']

function groupByOf({ steps, field, bucket }: ModelGroupKey): object {
  return steps.reduceRight<object>((inner, step) => ({ [step]: inner }), { [field]: bucket ?? true })
}

function drawGroupBy(draw: Draw, module: ModuleDefinition): ModelGroupKey[] {
  const near = groupKeysOf(model, module, 0)
  const far = groupKeysOf(model, module, 2)
  const keys = draw(
    fc.uniqueArray(fc.oneof(fc.constantFrom(...near), fc.constantFrom(...far)), { maxLength: 3, selector: (key) => [...key.steps, key.field].join('.') }),
  )
  return keys.map((key) => ({ ...key, bucket: isDated(fieldOf(model, module, key)) ? draw(fc.constantFrom(...BUCKETS)) : null }))
}

/** Functions with the fields that they work on. */
function figuresOf(module: ModuleDefinition): [AggregateFunction, FieldDefinition][] {
  const numeric = [...module.fields.values()].filter((field) => ['whole', 'decimal', 'money'].includes(familyOf(field) ?? '') && field.name !== 'version')
  const ranged = [...numeric, ...[...module.fields.values()].filter(isDated)]
  return FUNCTIONS.flatMap((name) => (name === 'sum' || name === 'avg' ? numeric : ranged).map((field): [AggregateFunction, FieldDefinition] => [name, field]))
}

function figureSelection(module: ModuleDefinition): string {
  const members = (name: AggregateFunction) =>
    figuresOf(module)
      .filter(([each]) => each === name)
      .map(([, field]) => (familyOf(field) === 'money' ? `${field.name} { amount currency }` : field.name))
  return FUNCTIONS.flatMap((name) => (members(name).length > 0 ? [`${name} { ${members(name).join(' ')} }`] : [])).join(' ')
}

function expectedAnswer(module: ModuleDefinition, keys: readonly ModelGroupKey[], group: ModelGroup): object {
  const answer: Record<string, unknown> = { key: keyAnswer(keys, group), count: group.rows.length }
  for (const [name, field] of figuresOf(module)) {
    answer[name] = { ...(answer[name] as object), [field.name]: aggregateAnswer(model, name, field, group.rows) }
  }
  return answer
}

describe('a random group by', () => {
  for (const name of ['account', 'contact', 'order', 'orderLine', 'product', 'ticket'] as const) {
    test(`of ${name} gives the model's groups, counts, sums, averages, least and greatest values`, async () => {
      const module = model.registry.module(name)
      const source = `query ($filter: ${module.typeName}Filter, $groupBy: [${module.typeName}GroupBy!], $timeZone: String, $deleted: DeletedFilter) {
        groups: ${module.pluralName}Aggregate(filter: $filter, groupBy: $groupBy, timeZone: $timeZone, deleted: $deleted) { key count ${figureSelection(module)} }
      }`
      await fc.assert(
        fc.asyncProperty(fc.gen(), fc.constantFrom(...ZONES), fc.constantFrom<Deleted>('EXCLUDE', 'ONLY', 'INCLUDE'), async (gen, timeZone, deleted) => {
          const draw: Draw = (arbitrary) => gen(() => arbitrary)
          const filter = draw(fc.boolean()) ? generator.filter(draw, module, 1) : {}
          const keys = drawGroupBy(draw, module)
          const { groups } = await server.admin.data(source, { filter, groupBy: keys.map(groupByOf), timeZone, deleted })
          const rows = model.rows(name, deleted).filter((row) => model.matches(filter, row, module))
          const expected = groupRows(model, rows, module, keys, timeZone).map((group) => expectedAnswer(module, keys, group))
          expect({ keys, timeZone, groups }).toEqual({ keys, timeZone, groups: expected })
        }),
        { numRuns: 50, seed: 13, interruptAfterTimeLimit: 10_000 },
      )
    })
  }
})

describe('groups in an order', () => {
  test('come by count, key or figure, empty ones last, ties by their keys, and only the first', async () => {
    const module = model.registry.module('orderLine')
    const source = `query ($groupBy: [OrderLineGroupBy!], $orderBy: [OrderLineAggregateOrderBy!], $first: Int) {
      groups: orderLinesAggregate(groupBy: $groupBy, orderBy: $orderBy, first: $first) { key count }
    }`
    await fc.assert(
      fc.asyncProperty(fc.gen(), fc.constantFrom('ASC', 'DESC'), fc.integer({ min: 1, max: 100 }), async (gen, direction, first) => {
        const draw: Draw = (arbitrary) => gen(() => arbitrary)
        const keys = drawGroupBy(draw, module)
        const [name, field] = draw(fc.constantFrom(...figuresOf(module)))
        const by = draw(fc.constantFrom('count', 'figure', ...(keys.length > 0 ? ['key'] : [])))
        const index = by === 'key' ? draw(fc.nat(keys.length - 1)) : 0
        const orderBy = by === 'count' ? { count: direction } : by === 'key' ? { key: { index, direction } } : { [name]: { [field.name]: direction } }
        const value = (group: ModelGroup): unknown =>
          by === 'count' ? group.rows.length : by === 'key' ? (group.keys[index]?.order ?? null) : aggregate(model, name, field, group.rows)
        const sign = direction === 'ASC' ? 1 : -1
        // Sorting is stable: ties keep the order of their keys.
        const expected = groupRows(model, model.rows('orderLine'), module, keys, 'UTC').sort((a, b) => {
          const [left, right] = [value(a), value(b)]
          const bucket = by === 'key' && keys[index]?.bucket != null
          return compareEmpty(left, right) ?? (bucket ? (left === right ? 0 : String(left) < String(right) ? -sign : sign) : model.compare(left, right) * sign)
        })
        const { groups } = await server.admin.data(source, { groupBy: keys.map(groupByOf), orderBy: [orderBy], first })
        const answers = expected.slice(0, first).map((group) => ({ key: keyAnswer(keys, group), count: group.rows.length }))
        expect({ keys, orderBy, groups }).toEqual({ keys, orderBy, groups: answers })
      }),
      { numRuns: 60, seed: 17, interruptAfterTimeLimit: 10_000 },
    )
  })
})

describe('without groupBy', () => {
  test('there is one group, also of nothing', async () => {
    const { some, none } = await server.admin.data(`{
      some: accountsAggregate { key count }
      none: accountsAggregate(filter: { or: [] }) { key count sum { size annualRevenue { amount } } avg { size } min { createdAt } max { satisfaction } }
    }`)
    expect(some).toEqual([{ key: {}, count: model.rows('account').length }])
    expect(none).toEqual([
      { key: {}, count: 0, sum: { size: null, annualRevenue: null }, avg: { size: null }, min: { createdAt: null }, max: { satisfaction: null } },
    ])
  })
})

describe('limits and refusals', () => {
  test('more than 1,000 groups need an explicit first', async () => {
    const client = new pg.Client({ connectionString: server.database.url })
    await client.connect()
    const add = (count: number) =>
      client.query(
        `INSERT INTO tags (id, version, created_at, updated_at, name) SELECT gen_random_uuid(), 1, now(), now(), 'group ' || gen_random_uuid() FROM generate_series(1, $1)`,
        [count],
      )
    try {
      const { rows } = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM tags WHERE deleted_at IS NULL')
      await add(1000 - (rows[0]?.count ?? 0))
      expect((await server.admin.data('{ tagsAggregate(groupBy: [{ name: true }]) { count } }')).tagsAggregate).toHaveLength(1000)
      await add(1)
      for (const source of ['{ tagsAggregate(groupBy: [{ name: true }]) { count } }', '{ tagsAggregate(groupBy: [{ name: true }], first: null) { count } }']) {
        const answer = await server.admin.send(source)
        expect([codesOf(answer), answer.data]).toEqual([['LIMIT_EXCEEDED'], { tagsAggregate: null }])
        expect(answer.errors[0]?.extensions['limit']).toBe(1000)
      }
      expect((await server.admin.data('{ tagsAggregate(groupBy: [{ name: true }], first: 1001) { count } }')).tagsAggregate).toHaveLength(1001)
    } finally {
      await client.end()
    }
  })

  test('what cannot be asked is refused', async () => {
    const refused: readonly [arguments_: string, code: string][] = [
      ['first: 0', 'VALIDATION_FAILED'],
      ['first: -1', 'VALIDATION_FAILED'],
      ['first: 10001', 'LIMIT_EXCEEDED'],
      ['groupBy: [{ createdAt: MONTH }, { createdAt: YEAR }]', 'VALIDATION_FAILED'],
      ['groupBy: [{ industry: false }]', 'VALIDATION_FAILED'],
      ['groupBy: [{ createdAt: true }]', 'GRAPHQL_VALIDATION_FAILED'],
      ['groupBy: [{ annualRevenue: true }]', 'GRAPHQL_VALIDATION_FAILED'],
      ['groupBy: [{}]', 'GRAPHQL_VALIDATION_FAILED'],
      ['orderBy: [{ key: { index: 0 } }]', 'VALIDATION_FAILED'],
      ['orderBy: [{ sum: { name: ASC } }]', 'GRAPHQL_VALIDATION_FAILED'],
      ['groupBy: [{ createdAt: DAY }], timeZone: "Mars/Olympus"', 'VALIDATION_FAILED'],
      // PostgreSQL would take an offset with its sign turned round.
      ['groupBy: [{ createdAt: DAY }], timeZone: "+08:00"', 'VALIDATION_FAILED'],
      ['groupBy: [{ createdAt: DAY }], timeZone: "\\" OR 1=1"', 'VALIDATION_FAILED'],
    ]
    for (const [args, code] of refused) {
      const answer = await server.admin.send(`{ accountsAggregate(${args}, filter: {}) { count } }`)
      expect([args, codesOf(answer), answer.data?.accountsAggregate ?? null]).toEqual([args, [code], null])
    }
  })

  test('a time zone is meant whatever its case, and null is the default', async () => {
    const source = 'query ($zone: String) { accountsAggregate(groupBy: [{ nextContactAt: DAY }], timeZone: $zone) { key count } }'
    expect(await server.admin.data(source, { zone: 'asia/shanghai' })).toEqual(await server.admin.data(source, { zone: 'Asia/Shanghai' }))
    expect(await server.admin.data(source, { zone: null })).toEqual(await server.admin.data(source, { zone: 'UTC' }))
  })
})
