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

test.each([
  ['a little', 20],
  ['far', 700],
])(
  'changes that are taken away while somebody who is %s behind reads them are not passed over',
  async (_, count) => {
    const { database } = server.app.kernel
    const { admin } = server
    const after = await cursorOf(raw, admin)
    await admin.data('mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { changeSetId } }', {
      input: Array.from({ length: count }, (_each, index) => ({ type: 'customer', name: `Behind ${index}` })),
    })
    await cursorOf(raw, admin)
    const { query } = database
    let taken = 0
    Object.assign(database, {
      query: async (statement: Parameters<typeof query>[0]) => {
        if (taken === 0 && statement.text.includes('FROM outbox WHERE module_number')) taken = await forgetChanges(database, new Date(Date.now() + 1_000))
        return query(statement)
      },
    })
    try {
      const late = subscribe(admin, 'subscription ($after: String) { accountChanged(after: $after) { id } }', { after })
      await late.until(1)
      late.close()
      expect(late.told.map(({ errors }) => errors[0]?.extensions.code)).toEqual(['CURSOR_EXPIRED'])
      expect(taken).toBeGreaterThanOrEqual(count)
    } finally {
      Object.assign(database, { query })
    }
  },
  60_000,
)
