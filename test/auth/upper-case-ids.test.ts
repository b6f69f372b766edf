import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { codesOf } from '../support/client.ts'
import { TEST_PASSWORD } from '../support/database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** An id is the same in upper case, wherever it is given (RFC 9562, section 4); what is no id at all names nobody. */
let server: TestServer
let person: Awaited<ReturnType<TestServer['addUser']>>
beforeAll(async () => {
  server = await startTestServer()
  person = await server.addUser('Person', 'sales_rep')
})
afterAll(() => server?.close())

/** Operations of the administrator on the user, or on the record, `ID`, with the code for what is no id; null: an answer without an error. */
const OPERATIONS: readonly (readonly [string, string | null])[] = [
  ['mutation { assignRole(userId: ID, roleKey: "marketing") { user { id } } }', 'NOT_FOUND'],
  ['mutation { unassignRole(userId: ID, roleKey: "marketing") { user { id } } }', 'NOT_FOUND'],
  ['mutation { createApiKey(input: {name: "k", roleKey: "sales_rep", userId: ID}) { apiKey { id } } }', 'VALIDATION_FAILED'],
  ['mutation { setPassword(input: {userId: ID, password: "another horse battery staple"}) { user { id } } }', 'NOT_FOUND'],
  ['query { whoCanSee(module: "user", recordId: ID) { id } }', 'NOT_FOUND'],
  ['query { auditLog(filter: {actorId: ID}) { nodes { action } } }', 'VALIDATION_FAILED'],
]

test('of users and records', async () => {
  for (const [document, code] of OPERATIONS) {
    for (const [id, expected] of [
      [person.id.toUpperCase(), null],
      ['nobody', code],
    ]) {
      const answer = await server.admin.send(document.replace('ID', JSON.stringify(id)))
      expect([document, codesOf(answer)]).toEqual([document, expected === null ? [] : [expected]])
    }
  }
  const question = `{ explainAccess(userId: "${person.id.toUpperCase()}", module: "user", recordId: "${person.id.toUpperCase()}", action: READ) { allowed } }`
  expect((await server.admin.data(question)).explainAccess).toEqual({ allowed: true })
})

test('of keys and sessions', async () => {
  const { client } = await server.addUser('Holder', 'sales_rep')
  const { createApiKey } = await client.data('mutation { createApiKey(input: {name: "k", roleKey: "sales_rep"}) { apiKey { id } } }')
  const { sessions } = await client.data('{ sessions { id } }')
  for (const [operation, id] of [
    ['revokeApiKey', createApiKey.apiKey.id],
    ['revokeSession', sessions[0].id],
  ]) {
    const send = (given: string) => client.send(`mutation { ${operation}(id: "${given}") { __typename } }`)
    expect([operation, codesOf(await send('nothing'))]).toEqual([operation, ['NOT_FOUND']])
    expect([operation, codesOf(await send(id.toUpperCase()))]).toEqual([operation, []])
  }
})

// Written in upper case the own id is still the own one: the old password is asked for.
test('of oneself', async () => {
  const { admin } = server
  const { id } = (await admin.data('{ me { id } }')).me
  const set = (oldPassword: string) =>
    admin.send('mutation ($input: SetPasswordInput!) { setPassword(input: $input) { user { id } } }', {
      input: { userId: id.toUpperCase(), password: 'another horse battery staple', oldPassword },
    })
  const refused = await set('wrong')
  expect(refused.errors[0]?.extensions['issues']).toMatchObject([{ path: ['input', 'oldPassword'], code: 'WRONG' }])
  const client = await server.signIn(person.email, 'another horse battery staple')
  await client.data('mutation ($id: ID!) { createApiKey(input: {name: "own", roleKey: "sales_rep", userId: $id}) { apiKey { id } } }', {
    id: person.id.toUpperCase(),
  })
  expect(codesOf(await set(TEST_PASSWORD))).toEqual([])
})
