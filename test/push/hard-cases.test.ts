import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import WebSocket from 'ws'
import { forgetChanges } from '../../src/events/index.ts'
import { createTestClient, type TestClient } from '../support/client.ts'
import { TEST_PASSWORD } from '../support/database.ts'
import { eventually } from '../support/guanxi-process.ts'
import { changeField, METADATA, makeField } from '../support/metadata.ts'
import { type NodeProcess, startNode } from '../support/nodes.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { cursorOf, type Subscription, subscribe } from '../support/subscription.ts'

/** Subscriptions where things go wrong: slow readers, rights and fields that change, failures on the way. */
let server: TestServer
let raw: pg.Client
let admin: TestClient
let deaf: NodeProcess
beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
  raw = new pg.Client(server.database.url)
  await raw.connect()
  deaf = await startNode(server.database.url, { deaf: true })
}, 60_000)
const sockets: WebSocket[] = []
afterAll(async () => {
  for (const socket of sockets) socket.terminate()
  await deaf?.close()
  await raw?.end()
  await server?.close()
})
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const cursorNow = (client = admin) => cursorOf(raw, client)
const made = async (type: string, input: object, client = admin): Promise<string> => {
  const f = type.charAt(0).toLowerCase() + type.slice(1)
  return (await client.data(`mutation ($input: Create${type}Input!) { made: create${type}(input: $input) { ${f} { id } } }`, { input })).made[f].id
}
const account = (input: object, client = admin) => made('Account', { type: 'customer', ...input }, client)
const bulk = (n: number, input: object = {}) =>
  admin.data('mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { changeSetId } }', {
    input: Array.from({ length: n }, (_, i) => ({ type: 'customer', name: `B${i}`, ...input })),
  })
const upd = (type: string, id: string, input: object) =>
  admin.data(`mutation ($id: ID!, $input: Update${type}Input!) { update${type}(id: $id, input: $input) { changeSetId } }`, { id, input })
const role = (key: string, grants: object[], fields: object[] = []) => admin.data(ROLES.create, { input: { key, name: key, grants, fields } })
const all = (module: string, where?: object) => ({ module, actions: ['READ'], scope: 'ALL', ...(where && { where }) })
const DOC = `subscription ($after: String, $filter: AccountFilter) { accountChanged(after: $after, filter: $filter) { cursor operation id changedFields account { id name } } }`
const said = ({ told }: Subscription, f = 'accountChanged') =>
  told.map(({ data, errors }) => (errors.length > 0 ? errors[0]?.extensions.code : data[f].operation))
const signIn = async (url: string, email: string) =>
  createTestClient(
    url,
    (
      await createTestClient(url, null).data('mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }', {
        input: { email, password: TEST_PASSWORD },
      })
    ).signIn.accessToken,
  )

test('whoever catches up while rights of others change is told everything', async () => {
  const b = await server.addUser('U1', 'admin')
  const after = await cursorNow()
  const a = subscribe(admin, DOC, { after })
  await bulk(900)
  await a.until(900, 20_000)
  const late = subscribe(b.client, DOC, { after })
  await late.until(20)
  await role('bump1', [all('task')])
  await wait(2_000)
  await account({ name: 'Later' })
  await late.until(901, 30_000)
  await wait(300)
  a.close()
  late.close()
  expect(late.told.length).toBe(901)
}, 60_000)

test('a nested name that is hidden ends the subscription, once', async () => {
  await role('lim', [all('account'), all('contact')], [{ module: 'contact', field: 'jobTitle', access: 'HIDDEN' }])
  const { client } = await server.addUser('U2', 'lim')
  const s = subscribe(
    client,
    'subscription ($after: String) { accountChanged(after: $after) { operation account { contacts(filter: {jobTitle: {eq: "x"}}) { nodes { id } } } } }',
    { after: await cursorNow(client) },
  )
  await wait(300)
  const statements = await server.statementsOf(async () => {
    await account({ name: 'loop' })
    await wait(2_000)
  })
  s.close()
  expect([statements.filter(({ text }) => text.includes('FROM outbox WHERE module_number')).length, said(s), s.ended]).toEqual([
    expect.any(Number),
    ['GRAPHQL_VALIDATION_FAILED'],
    true,
  ])
}, 60_000)

