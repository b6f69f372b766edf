import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { cacheExchange, fetchExchange, subscriptionExchange, Client as UrqlClient } from '@urql/core'
import { buildClientSchema, getIntrospectionQuery, getOperationAST, parse, printSchema } from 'graphql'
import { serverAudits } from 'graphql-http'
import { createClient, type Client as SocketClient } from 'graphql-ws'
import WebSocket from 'ws'
import { eventually } from '../support/guanxi-process.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Suites and clients that others have written, against a live server: what speaks the standards here is theirs. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const require = createRequire(import.meta.url)

let server: TestServer
let folder: string
/** What codegen.yml makes of the documents in docs/examples. */
// biome-ignore lint/suspicious/noExplicitAny: it is made by the tests
let generated: any
const sockets: SocketClient[] = []
const headers = () => ({ authorization: `Bearer ${server.admin.token}` })
const endpoint = () => `${server.url}/graphql`

beforeAll(async () => {
  server = await startTestServer()
  folder = mkdtempSync(join(tmpdir(), 'guanxi-clients-'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  for (const name of ['Alpha', 'Beta', 'Gamma', 'Delta', 'Epsilon']) await makeAccount(name)
  await Promise.all([generate(), compileRelay()])
  generated = await import(join(ROOT, 'docs/examples/generated/graphql.ts'))
}, 120_000)
afterAll(async () => {
  for (const socket of sockets) await socket.dispose()
  await server?.close()
  if (folder) rmSync(folder, { recursive: true, force: true })
})

async function makeAccount(name: string): Promise<string> {
  const { createAccount } = await server.admin.data(
    'mutation ($name: String!) { createAccount(input: { name: $name, type: "customer" }) { account { id } } }',
    { name },
  )
  return createAccount.account.id
}

/** A program of a package, to its end. Throws what it printed where it fails. */
function run(cwd: string, program: string, parameters: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...parameters], { cwd, env: { PATH: process.env.PATH ?? '', HOME: folder, NO_COLOR: '1', ...environment } })
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${program} ended with ${code}: ${printed}`))))
  })
}

const generate = () =>
  run(ROOT, join(ROOT, 'node_modules/@graphql-codegen/cli/cjs/bin.js'), ['--config', 'codegen.yml'], {
    GUANXI_URL: server.url,
    GUANXI_TOKEN: server.admin.token as string,
  })

/** A socket as each client opens its own; it tries again soon, and as often as it must. */
function openSocket(): SocketClient {
  const socket = createClient({
    url: endpoint().replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: headers,
    retryAttempts: 1_000,
    // Alone it gives up where nobody listens yet.
    shouldRetry: () => true,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
  })
  sockets.push(socket)
  return socket
}

/** What a subscription that is open over a restart must hear afterwards. */
const followed: { readonly client: string; readonly heard: string[] }[] = []
function heardBy(client: string): string[] {
  const heard: string[] = []
  followed.push({ client, heard })
  return heard
}

/** Changes are made until the subscription has begun and hears of one. */
async function untilHeard(heard: readonly string[]): Promise<void> {
  const before = heard.length
  await eventually(async () => {
    await makeAccount(`Heard ${before}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
    return heard.length > before
  }, 20_000)
}

const LIVE = parse('subscription Live { accountChanged { operation account { id name } } }')
const RENAME = parse('mutation Rename($id: ID!, $name: String!) { updateAccount(id: $id, input: { name: $name }) { account { id name version } } }')
const ONE = parse('query One($id: ID!) { account(id: $id) { id name version } }')

test('graphql-http: every audit, by nothing but a bearer token', async () => {
  const fetchFn = (url: string, init: RequestInit = {}) => fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers() } })
  const audits = serverAudits({ url: endpoint(), fetchFn })
  expect(audits).toHaveLength(61)
  const results = await Promise.all(audits.map(async ({ id, name, fn }) => ({ id, name, result: await fn() })))
  const failed = results.filter(({ result }) => result.status !== 'ok')
  expect(failed.map(({ id, name, result }) => [id, name, result.status, (result as { reason?: string }).reason])).toEqual([])
})

