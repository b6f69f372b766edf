import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { EXAMPLES, examplesFor } from '../../explorer/examples.ts'
import { SHIPPED_ROLES } from '../../src/auth/shipped-roles.ts'
import { post, type TestClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { subscribe } from '../support/subscription.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

const renamed = (mutation: string, member: string) => (id: string, round: number) =>
  `${mutation}(id: "${id}", input: {${member}: "Renamed ${round}"}) { changeSetId }`

/** How a record of each module that the explorer's examples watch is changed. */
const CHANGES = {
  account: { list: 'accounts', write: renamed('updateAccount', 'name') },
  opportunity: { list: 'opportunities', write: renamed('updateOpportunity', 'name') },
  lead: { list: 'leads', write: renamed('updateLead', 'name') },
  ticket: { list: 'tickets', write: renamed('updateTicket', 'subject') },
}

const schemaChange = (round: number) =>
  `mutation { createCustomField(input: {module: "account", name: "watched${round}", type: TEXT, label: "Watched"}) { schemaVersion } }`

describe('what the documentation shows', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer({ template: 'demo' })
  }, 60_000)

  afterAll(() => server.close())

  test("README's first query answers what README says", async () => {
    const readme = read('README.md')
    const body = /-d '(\{"query".*\})'\n```/.exec(readme)?.[1]
    const answer = /```json answers\n(.*)\n```/.exec(readme)?.[1]
    const response = await post(server.url, JSON.parse(body as string), { authorization: `Bearer ${server.admin.token}` })
    expect(JSON.stringify({ data: response.data })).toBe(answer)
  })

  test("README's plugin example, in a shell, answers what README says", async () => {
    const [, commands, answers] = /## A plugin\n[\s\S]*?```sh\n([\s\S]*?)```[\s\S]*?```json answers\n([\s\S]*?)\n```/.exec(read('README.md')) ?? []
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

  describe('what the explorer offers', () => {
    const users = { sales_manager: 'andrew', sales_rep: 'nancy', marketing: 'marketing', service_agent: 'service', finance: 'finance', read_only: 'viewer' }

    test.each(SHIPPED_ROLES.map(({ key }) => key))('to %s runs without an error', async (role) => {
      const client = role === 'admin' ? server.admin : await server.signIn(`${users[role as keyof typeof users]}@demo.guanxi.local`)
      const offered = examplesFor([role])
      // A query, something live, and more than what everybody gets.
      expect(new Set(offered.filter(({ roles }) => roles).map(({ kind }) => kind))).toEqual(
        new Set(role === 'read_only' ? ['query', 'subscription'] : ['query', 'mutation', 'subscription']),
      )
      for (const { kind, query, variables } of offered) {
        if (kind === 'subscription') {
          expect([query, await firstAnswer(client, query)]).toEqual([query, []])
          continue
        }
        const answer = await client.send(query, variables)
        expect([query, answer.errors]).toEqual([query, []])
        expect(Object.values(answer.data)).not.toContain(null)
      }
    })

    /** Errors of what a subscription tells of a change that its reader may see. */
    async function firstAnswer(client: TestClient, query: string): Promise<readonly unknown[]> {
      const subscription = subscribe(client, query)
      const module = /(\w+)(?:Changed|Updated)\b/.exec(query)?.[1] as string
      const change = CHANGES[module as keyof typeof CHANGES]
      const { page } = await client.data(`{ page: ${change?.list ?? 'products'}(first: 1) { nodes { id } } }`)
      // Whether it has begun is not told.
      for (let round = 0; subscription.told.length === 0 && round < 40; round += 1) {
        await server.admin.data(change ? `mutation { ${change.write(page.nodes[0].id, round)} }` : schemaChange(round))
        await subscription.until(1, 500).catch(() => {})
      }
      subscription.close()
      expect([query, subscription.told.length > 0]).toEqual([query, true])
      return subscription.told.flatMap(({ errors }) => errors)
    }

    test('is no name of a role that does not exist, and every title once', () => {
      const roles = new Set(EXAMPLES.flatMap((example) => example.roles ?? []))
      expect([...roles].filter((role) => !SHIPPED_ROLES.some(({ key }) => key === role))).toEqual([])
      expect(new Set(EXAMPLES.map(({ title }) => title)).size).toBe(EXAMPLES.length)
    })
  })
})