test('a slow reader that catches up does not stop the others of its cohort', async () => {
  const b = await server.addUser('U3', 'admin')
  const doc = 'subscription ($after: String) { accountChanged(after: $after) { id account { name description } } }'
  const after = await cursorNow()
  const a = subscribe(admin, doc, { after })
  for (let i = 0; i < 3; i += 1) await bulk(1_000, { description: 'x'.repeat(6_000) })
  await a.until(3_000, 40_000)
  const ws = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  await new Promise((resolve) => ws.on('open', resolve))
  ws.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${b.client.token}` } }))
  await wait(300)
  ws.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: doc, variables: { after } } }))
  await wait(100)
  ws.pause()
  await wait(500)
  const began = Date.now()
  await account({ name: 'live' })
  await a.until(3_001, 40_000)
  ws.terminate()
  a.close()
  expect(Date.now() - began).toBeLessThan(500)
}, 90_000)

test('a reader that stops reading is let go with a cursor to go on from, and keeps no more than its queue', async () => {
  const b = await server.addUser('U3s', 'admin')
  const said = Array.from({ length: 10 }, (_, index) => `d${index}: description`).join(' ')
  const doc = `subscription ($after: String) { accountChanged(after: $after) { id account { name ${said} } } }`
  const after = await cursorNow()
  const ws = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  sockets.push(ws)
  const told: { readonly code?: string; readonly cursor?: string }[] = []
  ws.on('message', (data) => {
    const { type, payload } = JSON.parse(String(data))
    if (type === 'connection_ack') ws.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: doc, variables: { after } } }))
    const [error] = type === 'error' ? payload : (payload?.errors ?? [])
    if (type === 'next' || type === 'error') told.push(error?.extensions ?? {})
  })
  await new Promise((resolve) => ws.on('open', resolve))
  ws.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${b.client.token}` } }))
  await account({ name: 'The first' })
  await eventually(async () => told.length > 0)
  ws.pause()
  // Far more than the system keeps for a connection, though no thousand changes.
  const changes = 400
  await bulk(changes, { description: 'x'.repeat(7_000) })
  const witness = subscribe(admin, doc, { after: await cursorNow() })
  await account({ name: 'The last' })
  await witness.until(1, 30_000)
  witness.close()
  await wait(1_000)
  ws.resume()
  await eventually(async () => told.at(-1)?.code !== undefined, 30_000)
  ws.terminate()
  expect(told.at(-1)?.code).toBe('RESYNC')
  const whole = changes + 2
  expect(told.length).toBeLessThan(whole)
  // From its cursor on, nothing is missing.
  const rest = subscribe(b.client, doc, { after: told.at(-1)?.cursor as string })
  await rest.until(whole - (told.length - 1), 40_000)
  rest.close()
  expect(told.length - 1 + rest.told.length).toBe(whole)
}, 120_000)

test('rights that are gone in the midst of many changes show nothing more, on a node that has not heard of it', async () => {
  const [a, b] = [await server.addUser('U4a', 'admin'), await server.addUser('U4b', 'admin')]
  const [ca, cb] = [await signIn(deaf.url, a.email), await signIn(deaf.url, b.email)]
  const after = await cursorNow()
  const [sa, sb] = [subscribe(ca, DOC, { after }), subscribe(cb, DOC, { after })]
  await account({ name: 'x' })
  await Promise.all([sa.until(1), sb.until(1)])
  await bulk(480, { description: 'u4' })
  await sb.until(10)
  await raw.query('DELETE FROM user_role WHERE user_id = $1', [b.id])
  // Written after the role was taken away: whoever is told of these names is told by rights that are gone.
  await raw.query("UPDATE accounts SET name = 'AFTER' WHERE description = 'u4'")
  await eventually(async () => sb.ended)
  await ca.close()
  await cb.close()
  expect(sb.told.filter(({ data }) => data?.accountChanged.account?.name === 'AFTER').length).toBe(0)
}, 60_000)