describe('Apollo Client', () => {
  let client: ApolloClient

  beforeAll(() => {
    const http = new HttpLink({ uri: endpoint(), headers: headers() })
    const link = ApolloLink.split(({ query }) => getOperationAST(query)?.operation === 'subscription', new GraphQLWsLink(openSocket()), http)
    client = new ApolloClient({ link, cache: new InMemoryCache() })
  })
  afterAll(() => client?.stop())

  test('asks by a generated document, writes, and puts what was written into its cache', async () => {
    const { data } = await client.query({ query: generated.AccountsDocument, variables: { first: 2, filter: { name: { startsWith: 'Al' } } } })
    const [account] = (data as { accounts: { nodes: { id: string; name: string }[] } }).accounts.nodes
    expect(account).toMatchObject({ __typename: 'Account', name: 'Alpha' })
    await client.mutate({ mutation: RENAME, variables: { id: account?.id, name: 'Alpha 2' } })
    expect(client.readQuery({ query: generated.AccountsDocument, variables: { first: 2, filter: { name: { startsWith: 'Al' } } } })).toMatchObject({
      accounts: { nodes: [{ name: 'Alpha 2' }] },
    })
  })

  test('throws the errors of the server', async () => {
    await expect(client.query({ query: parse('{ nothing }') })).rejects.toMatchObject({ errors: [{ extensions: { requestId: expect.any(String) } }] })
    await expect(client.mutate({ mutation: RENAME, variables: { id: 'none', name: '' } })).rejects.toMatchObject({
      errors: [{ extensions: { code: expect.any(String) } }],
    })
  })

  test('follows changes', async () => {
    const heard = heardBy('Apollo Client')
    client.subscribe({ query: LIVE }).subscribe({ next: ({ data }) => heard.push(JSON.stringify(data)) })
    await untilHeard(heard)
  }, 30_000)
})

describe('urql', () => {
  let client: UrqlClient

  beforeAll(() => {
    const socket = openSocket()
    const forward = subscriptionExchange({
      forwardSubscription: ({ query = '', variables }) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe<never>({ query, variables: variables as Record<string, unknown> }, sink as never) }),
      }),
    })
    client = new UrqlClient({ url: endpoint(), exchanges: [cacheExchange, fetchExchange, forward], fetchOptions: { headers: headers() } })
  })

  test('asks by GET, as it does unless told otherwise, and writes', async () => {
    const methods: (string | undefined)[] = []
    const noting = new UrqlClient({
      url: endpoint(),
      exchanges: [fetchExchange],
      fetchOptions: { headers: headers() },
      fetch: (url, init) => {
        methods.push(init?.method)
        return fetch(url, init)
      },
    })
    const { data, error } = await noting.query(generated.AccountsDocument, { first: 2, filter: { name: { startsWith: 'Be' } } })
    expect([methods, error, (data as { accounts: object }).accounts]).toEqual([['GET'], undefined, expect.objectContaining({ totalCount: 1 })])
    const id = (data as { accounts: { nodes: { id: string }[] } }).accounts.nodes[0]?.id as string
    const asked = () => client.query(ONE, { id }).toPromise()
    expect((await asked()).data.account.name).toBe('Beta')
    expect((await client.mutation(RENAME, { id, name: 'Beta 2' })).data.updateAccount.account).toMatchObject({ name: 'Beta 2' })
    // Its cache has let go of what it knew of accounts.
    expect((await asked()).data.account.name).toBe('Beta 2')
  })

  test('tells the errors of the server', async () => {
    const { error } = await client.query(parse('{ nothing }'), {})
    expect(error?.graphQLErrors[0]?.extensions).toMatchObject({ requestId: expect.any(String) })
  })

  test('follows changes', async () => {
    const heard = heardBy('urql')
    client.subscription(LIVE, {}).subscribe(({ data }) => heard.push(JSON.stringify(data)))
    await untilHeard(heard)
  }, 30_000)
})

