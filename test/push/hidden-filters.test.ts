import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { changeField, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { subscribe } from '../support/subscription.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
}, 60_000)
afterAll(() => server?.close())

test('a subscription whose filter names a field that becomes sensitive ends with SCHEMA_CHANGED', async () => {
  const { id } = await makeField(server.admin, { module: 'account', name: 'mood', type: 'TEXT' })
  const { client } = await server.addUser('Rep', 'sales_rep')
  const { changeCursor } = await client.data('{ changeCursor }')
  const followed = subscribe(client, 'subscription ($after: String) { accountChanged(after: $after, filter: {mood: {eq: "good"}}) { id } }', {
    after: changeCursor,
  })
  await client.data('mutation { createAccount(input: {name: "a", type: "customer", mood: "good"}) { changeSetId } }')
  await followed.until(1, 20_000)
  await changeField(server.admin, id, { sensitivity: 'sensitive' })
  const told = await followed.until(2, 20_000)
  expect(told.map(({ errors }) => errors?.map(({ extensions }) => extensions.code) ?? [])).toEqual([[], ['SCHEMA_CHANGED']])
  expect(followed.ended).toBe(true)
}, 60_000)