test('whoever reads a sensitive field by a cohort stands in the audit', async () => {
  await makeField(admin, { module: 'account', name: 'bank', type: 'TEXT', label: 'Bank', sensitivity: 'sensitive' })
  const [f, g] = [await server.addUser('U5a', 'admin'), await server.addUser('U5b', 'admin')]
  const doc = 'subscription ($after: String) { accountChanged(after: $after) { account { bank } } }'
  const after = await cursorNow(f.client)
  const both = [subscribe(f.client, doc, { after }), subscribe(g.client, doc, { after })]
  await wait(500)
  await account({ name: 'Bank', bank: '6222' })
  for (const s of both) await s.until(1)
  await wait(3_000)
  for (const s of both) s.close()
  const { rows } = await raw.query("SELECT actor_id FROM audit_log WHERE action = 'account.read' ORDER BY 1")
  expect(rows.map((row) => row.actor_id)).toEqual([f.id, g.id].sort())
}, 60_000)

test('the first share ends the subscription with RESYNC, whose cursor goes on', async () => {
  const rep = await server.addUser('U6', 'sales_rep')
  const id = await account({ name: 'One' })
  const s = subscribe(rep.client, DOC, { after: await cursorNow(rep.client) })
  await account({ name: 'own' }, rep.client)
  await s.until(1)
  await admin.data('mutation ($input: ShareRecordInput!) { shareRecord(input: $input) { share { id } } }', {
    input: { module: 'account', recordId: id, userId: rep.id, level: 'READ' },
  })
  await account({ name: 'own2' }, rep.client)
  await s.until(2)
  expect(said(s)).toEqual(['CREATED', 'RESYNC'])
  const again = subscribe(rep.client, DOC, { after: s.told.at(-1)?.errors[0]?.extensions['cursor'] })
  await account({ name: 'own3' }, rep.client)
  await again.until(1)
  again.close()
  expect(said(again).at(-1)).toBe('CREATED')
}, 60_000)

test('what a condition takes from the viewer ends the subscription when it changes', async () => {
  await makeField(admin, { module: 'account', name: 'zone', type: 'TEXT', label: 'Zone' })
  await makeField(admin, { module: 'user', name: 'home', type: 'TEXT', label: 'Home' })
  await role('viewing', [all('account', { zone: { eq: { viewer: 'home' } } })])
  const v = await server.addUser('U7', 'viewing')
  await upd('User', v.id, { home: 'north' })
  await account({ name: 'N', zone: 'north' })
  const s = subscribe(v.client, DOC, { after: await cursorNow(v.client) })
  await account({ name: 'N2', zone: 'north' })
  await s.until(1)
  await upd('User', v.id, { home: 'east' })
  await account({ name: 'E', zone: 'east' })
  await wait(1_500)
  s.close()
  expect(said(s)).toEqual(['CREATED', 'RESYNC'])
}, 60_000)

test('a root team that goes, and what an extension table holds of the viewer, end it too', async () => {
  for (let start = 0; start < 300; start += 100)
    await admin.data(METADATA.createFields, { input: Array.from({ length: 100 }, (_, i) => ({ module: 'user', name: `uf${start + i}`, type: 'TEXT' })) })
  await role('far', [all('account', { zone: { eq: { viewer: 'uf290' } } })])
  await role('mates', [all('account', { team: { id: { in: { viewer: 'teamTree' } } } })])
  const [far, mate] = [await server.addUser('U9a', 'far'), await server.addUser('U9b', 'mates')]
  const team = await made('Team', { name: 'Root' })
  await upd('User', far.id, { uf290: 'north' })
  await upd('User', mate.id, { team: { id: team } })
  const follow = async ({ client }: { client: TestClient }) => subscribe(client, DOC, { after: await cursorNow(client) })
  const [a, b] = [await follow(far), await follow(mate)]
  const ids = [await account({ name: 'F', zone: 'north' }), await account({ name: 'M', team: { id: team } })]
  await Promise.all([a.until(1), b.until(1)])
  await upd('User', far.id, { uf290: 'east' })
  await admin.data('mutation ($id: ID!) { deleteTeam(id: $id) { changeSetId } }', { id: team })
  for (const id of ids) await upd('Account', id, { name: 'Changed' })
  await Promise.all([a.until(2), b.until(2)])
  for (const each of [a, b]) each.close()
  expect([said(a), said(b)]).toEqual([
    ['CREATED', 'RESYNC'],
    ['CREATED', 'RESYNC'],
  ])
}, 60_000)

