import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, TRANSPORTS } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('test servers', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
  })

  afterAll(() => server.close())

  for (const transport of TRANSPORTS) {
    test(`answer the administrator over ${transport}`, async () => {
      const answer = await server.admin.send('{ me { email roles { key } } accounts { totalCount } }', {}, { transport })
      expect(answer).toEqual({ status: 200, data: { me: { email: 'admin@guanxi.local', roles: [{ key: 'admin' }] }, accounts: { totalCount: 0 } }, errors: [] })
    })

    test(`refuse an anonymous caller over ${transport}`, async () => {
      expect(codesOf(await server.anonymous.send('{ accounts { totalCount } }', {}, { transport }))).toEqual(['UNAUTHENTICATED'])
    })
  }

  test('make further users', async () => {
    const { client } = await server.addUser('Rep One', 'sales_rep')
    expect(await client.data('{ me { name } accounts { totalCount } }')).toEqual({ me: { name: 'Rep One' }, accounts: { totalCount: 0 } })
  })

  test('serve the demo data', async () => {
    const demo = await startTestServer({ template: 'demo' })
    try {
      expect(await demo.admin.data('{ accounts { totalCount } products { totalCount } orders { totalCount } orderLines { totalCount } }')).toEqual({
        accounts: { totalCount: 120 },
        products: { totalCount: 77 },
        orders: { totalCount: 830 },
        orderLines: { totalCount: 2155 },
      })
    } finally {
      await demo.close()
    }
  })

  test('tell which statements an operation ran', async () => {
    const statements = await server.statementsOf(() => server.admin.data('{ accounts { nodes { name } } }'))
    expect(statements.filter((statement) => statement.purpose === 'record')).toHaveLength(1)
  })
})