describe('graphql-ws', () => {
  test('asks, writes, tells errors and follows changes over one socket', async () => {
    const socket = openSocket()
    const ask = async (query: string, variables: Record<string, unknown> = {}) => (await socket.iterate<never>({ query, variables }).next()).value
    const [id] = await Promise.all([makeAccount('Over the socket')])
    expect(await ask('query ($id: ID!) { account(id: $id) { name } }', { id })).toEqual({ data: { account: { name: 'Over the socket' } } })
    expect(await ask('mutation ($id: ID!) { updateAccount(id: $id, input: { name: "Renamed" }) { account { name } } }', { id })).toEqual({
      data: { updateAccount: { account: { name: 'Renamed' } } },
    })
    await expect(ask('{ nothing }')).rejects.toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
    const heard = heardBy('graphql-ws')
    socket.subscribe(
      { query: 'subscription { accountChanged { operation } }' },
      { next: (value) => heard.push(JSON.stringify(value)), error: () => {}, complete: () => {} },
    )
    await untilHeard(heard)
  }, 30_000)
})

const RELAY = `const { graphql } = require('relay-runtime')
graphql\`query listQuery { ...list_accounts }\`
graphql\`
  fragment list_accounts on Query @refetchable(queryName: "listPageQuery") @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" }) {
    accounts(first: $count, after: $cursor, filter: { name: { startsWith: "Relay" } }, orderBy: [{ name: ASC }]) @connection(key: "list_accounts") {
      edges { node { id ...list_row } }
    }
  }
\`
graphql\`fragment list_row on Account @refetchable(queryName: "listRowQuery") { id name version }\`
graphql\`mutation listRenameMutation($id: ID!, $input: UpdateAccountInput!) { updateAccount(id: $id, input: $input) { account { ...list_row } } }\`
graphql\`subscription listChangedSubscription { accountChanged { account { ...list_row } } }\`
`

async function compileRelay(): Promise<void> {
  for (const name of ['src', 'made']) mkdirSync(join(folder, name))
  const introspection = await server.admin.data(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true, specifiedByUrl: true }))
  writeFileSync(join(folder, 'schema.graphql'), printSchema(buildClientSchema(introspection)))
  writeFileSync(join(folder, 'src/list.js'), RELAY)
  writeFileSync(join(folder, 'package.json'), '{}')
  writeFileSync(
    join(folder, 'relay.config.json'),
    JSON.stringify({ src: 'src', schema: 'schema.graphql', language: 'javascript', eagerEsModules: false, artifactDirectory: 'made' }),
  )
  await run(folder, require.resolve('relay-compiler/cli.js'), [])
  // Bundlers find the files of artifacts by their names without the extension.
  for (const name of readdirSync(join(folder, 'made'))) {
    const path = join(folder, 'made', name)
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/require\('(\.\/\w+\.graphql)'\)/g, "require('$1.js')"))
  }
}

