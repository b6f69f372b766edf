import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, type TestClient } from '../support/client.ts'
import { makeField } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** What a role does not show, worked out from what it does show or from how writes are answered. */
let server: TestServer
let admin: TestClient
const role = (key: string, grants: readonly object[], fields: readonly object[] = []) => admin.data(ROLES.create, { input: { key, name: key, grants, fields } })
beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
}, 60_000)
afterAll(() => server?.close())

describe('a hidden price', () => {
  let reader: TestClient
  beforeAll(async () => {
    const grants = ['order', 'orderLine'].map((module) => ({ module, actions: ['READ'], scope: 'ALL' }))
    await role('lines', grants, [{ module: 'orderLine', field: 'unitPrice', access: 'HIDDEN' }])
    reader = (await server.addUser('Gus', 'lines')).client
  })

  test.each([
    ['a filter', '{ orderLines(filter: {total: {gt: "246"}}) { totalCount } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an order', '{ orderLines(orderBy: [{total: DESC}]) { totalCount } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an aggregate', '{ orderLinesAggregate { sum { total { amount } } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['the value', '{ orderLines { nodes { quantity discount total { amount } } } }', 'FORBIDDEN_FIELD'],
  ])('does not show in the total that PostgreSQL generates from it: %s', async (_, query, code) => {
    expect(codesOf(await admin.send(query))).toEqual([])
    expect(codesOf(await reader.send(query))).toEqual([code])
  })
})

describe('unreadable records', () => {
  let writer: TestClient
  let linked: string
  let other: string
  let account: string
  let deal: string
  const contact = async (name: string) =>
    (await admin.data('mutation ($n: String!) { createContact(input: {name: $n}) { contact { id } } }', { n: name })).createContact.contact.id as string
  beforeAll(async () => {
    await makeField(admin, { module: 'account', name: 'partners', type: 'REFERENCES', reference: { module: 'contact', inverseName: 'partnerOf' } })
    await makeField(admin, { module: 'account', name: 'buyer', type: 'REFERENCE', reference: { module: 'contact', inverseName: 'buyerOf' } })
    await role('partners', [
      { module: 'account', actions: ['READ', 'UPDATE'], scope: 'ALL' },
      { module: 'contact', actions: ['READ'], scope: 'OWN' },
    ])
    writer = (await server.addUser('Pam', 'partners')).client
    linked = await contact('linked')
    other = await contact('other')
    const create = 'mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }'
    const made = async (input: object) => (await admin.data(create, { input: { name: 'a', type: 'customer', ...input } })).createAccount.account.id as string
    account = await made({ partners: { set: [{ id: linked }] } })
    deal = await made({ buyer: { id: other } })
    await admin.data('mutation ($id: ID!, $c: ID!) { updateAccount(id: $id, input: {buyer: {id: $c}}) { changeSetId } }', { id: deal, c: linked })
  })

  test.each(['add', 'set', 'remove'])('are not told by links that lead to them: %s', async (member) => {
    const mutation = `mutation ($a: ID!, $c: ID!, $dry: Boolean) { updateAccount(id: $a, dryRun: $dry, input: {partners: {${member}: [{id: $c}]}}) { account { version } } }`
    for (const dry of [true, false]) {
      const [right, wrong] = [await writer.send(mutation, { a: account, c: linked, dry }), await writer.send(mutation, { a: account, c: other, dry })]
      expect([codesOf(right), right.data]).toEqual([['VALIDATION_FAILED'], null])
      expect(right.errors?.[0]?.extensions?.['issues']).toEqual(wrong.errors?.[0]?.extensions?.['issues'])
    }
  })

  test.each(['{set: []}', 'null'])('are not told by a list that is replaced: %s', async (list) => {
    const mutation = `mutation ($a: ID!) { updateAccount(id: $a, input: {partners: ${list}}) { account { version partners { totalCount } } } }`
    expect((await writer.data(mutation, { a: account })).updateAccount.account).toEqual({ version: 1, partners: { totalCount: 0 } })
    const left = '{ accounts(filter: {partners: {some: {}}}) { totalCount } }'
    expect((await admin.data(left)).accounts.totalCount).toBe(1)
  })

  test('are not told by a change that would merge with their reference', async () => {
    const mutation = 'mutation ($a: ID!, $c: ID!) { updateAccount(id: $a, ifVersion: 1, onConflict: MERGE, input: {buyer: {id: $c}}) { account { version } } }'
    for (const c of [linked, other]) expect([c, codesOf(await writer.send(mutation, { a: deal, c }))]).toEqual([c, ['VALIDATION_FAILED']])
  })
})