test('a condition that takes nothing from the viewer costs no look at him, and its readers are one cohort', async () => {
  await role('constant', [all('account', { zone: { eq: 'fixed' } })])
  const readers = [await server.addUser('U10a', 'constant'), await server.addUser('U10b', 'constant')]
  const after = await cursorNow(readers[0]?.client)
  const both = readers.map(({ client }) => subscribe(client, DOC, { after }))
  const id = await account({ name: 'One', zone: 'fixed' })
  await Promise.all(both.map((each) => each.until(1)))
  const statements = await server.statementsOf(async () => {
    await upd('Account', id, { name: 'Two' })
    await Promise.all(both.map((each) => each.until(2)))
  })
  for (const each of both) each.close()
  expect(both.map((each) => said(each))).toEqual([
    ['CREATED', 'UPDATED'],
    ['CREATED', 'UPDATED'],
  ])
  expect(statements.filter(({ text }) => text.includes('outbox_floor')).length).toBe(0)
  expect(statements.filter(({ text }) => text.includes('WITH ORDINALITY k(id, position)')).length).toBe(1)
}, 60_000)

test('a condition over a field of an extension table is judged on what the record was', async () => {
  await admin.data(METADATA.createModule, { input: { name: 'sheet', pluralName: 'sheets', label: 'S', fields: [{ name: 'title', type: 'TEXT' }] } })
  for (let start = 0; start < 300; start += 100)
    await admin.data(METADATA.createFields, { input: Array.from({ length: 100 }, (_, i) => ({ module: 'sheet', name: `f${start + i}`, type: 'TEXT' })) })
  await role('ext', [all('sheet', { f290: { eq: 'yes' } })])
  const e = await server.addUser('U8e', 'ext')
  const sheet = await made('Sheet', { title: 'a', f290: 'yes' })
  const se = subscribe(e.client, 'subscription ($after: String) { sheetChanged(after: $after) { operation } }', { after: await cursorNow(e.client) })
  await upd('Sheet', sheet, { title: 'b' })
  await se.until(1)
  await upd('Sheet', sheet, { f290: 'no' })
  await wait(1_500)
  se.close()
  expect(said(se, 'sheetChanged')).toEqual(['UPDATED', 'LEFT'])
}, 60_000)

test('a field that gets another type ends what a filter over it was resumed by', async () => {
  const q = await makeField(admin, { module: 'account', name: 'kindx', type: 'TEXT', label: 'Q' })
  const id = await account({ name: 'Q', kindx: 'yes' })
  const filter = { kindx: { eq: 'yes' } }
  const s = subscribe(admin, DOC, { after: await cursorNow(), filter })
  await upd('Account', id, { description: '1' })
  const [told] = await s.until(1)
  s.close()
  await upd('Account', id, { kindx: 'no' })
  await changeField(admin, q.id, { type: 'SELECT', options: [{ value: 'yes' }, { value: 'no' }] })
  await wait(2_500)
  const again = subscribe(admin, DOC, { after: told?.data.accountChanged.cursor, filter })
  await wait(1_500)
  again.close()
  expect([['LEFT'], ['RESYNC']]).toContainEqual(said(again))
}, 60_000)