describe('Relay', () => {
  const relay = require('relay-runtime')
  const artifact = (name: string) => require(join(folder, 'made', `${name}.graphql.js`))
  // biome-ignore lint/suspicious/noExplicitAny: Relay comes without types
  let environment: any

  beforeAll(async () => {
    for (const number of [1, 2, 3, 4, 5]) await makeAccount(`Relay ${number}`)
    const socket = openSocket()
    const send = async ({ text }: { text: string }, variables: object) =>
      (
        await fetch(endpoint(), {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers() },
          body: JSON.stringify({ query: text, variables }),
        })
      ).json()
    const follow = ({ text }: { text: string }, variables: Record<string, unknown>) =>
      relay.Observable.create((sink: never) => socket.subscribe({ query: text, variables }, sink))
    // Events and payloads carry the id of a record, and are none.
    const getDataID = ({ id }: { id?: string }, type: string) => (/(Change|Payload)$/.test(type) ? undefined : id)
    environment = new relay.Environment({ getDataID, network: relay.Network.create(send, follow), store: new relay.Store(new relay.RecordSource()) })
  })

  const ask = (name: string, variables: object) => relay.fetchQuery(environment, artifact(name), variables).toPromise()
  /** What a component would show of the whole list. */
  const shown = () => {
    const query = relay.createOperationDescriptor(relay.getRequest(artifact('listQuery')), {})
    const list = relay.getSingularSelector(artifact('list_accounts'), environment.lookup(query.fragment).data)
    return environment.lookup(list).data.accounts
  }
  const rows = () => shown().edges.map(({ node }: { node: object }) => environment.lookup(relay.getSingularSelector(artifact('list_row'), node)).data)

  test('pages through a connection to its end, and asks again for one record by its id', async () => {
    await ask('listQuery', {})
    for (let pages = 0; shown().pageInfo.hasNextPage; pages += 1) {
      expect(pages).toBeLessThan(3)
      await ask('listPageQuery', { count: 2, cursor: shown().pageInfo.endCursor })
    }
    expect(rows().map(({ name }: { name: string }) => name)).toEqual(['Relay 1', 'Relay 2', 'Relay 3', 'Relay 4', 'Relay 5'])
    const [{ id }] = rows()
    await server.admin.data('mutation ($id: ID!) { updateAccount(id: $id, input: { name: "Relay 1 again" }) { account { id } } }', { id })
    await ask('listRowQuery', { id })
    expect(rows()[0]).toMatchObject({ name: 'Relay 1 again', version: 2 })
  })

  test('writes, tells errors and follows changes', async () => {
    const [, { id }] = rows()
    const write = (input: object) =>
      new Promise((resolve, reject) => {
        relay.commitMutation(environment, {
          mutation: artifact('listRenameMutation'),
          variables: { id, input },
          onCompleted: (_: unknown, errors: unknown) => resolve(errors),
          onError: reject,
        })
      })
    expect((await write({ name: 'Relay 2 again' })) ?? null).toBeNull()
    expect(rows()[1]).toMatchObject({ name: 'Relay 2 again' })
    await expect(write({ name: null })).rejects.toThrow(/got error/)
    const heard = heardBy('Relay')
    relay.requestSubscription(environment, {
      subscription: artifact('listChangedSubscription'),
      variables: {},
      onNext: (data: unknown) => heard.push(JSON.stringify(data)),
    })
    await untilHeard(heard)
  }, 30_000)
})

test('graphql-codegen: every document of the examples has its types, and they compile', async () => {
  const made = readdirSync(join(ROOT, 'docs/examples/generated')).sort()
  expect(made).toEqual(['gql.ts', 'graphql.ts', 'index.ts'])
  writeFileSync(
    join(folder, 'use.ts'),
    `import { AccountsDocument, OrderWithLinesDocument, RevenueByMonthDocument, type AccountsQuery } from './generated/graphql.js'
     import { graphql } from './generated/index.js'
     export const documents = [AccountsDocument, OrderWithLinesDocument, RevenueByMonthDocument, graphql]
     export const name = (answer: AccountsQuery): string | null | undefined => answer.accounts?.nodes[0]?.name
     // @ts-expect-error: the field was not asked for
     export const website = (answer: AccountsQuery) => answer.accounts?.nodes[0]?.website`,
  )
  cpSync(join(ROOT, 'docs/examples/generated'), join(folder, 'generated'), { recursive: true })
  writeFileSync(join(folder, 'generated/package.json'), '{ "type": "module" }')
  const compilerOptions = { noEmit: true, strict: true, skipLibCheck: true, target: 'es2022', module: 'nodenext', types: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }))
  await run(folder, join(ROOT, 'node_modules/typescript/bin/tsc'), ['-p', '.'])
  expect(readFileSync(join(folder, 'generated/graphql.ts'), 'utf8')).not.toContain(': any')
}, 60_000)

test('all of them go on where the server was restarted', async () => {
  expect(followed.map(({ client }) => client)).toEqual(['Apollo Client', 'urql', 'graphql-ws', 'Relay'])
  await server.restart()
  for (const { heard } of followed) await untilHeard(heard)
}, 90_000)
