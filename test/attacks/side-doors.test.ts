import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { codesOf, type TestClient } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { cursorOf, subscribe } from '../support/subscription.ts'

/** Rights that hold at the front door, asked for at the side: by what others are told, by what is moved, by keys, stamps and texts that were kept. */
let server: TestServer
let admin: TestClient
let raw: pg.Client
beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
  raw = new pg.Client(server.database.url)
  await raw.connect()
}, 60_000)
afterAll(async () => {
  await raw?.end()
  await server?.close()
})

const role = (key: string, grants: readonly object[], fields: readonly object[] = []) => admin.data(ROLES.create, { input: { key, name: key, grants, fields } })
const make = async (module: string, input: object): Promise<string> => {
  const type = `${module.charAt(0).toUpperCase()}${module.slice(1)}`
  return (await admin.data(`mutation ($input: Create${type}Input!) { made: create${type}(input: $input) { record: ${module} { id } } }`, { input })).made.record
    .id
}

test('who holds the grants of an administrator and is none, is told no answer of an administrator', async () => {
  const { roles } = await admin.data('{ roles { key grants { module actions scope } fields { module field access } } }')
  const { grants, fields } = roles.find(({ key }: { key: string }) => key === 'admin')
  await role(
    'super',
    grants.map(({ module, actions, scope }: Record<string, unknown>) => ({ module, actions, scope })),
    fields.map(({ module, field, access }: Record<string, unknown>) => ({ module, field, access })),
  )
  const [boss, other] = [await server.addUser('Boss', 'admin'), await server.addUser('Super', 'super')]
  const document = 'subscription ($after: String) { userChanged(after: $after) { user { roles { key grants { module } } } } }'
  const after = await cursorOf(raw, admin)
  const bosses = subscribe(boss.client, document, { after })
  await admin.data('mutation ($id: ID!) { updateUser(id: $id, input: {phone: "+86 10 6234 5678"}) { changeSetId } }', { id: boss.id })
  await bosses.until(1)
  const others = subscribe(other.client, document, { after: await cursorOf(raw, other.client) })
  await admin.data('mutation ($id: ID!) { updateUser(id: $id, input: {phone: "+86 10 6234 5679"}) { changeSetId } }', { id: boss.id })
  await Promise.all([bosses.until(2), others.until(1)])
  // Now both have caught up, and what comes is told to all that are told the same.
  await admin.data('mutation ($id: ID!) { updateUser(id: $id, input: {phone: "+86 10 6234 5670"}) { changeSetId } }', { id: boss.id })
  await Promise.all([bosses.until(3), others.until(2)])
  for (const each of [bosses, others]) each.close()
  for (const { data } of bosses.told) expect(data.userChanged.user.roles[0].grants.length).toBeGreaterThan(0)
  for (const { errors } of others.told) expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN'])
  expect(JSON.stringify(others.told)).not.toContain('"grants":[')
})

test('merging tickets brings no hidden field of what moves into sight, whatever says that it is shown elsewhere', async () => {
  const tickets = { module: 'ticket', actions: ['READ', 'UPDATE', 'DELETE'], scope: 'ALL' }
  await role('base', [tickets, { module: 'task', actions: ['READ'], scope: 'ALL' }], [{ module: 'task', field: 'description', access: 'HIDDEN' }])
  await role(
    'more',
    [{ module: 'task', actions: ['READ'], scope: 'ALL', where: { ticket: { subject: { eq: 'Open' } } } }],
    [{ module: 'task', field: 'description', access: 'READ' }],
  )
  const { client } = await server.addUser('Merger', 'base', 'more')
  const [open, shut] = [await make('ticket', { subject: 'Open' }), await make('ticket', { subject: 'Shut' })]
  const task = await make('task', { title: 't', description: 'secret', ticket: { id: shut } })
  const read = async () => (await client.send('query ($id: ID!) { task(id: $id) { description } }', { id: task })).data.task.description
  expect(await read()).toBeNull()
  const before = await contentOf(server.database.url)
  const merged = await client.send('mutation ($into: ID!, $id: ID!) { mergeTickets(into: $into, ids: [$id]) { changeSetId } }', { into: open, id: shut })
  expect(codesOf(merged)).toEqual(['FORBIDDEN'])
  expect(await contentOf(server.database.url)).toEqual(before)
  expect(await read()).toBeNull()
})