test('a formula over a rollup is no own field', async () => {
  await makeField(admin, { module: 'account', name: 'contactCount', type: 'ROLLUP', label: 'C', rollup: { relation: 'contacts', function: 'COUNT' } })
  await makeField(admin, { module: 'account', name: 'big', type: 'FORMULA', label: 'B', formula: 'contactCount > 0' })
  const s = subscribe(admin, DOC, { after: await cursorNow(), filter: { big: { eq: true } } })
  await made('Contact', { name: 'c', account: { id: await account({ name: 'Roll' }) } })
  await wait(1_000)
  s.close()
  expect(said(s)).toEqual(['VALIDATION_FAILED'])
}, 60_000)

test('a failure of the database on the way loses nothing', async () => {
  const s = subscribe(admin, DOC, { after: await cursorNow() })
  await account({ name: 'go' })
  await s.until(1)
  await bulk(400)
  await s.until(20)
  await raw.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()')
  await wait(4_000)
  s.close()
  expect(s.told.filter(({ data, errors }) => errors.length > 0 && data?.accountChanged).length).toBe(0)
}, 60_000)

test('what is taken away before it was told is not passed over', async () => {
  const after = await cursorNow()
  await bulk(1_000)
  await bulk(1_000)
  await cursorNow()
  const s = subscribe(admin, DOC, { after })
  await s.until(10)
  await forgetChanges(server.app.kernel.database, new Date(Date.now() + 1_000))
  await eventually(async () => said(s).at(-1) === 'CURSOR_EXPIRED' || s.told.length === 2_000, 30_000)
  s.close()
  expect(said(s).at(-1) === 'CURSOR_EXPIRED' || s.told.length === 2_000).toBe(true)
}, 60_000)

test('directives that leave out the root field are refused, and the socket stays open', async () => {
  const open = subscribe(admin, DOC, { after: await cursorNow() })
  const refused = [
    subscribe(admin, 'subscription { accountChanged @skip(if: true) { id } }'),
    subscribe(admin, 'subscription ($v: Boolean!) { accountChanged @include(if: $v) { id } }', { v: true }),
  ]
  for (const each of refused) {
    await each.until(1)
    expect(said(each)).toEqual(['GRAPHQL_VALIDATION_FAILED'])
  }
  await account({ name: 'still open' })
  await open.until(1)
  open.close()
  expect(said(open)).toEqual(['CREATED'])
}, 60_000)

test('a socket has 50 subscriptions at most, in one burst too', async () => {
  const ws = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const got: { type: string }[] = []
  ws.on('message', (message) => got.push(JSON.parse(String(message))))
  await new Promise((resolve) => ws.on('open', resolve))
  ws.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${admin.token}` } }))
  await eventually(async () => got.length > 0)
  for (let i = 0; i < 99; i += 1) ws.send(JSON.stringify({ id: `s${i}`, type: 'subscribe', payload: { query: 'subscription { accountChanged { id } }' } }))
  await wait(2_000)
  await account({ name: 'burst' })
  await wait(1_500)
  ws.terminate()
  expect(got.filter(({ type }) => type === 'next').length).toBe(50)
}, 60_000)

test('deleting a module ends nobody who follows another one; a masked value that changes is told', async () => {
  await admin.data(METADATA.createModule, { input: { name: 'gizmo', pluralName: 'gizmos', fields: [{ name: 'title', type: 'TEXT' }] } })
  const s = subscribe(admin, DOC, { after: await cursorNow() })
  await account({ name: 'k' })
  await s.until(1)
  await admin.data(METADATA.deleteModule, { name: 'gizmo' })
  await account({ name: 'k2' })
  await wait(1_500)
  s.close()
  await role('masked', [all('contact')], [{ module: 'contact', field: 'email', access: 'MASKED' }])
  const m = await server.addUser('U15', 'masked')
  const id = await made('Contact', { name: 'c', email: 'first@one.example' })
  const after = await cursorNow(m.client)
  await upd('Contact', id, { email: 'zweiter@two.example' })
  await cursorNow()
  const { changes } = await m.client.data('query ($after: String!) { changes(after: $after) { nodes { operation } } }', { after })
  expect({ others: said(s), masked: changes.nodes.length }).toEqual({ others: ['CREATED', 'CREATED'], masked: 1 })
}, 60_000)
