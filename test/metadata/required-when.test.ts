import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { issuesOf } from '../support/client.ts'
import { makeField, sendField } from '../support/metadata.ts'
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
