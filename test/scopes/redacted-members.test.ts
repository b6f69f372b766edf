import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { codesOf, type TestClient } from '../support/client.ts'
import { makeField } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** `extensions.redacted` tells of all that is not shown in full, and of nothing that was not asked for. */
let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
  await makeField(server.admin, { module: 'contact', name: 'code', type: 'TEXT' })
  await makeField(server.admin, { module: 'contact', name: 'plain', type: 'TEXT' })
}, 60_000)
afterAll(() => server?.close())

const reader = async (key: string, access: string): Promise<TestClient> => {
  const fields = ['name', 'code'].map((field) => ({ module: 'contact', field, access }))
  const grants = ['account', 'contact'].map((module) => ({ module, actions: ['READ'], scope: 'ALL' }))
  await server.admin.data(ROLES.create, { input: { key, name: key, grants, fields } })
  return (await server.addUser(key, key)).client
}
const redactedOf = async ({ url, token }: TestClient, query: string) => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const answer = (await (await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })).json()) as {
    readonly extensions?: { readonly redacted?: unknown }
  }
  return answer.extensions?.redacted
}

test('changes of some modules are refused nothing for what others hide', async () => {
  const client = await reader('hidden_names', 'HIDDEN')
  const { changeCursor } = await client.data('{ changeCursor }')
  const feed = (modules: string) => `{ changes(after: "${changeCursor}"${modules}) { nodes { record { id displayName } } } }`
  const modes: readonly Readonly<Record<string, string>>[] = [{}, { 'x-access-mode': 'strict' }]
  for (const headers of modes) {
    expect(codesOf(await client.send(feed(', modules: ["account"]'), {}, { headers }))).toEqual([])
    for (const modules of [', modules: ["account", "contact"]', ''])
      expect(codesOf(await client.send(feed(modules), {}, { headers }))).toEqual(['FORBIDDEN_FIELD'])
  }
  const given = 'query ($after: String!, $modules: [String!]) { changes(after: $after, modules: $modules) { nodes { record { displayName } } } }'
  expect(codesOf(await client.send(given, { after: changeCursor, modules: ['account'] }))).toEqual([])
})

test('masked names and members of values are told', async () => {
  const client = await reader('masked_names', 'MASKED')
  await server.admin.data('mutation { createContact(input: {name: "Anna Muster", code: "12345678", plain: "x"}) { changeSetId } }')
  const { contacts } = await client.data('{ contacts { nodes { displayName values } } }')
  expect(contacts.nodes[0]).toMatchObject({ displayName: '***ster', values: { code: '***5678', plain: 'x' } })
  const masked = (...path: string[]) => ({ path: ['contacts', 'nodes', ...path], state: 'masked' })
  expect(await redactedOf(client, '{ contacts { nodes { name displayName values } } }')).toEqual([
    masked('name'),
    masked('displayName'),
    masked('values', 'code'),
  ])
  expect(await redactedOf(client, '{ contacts { nodes { id values(fields: ["plain"]) } } }')).toBeUndefined()
  expect(codesOf(await client.send('{ contacts { nodes { displayName } } }', {}, { headers: { 'x-access-mode': 'strict' } }))).toEqual(['FORBIDDEN_FIELD'])
})
