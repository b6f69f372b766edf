import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { codesOf, issuesOf, type TestClient } from '../support/client.ts'
import { METADATA } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { cursorOf, untilPlaced } from '../support/subscription.ts'

let server: TestServer
let raw: pg.Client
let admin: TestClient
let rep: { readonly id: string; readonly client: TestClient }

beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
  raw = new pg.Client(server.database.url)
  await raw.connect()
  rep = await server.addUser('Rep', 'sales_rep')
}, 60_000)
afterAll(async () => {
  await raw?.end()
  await server?.close()
})

const cursorNow = (client: TestClient) => cursorOf(raw, client)
const CHANGES = `query ($modules: [String!], $after: String!, $first: Int, $excludeOwn: Boolean) {
  changes(modules: $modules, after: $after, first: $first, excludeOwn: $excludeOwn) {
    nodes { module cursor operation id version changedFields record { id displayName ... on Account { industry } ... on Contact { account { name } } } } cursor hasNextPage } }`
const changes = async (client: TestClient, variables: object) => {
  await untilPlaced(raw)
  return (await client.data(CHANGES, variables as never)).changes
}
const create = async (type: string, input: object, client = admin): Promise<string> => {
  const field = type.charAt(0).toLowerCase() + type.slice(1)
  return (await client.data(`mutation ($input: Create${type}Input!) { made: create${type}(input: $input) { ${field} { id } } }`, { input })).made[field].id
}
const account = (name: string, input: object = {}, client = admin) => create('Account', { name, type: 'customer', ...input }, client)

test('tells changes of all modules in the order of their commits, with records of any of them', async () => {
  const after = await cursorNow(admin)
  const one = await account('One', { industry: 'energy' })
  const contact = await create('Contact', { name: 'Person', account: { id: one } })
  await admin.data('mutation ($id: ID!) { deleteAccount(id: $id) { changeSetId } }', { id: await account('Gone') })
  const { nodes, hasNextPage } = await changes(admin, { after })
  expect(nodes.map(({ module, operation, record }: Record<string, unknown>) => [module, operation, record])).toEqual([
    ['account', 'CREATED', { id: one, displayName: 'One', industry: 'energy' }],
    ['contact', 'CREATED', { id: contact, displayName: 'Person', account: { name: 'One' } }],
    // It is gone by now.
    ['account', 'CREATED', null],
    ['account', 'DELETED', null],
  ])
  expect(hasNextPage).toBe(false)
})

test('pages follow each other without a gap, wherever they end, and a copy kept by them is what the lists show', async () => {
  const after = await cursorNow(rep.client)
  const ids: string[] = []
  for (let index = 0; index < 12; index += 1) ids.push(await account(`Page ${index}`, index % 3 === 0 ? { owner: { id: rep.id } } : {}))
  await admin.data('mutation ($updates: [AccountUpdateItem!]!) { updateAccounts(updates: $updates) { changeSetId } }', {
    updates: [
      { id: ids[0], input: { owner: null, team: null } },
      { id: ids[1], input: { owner: { id: rep.id } } },
      { id: ids[3], input: { industry: 'retail' } },
    ],
  })
  await admin.data('mutation ($id: ID!) { deleteAccount(id: $id) { changeSetId } }', { id: ids[6] })
  for (const first of [1, 2, 5, 500]) {
    const copy = new Map<string, string>()
    let [cursor, pages] = [after, 0]
    for (let more = true; more; pages += 1) {
      const page = await changes(rep.client, { after: cursor, first, modules: ['account'] })
      expect(page.nodes.length).toBeLessThanOrEqual(first)
      for (const { operation, id, record } of page.nodes) {
        if (operation === 'LEFT' || operation === 'DELETED') copy.delete(id)
        else if (record) copy.set(id, record.displayName)
      }
      cursor = page.cursor
      more = page.hasNextPage
    }
    expect(pages).toBeGreaterThan(first === 1 ? 6 : 0)
    const { accounts } = await rep.client.data('{ accounts(filter: {name: {startsWith: "Page "}}) { nodes { id name } } }')
    expect(new Map([...copy].sort())).toEqual(new Map(accounts.nodes.map(({ id, name }: { id: string; name: string }) => [id, name] as const).sort()))
  }
})

test('leaves out what the caller did himself, where he says so', async () => {
  const after = await cursorNow(rep.client)
  const own = await account('By the rep', {}, rep.client)
  const given = await account('By another', { owner: { id: rep.id } })
  const ids = async (excludeOwn: boolean) => (await changes(rep.client, { after, excludeOwn, modules: ['account'] })).nodes.map(({ id }: { id: string }) => id)
  expect(await ids(false)).toEqual([own, given])
  expect(await ids(true)).toEqual([given])
})

test('a cursor that is taken with other reads misses nothing after them', async () => {
  const answer = await admin.data('{ accounts { totalCount } place: changeCursor }')
  const id = await account('After the read')
  const { nodes } = await changes(admin, { after: answer.place, modules: ['account'] })
  expect(nodes.map((node: { id: string }) => node.id)).toContain(id)
})

test('modules that are made later do not end a cursor; other rights do, with one to go on from', async () => {
  const after = await cursorNow(rep.client)
  await admin.data(METADATA.createModule, { input: { name: 'widget', pluralName: 'widgets', fields: [{ name: 'title', type: 'TEXT' }] } })
  await create('Widget', { title: 'w' })
  expect((await changes(admin, { after: await cursorNow(admin) })).nodes).toEqual([])
  expect((await changes(rep.client, { after })).nodes).toEqual([])
  await admin.data(ROLES.assign, { id: rep.id, key: 'read_only' })
  const refused = await rep.client.send(CHANGES, { after })
  expect(codesOf(refused)).toEqual(['RESYNC'])
  const fresh = refused.errors[0]?.extensions['cursor'] as string
  const id = await account('After the role')
  expect((await changes(rep.client, { after: fresh })).nodes.map((node: { id: string }) => node.id)).toEqual([id])
  await admin.data(ROLES.unassign, { id: rep.id, key: 'read_only' })
})

test('refuses what it cannot answer, by names that tell nothing', async () => {
  const after = await cursorNow(rep.client)
  const codes = async (variables: object) => codesOf(await rep.client.send(CHANGES, { after, ...variables } as never))
  expect(await codes({ after: 'nonsense' })).toEqual(['CURSOR_INVALID'])
  expect(await codes({ first: 501 })).toEqual(['LIMIT_EXCEEDED'])
  expect(issuesOf(await rep.client.send(CHANGES, { after, first: 0 }))).toEqual(['first: MIN'])
  const [hidden, missing] = await Promise.all(['auditCheckpoint', 'nothing'].map((name) => rep.client.send(CHANGES, { after, modules: [name] })))
  expect(codesOf(hidden as never)).toEqual(['FORBIDDEN'])
  expect(hidden?.errors[0]?.message.replace('auditCheckpoint', 'x')).toBe(missing?.errors[0]?.message.replace('nothing', 'x'))
})
