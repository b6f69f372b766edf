import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, TRANSPORTS } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

type Filter = Readonly<Record<string, unknown>>

const NAMED: Filter = { name: { eq: 'Nobody' } }
const COUNT = 'query ($filter: AccountFilter) { accounts(filter: $filter) { totalCount } }'

function inside(filter: Filter, levels: number, wrap: (inner: Filter) => Filter): Filter {
  return levels === 0 ? filter : inside(wrap(filter), levels - 1, wrap)
}

const beside = (count: number, filter: Filter): Filter => ({ and: Array.from({ length: count }, () => filter) })
const byContact = (inner: Filter): Filter => ({ contacts: { some: { account: inner } } })

describe('filters made to be costly', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
  })

  afterAll(() => server.close())

  const refused: [string, Filter][] = [
    ['60 relations inside each other', inside(NAMED, 30, byContact)],
    ['60 relations beside each other', beside(60, { contacts: { some: NAMED } })],
    ['60 to-one relations beside each other', beside(30, { parent: { parent: NAMED } })],
    ['2,000 conditions inside each other', inside(NAMED, 2000, (not) => ({ not }))],
  ]
  for (const transport of TRANSPORTS) {
    test.each(refused)(`over ${transport}: %s`, async (_what, filter) => {
      const started = performance.now()
      expect(codesOf(await server.admin.send(COUNT, { filter }, { transport }))).toEqual(['LIMIT_EXCEEDED'])
      expect(performance.now() - started).toBeLessThan(2000)
    })

    test(`over ${transport}: what people ask for is answered`, async () => {
      for (const filter of [inside(NAMED, 10, byContact), beside(20, { contacts: { none: NAMED } })])
        expect(await server.admin.send(COUNT, { filter }, { transport })).toMatchObject({ data: { accounts: { totalCount: 0 } } })
    })
  }

  test('100,000 levels, which no stack holds', async () => {
    const filter = `${'{"not":'.repeat(100_000)}{}${'}'.repeat(100_000)}`
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${server.admin.token}` },
      body: `{"query": ${JSON.stringify(COUNT)}, "variables": {"filter": ${filter}}}`,
    })
    const { data, errors } = (await response.json()) as { data?: unknown; errors: { extensions: { code: string } }[] }
    expect([data ?? null, errors.map(({ extensions }) => extensions.code)]).toEqual([null, ['LIMIT_EXCEEDED']])
  })
})
