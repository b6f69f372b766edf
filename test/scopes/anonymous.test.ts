import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, post, TRANSPORTS, type Transport } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { makeField } from '../support/metadata.ts'
import { enablePlugins } from '../support/plugin-world.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { callOf } from '../support/smallest-call.ts'

/** Who is not signed in sees no record, changes nothing, and learns nothing about the schema, over both transports. */
let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  await enablePlugins(server)
  await server.admin.data('mutation { createAccount(input: { name: "Acme" }) { account { id } } }')
  await makeField(server.admin, { module: 'user', name: 'secret', type: 'TEXT' })
}, 60_000)

afterAll(() => server?.close())

const SIGN_IN = 'mutation { signIn(input: { email: "x", password: "x" }) '

/** All that an answer to a caller without a credential says, its request id aside; it must be one refusal and nothing else. */
async function refusalOf(query: string, transport: Transport, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const { status, data, errors } = await server.anonymous.send(query, {}, { transport, headers })
  expect([query, data, errors.map(({ extensions }) => extensions.code)]).toEqual([query, null, ['UNAUTHENTICATED']])
  return JSON.stringify([status, errors]).replace(/"requestId":"[^"]*"/, '')
}

/** Operations that are for everyone. */
const OPEN = new Set(['signIn', 'refreshSession', 'requestPasswordReset', 'resetPassword', 'acceptInvitation'])

for (const transport of TRANSPORTS) {
  describe(`an anonymous caller over ${transport}`, () => {
    test('gets UNAUTHENTICATED and no data from every query', async () => {
      const fields = Object.values(server.app.engine.runtime.schema.getQueryType()?.getFields() ?? {})
      expect(fields.length).toBeGreaterThan(80)
      for (const field of fields) {
        const answer = await server.anonymous.send(`{ ${callOf(field)} }`, {}, { transport })
        expect([field.name, codesOf(answer), answer.data?.[field.name] ?? null]).toEqual([field.name, ['UNAUTHENTICATED'], null])
      }
    })

    test('gets UNAUTHENTICATED from every mutation, and changes nothing', async () => {
      const before = await contentOf(server.database.url)
      const fields = Object.values(server.app.engine.runtime.schema.getMutationType()?.getFields() ?? {})
      expect(fields.length).toBeGreaterThan(200)
      for (const field of fields) {
        if (OPEN.has(field.name)) continue
        const answer = await server.anonymous.send(`mutation { ${callOf(field)} }`, {}, { transport })
        expect([field.name, codesOf(answer), answer.data?.[field.name] ?? null]).toEqual([field.name, ['UNAUTHENTICATED'], null])
      }
      expect(await contentOf(server.database.url)).toEqual(before)
    })

    test('is answered alike whatever a document names, real or not', async () => {
      const real = await refusalOf('{ accounts { totalCount } }', transport)
      for (const source of [
        '{ strangers { totalCount } }',
        '{ accounts { nodes { bankAccount } } }',
        '{ accounts { nodes { stranger } } }',
        '{ accounts(filter: { name: { eq: 1 } }) { totalCount } }',
        '{ accounts(stranger: 1) { totalCount } }',
        '{ me { id } }',
        '{ me { stranger } }',
        'query ($filter: AccountFilter) { __typename }',
        'query ($filter: StrangerFilter) { __typename }',
        '{ ...Look } fragment Look on Account { name }',
        '{ ...Look } fragment Look on Stranger { name }',
        '{ __typename } fragment Unused on Account { name }',
        '{ __typename } fragment Unused on Stranger { name }',
        '{ ... on Account { __typename } }',
        '{ __typename ... on Stranger { __typename } }',
        '{ __schema { queryType { name } } }',
        'mutation { deleteAccount(id: "x") { id } }',
        'mutation { deleteStranger(id: "x") { id } }',
        'subscription { schemaChanged { schemaVersion } }',
        'subscription { strangerChanged { id } }',
        `${SIGN_IN}{ user { secret } } }`,
        `${SIGN_IN}{ user { stranger } } }`,
        `${SIGN_IN}{ user { team { name } } } }`,
        `${SIGN_IN}{ user { values(fields: ["secret"]) } } }`,
        `${SIGN_IN}{ user { ... on Account { name } } } }`,
        `${SIGN_IN}{ user { ... on Stranger { name } } } }`,
        `mutation ($input: CreateAccountInput) { signIn(input: $input) { accessToken } }`,
        `mutation ($input: CreateStrangerInput) { signIn(input: $input) { accessToken } }`,
        `query A { __typename } ${SIGN_IN}{ accessToken } strangers }`,
      ])
        expect([source, await refusalOf(source, transport)]).toEqual([source, real])
    })

    test('signs in and sees the plain fields of the user', async () => {
      const source = `mutation In($input: SignInInput!) { signIn(input: $input) { ...Tokens } }
        fragment Tokens on SessionPayload { accessToken refreshToken expiresAt user { __typename id version email name displayName phone { raw } roles { key } } }`
      const input = { email: 'admin@guanxi.local', password: 'wrong' }
      expect(codesOf(await server.anonymous.send(source, { input }, { transport }))).toEqual(['UNAUTHENTICATED'])
      const wrong = await server.anonymous.send(source.replace('accessToken', 'stranger'), { input }, { transport })
      expect(codesOf(wrong)).toEqual(['GRAPHQL_VALIDATION_FAILED'])
      expect((await server.anonymous.send('{ __typename }', {}, { transport })).data).toEqual({ __typename: 'Query' })
    })

    test('cannot introspect, by no way round', async () => {
      for (const source of [
        '{ __schema { types { name } } }',
        '{ __type(name: "Account") { fields { name } } }',
        '{ a: __schema { queryType { name } } }',
        '{ ...Look } fragment Look on Query { __schema { directives { name } } }',
        '{ ... on Query { ... { __type(name: "User") { name } } } }',
        '{ __typename __schema @include(if: true) { queryType { name } } }',
        'query ($yes: Boolean = true) { __schema @include(if: $yes) { queryType { name } } }',
        '{ accounts { totalCount } __schema { queryType { name } } }',
        'mutation { __schema { queryType { name } } }',
        'mutation { signIn(input: { email: "x", password: "x" }) { accessToken } __type(name: "Account") { name } }',
      ]) {
        const answer = await server.anonymous.send(source, {}, { transport })
        expect(answer.data?.__schema ?? answer.data?.__type ?? answer.data?.a ?? null).toBeNull()
        expect(JSON.stringify(answer)).not.toMatch(/"(queryType|types|fields|directives)":/)
        expect([source, codesOf(answer).length > 0]).toEqual([source, true])
      }
    })

    test('gets no suggestion from a name that is nearly right', async () => {
      for (const [source, near] of [
        ['{ acounts { totalCount } }', 'accounts'],
        ['{ accounts { totalCont } }', 'totalCount'],
        ['{ accounts(filtr: {}) { totalCount } }', 'filter'],
        ['{ accounts(filter: { nam: {} }) { totalCount } }', 'name'],
        ['{ accounts(deleted: EXCLUD) { totalCount } }', 'EXCLUDE'],
        ['{ node(id: "x") { ... on Acount { id } } }', 'Account'],
        ['mutation { signIn(input: { emial: "x", password: "x" }) { accessToken } }', '"email"'],
        ['query ($filter: AcountFilter) { accounts(filter: $filter) { totalCount } }', 'AccountFilter'],
      ] as const) {
        const answer = await server.anonymous.send(source, {}, { transport })
        expect(codesOf(answer).length).toBeGreaterThan(0)
        const messages = answer.errors.map(({ message }) => message).join('\n')
        expect([source, messages]).toEqual([source, expect.not.stringContaining(near)])
        expect(messages).not.toMatch(/did you mean/i)
      }
    })
  })
}