test('an upsert tells who may not create nothing of records that he cannot read', async () => {
  await role('updater', [{ module: 'contact', actions: ['READ', 'UPDATE'], scope: 'OWN' }])
  await role('creator', [{ module: 'contact', actions: ['CREATE', 'READ', 'UPDATE'], scope: 'OWN' }])
  const updater = await server.addUser('Updater', 'updater')
  const creator = await server.addUser('Creator', 'creator')
  const id = await make('contact', { name: 'other', externalIds: [{ system: 'erp', key: '1' }] })
  const missing = `${id.slice(0, 30)}${id.slice(30, 32) === 'ab' ? 'ba' : 'ab'}${id.slice(32)}`
  const upsert = async (client: TestClient, by: object, ifVersion?: number) => {
    const answer = await client.send(
      'mutation ($by: ContactUniqueInput!, $ifVersion: Int) { upsertContact(by: $by, input: {name: "n"}, ifVersion: $ifVersion) { changeSetId } }',
      { by, ...(ifVersion && { ifVersion }) },
    )
    return answer.errors.map(({ message, extensions }) => [message, { ...extensions, requestId: null }])
  }
  const before = await contentOf(server.database.url)
  for (const [known, unknown] of [
    [{ id }, { id: missing }],
    [{ externalId: { system: 'erp', key: '1' } }, { externalId: { system: 'erp', key: '2' } }],
  ] as const) {
    const refused = await upsert(updater.client, unknown)
    expect(refused).toMatchObject([[expect.any(String), { code: 'FORBIDDEN' }]])
    expect(await upsert(updater.client, known)).toEqual(refused)
    // A version is expected of what stands: nothing would be created.
    const conflict = await upsert(creator.client, unknown, 1)
    expect(conflict).toMatchObject([[expect.any(String), { code: 'VERSION_CONFLICT' }]])
    expect(await upsert(creator.client, known, 1)).toEqual(conflict)
  }
  expect(await contentOf(server.database.url)).toEqual(before)
})

test('what an API key may write of a shared record is told alike whoever asked first', async () => {
  await role('plain', [
    { module: 'contact', actions: ['READ', 'UPDATE'], scope: 'OWN' },
    { module: 'account', actions: ['READ'], scope: 'ALL' },
  ])
  await role('judged', [{ module: 'contact', actions: ['READ'], scope: 'ALL', where: { jobTitle: { eq: 'clerk' } } }])
  const [one, both] = [await server.addUser('Only plain', 'plain'), await server.addUser('Both', 'plain', 'judged')]
  const id = await make('contact', { name: 'c', jobTitle: 'boss' })
  for (const userId of [one.id, both.id])
    await admin.data('mutation ($input: ShareRecordInput!) { shareRecord(input: $input) { share { id } } }', {
      input: { module: 'contact', recordId: id, userId, level: 'WRITE' },
    })
  const { createApiKey } = await both.client.data('mutation { createApiKey(input: {name: "k", roleKey: "plain"}) { secret } }')
  const headers = { authorization: `Bearer ${createApiKey.secret}` }
  const asks = {
    plain: (query: string) => one.client.send(query, { id }),
    key: (query: string) => both.client.send(query, { id }, { headers }),
  }
  for (const order of [
    ['plain', 'key'],
    ['key', 'plain'],
  ] as const) {
    const query = `query ${order.join('Then')}($id: ID!) { contact(id: $id) { viewerAccess { writableFields } } }`
    const told: Record<string, boolean> = {}
    // What is compiled is kept from the second time on.
    for (const who of order.flatMap((each) => [each, each])) told[who] = (await asks[who](query)).data.contact.viewerAccess.writableFields.includes('jobTitle')
    // What decides about his other role he does not write by a share.
    expect([order, told]).toEqual([order, { plain: true, key: false }])
  }
})

test('a key that has an end makes none without, and takes those that it made along', async () => {
  const { client } = await server.addUser('Keyholder', 'sales_rep')
  const CREATE = 'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret apiKey { id expiresAt } } }'
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
  const by = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } })
  const first = (await client.data(CREATE, { input: { name: 'for an hour', roleKey: 'sales_rep', expiresAt } })).createApiKey
  const late = new Date(Date.now() + 7_200_000).toISOString()
  const refused = await client.send(CREATE, { input: { name: 'longer', roleKey: 'sales_rep', expiresAt: late } }, by(first.secret))
  expect(refused.errors[0]?.extensions).toMatchObject({ code: 'VALIDATION_FAILED', issues: [{ path: ['input', 'expiresAt'], code: 'TOO_LATE' }] })
  const second = (await client.send(CREATE, { input: { name: 'for good', roleKey: 'sales_rep' } }, by(first.secret))).data.createApiKey
  expect(second.apiKey.expiresAt).toBe(expiresAt)
  await client.data('mutation ($id: ID!) { revokeApiKey(id: $id) { apiKey { id } } }', { id: first.apiKey.id })
  expect(codesOf(await client.send('{ me { id } }', {}, by(second.secret)))).toEqual(['UNAUTHENTICATED'])
})

