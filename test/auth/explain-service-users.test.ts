import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server?.close())

test('explainAccess says that it leaves out the roles of API keys, by which whoCanSee counts a service user', async () => {
  const { createUser, createAccount } = await server.admin.data(
    'mutation { createUser(input: {name: "Robot", email: "robot@test.guanxi.local", kind: "service"}) { user { id } } createAccount(input: {name: "Seen"}) { account { id } } }',
  )
  const variables = { user: createUser.user.id, account: createAccount.account.id }
  await server.admin.data('mutation ($user: ID!) { createApiKey(input: {name: "k", roleKey: "read_only", userId: $user}) { apiKey { id } } }', variables)
  const { explainAccess, whoCanSee } = await server.admin.data(
    `query ($user: ID!, $account: ID!) { explainAccess(userId: $user, module: "account", recordId: $account, action: READ) { allowed reasons }
      whoCanSee(module: "account", recordId: $account) { id } }`,
    variables,
  )
  expect(whoCanSee).toContainEqual({ id: variables.user })
  expect(explainAccess.allowed).toBe(false)
  expect(explainAccess.reasons[0]).toBe('The user holds no role. What API keys of this service user may do that are limited to a role is not considered.')
  const administrator = await server.admin.data('{ me { id } }')
  const person = await server.admin.data('query ($user: ID!) { explainAccess(userId: $user, module: "account", action: READ) { reasons } }', {
    user: administrator.me.id,
  })
  expect(person.explainAccess.reasons[0]).toBe('The user holds the role admin.')
})