describe('a request without a valid credential', () => {
  const known = '{ accounts { totalCount } }'
  const unknown = '{ strangers { totalCount } }'

  test('is refused alike for real and invented names with a credential that is none, even where the document cannot be read', async () => {
    for (const authorization of ['Bearer nonsense', 'Basic eDp4', `Bearer ${server.admin.token}x`]) {
      const texts = await Promise.all(
        [known, unknown, '{ accounts {', `${SIGN_IN}{ accessToken } }`].map(async (query) => {
          const answer = await post(server.url, { query }, { authorization })
          return JSON.stringify(answer).replace(/"requestId":"[^"]*"/, '')
        }),
      )
      expect([texts[0], new Set(texts).size]).toEqual([expect.stringContaining('UNAUTHENTICATED'), 1])
    }
  })

  test('is refused alike by GET, and in the strict form', async () => {
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const answers = await Promise.all(
        [known, unknown].map(async (query) => {
          const response = await fetch(`${server.url}/graphql?query=${encodeURIComponent(query)}`, { headers: { accept } })
          return [response.status, response.headers.get('content-type'), (await response.text()).replace(/"requestId":"[^"]*"/, '')]
        }),
      )
      expect(answers[0]).toEqual([401, `${accept}; charset=utf-8`, expect.stringContaining('UNAUTHENTICATED')])
      expect(answers[1]).toEqual(answers[0])
    }
  })

  test('is told no version of the schema, and waits for none', async () => {
    const began = performance.now()
    const versions: Readonly<Record<string, string>>[] = [{ 'x-schema-version': '1' }, { 'x-min-schema-version': '1' }, { 'x-min-schema-version': '999999' }]
    for (const headers of versions) {
      for (const query of [known, unknown, '{ __typename }', `${SIGN_IN}{ accessToken } }`]) {
        const response = await fetch(`${server.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify({ query, extensions: { schemaVersion: true } }),
        })
        expect([query, response.status, [...response.headers.keys()].filter((name) => name.includes('version'))]).toEqual([query, response.status, []])
        expect([query, headers, await response.text()]).toEqual([query, headers, expect.not.stringMatching(/version/i)])
      }
    }
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})
