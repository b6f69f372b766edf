import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { coreModules } from '../../src/entities/index.ts'
import type { ModuleRule, RuleContext } from '../../src/records/write/index.ts'
import { runTimeModule, runTimeTables } from '../support/run-time-fields.ts'
import { openWriteKit, type WriteKit } from '../support/write-kit.ts'

const modules = [
  ...coreModules(),
  runTimeModule(1000, 'town', []),
  runTimeModule(1001, 'shop', [
    { name: 'town', type: 'REFERENCE', reference: { module: 'town', onDelete: 'clear' }, extension: 1 },
    { name: 'suppliers', type: 'REFERENCES', reference: { module: 'town', onDelete: 'clear' } },
    { name: 'opened', type: 'DATE', extension: 2 },
    { name: 'turnover', type: 'MONEY', extension: 2 },
  ]),
]
/** What a rule of the next write asks. */
let ask: (context: RuleContext) => Promise<unknown>
const rule: ModuleRule = {
  module: 'town',
  after: async (_changes, context) => {
    answer = await ask(context)
  },
}
let answer: unknown
let kit: WriteKit
let east: string
let west: string
let shops: readonly string[]

beforeAll(async () => {
  kit = await openWriteKit({ modules, ddl: runTimeTables(modules), rules: [rule] })
})
beforeEach(async () => {
  ask = async () => null
  ;[east, west] = (await kit.create(kit.root, 'town', [{ title: '东' }, { title: '西' }])) as [string, string]
  const suppliers = { set: [{ id: east }, { id: west }] }
  shops = await kit.create(kit.root, 'shop', [
    { title: 'A', town: { id: east }, opened: '2020-01-01', turnover: { amount: '2', currency: 'USD' }, suppliers },
    { title: 'B', town: { id: east }, opened: '2024-01-01', turnover: { amount: '3.5', currency: 'USD' } },
    { title: 'C' },
  ])
})
afterAll(() => kit?.close())

/** Titles of the records that a rule finds, by the id that they refer to. */
async function found(reference: string, options?: { latestBy?: string }): Promise<unknown> {
  ask = (context) => context.related('shop', reference, [east, west], options)
  await kit.update(kit.root, 'town', [{ id: east, input: { title: `${Math.random()}` } }])
  return Object.fromEntries([...(answer as Map<string, { title: string }[]>)].map(([id, images]) => [id, images.map(({ title }) => title).sort()]))
}

test('rules find records by references that stand in extension tables and link tables', async () => {
  expect(await found('town')).toEqual({ [east]: ['A', 'B'] })
  expect(await found('town', { latestBy: 'opened' })).toEqual({ [east]: ['B'] })
  expect(await found('suppliers')).toEqual({ [east]: ['A'], [west]: ['A'] })
})

test('their images have the columns of all tables, and money is added up wherever it stands', async () => {
  ask = async (context) => ({
    images: await context.images('shop', shops),
    totals: await context.totals('shop', 'town', 'turnover', [east, west]),
  })
  await kit.update(kit.root, 'town', [{ id: west, input: { title: 'x' } }])
  const { images, totals } = answer as { images: Map<string, unknown>; totals: Map<string, unknown> }
  expect(images.get(shops[0] as string)).toMatchObject({ title: 'A', town: east, opened: '2020-01-01', turnover: { amount: '2.00', currency: 'USD' } })
  expect([...totals]).toEqual([[east, { count: 2, currencies: ['USD'], amount: '5.50', base: '5.50' }]])
})
