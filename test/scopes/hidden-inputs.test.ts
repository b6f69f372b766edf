import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, codesOf, issuesOf, type TestClient, TRANSPORTS } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { makeField } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/**
 * A name that is hidden from the caller is answered like one that does not exist wherever a value is given for it: in every kind of write, key and
 * reference, as a literal or in variables, alone, beside other mistakes and with values that no field of its type would take.
 */
let server: TestServer
let clerk: TestClient
let id: string

beforeAll(async () => {
  server = await startTestServer()
  await makeField(server.admin, { module: 'account', name: 'passport', type: 'TEXT', unique: true, sensitivity: 'personal' })
  const actions = ['CREATE', 'READ', 'UPDATE', 'BULK']
  await server.admin.data(ROLES.create, {
    input: {
      key: 'clerk',
      name: 'Clerk',
      grants: ['account', 'contact'].map((module) => ({ module, actions, scope: 'ALL' })),
      fields: [{ module: 'account', field: 'website', access: 'READ' }],
    },
  })
  clerk = (await server.addUser('Clerk', 'clerk')).client
  id = (await server.admin.data('mutation { createAccount(input: { name: "Acme", type: "customer", passport: "P1" }) { account { id } } }')).createAccount
    .account.id
}, 60_000)

afterAll(() => server?.close())

const ADDED = 'createAccount(input: { name: "x", type: "customer"'

/** FIELD stands for the name. All would be valid, were the field shown. */
const USES: readonly (readonly [source: string, variables?: object])[] = [
  [`mutation { ${ADDED}, FIELD: null }) { changeSetId } }`],
  ['mutation { createAccounts(input: [{ name: "x" }, { name: "y", FIELD: null }]) { changeSetId } }'],
  ['mutation { updateAccount(id: "ID", input: { FIELD: null }) { changeSetId } }'],
  ['mutation { updateAccounts(updates: [{ id: "ID", input: { FIELD: null } }]) { changeSetId } }'],
  ['mutation { upsertAccount(by: { id: "ID" }, input: { FIELD: null }) { changeSetId } }'],
  ['mutation { upsertAccounts(upserts: [{ by: { id: "ID" }, input: { FIELD: null } }]) { changeSetId } }'],
  ['mutation ($yes: Boolean = false) { updateAccount(id: "ID", input: { FIELD: null }) @include(if: $yes) { changeSetId } }'],
  ['mutation { ...Write } fragment Write on Mutation { other: updateAccount(id: "ID", input: { FIELD: null }, dryRun: true) { changeSetId } }'],
  ['mutation ($input: UpdateAccountInput! = { FIELD: null }) { updateAccount(id: "ID", input: $input) { changeSetId } }'],
  ['mutation ($input: CreateAccountInput!) { createAccount(input: $input) { changeSetId } }', { input: { name: 'x', FIELD: null } }],
  ['mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { changeSetId } }', { input: [{ name: 'x' }, { name: 'y', FIELD: null }] }],
  ['mutation ($input: UpdateAccountInput!) { updateAccount(id: "ID", input: $input) { changeSetId } }', { input: { FIELD: null } }],
  ['mutation ($items: [AccountUpdateItem!]!) { updateAccounts(updates: $items) { changeSetId } }', { items: [{ id: 'ID', input: { FIELD: null } }] }],
  [
    'mutation ($items: [AccountUpsertItem!]!) { upsertAccounts(upserts: $items) { changeSetId } }',
    { items: [{ by: { id: 'ID' }, input: { name: 'x', FIELD: null } }] },
  ],
  // Values that no type takes, and other mistakes beside it.
  [`mutation { ${ADDED}, FIELD: { what: [1, { is: THIS }] } }) { changeSetId } }`],
  [`mutation { ${ADDED}, FIELD: null, noSuchOther: 1 }) { changeSetId } }`],
  [`mutation { ${ADDED}, FIELD: null, industry: { a: 1 } }) { changeSetId noSuchOther } }`],
  ['mutation ($input: CreateAccountInput!) { createAccount(input: $input) { changeSetId } }', { input: { FIELD: { what: ['is', 'this'] }, noSuchOther: 1 } }],
  ['{ accounts(filter: { FIELD: 5 }) { totalCount } }'],
  ['{ accounts(filter: { FIELD: { noSuchOperator: 5 } }) { totalCount noSuchOther } }'],
  ['query ($filter: AccountFilter) { accounts(filter: $filter) { totalCount } }', { filter: { FIELD: 'x', noSuchOther: {} } }],
  ['{ a: accounts(filter: { FIELD: { isNull: true } }) { totalCount } b: accounts(orderBy: [{ FIELD: ASC }]) { totalCount } }'],
  ['{ accounts(first: 0) { totalCount } accountsAggregate(groupBy: [{ FIELD: 7 }]) { count max { FIELD { x } } } }'],
  ['query A { accounts { totalCount } } query B { accounts(filter: { FIELD: { isNull: true } }) { totalCount } }'],
  // Keys, where the field is one.
  ['{ accountBy(by: { FIELD: "P1" }) { id } }'],
  ['query ($by: AccountUniqueInput!) { accountBy(by: $by) { id } }', { by: { FIELD: 'P1' } }],
  ['mutation { upsertAccount(by: { FIELD: "P1" }, input: { name: "x" }) { changeSetId } }'],
  ['mutation ($by: AccountUniqueInput!) { upsertAccount(by: $by, input: { name: "x" }) { changeSetId } }', { by: { FIELD: 'P2' } }],
  ['mutation { createContact(input: { name: "x", account: { FIELD: "P1" } }) { changeSetId } }'],
  ['mutation ($input: CreateContactInput!) { createContact(input: $input) { changeSetId } }', { input: { name: 'x', account: { FIELD: 'P1' } } }],
]

