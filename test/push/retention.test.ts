import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { forgetChanges } from '../../src/events/index.ts'
import { codesOf } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { cursorOf, subscribe } from '../support/subscription.ts'

let server: TestServer
let raw: pg.Client

beforeAll(async () => {
  server = await startTestServer()
  raw = new pg.Client(server.database.url)
  await raw.connect()
}, 60_000)
afterAll(async () => {
  await raw?.end()
  await server?.close()
})

test('old changes go, and who asks for them is told, with a cursor to go on from', async () => {
  const { admin, app } = server
  const { database } = app.kernel
  const account = async (name: string) =>
    admin.data('mutation ($name: String!) { createAccount(input: {name: $name, type: "customer"}) { changeSetId } }', { name })
  const cursor = () => cursorOf(raw, admin)
  const old = await cursor()
  for (let index = 0; index < 20; index += 1) await account(`Old ${index}`)
  const between = await cursor()
  await raw.query(`UPDATE outbox SET at = at - interval '8 days'`)
  await account('New')
  await cursor()
  const before = (await raw.query('SELECT count(*)::int AS count FROM outbox')).rows[0].count

  expect(await forgetChanges(database, new Date(Date.now() - 30 * 86_400_000))).toBe(0)
  const gone = await forgetChanges(database, new Date(Date.now() - 7 * 86_400_000))
  expect(gone).toBe(before - 1)
  expect(await forgetChanges(database, new Date(Date.now() - 7 * 86_400_000))).toBe(0)

  const CHANGES = 'query ($after: String!) { changes(after: $after) { nodes { record { displayName } } } }'
  const refused = await admin.send(CHANGES, { after: old })
  expect(codesOf(refused)).toEqual(['CURSOR_EXPIRED'])
  expect((await admin.data(CHANGES, { after: between })).changes.nodes).toEqual([{ record: { displayName: 'New' } }])
  const subscription = subscribe(admin, 'subscription ($after: String) { accountChanged(after: $after) { account { name } } }', { after: old })
  await subscription.until(1)
  expect(subscription.told[0]?.errors.map(({ extensions }) => extensions.code)).toEqual(['CURSOR_EXPIRED'])
  const resumed = subscribe(admin, 'subscription ($after: String) { accountChanged(after: $after) { account { name } } }', {
    after: subscription.told[0]?.errors[0]?.extensions['cursor'],
  })
  await account('Newest')
  await resumed.until(1)
  resumed.close()
  expect(resumed.told[0]?.data).toEqual({ accountChanged: { account: { name: 'Newest' } } })
})
