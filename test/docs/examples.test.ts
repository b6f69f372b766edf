import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { post } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

describe('what the documentation shows', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer({ template: 'demo' })
  }, 60_000)

  afterAll(() => server.close())

  test("README's first query answers what README says", async () => {
    const readme = read('README.md')
    const body = /-d '(\{"query".*\})'\n```/.exec(readme)?.[1]
    const answer = /```json\n(.*)\n```/.exec(readme)?.[1]
    const response = await post(server.url, JSON.parse(body as string), { authorization: `Bearer ${server.admin.token}` })
    expect(JSON.stringify({ data: response.data })).toBe(answer)
  })

  test("README's plugin example, in a shell, answers what README says", async () => {
    const [, commands, answers] = /## A plugin\n[\s\S]*?```sh\n([\s\S]*?)```[\s\S]*?```json\n([\s\S]*?)\n```/.exec(read('README.md')) ?? []
    // `curl` ends its answers with no line of its own.
    const script = (commands as string).replaceAll(/^( {2}-d '.*')$/gm, '$1; echo')
    const environment = { PATH: process.env.PATH, API: `${server.url}/graphql`, TOKEN: server.admin.token }
    const { stdout } = await promisify(execFile)('sh', ['-c', script], { env: environment as NodeJS.ProcessEnv })
    expect(stdout.trim().split('\n')).toEqual((answers as string).split('\n'))
    expect(stdout.trim().split('\n').length).toBe(3)
  }, 60_000)

  for (const name of readdirSync(new URL('../../docs/examples/', import.meta.url)).filter((file) => file.endsWith('.graphql'))) {
    test(`docs/examples/${name} runs`, async () => {
      const { accounts, products } = await server.admin.data('{ accounts(first: 1) { nodes { id } } products(first: 1) { nodes { id } } }')
      const answer = await server.admin.send(read(`docs/examples/${name}`), { account: accounts.nodes[0].id, product: products.nodes[0].id })
      expect(answer.errors).toEqual([])
      expect(JSON.stringify(answer.data).length).toBeGreaterThan(100)
    })
  }

  test('the order with its lines has the total of its lines', async () => {
    const { accounts, products } = await server.admin.data('{ accounts(first: 1) { nodes { id } } products(first: 1) { nodes { id } } }')
    const data = await server.admin.data(read('docs/examples/order-with-lines.graphql'), { account: accounts.nodes[0].id, product: products.nodes[0].id })
    const order = { total: { amount: '104.98', currency: 'USD' } }
    expect(data.lines.orderLines).toEqual([
      { total: { amount: '19.98' }, order },
      { total: { amount: '85.00' }, order },
    ])
  })
})
