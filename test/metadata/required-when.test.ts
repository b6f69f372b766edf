import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { issuesOf, type TestClient } from '../support/client.ts'
import { changeField, makeField, sendField } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server?.close())

test('a condition that an administrator writes is demanded of every write', async () => {
  await makeField(server.admin, { module: 'account', name: 'note', type: 'TEXT', requiredWhen: 'name = "失去"' })
  const create = (name: string) =>
    server.admin.send('mutation ($name: String!) { createAccount(input: {name: $name, type: "customer"}) { account { id } } }', { name })
  expect(issuesOf(await create('失去'))).toContain('input.note: REQUIRED')
  const { data } = await create('留下')
  const id = data.createAccount.account.id
  const update = (input: string) => server.admin.send(`mutation { updateAccount(id: "${id}", input: ${input}) { account { id } } }`)
  expect(issuesOf(await update('{name: "失去"}'))).toContain('input.note: REQUIRED')
  expect((await update('{note: "why"}')).errors).toEqual([])
})

test('what depends on its reader cannot demand anything', async () => {
  await makeField(server.admin, { module: 'account', name: 'people', type: 'ROLLUP', rollup: { relation: 'contacts', function: 'COUNT' } })
  await makeField(server.admin, { module: 'account', name: 'twice', type: 'FORMULA', formula: 'people * 2' })
  for (const requiredWhen of ['people > 3', 'twice > 3']) {
    const refused = await sendField(server.admin, 'createField', { input: { module: 'account', name: 'spokesman', type: 'TEXT', requiredWhen } })
    expect(issuesOf(refused)).toEqual(['input.requiredWhen: EXPRESSION'])
    expect(refused.errors?.[0]?.message).toContain('people')
  }
})

describe('a condition or a field that the writer does not read', () => {
  /** Contacts that differ in nothing but what the clerk does not read. */
  let twins: readonly [string, string]
  let clerk: TestClient
  let auditor: TestClient

  beforeAll(async () => {
    const contact = (field: object) => makeField(server.admin, { module: 'contact', ...field })
    await contact({ name: 'risk', type: 'INTEGER', sensitivity: 'finance' })
    await contact({ name: 'danger', type: 'FORMULA', formula: 'risk * 2' })
    await contact({ name: 'secret', type: 'TEXT', sensitivity: 'finance' })
    const create = async (input: string) =>
      (await server.admin.data(`mutation { createContact(input: {name: "双", ${input}}) { contact { id } } }`)).createContact
    twins = [(await create('risk: 1, secret: "known"')).contact.id, (await create('risk: 9')).contact.id]
    await contact({ name: 'remedy', type: 'TEXT', requiredWhen: 'risk > 3' })
    await contact({ name: 'measure', type: 'TEXT', requiredWhen: 'danger > 6 and jobTitle != "none"' })
    const { customFields } = await server.admin.data('{ customFields(module: "contact") { id name } }')
    const { id } = customFields.find(({ name }: { name: string }) => name === 'secret')
    await changeField(server.admin, id, { requiredWhen: 'jobTitle = "boss"' })
    const signedIn = async (key: string, fields: readonly string[]) => {
      await server.admin.data(ROLES.create, {
        input: {
          key,
          name: key,
          grants: [{ module: 'contact', actions: ['CREATE', 'READ', 'UPDATE', 'BULK'], scope: 'ALL' }],
          fields: fields.map((field) => ({ module: 'contact', field, access: 'READ' })),
        },
      })
      return (await server.addUser(key, key)).client
    }
    clerk = await signedIn('clerk', [])
    auditor = await signedIn('auditor', ['risk', 'danger', 'secret'])
  })

  const WRITES = [
    'updateContact(id: "ID", input: {jobTitle: "boss"}) { contact { jobTitle remedy } }',
    'updateContact(id: "ID", input: {jobTitle: "clerk", remedy: "some", measure: "one"}) { contact { remedy measure } }',
    'updateContact(id: "ID", input: {remedy: null}, dryRun: true) { contact { remedy } }',
    'updateContacts(updates: [{id: "ID", input: {measure: null}}]) { contacts { measure } }',
    'upsertContact(by: {id: "ID"}, input: {remedy: null}) { contact { remedy version } }',
    'updateContact(id: "ID", input: {name: "对"}) { contact { name version } }',
  ]

  test('refuses no write of his, whatever is hidden', async () => {
    for (const write of WRITES) {
      const answers = await Promise.all(twins.map((id) => clerk.send(`mutation { ${write.replace('ID', id)} }`)))
      expect([write, answers[0]?.errors, answers[1]]).toEqual([write, [], answers[0]])
    }
    expect((await clerk.send('mutation { createContact(input: {name: "x", jobTitle: "boss"}) { contact { name } } }')).errors).toEqual([])
  })

  test('is demanded of those who read them', async () => {
    const touch = async (id: string) => issuesOf(await auditor.send(`mutation { updateContact(id: "${id}", input: {jobTitle: "boss"}) { changeSetId } }`))
    expect(await touch(twins[0])).toEqual([])
    expect((await touch(twins[1])).sort()).toEqual(['input.measure: REQUIRED', 'input.remedy: REQUIRED', 'input.secret: REQUIRED'])
  })
})
