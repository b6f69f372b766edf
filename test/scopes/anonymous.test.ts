import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, TRANSPORTS } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { callOf } from '../support/smallest-call.ts'

/** Who is not signed in sees no record, changes nothing, and learns nothing about the schema, over both transports. */
let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  await server.admin.data('mutation { createAccount(input: { name: "Acme" }) { account { id } } }')
}, 60_000)

afterAll(() => server?.close())

/** Operations that are for everyone. */
const OPEN = new Set(['signIn', 'refreshSession'])

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
