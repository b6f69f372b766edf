import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { ModuleDefinition } from '../../src/records/registry/index.ts'
import { codesOf } from '../support/client.ts'
import { loadReadData } from '../support/read-data.ts'
import type { Draw } from '../support/read-filter.ts'
import { type Deleted, familyOf, type ModelKey, ReadModel, targetOf } from '../support/read-model.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Orders, pages, counts and the recycle bin answer what a plain in-memory reading of the rules answers. */
let server: TestServer
let model: ReadModel

beforeAll(async () => {
  server = await startTestServer({ environment: { ORGANISATION_CURRENCY: 'CNY' } })
  await loadReadData(server)
  model = await ReadModel.load(server.database.url)
}, 60_000)

afterAll(() => server?.close())

const BUDGET = { seed: 3, interruptAfterTimeLimit: 10_000 }
const DELETED: readonly Deleted[] = ['EXCLUDE', 'ONLY', 'INCLUDE']

/** All keys that an order of the module may have, through at most `depth` to-one relations. */
function keysOf(module: ModuleDefinition, depth: number): Omit<ModelKey, 'direction'>[] {
  return [...module.fields.values()].flatMap((field) => {
    const target = targetOf(field)
    if (target !== undefined) {
      if (depth === 0) return []
      return keysOf(model.registry.module(target), depth - 1).map((key) => ({ ...key, steps: [field.name, ...key.steps] }))
    }
    const family = familyOf(field)
    const sortable = family !== undefined && family !== 'list' && field.type !== 'LONG_TEXT' && field.reference?.module !== '*'
    return sortable ? [{ steps: [], field: field.name }] : []
  })
}

/** `{account: {owner: {name: 'ASC'}}}` */
function orderByOf({ steps, field, direction }: ModelKey): object {
  return steps.reduceRight<object>((inner, step) => ({ [step]: inner }), { [field]: direction })
}

function drawKeys(draw: Draw, module: ModuleDefinition): ModelKey[] {
  const near = keysOf(module, 0)
  const far = keysOf(module, 2)
  return draw(fc.array(fc.constant(null), { maxLength: 3 })).map(() => {
    const key = draw(fc.oneof(fc.constantFrom(...near), fc.constantFrom(...far)))
    return { ...key, direction: draw(fc.constantFrom('ASC', 'DESC')) }
  })
}

interface Page {
  readonly nodes: readonly { readonly id: string }[]
  readonly totalCount: number
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

async function page(module: ModuleDefinition, variables: Readonly<Record<string, unknown>>): Promise<Page> {
  const source = `query ($orderBy: [${module.typeName}OrderBy!], $deleted: DeletedFilter, $first: Int, $after: String, $last: Int, $before: String) {
    list: ${module.pluralName}(orderBy: $orderBy, deleted: $deleted, first: $first, after: $after, last: $last, before: $before) {
      nodes { id } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }`
  return (await server.admin.data(source, variables)).list
}

const idsOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id)

describe('a random order', () => {
  for (const name of ['account', 'contact', 'orderLine', 'ticket'] as const) {
    test(`of ${name} puts empty values last both ways and breaks ties by id`, async () => {
      const module = model.registry.module(name)
      await fc.assert(
        fc.asyncProperty(fc.gen(), fc.constantFrom(...DELETED), async (gen, deleted) => {
          const keys = drawKeys((arbitrary) => gen(() => arbitrary), module)
          const { nodes, totalCount } = await page(module, { orderBy: keys.map(orderByOf), deleted, first: 500 })
          const expected = model.ordered(model.rows(name, deleted), module, keys)
          expect({ keys, ids: idsOf(nodes), totalCount }).toEqual({ keys, ids: idsOf(expected), totalCount: expected.length })
        }),
        { ...BUDGET, numRuns: 80 },
      )
    })
  }

  test('by each single key, own and related, both ways', async () => {
    const module = model.registry.module('contact')
    const keys = keysOf(module, 1).flatMap((key) => (['ASC', 'DESC'] as const).map((direction): ModelKey => ({ ...key, direction })))
    for (let start = 0; start < keys.length; start += 40) {
      const group = keys.slice(start, start + 40)
      const lists = group.map((_, index) => `k${index}: contacts(orderBy: [$k${index}], first: 500) { nodes { id } }`)
      const data = await server.admin.data(
        `query (${group.map((_, index) => `$k${index}: ContactOrderBy!`)}) { ${lists.join(' ')} }`,
        Object.fromEntries(group.map((key, index) => [`k${index}`, orderByOf(key)])),
      )
      for (const [index, key] of group.entries())
        expect({ key, ids: idsOf(data[`k${index}`].nodes) }).toEqual({ key, ids: idsOf(model.ordered(model.rows('contact'), module, [key])) })
    }
  })
})