function words(answer: Answer, name: string): string {
  return JSON.stringify(answer)
    .replaceAll(new RegExp(`\\b${name}\\b`, 'g'), 'FIELD')
    .replaceAll(/"requestId":"[^"]*"/g, '')
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  test.each(['passport', 'bankAccount'])('%s is answered like a stranger in every place', async (field) => {
    const before = await contentOf(server.database.url)
    const stranger = 'strangerStranger'.slice(0, field.length)
    for (const [template, variables = {}] of USES) {
      const ask = async (name: string) => {
        const named = (text: string) => text.replaceAll('FIELD', name).replaceAll('ID', id)
        return clerk.send(named(template), JSON.parse(named(JSON.stringify(variables))), { transport })
      }
      const answer = await ask(field)
      expect([template, codesOf(answer)[0], answer.data]).toEqual([template, 'GRAPHQL_VALIDATION_FAILED', null])
      expect([template, words(answer, field)]).toEqual([template, words(await ask(stranger), stranger)])
    }
    expect(await contentOf(server.database.url)).toEqual(before)
  })
})

test('the status is the same in the strict form', async () => {
  const status = async (name: string, variables: boolean) => {
    const body = variables
      ? { query: USES[9]?.[0], variables: { input: { name: 'x', [name]: null } } }
      : { query: `mutation { ${ADDED}, ${name}: null }) { changeSetId } }` }
    const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json', authorization: `Bearer ${clerk.token}` }
    return (await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) })).status
  }
  for (const variables of [false, true]) expect(await status('passport', variables)).toBe(await status('stranger', variables))
})

test('a field that is read and not written says so, and a writable one is written', async () => {
  const refused = await clerk.send(`mutation { updateAccount(id: "${id}", input: { website: "https://x.example" }) { changeSetId } }`)
  expect(issuesOf(refused)).toEqual(['input.website: FORBIDDEN_FIELD'])
  const { updateAccount } = await clerk.data(`mutation { updateAccount(id: "${id}", input: { name: "Acme Ltd" }) { account { name } } }`)
  expect(updateAccount).toEqual({ account: { name: 'Acme Ltd' } })
})
