import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Issues that no other test comes upon: each answered with its code and the argument that is to blame, and nothing is changed. */
let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
}, 60_000)
afterAll(() => server?.close())

const SERVICE = 'mutation { createUser(input: {name: "Robot", kind: "service"}) { user { id } } }'

async function issueOf(document: string, variables: Record<string, unknown> = {}): Promise<unknown> {
  const { errors } = await server.admin.send(document, variables)
  const [issue] = (errors?.[0]?.extensions['issues'] ?? []) as { code: string; path: unknown[] }[]
  return issue && [issue.code, issue.path.at(-1)]
}

const accounts = async (): Promise<number> => (await server.admin.data('{ accounts { totalCount } }')).accounts.totalCount

test('a mutation of another kind beside record mutations', async () => {
  const before = await accounts()
  expect(await issueOf('mutation { createAccount(input: {name: "A"}) { account { id } } signOut }')).toEqual(['ALONE', 'signOut'])
  expect(await accounts()).toBe(before)
})

test('a dry run beside a mutation that is none', async () => {
  const before = await accounts()
  const mixed = 'mutation { a: createAccount(input: {name: "A"}, dryRun: true) { account { id } } b: createAccount(input: {name: "B"}) { account { id } } }'
  expect(await issueOf(mixed)).toEqual(['DRY_RUN', 'dryRun'])
  expect(await accounts()).toBe(before)
})

test('a field whose module is deleted cannot be restored alone', async () => {
  const field = '{name: "size", type: INTEGER, labels: [{locale: "en", text: "Size"}]}'
  const module = `{name: "vessel", pluralName: "vessels", labels: [{locale: "en", text: "Vessel"}], fields: [${field}]}`
  await server.admin.data(`mutation { createCustomModule(input: ${module}) { module { name } } }`)
  const made = await server.admin.data('{ customFields(module: "vessel") { id name } }')
  const { id } = made.customFields.find(({ name }: { name: string }) => name === 'size')
  await server.admin.data('mutation ($id: ID!) { deleteCustomField(id: $id) { field { id } } }', { id })
  await server.admin.data('mutation { deleteCustomModule(name: "vessel") { module { id } } }')
  expect(await issueOf('mutation ($id: ID!) { restoreCustomField(id: $id) { field { id } } }', { id })).toEqual(['MODULE_DELETED', 'id'])
})

test('a service user is neither invited nor given a password', async () => {
  const { createUser } = await server.admin.data(SERVICE)
  const { id } = createUser.user
  expect(await issueOf('mutation ($id: ID!) { resendInvitation(input: {userId: $id}) { user { id } } }', { id })).toEqual(['NOT_INVITABLE', 'userId'])
  const password = 'mutation ($id: ID!) { setPassword(input: {userId: $id, password: "another horse battery staple"}) { user { id } } }'
  expect(await issueOf(password, { id })).toEqual(['SERVICE_USER', 'userId'])
})
