import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { codesOf, type TestClient, TRANSPORTS } from '../support/client.ts'
import { makeField } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { cursorOf, untilPlaced } from '../support/subscription.ts'

/** A field that leads to records of a module of which its reader reads nothing does not exist for him, on any path. */
let server: TestServer
let admin: TestClient
let client: TestClient
let account: string
let contact: string
const NAMES = ['refC', 'linksC', 'byRef']

beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
  await makeField(admin, { module: 'account', name: 'refC', type: 'REFERENCE', reference: { module: 'contact' } })
  await makeField(admin, { module: 'account', name: 'linksC', type: 'REFERENCES', reference: { module: 'contact' } })
  await admin.data(ROLES.create, {
    input: {
      key: 'aonly',
      name: 'Accounts',
      grants: [{ module: 'account', actions: ['READ', 'CREATE', 'UPDATE'], scope: 'ALL' }],
      fields: [
        { module: 'account', field: 'refC', access: 'WRITE' },
        { module: 'account', field: 'linksC', access: 'WRITE' },
      ],
    },
  })
  client = (await server.addUser('Accountant', 'aonly')).client
  const made = await admin.data(
    `mutation { createAccount(input: {name: "a", type: "customer"}) { account { id } } createContact(input: {name: "c"}) { contact { id } } }`,
  )
  account = made.createAccount.account.id
  contact = made.createContact.contact.id
}, 60_000)
afterAll(() => server?.close())

test('it is not told by changes, histories, descriptions, rights and types', async () => {
  const raw = new pg.Client(server.database.url)
  await raw.connect()
  const changeCursor = await cursorOf(raw, client)
  await admin.data(`mutation { updateAccount(id: "${account}", input: {refC: {id: "${contact}"}, linksC: {set: [{id: "${contact}"}]}}) { changeSetId } }`)
  await admin.data(`mutation { updateAccount(id: "${account}", input: {name: "b", refC: null}) { changeSetId } }`)
  await untilPlaced(raw)
  await raw.end()
  const feed = await client.data(`{ changes(after: "${changeCursor}", modules: ["account"]) { nodes { operation version changedFields } } }`)
  expect(feed.changes.nodes).toEqual([{ operation: 'UPDATED', version: 3, changedFields: ['name'] }])
  const { history } = (await client.data(`{ account(id: "${account}") { history { totalCount nodes { version changes { field } } } } }`)).account
  expect(history.totalCount).toBe(2)
  expect(history.nodes[0]).toEqual({ version: 3, changes: [{ field: 'name' }] })
  const about = await client.data(
    `{ module(name: "account") { fields { name access } } account(id: "${account}") { viewerAccess { writableFields hiddenFields maskedFields } } }`,
  )
  expect(JSON.stringify(about)).toContain('website')
  for (const name of NAMES) expect(JSON.stringify(about)).not.toContain(name)
  const types = await client.data('{ a: __type(name: "Account") { fields { name } } i: __type(name: "UpdateAccountInput") { inputFields { name } } }')
  for (const name of NAMES) expect(JSON.stringify(types)).not.toContain(name)
})

test('it is written no more than it is read', async () => {
  for (const transport of TRANSPORTS)
    for (const input of ['refC: null', `refC: {id: "${contact}"}`, 'linksC: {set: []}']) {
      for (const source of [
        `mutation { updateAccount(id: "${account}", input: {${input}}, dryRun: true) { changeSetId } }`,
        `mutation { createAccount(input: {name: "x", type: "customer", ${input}}, dryRun: true) { changeSetId } }`,
      ])
        expect([source, codesOf(await client.send(source, {}, { transport }))]).toEqual([source, ['GRAPHQL_VALIDATION_FAILED']])
    }
  const answer = await client.send(`{ account(id: "${account}") { refC { id } } }`)
  expect(codesOf(answer)).toEqual(['FORBIDDEN_FIELD'])
  const explained = await admin.data(`{ users(filter: {name: {eq: "Accountant"}}) { nodes { id } } }`)
  const ask = (action: string) =>
    `explainAccess(userId: "${explained.users.nodes[0].id}", module: "account", action: ${action}, field: "refC") { allowed reasons }`
  const { read, write } = await admin.data(`{ read: ${ask('READ')} write: ${ask('UPDATE')} }`)
  for (const { allowed, reasons } of [read, write]) expect([allowed, reasons.at(-1)]).toEqual([false, expect.stringContaining('reads no contacts')])
})
