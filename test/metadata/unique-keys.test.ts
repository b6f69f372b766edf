import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { codesOf } from '../support/client.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server?.close())

const create = async (input: string): Promise<string> =>
  (await server.admin.data(`mutation { createAccount(input: {name: "x", type: "customer", ${input}}) { account { id } } }`)).createAccount.account.id

test('an e-mail address that is a key finds its record whatever its case, in look-ups, upserts and references alike', async () => {
  await makeField(server.admin, { module: 'account', name: 'billing', type: 'EMAIL', unique: true })
  const id = await create('billing: "Pay@Example.com"')
  for (const email of ['Pay@Example.com', 'pay@example.com', 'PAY@EXAMPLE.COM']) {
    const by = `{billing: "${email}"}`
    expect(await server.admin.data(`{ accountBy(by: ${by}) { id billing } }`)).toEqual({ accountBy: { id, billing: 'Pay@Example.com' } })
    const variables = { by: { billing: email } }
    expect(await server.admin.data('query ($by: AccountUniqueInput!) { accountBy(by: $by) { id } }', variables)).toEqual({ accountBy: { id } })
    const { upsertAccount } = await server.admin.data(`mutation { upsertAccount(by: ${by}, input: {industry: "retail"}) { created account { id } } }`)
    expect(upsertAccount).toEqual({ created: false, account: { id } })
    const { createContact } = await server.admin.data(`mutation { createContact(input: {name: "x", account: ${by}}) { contact { account { id } } } }`)
    expect(createContact.contact.account.id).toBe(id)
    const twin = await server.admin.send(`mutation { createAccount(input: {name: "y", type: "customer", billing: "${email}"}) { changeSetId } }`)
    expect(codesOf(twin)).toEqual(['DUPLICATE'])
  }
  const { users } = await server.admin.data('{ users { nodes { id email } } }')
  const { userBy } = await server.admin.data('query ($by: UserUniqueInput!) { userBy(by: $by) { id } }', { by: { email: users.nodes[0].email.toUpperCase() } })
  expect(userBy.id).toBe(users.nodes[0].id)
})

test('a key that is deleted keeps its values apart, so that it can come back; only a record from the recycle bin meets it', async () => {
  const field = await makeField(server.admin, { module: 'account', name: 'license', type: 'TEXT', unique: true })
  const gone = await create('license: "L1"')
  await server.admin.data(`mutation { deleteAccount(id: "${gone}") { id } }`)
  const holder = await create('license: "L1"')
  await server.admin.data(METADATA.deleteField, { id: field.id })
  await create('industry: "retail"')
  await server.admin.data(`mutation { updateAccount(id: "${holder}", input: {industry: "retail"}) { changeSetId } }`)
  const restored = await server.admin.send(`mutation { restoreAccount(id: "${gone}") { changeSetId } }`)
  expect([codesOf(restored), restored.errors[0]?.extensions['fields']]).toEqual([['DUPLICATE'], []])
  expect(JSON.stringify(restored)).not.toMatch(/license|L1/)
  await server.admin.data(METADATA.restoreField, { id: field.id })
  expect(await server.admin.data('{ accountBy(by: {license: "L1"}) { id } }')).toEqual({ accountBy: { id: holder } })
})
