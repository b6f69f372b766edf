import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { codesOf, createTestClient, issuesOf, type TestClient } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Rights that are gone come back by an administrator alone, and the last one who can give them stays able to sign in. */
let server: TestServer
let admin: TestClient
let hr: { readonly id: string; readonly client: TestClient }

const AUDIT = '{ auditLog(first: 1) { nodes { id } } }'
const restore = (id: string) => `mutation { restoreUser(id: "${id}") { user { status roles { key } } } }`
const enable = (id: string) => `mutation { updateUser(id: "${id}", input: {status: "active"}) { user { status } } }`
const keyOf = async (client: TestClient, input: string) =>
  createTestClient(server.url, (await client.data(`mutation { createApiKey(input: {name: "k"${input}}) { secret } }`)).createApiKey.secret)

beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
  await admin.data(`mutation { createRole(input: {key: "hr", name: "Personnel", grants: [
    {module: "user", actions: [CREATE, READ, UPDATE, DELETE, RESTORE, BULK], scope: ALL}]}) { role { key } } }`)
  hr = await server.addUser('Personnel', 'hr')
}, 60_000)
afterAll(() => server?.close())

test('nobody but an administrator restores one, with the password and the keys that were theirs', async () => {
  const other = await server.addUser('Deposed', 'admin')
  const key = await keyOf(other.client, '')
  await admin.data(`mutation { deleteUser(id: "${other.id}") { id } }`)
  const before = await contentOf(server.database.url)
  for (const source of [restore(other.id), `mutation { restoreUsers(ids: ["${other.id}"]) { users { id } } }`])
    expect([source, codesOf(await hr.client.send(source))]).toEqual([source, ['FORBIDDEN']])
  expect(await contentOf(server.database.url)).toEqual(before)
  expect(codesOf(await key.send(AUDIT))).toEqual(['UNAUTHENTICATED'])
  expect(codesOf(await admin.send(restore(other.id)))).toEqual([])
  expect(codesOf(await key.send(AUDIT))).toEqual([])
})

test('nor a user, or a program, whose roles grant what whoever restores or enables them does not hold', async () => {
  const seller = await server.addUser('Seller', 'sales_rep')
  const { createUser } = await admin.data('mutation { createUser(input: {name: "Robot", kind: "service"}) { user { id } } }')
  const robot = createUser.user.id
  await keyOf(admin, `, userId: "${robot}", roleKey: "finance"`)
  for (const id of [seller.id, robot]) {
    await admin.data(`mutation { deleteUser(id: "${id}") { id } }`)
    expect(codesOf(await hr.client.send(restore(id)))).toEqual(['FORBIDDEN'])
    await admin.data(restore(id))
    await admin.data(`mutation { updateUser(id: "${id}", input: {status: "disabled"}) { changeSetId } }`)
    expect(codesOf(await hr.client.send(enable(id)))).toEqual(['FORBIDDEN'])
  }
  // A program with an administrator's key is an administrator too.
  await admin.data(enable(robot))
  await keyOf(admin, `, userId: "${robot}", roleKey: "admin"`)
  expect(codesOf(await hr.client.send(`mutation { deleteUser(id: "${robot}") { id } }`))).toEqual(['FORBIDDEN'])
  // What grants no more than they hold is theirs to bring back.
  const mate = await server.addUser('Mate', 'hr')
  for (const source of [`mutation { deleteUser(id: "${mate.id}") { id } }`, restore(mate.id)]) expect(codesOf(await hr.client.send(source))).toEqual([])
})