describe('pages', () => {
  for (const backward of [false, true]) {
    test(`read ${backward ? 'from the end' : 'from the start'} put together give the whole list`, async () => {
      const module = model.registry.module('account')
      await fc.assert(
        fc.asyncProperty(fc.gen(), fc.integer({ min: 1, max: 30 }), fc.constantFrom(...DELETED), async (gen, size, deleted) => {
          const keys = drawKeys((arbitrary) => gen(() => arbitrary), module)
          const expected = idsOf(model.ordered(model.rows('account', deleted), module, keys))
          const seen: string[] = []
          let cursor: string | null = null
          do {
            const bounds = backward ? { last: size, before: cursor } : { first: size, after: cursor }
            const { nodes, totalCount, pageInfo } = await page(module, { orderBy: keys.map(orderByOf), deleted, ...bounds })
            expect(totalCount).toBe(expected.length)
            if (backward) seen.unshift(...idsOf(nodes))
            else seen.push(...idsOf(nodes))
            cursor = (backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage) ? (backward ? pageInfo.startCursor : pageInfo.endCursor) : null
          } while (cursor !== null && seen.length <= expected.length)
          expect({ keys, seen }).toEqual({ keys, seen: expected })
        }),
        { ...BUDGET, numRuns: 25 },
      )
    })
  }

  test('between two cursors hold what lies between them', async () => {
    const module = model.registry.module('contact')
    const orderBy = [{ account: { name: 'ASC' } }, { birthday: 'DESC' }]
    const source = 'query ($orderBy: [ContactOrderBy!]) { contacts(orderBy: $orderBy, first: 500) { edges { cursor node { id } } } }'
    const { edges } = (await server.admin.data(source, { orderBy })).contacts as { edges: { cursor: string; node: { id: string } }[] }
    for (const [from, to] of [
      [0, 1],
      [0, edges.length - 1],
      [20, 100],
    ] as const) {
      const between = edges.slice(from + 1, to).map(({ node }) => node.id)
      const bounds = { orderBy, after: edges[from]?.cursor, before: edges[to]?.cursor }
      expect(idsOf((await page(module, { ...bounds, first: 500 })).nodes)).toEqual(between)
      expect(idsOf((await page(module, { ...bounds, last: 10 })).nodes)).toEqual(between.slice(-10))
    }
  })
})

describe('lists below records', () => {
  test('have their own order, page, count and recycle bin', async () => {
    const accounts = model.registry.module('account')
    const contacts = model.registry.module('contact')
    await fc.assert(
      fc.asyncProperty(fc.gen(), fc.constantFrom(...DELETED), fc.integer({ min: 1, max: 4 }), async (gen, deleted, size) => {
        const keys = drawKeys((arbitrary) => gen(() => arbitrary), contacts)
        const source = `query ($orderBy: [ContactOrderBy!], $deleted: DeletedFilter, $size: Int) {
          accounts(first: 500) { nodes { id
            head: contacts(orderBy: $orderBy, deleted: $deleted, first: $size) { totalCount pageInfo { hasNextPage } nodes { id } }
            tail: contacts(orderBy: $orderBy, deleted: $deleted, last: $size) { edges { node { id } } }
          } }
        }`
        const data = await server.admin.data(source, { orderBy: keys.map(orderByOf), deleted, size })
        expect(idsOf(data.accounts.nodes)).toEqual(idsOf(model.ordered(model.rows('account'), accounts, [])))
        for (const { id, head, tail } of data.accounts.nodes) {
          const rows = model.rows('contact', deleted).filter((row) => row['account_id'] === id)
          const ids = idsOf(model.ordered(rows, contacts, keys))
          expect({ keys, head, tail }).toEqual({
            keys,
            head: { totalCount: ids.length, pageInfo: { hasNextPage: ids.length > size }, nodes: ids.slice(0, size).map((each) => ({ id: each })) },
            tail: { edges: ids.slice(-size).map((each) => ({ node: { id: each } })) },
          })
        }
      }),
      { ...BUDGET, numRuns: 25 },
    )
  })
})

test('an order key is one field: none, two and a list of related records are refused', async () => {
  for (const key of ['{}', '{name: ASC, size: DESC}', '{contacts: {name: ASC}}', '{tags: ASC}', '{description: ASC}', '{name: null}', '{owner: {}}']) {
    const answer = await server.admin.send(`{ accounts(orderBy: [${key}]) { totalCount } }`)
    expect([key, codesOf(answer)]).toEqual([key, ['GRAPHQL_VALIDATION_FAILED']])
  }
})
