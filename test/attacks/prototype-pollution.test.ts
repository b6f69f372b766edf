import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, post, type TestClient, TRANSPORTS, type Transport, type Variables } from '../support/client.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { type NodeProcess, startNode } from '../support/nodes.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Own members of what every object inherits from, in the realm that the server of this process runs in. */
const inherited = () => [Object.prototype, Array.prototype, Function.prototype].map((prototype) => Reflect.ownKeys(prototype).map(String).sort())

/** JSON whose members try to reach a prototype; as text, since an object literal would mean its own prototype. */
const PAYLOADS = [
  '{"__proto__": {"polluted": true}}',
  '{"constructor": {"prototype": {"polluted": true}}}',
  '{"a": {"__proto__": {"polluted": true}}}',
  '[{"__proto__": {"polluted": true}}]',
  '{"__proto__": null, "toString": 1, "hasOwnProperty": 1, "valueOf": null, "then": {}}',
] as const

/** Sends the payload in every place of a request that takes JSON of the caller's own. Answers the codes by place. */
async function attack(client: TestClient, payload: string, transport: Transport): Promise<Readonly<Record<string, string>>> {
  // What JSON.parse makes has such members as its own, and so has the text that is sent.
  const send = async (query: string, variables: string) => codesOf(await client.send(query, JSON.parse(variables) as Variables, { transport })).join()
  const field = (members: string) => `{"input": {"module": "account", "name": "never", "type": "JSON", ${members}}, "dryRun": true}`
  return {
    'a value of a JSON field': await send(CREATE, `{"input": {"name": "x", "type": "customer", "anything": ${payload}}}`),
    'a default': await send(METADATA.createField, field(`"default": ${payload}`)),
    'an input of a record': await send(CREATE, `{"input": ${payload}}`),
    'a filter': await send('query ($f: AccountFilter) { accounts(filter: $f) { totalCount } }', `{"f": ${payload}}`),
    'a description of a field': await send(METADATA.createField, `{"input": ${payload}}`),
    'a module': await send(METADATA.createModule, `{"input": ${payload}}`),
    'a state': await send(METADATA.apply, `{"input": ${payload.startsWith('[') ? payload : `[${payload}]`}}`),
    variables: await send('{ me { id } }', payload.startsWith('[') ? '{}' : payload),
  }
}

const CREATE = 'mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { anything values } } }'
const CODES = /^(GRAPHQL_VALIDATION_FAILED|VALIDATION_FAILED|GRAPHQL_PARSE_FAILED)?(,.*)?$/