test('nobody restores a team of their own, or one below it, and sees its records again', async () => {
  await admin.data(`mutation { createRole(input: {key: "organiser", name: "Organiser", grants: [
    {module: "team", actions: [READ, UPDATE, DELETE, RESTORE, BULK], scope: ALL}, {module: "account", actions: [READ], scope: TEAM_TREE}]}) { role { key } } }`)
  const { client, id } = await server.addUser('Olga', 'organiser')
  const team = async (input: string) => (await admin.data(`mutation { createTeam(input: {${input}}) { team { id } } }`)).createTeam.team.id as string
  const above = await team('name: "Above"')
  const [below, beside] = [await team(`name: "Below", parent: {id: "${above}"}`), await team('name: "Beside"')]
  await admin.data(`mutation { updateUser(id: "${id}", input: {team: {id: "${above}"}}) { changeSetId } }`)
  await admin.data(`mutation { createAccount(input: {name: "unowned", owner: null, team: {id: "${below}"}}) { changeSetId } }`)
  const seen = async () => (await client.data('{ accounts { totalCount } }')).accounts.totalCount
  const back = (some: string) => client.send(`mutation { restoreTeam(id: "${some}") { team { id } } }`)
  expect(await seen()).toBe(1)
  for (const some of [below, beside]) await admin.data(`mutation { deleteTeam(id: "${some}") { id } }`)
  expect(await seen()).toBe(0)
  expect(issuesOf(await back(below))).toEqual(['id.parent: OWN_TEAM'])
  expect(codesOf(await client.send(`mutation { restoreTeams(ids: ["${below}"]) { teams { id } } }`))).toEqual(['VALIDATION_FAILED'])
  expect(await seen()).toBe(0)
  expect(codesOf(await back(beside))).toEqual([])
  await admin.data(`mutation { restoreTeam(id: "${below}") { team { id } } }`)
  expect(await seen()).toBe(1)
  // The own team, in which one still is when it is deleted.
  for (const some of [below, above]) await admin.data(`mutation { deleteTeam(id: "${some}") { id } }`)
  expect(codesOf(await back(above))).toEqual(['VALIDATION_FAILED'])
})

test('the last administrator who can sign in keeps an e-mail address and the role, whoever else has the role without signing in', async () => {
  const { me } = await admin.data('{ me { id email } }')
  for (const { id } of (await admin.data('{ users(first: 100) { nodes { id roles { key } } } }')).users.nodes.filter(
    (user: { readonly id: string; readonly roles: readonly { readonly key: string }[] }) => user.id !== me.id && user.roles.some(({ key }) => key === 'admin'),
  ))
    await admin.data(`mutation { unassignRole(userId: "${id}", roleKey: "admin") { user { id } } }`)
  const { createUser } = await admin.data('mutation { createUser(input: {name: "Ghost"}) { user { id } } }')
  const ghost = createUser.user.id
  await admin.data(`mutation { assignRole(userId: "${ghost}", roleKey: "admin") { user { id } } }`)
  const attempts = [
    `mutation { updateUser(id: "${me.id}", input: {email: null}) { changeSetId } }`,
    `mutation { updateUser(id: "${me.id}", input: {status: "disabled"}) { changeSetId } }`,
    `mutation { deleteUser(id: "${me.id}") { id } }`,
    `mutation { unassignRole(userId: "${me.id}", roleKey: "admin") { user { id } } }`,
  ]
  const refused = async () => {
    const before = await contentOf(server.database.url)
    for (const source of attempts) expect([source, codesOf(await admin.send(source))]).toEqual([source, ['FORBIDDEN']])
    expect(await contentOf(server.database.url)).toEqual(before)
  }
  await refused()
  await admin.data(`mutation { updateUser(id: "${ghost}", input: {email: "ghost@test.guanxi.local"}) { changeSetId } }`)
  await refused()
  await admin.data(`mutation { setPassword(input: {userId: "${ghost}", password: "another horse battery staple"}) { user { id } } }`)
  expect(codesOf(await admin.send(attempts[0] as string))).toEqual([])
  const ghostly = await server.signIn('ghost@test.guanxi.local', 'another horse battery staple')
  await ghostly.data(`mutation { updateUser(id: "${me.id}", input: {email: "${me.email}"}) { changeSetId } }`)
})
