import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { OutboundRequest } from '../../src/plugins/host/index.ts'
import type { TestClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { eventually, pluginFolder, pluginNamed, step } from './kit.ts'

const CREATE = 'mutation ($name: String!) { createAccount(input: {name: $name}) { account { id } } }'

/** Requests of a job and of a handler; what becomes of them is written into the account. */
const FETCHER = (network: readonly string[]) => ({
  manifest: { capabilities: { modules: { account: ['READ', 'UPDATE'] }, events: ['account'], jobs: true, network, routes: true } },
  definition: `
    fields: [{ module: 'account', name: 'fetched', type: 'TEXT' }, { module: 'account', name: 'seenBy', type: 'TEXT' }],
    before: [{ module: 'account', run: (changes, context) => { for (const change of changes) if (change.operation === 'CREATED') change.set('seenBy', 'hook ' + typeof context.fetch) } }],
    computed: [{ module: 'account', name: 'hasFetch', type: 'String', description: 'x', needs: ['name'], load: async (records, context) => records.map(() => typeof context.fetch) }],
    graphql: { types: 'extend type Query { fetcherHas: String }', Query: { fetcherHas: (args, context) => typeof context.fetch } },
    routes: [{ method: 'GET', path: '/has', handle: async (request, context) => ({ body: typeof context.fetch }) }],
    events: [{ name: 'follow', modules: ['account'], on: ['CREATED'], run: async (events, { records, jobs }) => {
      for (const { id } of events) await jobs.add('ask', { id, url: (await records.get('account', id)).name })
    } }],
    jobs: [{ name: 'ask', run: async ({ id, url }, { fetch, records }) => {
      const text = await fetch(url, { timeout: 2000 }).then(async (answer) => answer.status + ' ' + (await answer.text()), (error) => error.name + ' ' + error.code)
      const inside = await records.change(() => fetch(url)).then(() => 'answered', (error) => error.code)
      await records.change((changes) => changes.update('account', [{ id, values: { fetched: text + ', inside ' + inside } }]))
    } }],`,
})

describe('the network of a plugin', () => {
  const folder = pluginFolder()
  let listener: Server
  let port: number
  let requests = 0
  let server: TestServer
  let admin: TestClient

  const ask = async (client: TestClient, url: string): Promise<string> => {
    const { id } = (await client.data(CREATE, { name: url })).createAccount.account
    let fetched: string | null = null
    await eventually(async () => {
      fetched = (await client.data('query ($id: ID!) { account(id: $id) { fetched } }', { id })).account.fetched
      return fetched !== null
    }, 20_000)
    return fetched as unknown as string
  }

  beforeAll(async () => {
    listener = createServer((_request, response) => {
      requests += 1
      response.end('from here')
    })
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    port = (listener.address() as AddressInfo).port
    const path = folder.write({ name: 'fetcher', ...FETCHER([`http://localhost:${port}`, 'http://localhost:1']) })
    server = await startTestServer({ environment: { PLUGIN_PATHS: path, GUANXI_ROLE: 'all', PLUGIN_PRIVATE_HOSTS: `localhost:${port}` } })
    admin = server.admin
    await step(admin, 'enablePlugin', 'fetcher')
  })
  afterAll(async () => {
    await server?.close()
    listener.closeAllConnections()
    await new Promise((resolve) => listener.close(resolve))
    folder.remove()
  })

  test('stands in what an administrator agrees to', async () => {
    expect((await pluginNamed(admin, 'fetcher')).capabilities.network).toEqual([`http://localhost:${port}`, 'http://localhost:1'])
  })

  test('is there for jobs alone, and not where somebody waits for an answer', async () => {
    const { id } = (await admin.data(CREATE, { name: `http://localhost:${port}/` })).createAccount.account
    const { account, fetcherHas } = await admin.data('query ($id: ID!) { account(id: $id) { seenBy hasFetch } fetcherHas }', { id })
    expect([account, fetcherHas]).toEqual([{ seenBy: 'hook undefined', hasFetch: 'undefined' }, 'undefined'])
    const route = await fetch(`${server.url}/plugins/fetcher/has`, { headers: { authorization: `Bearer ${admin.token}` } })
    expect(await route.text()).toBe('undefined')
  })

  test('reaches a private host that the operator has opened, and nothing else here', async () => {
    const before = requests
    expect(await ask(admin, `http://localhost:${port}/x`)).toBe('200 from here, inside IN_TRANSACTION')
    expect(requests).toBeGreaterThan(before)
    expect(await ask(admin, 'http://localhost:1/')).toBe('FetchRefusal ADDRESS_REFUSED, inside IN_TRANSACTION')
    const between = requests
    for (const url of [`http://127.0.0.1:${port}/`, `http://2130706433:${port}/`, `http://[::1]:${port}/`, `https://localhost:${port}/`])
      expect(await ask(admin, url)).toBe('FetchRefusal HOST_NOT_DECLARED, inside IN_TRANSACTION')
    expect(requests).toBe(between)
  }, 60_000)
})

describe('a stub in the place of the network', () => {
  const folder = pluginFolder()
  afterAll(() => folder.remove())

  test('answers for declared hosts, under the same rules', async () => {
    const sent: OutboundRequest[] = []
    const server = await startTestServer({
      environment: { PLUGIN_PATHS: folder.write({ name: 'fetcher', ...FETCHER(['api.example.com']) }), GUANXI_ROLE: 'all' },
      outbound: {
        transport: async (request) => {
          sent.push(request)
          const location = request.url.pathname === '/away' ? 'https://elsewhere.example.com/' : undefined
          const body = (async function* () {
            yield Buffer.from('stubbed')
          })()
          return { status: location ? 302 : 201, headers: { location }, body, discard: async () => {} }
        },
      },
    })
    try {
      await step(server.admin, 'enablePlugin', 'fetcher')
      const answers = new Map<string, string>()
      for (const url of ['https://api.example.com/x', 'https://api.example.com/away', 'https://other.example.com/']) {
        const { id } = (await server.admin.data(CREATE, { name: url })).createAccount.account
        await eventually(async () => {
          const { fetched } = (await server.admin.data('query ($id: ID!) { account(id: $id) { fetched } }', { id })).account
          if (fetched) answers.set(url, fetched.split(',')[0])
          return fetched !== null
        }, 20_000)
      }
      expect([...answers.values()]).toEqual(['201 stubbed', 'FetchRefusal REDIRECT_REFUSED', 'FetchRefusal HOST_NOT_DECLARED'])
      expect(sent.map(({ url }) => url.href)).toEqual(['https://api.example.com/x', 'https://api.example.com/away'])
    } finally {
      await server.close()
    }
  }, 60_000)
})