test('who can see a reference can read what it leads to', async () => {
  await role('tasks_only', [
    { module: 'task', actions: ['READ'], scope: 'ALL' },
    { module: 'ticket', actions: ['READ'], scope: 'OWN' },
  ])
  const { id: userId, client } = await server.addUser('Tasks only', 'tasks_only')
  const foreign = await make('ticket', { subject: 'Foreign' })
  const own = await make('ticket', { subject: 'Own', owner: { id: userId } })
  for (const [ticket, sees] of [
    [foreign, false],
    [own, true],
  ] as const) {
    const task = await make('task', { title: 't', ticket: { id: ticket } })
    expect((await client.data('query ($id: ID!) { task(id: $id) { ticket { id } } }', { id: task })).task.ticket !== null).toBe(sees)
    const { whoCanSee } = await admin.data('query ($id: ID!) { whoCanSee(module: "task", recordId: $id, field: "ticket") { id } }', { id: task })
    expect(whoCanSee.some(({ id }: { id: string }) => id === userId)).toBe(sees)
  }
})

test('who wrote, and when, is told in no other place where the stamps are hidden', async () => {
  const stamps = ['createdBy', 'updatedBy', 'updatedAt', 'createdAt']
  await role(
    'unstamped',
    [{ module: 'account', actions: ['READ'], scope: 'ALL' }],
    stamps.map((field) => ({ module: 'account', field, access: 'HIDDEN' })),
  )
  await role(
    'created',
    [{ module: 'account', actions: ['READ'], scope: 'ALL' }],
    stamps.map((field) => ({ module: 'account', field, access: field.startsWith('created') ? 'READ' : 'HIDDEN' })),
  )
  // On his own alone.
  await role('own_stamps', [{ module: 'account', actions: ['READ'], scope: 'OWN' }])
  const hidden = await server.addUser('Unstamped', 'unstamped')
  const created = await server.addUser('Created', 'created')
  const partly = await server.addUser('Partly', 'unstamped', 'own_stamps')
  const document = 'subscription ($after: String) { accountChanged(after: $after) { operation at actor { name } } }'
  const after = new Map<TestClient, string>()
  for (const { client } of [hidden, created, partly]) after.set(client, await cursorOf(raw, client))
  const own = await make('account', { name: 'Own', owner: { id: partly.id } })
  const other = await make('account', { name: 'Other' })
  await admin.data('mutation ($id: ID!) { updateAccount(id: $id, input: {name: "Changed"}) { changeSetId } }', { id: other })
  const isShown = ({ at, actor }: { at: string | null; actor: { name: string } | null }) => {
    expect(at === null).toBe(actor === null)
    return actor !== null
  }
  /** By history, newest first; by the feed and by a subscription. */
  const shown = async (client: TestClient, id: string) => {
    const { account } = await client.data('query ($id: ID!) { account(id: $id) { history { nodes { at actor { name } } } } }', { id })
    const { changes } = await client.data('query ($after: String!) { changes(after: $after) { nodes { id at actor { name } } } }', { after: after.get(client) })
    return [
      account.history.nodes.map(isShown),
      changes.nodes
        .filter((node: { id: string }) => node.id === id)
        .map(isShown)
        .reverse(),
    ]
  }
  await cursorOf(raw, admin)
  const same = (...flags: boolean[]) => [flags, flags]
  expect(await shown(hidden.client, other)).toEqual(same(false, false))
  expect(await shown(created.client, other)).toEqual(same(false, true))
  expect(await shown(partly.client, other)).toEqual(same(false, false))
  expect(await shown(partly.client, own)).toEqual(same(true))
  const following = [hidden, created].map(({ client }) => subscribe(client, document, { after: after.get(client) }))
  await Promise.all(following.map((each) => each.until(3)))
  for (const each of following) each.close()
  expect(following.map(({ told }) => told.map(({ data }) => isShown(data.accountChanged)))).toEqual([
    [false, false, false],
    [true, true, false],
  ])
})

test('a value of which some records show a part is told of when it changes there, and there alone', async () => {
  const hides = (access: string) => [{ module: 'contact', field: 'phone', access }]
  await role('no_phones', [{ module: 'contact', actions: ['READ'], scope: 'ALL' }], hides('HIDDEN'))
  await role('own_phones', [{ module: 'contact', actions: ['READ'], scope: 'OWN' }], hides('MASKED'))
  const { id: owner, client } = await server.addUser('Masked', 'no_phones', 'own_phones')
  const [own, other] = [await make('contact', { name: 'Own', owner: { id: owner } }), await make('contact', { name: 'Other' })]
  const after = await cursorOf(raw, client)
  for (const id of [other, own]) await admin.data('mutation ($id: ID!) { updateContact(id: $id, input: {phone: "+86 10 6234 5678"}) { changeSetId } }', { id })
  await cursorOf(raw, admin)
  const { changes } = await client.data('query ($after: String!) { changes(after: $after) { nodes { id changedFields } } }', { after })
  expect(changes.nodes).toEqual([{ id: own, changedFields: [] }])
})
