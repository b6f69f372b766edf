import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { type Answer, codesOf, type TestClient, TRANSPORTS } from '../support/client.ts'
import { PROVE } from '../support/nodes.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Many callers at once on one server: none gets what another may see, and none takes the database away from the others. */
const USERS = ['nancy', 'janet', 'steven', 'finance', 'service', 'viewer'] as const
const ROUNDS = PROVE ? 40 : 3

let server: TestServer
const clients = new Map<string, TestClient>()
let ids: readonly string[]

beforeAll(async () => {
  server = await startTestServer({ template: 'demo' })
  for (const user of USERS) clients.set(user, await server.signIn(`${user}@demo.guanxi.local`))
  clients.set('anonymous', server.anonymous)
  const { accounts, contacts, tickets } = await server.admin.data(
    '{ accounts(first: 12) { nodes { id } } contacts(first: 6) { nodes { id } } tickets(first: 6) { nodes { id } } }',
  )
  ids = [...accounts.nodes, ...contacts.nodes, ...tickets.nodes].map(({ id }: { id: string }) => id)
}, 90_000)
afterAll(() => server?.close())

/** A key that is too long for the text of the database: such a document takes the ordinary path, with its loaders. */
const LONG = `long${'x'.repeat(70)}`

/** Documents whose answers differ from caller to caller, on either path. */
const documents = (): readonly string[] => [
  `{ nodes(ids: ${JSON.stringify(ids)}) { id ... on Record { version owner { id name } viewerAccess { actions maskedFields } } } }`,
  `{ ${ids
    .slice(0, 8)
    .map(
      (id, index) =>
        `n${index}: node(id: "${id}") { id ... on Account { ${LONG}: name creditLimit { amount } contacts(first: 2) { totalCount nodes { name email } } } }`,
    )
    .join(' ')} }`,
  `{ me { id name ${LONG}: name roles { key name } } accounts(first: 3) { totalCount nodes { name } } }`,
  '{ accounts(first: 5) { totalCount nodes { id name owner { id roles { key } } history(first: 1) { totalCount } } } }',
  '{ modules { name actions } a: module(name: "account") { actions } b: module(name: "lead") { actions } c: module(name: "order") { actions } }',
]

const told = ({ data, errors }: Answer) => ({ data, errors: errors.map(({ message, path, extensions }) => [message, path, extensions.code]) })

// CVE-2023-34047: a batch of one caller was loaded with the rights of another; shield #349: the verdict on one field was used for another.
test('callers whose requests come in one tick get each their own answers', async () => {
  const alone = new Map<string, unknown>()
  for (const [name, client] of clients) for (const document of documents()) alone.set(name + document, told(await client.send(document)))
  const different = new Set([...alone].filter(([key]) => key.endsWith(documents()[0] as string)).map(([, answer]) => JSON.stringify(answer)))
  expect(different.size).toBeGreaterThan(4)
  for (let round = 0; round < ROUNDS; round += 1) {
    const transport = TRANSPORTS[round % TRANSPORTS.length] as (typeof TRANSPORTS)[number]
    const asked = documents().flatMap((document) => [...clients].map(([name, client]) => ({ name, document, client })))
    const answers = await Promise.all(asked.map(({ client, document }) => client.send(document, {}, { transport })))
    for (const [index, { name, document }] of asked.entries())
      expect({ name, document, ...told(answers[index] as Answer) }).toEqual({ name, document, ...(alone.get(name + document) as object) })
  }
})

test('one rule gives each field of an operation its own verdict', async () => {
  const { data, errors } = await (clients.get('finance') as TestClient).send(
    '{ a: accounts(first: 1) { totalCount } b: leads(first: 1) { totalCount } c: accounts(first: 2) { totalCount } d: module(name: "account") { name } e: module(name: "lead") { name } f: roles { key } g: tickets { totalCount } }',
  )
  expect(errors.map(({ path, extensions }) => [path?.[0], extensions.code])).toEqual([
    ['b', 'FORBIDDEN'],
    ['f', 'FORBIDDEN'],
    ['g', 'FORBIDDEN'],
  ])
  expect(data).toMatchObject({ a: { totalCount: 120 }, b: null, c: { totalCount: 120 }, d: { name: 'account' }, e: null, f: null, g: null })
})

// GHSA-6q22-g298-grjh, CVE-2026-35441: one request with many aliases of something costly took all connections.
describe('one request that asks for much by many aliases', () => {
  const costly = (alias: number) =>
    `a${alias}: accounts(first: 50, filter: {contacts: {some: {name: {contains: "a"}}}}) { totalCount nodes { orders(first: 20) { totalCount nodes { lines(first: 20) { totalCount } } } } }`
  const times = (count: number) => `{ ${Array.from({ length: count }, (_, alias) => costly(alias)).join(' ')} }`

  test('is refused before anything is read where it asks for too much', async () => {
    const statements = await server.statementsOf(async () => {
      for (const transport of TRANSPORTS)
        expect(codesOf(await (clients.get('steven') as TestClient).send(times(90), {}, { transport }))).toEqual(['LIMIT_EXCEEDED'])
    })
    expect(statements.filter(({ purpose }) => purpose === 'record')).toEqual([])
  })

  test('costs a statement an alias at most, and however many come at once, others are answered meanwhile from the same few connections', async () => {
    const steven = clients.get('steven') as TestClient
    const many = PROVE ? 40 : 10
    const statements = await server.statementsOf(async () => {
      expect(codesOf(await steven.send(times(many)))).toEqual([])
    })
    expect(statements.filter(({ purpose }) => purpose === 'record').length).toBeLessThanOrEqual(many)
    const sql = new pg.Client(server.database.url)
    await sql.connect()
    const connections = async () =>
      Number((await sql.query('SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()')).rows[0].count)
    const before = await connections()
    let open = 8
    const heavy = Array.from({ length: open }, () => steven.send(times(many)).finally(() => (open -= 1)))
    const seen: number[] = []
    let light = 0
    while (open > 0) {
      const answer = await (clients.get('viewer') as TestClient).send('{ accounts(first: 1) { nodes { name } } }')
      expect(codesOf(answer)).toEqual([])
      if (open > 0) light += 1
      seen.push(await connections())
    }
    for (const answer of await Promise.all(heavy)) expect(codesOf(answer)).toEqual([])
    await sql.end()
    // The pool's, and those that listen and stamp.
    expect(Math.max(...seen)).toBeLessThanOrEqual(Math.max(before, server.config.poolSize + 3))
    expect(light).toBeGreaterThan(0)
  })
})
