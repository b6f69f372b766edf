import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Statements per operation ≤ root fields + splits that the planner chose, whatever the page size and depth. */
let server: TestServer

beforeAll(async () => {
  server = await startTestServer({ template: 'demo' })
}, 60_000)
afterAll(() => server?.close())

const SIZES = [1, 5, 50, 500]

/** Operations with the record statements that they may take. `split` operations select what only a second, batched statement can answer. */
const OPERATIONS: readonly { readonly name: string; readonly limit: number; readonly query: string }[] = [
  { name: 'a plain list', limit: 1, query: '($n: Int) { accounts(first: $n) { nodes { id name industry } } }' },
  {
    name: 'a list with counts, cursors and two relations',
    limit: 1,
    query:
      '($n: Int) { contacts(first: $n) { totalCount nodes { name account { name } owner { name } } edges { cursor } pageInfo { hasNextPage endCursor } } }',
  },
  {
    name: 'three levels',
    limit: 1,
    query: '($n: Int) { accounts(first: $n) { nodes { name contacts(first: 10) { nodes { name activities(first: 3) { nodes { subject } } } } } } }',
  },
  {
    name: 'five levels up and down',
    limit: 1,
    query:
      '($n: Int) { orders(first: $n) { nodes { number lines { nodes { product { name category { name products(first: 2) { nodes { sku } } } } } } account { owner { name } } } } }',
  },
  {
    name: 'filters through relations',
    limit: 1,
    query:
      '($n: Int) { accounts(first: $n, filter: {orders: {some: {lines: {some: {quantity: {gt: "10"}}}}}, owner: {name: {contains: "a"}}}) { totalCount nodes { name } } }',
  },
  {
    name: 'an order through relations',
    limit: 1,
    query: '($n: Int) { orderLines(first: $n, orderBy: [{product: {category: {name: ASC}}}, {order: {orderedAt: DESC}}]) { nodes { id } } }',
  },
  { name: 'search', limit: 1, query: '($n: Int) { accounts(first: $n, search: "an") { nodes { name } } }' },
  {
    name: 'an aggregate',
    limit: 1,
    query: '($n: Int) { ordersAggregate(groupBy: [{owner: {name: true}}, {orderedAt: YEAR}], first: $n) { key count sum { total { amount } } } }',
  },
  {
    name: 'three root fields',
    limit: 3,
    query:
      '($n: Int) { accounts(first: $n) { totalCount } products(first: $n) { nodes { name } } tickets(first: $n) { nodes { subject comments(first: 3) { nodes { body } } } } }',
  },
  {
    name: 'the Record members',
    limit: 1,
    query:
      '($n: Int) { accounts(first: $n) { nodes { displayName tags externalIds { system key } viewerAccess { actions writableFields } values createdBy { name } } } }',
  },
  { name: 'split: history', limit: 2, query: '($n: Int) { accounts(first: $n) { nodes { name history(first: 2) { nodes { version changes { field } } } } } }' },
  {
    name: 'split: a reference to records of any module, one statement a module',
    limit: 8,
    query: '($n: Int) { reminders(first: $n) { nodes { subject record { id displayName } } } }',
  },
]

describe.each(OPERATIONS)('$name', ({ limit, query }) => {
  for (const who of ['admin@guanxi.local', 'andrew@demo.guanxi.local', 'nancy@demo.guanxi.local']) {
    it(`takes at most ${limit} statement(s) for ${who}`, async () => {
      const client = await server.signIn(who)
      await client.data(`query ${query}`, { n: 2 })
      for (const n of SIZES) {
        const statements = await server.statementsOf(() => client.data(`query ${query}`, { n }))
        const records = statements.filter(({ purpose }) => purpose === 'record')
        expect(records.length).toBeGreaterThan(0)
        expect(records.length).toBeLessThanOrEqual(limit)
        expect(statements.filter(({ purpose }) => purpose === 'platform')).toEqual([])
      }
    })
  }
})

it('reads rights only once for a caller', async () => {
  const client = await server.signIn('nancy@demo.guanxi.local')
  await client.data('{ accounts { totalCount } }')
  const statements = await server.statementsOf(() => client.data('{ accounts { totalCount } }'))
  // When the session was last used is written beside the requests, at any time.
  const ofRequest = statements.filter(({ text }) => !text.includes('last_used_at'))
  expect(ofRequest.map(({ purpose }) => purpose)).toEqual(['record'])
})
