import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { codesOf, issuesOf, type TestClient } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let rep: TestClient
let own: string

beforeAll(async () => {
  server = await startTestServer()
  await makeField(server.admin, { module: 'account', name: 'seal', type: 'AUTO_NUMBER', unique: true, numbering: { prefix: 'K-', padding: 4, gapless: true } })
  rep = (await server.addUser('Rep', 'sales_rep')).client
  own = (await rep.data('mutation { createAccount(input: {name: "一", type: "customer"}) { account { id seal } } }')).createAccount.account.id
})
afterAll(() => server?.close())

const create = 'mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { seal } } }'

// Who gives a record the number that comes next stops everybody who creates one after him.
test('nobody takes a number that a series is to give: a record keeps its own, and only who may choose numbers does so', async () => {
  const before = await contentOf(server.database.url)
  for (const client of [rep, server.admin]) {
    const update = await client.send(`mutation { updateAccount(id: "${own}", input: {seal: "K-0002"}) { account { seal } } }`)
    expect(codesOf(update)).toEqual(['GRAPHQL_VALIDATION_FAILED'])
  }
  const chosen = await rep.send(create, { input: { name: '二', type: 'customer', seal: 'K-888888' } })
  expect([codesOf(chosen), issuesOf(chosen)]).toEqual([['VALIDATION_FAILED'], ['input.seal: FORBIDDEN_FIELD']])
  expect(await contentOf(server.database.url)).toEqual(before)
  expect((await rep.data(create, { input: { name: '二', type: 'customer' } })).createAccount.account.seal).toBe('K-0002')
})

test('whoever takes records over brings their numbers, and the series goes on behind them', async () => {
  const taken = await server.admin.data(create, { input: { name: '三', type: 'customer', seal: 'K-0010' } })
  expect(taken.createAccount.account.seal).toBe('K-0010')
  expect((await rep.data(create, { input: { name: '四', type: 'customer' } })).createAccount.account.seal).toBe('K-0011')
})