describe('members of JSON that name a prototype', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer()
    await makeField(server.admin, { module: 'account', name: 'anything', type: 'JSON' })
  })
  afterAll(() => server?.close())

  test('the check sees a polluted prototype', () => {
    const before = inherited()
    const victim = JSON.parse('{"constructor": {"prototype": 0}}') as object
    Object.defineProperty(Object.getPrototypeOf(victim), 'polluted', { value: true, configurable: true })
    try {
      expect(({} as { polluted?: unknown }).polluted).toBe(true)
      expect(inherited()).not.toEqual(before)
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted')
    }
    expect(inherited()).toEqual(before)
  })

  describe.each(TRANSPORTS)('over %s', (transport) => {
    test.each(PAYLOADS)('%s is data or refused, and nobody inherits from it', async (payload) => {
      const before = inherited()
      const answers = await attack(server.admin, payload, transport)
      for (const [place, code] of Object.entries(answers)) expect([place, code]).toEqual([place, expect.stringMatching(CODES)])
      expect(inherited()).toEqual(before)
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    })

    test('come back as they were written, as members of their own', async () => {
      for (const payload of PAYLOADS) {
        const input = JSON.parse(`{"name": "x", "type": "customer", "anything": ${payload}}`)
        const { data, errors } = await server.admin.send(CREATE, { input }, { transport })
        expect([payload, errors]).toEqual([payload, []])
        const { anything, values } = data.createAccount.account
        expect([membersOf(anything), membersOf(values.anything)]).toEqual([membersOf(input.anything), membersOf(input.anything)])
      }
    })
  })

  test.each(PAYLOADS)('%s is answered over one transport as over the other', async (payload) => {
    expect(await attack(server.admin, payload, 'http')).toEqual(await attack(server.admin, payload, 'ws'))
  })

  test('beside the document of a request mean nothing', async () => {
    const before = inherited()
    for (const members of PAYLOADS.filter((payload) => !payload.startsWith('['))) {
      const { token } = server.admin
      const send = async (body: string) => {
        const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
        const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body })
        return [response.status, await response.json()]
      }
      const answered = [200, { data: { __typename: 'Query' } }]
      expect([members, await send(`${members.slice(0, -1)}, "query": "{ __typename }"}`)]).toEqual([members, answered])
      expect([members, await send(`{"query": "{ __typename }", "extensions": ${members}}`)]).toEqual([members, answered])
    }
    // A document that would only be inherited is none.
    for (const body of ['{"__proto__": {"query": "{ __typename }"}}', '{"constructor": {"prototype": {"query": "{ __typename }"}}}'])
      expect([body, codesOf(await post(server.url, JSON.parse(body), { authorization: `Bearer ${server.admin.token}` }))]).toEqual([
        body,
        ['GRAPHQL_PARSE_FAILED'],
      ])
    expect(inherited()).toEqual(before)
  })

  test('are not names of fields, arguments or operations either', async () => {
    const before = inherited()
    for (const name of ['__proto__', 'constructor', 'prototype']) {
      for (const query of [
        `{ ${name} }`,
        `{ accounts(${name}: 1) { totalCount } }`,
        `{ accounts { nodes { ${name} } } }`,
        `{ accounts(filter: {${name}: {eq: "x"}}) { totalCount } }`,
        `{ module(name: "${name}") { name } }`,
        `query ${name} { me { id } }`,
        `{ ${name}: me { id } }`,
      ]) {
        const answer = await post(
          server.url,
          { query, operationName: query.startsWith('query') ? name : undefined },
          { authorization: `Bearer ${server.admin.token}` },
        )
        expect([query, codesOf(answer).join()]).toEqual([query, expect.stringMatching(/^(GRAPHQL_VALIDATION_FAILED|NOT_FOUND|)$/)])
      }
    }
    expect(inherited()).toEqual(before)
  })
})

/** Own members with their values, whatever they are called, sorted: `toEqual` passes over those that are called like a prototype. */
function membersOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.getOwnPropertyNames(value)
    .sort()
    .map((name) => [name, membersOf(Object.getOwnPropertyDescriptor(value, name)?.value)])
}

describe('a node without Object.prototype.__proto__ (--disable-proto=delete)', () => {
  let database: TestDatabase
  let node: NodeProcess
  beforeAll(async () => {
    database = await openTestDatabase()
    node = await startNode(database.url, { flags: ['--disable-proto=delete'] })
  }, 60_000)
  afterAll(async () => {
    await node?.close()
    await database?.close()
  })

  test('makes, changes, serves and removes fields and modules like every other', async () => {
    const { admin } = node
    const field = await makeField(admin, { module: 'account', name: 'anything', type: 'JSON' })
    await admin.data(METADATA.createModule, { input: { name: 'thing', pluralName: 'things', fields: [{ name: 'title', type: 'TEXT' }] } })
    await admin.data(
      'mutation { createAccount(input: {name: "一", type: "customer", anything: {a: 1}}) { changeSetId } createThing(input: {title: "二"}) { changeSetId } }',
    )
    const read = await admin.data(
      '{ accounts(filter: {name: {contains: "一"}}) { nodes { anything values } } things { nodes { displayName history { totalCount } } } }',
    )
    expect(read).toEqual({
      accounts: { nodes: [{ anything: { a: 1 }, values: { anything: { a: 1 } } }] },
      things: { nodes: [{ displayName: '二', history: { totalCount: 1 } }] },
    })
    for (const payload of PAYLOADS)
      for (const [place, code] of Object.entries(await attack(admin, payload, 'http'))) expect([place, code]).toEqual([place, expect.stringMatching(CODES)])
    await admin.data(METADATA.deleteField, { id: field.id })
    expect((await admin.send('{ accounts { totalCount } }', {}, { transport: 'ws' })).errors).toEqual([])
  }, 60_000)
})
