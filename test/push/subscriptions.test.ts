import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { createTestClient, type TestClient } from '../support/client.ts'
import { eventually } from '../support/guanxi-process.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { cursorOf, type Subscription, subscribe } from '../support/subscription.ts'

let server: TestServer
let raw: pg.Client
let admin: TestClient
let rep: { readonly id: string; readonly client: TestClient }
let other: { readonly id: string; readonly client: TestClient }

beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
  raw = new pg.Client(server.database.url)
  await raw.connect()
  rep = await server.addUser('Rep', 'sales_rep')
  other = await server.addUser('Other', 'sales_rep')
}, 60_000)
afterAll(async () => {
  await raw?.end()
  await server?.close()
})

const CHANGED = `subscription ($filter: AccountFilter, $after: String) {
  accountChanged(filter: $filter, after: $after) { cursor operation id version changedFields changeSetId at actor { id name } account { id name industry owner { name } } } }`
const cursorNow = (client: TestClient) => cursorOf(raw, client)
const create = async (input: object, client = admin): Promise<string> =>
  (
    await client.data('mutation ($input: CreateAccountInput!) { made: createAccount(input: $input) { account { id } } }', {
      input: { type: 'customer', ...input },
    })
  ).made.account.id
const update = (id: string, input: object, client = admin) =>
  client.data('mutation ($id: ID!, $input: UpdateAccountInput!) { updateAccount(id: $id, input: $input) { changeSetId } }', { id, input })
const remove = (id: string) => admin.data('mutation ($id: ID!) { deleteAccount(id: $id) { changeSetId } }', { id })
const restore = (id: string) => admin.data('mutation ($id: ID!) { restoreAccount(id: $id) { changeSetId } }', { id })

/** What a subscription to accounts has told, without what differs from run to run. */
const plain = ({ told }: Subscription) =>
  told.map(({ data, errors }) =>
    errors.length > 0
      ? errors.map(({ extensions }) => extensions.code)
      : [data.accountChanged.operation, data.accountChanged.account?.name ?? null, data.accountChanged.changedFields],
  )

/** Subscribes and lets the server begin, by a change that the caller sees. */
async function follow(client: TestClient, variables: object = {}): Promise<Subscription> {
  const after = await cursorNow(client)
  return subscribe(client, CHANGED, { after, ...variables })
}

async function newProgram(): Promise<{ readonly id: string }> {
  return (await admin.data('mutation { createUser(input: {name: "Program", kind: "service"}) { user { id } } }')).createUser.user
}

describe('a subscription to a module', () => {
  test('tells what happens to records, in order, with who did it and the record as it is', async () => {
    const following = await follow(admin)
    const id = await create({ name: 'One', industry: 'energy' })
    await following.until(1)
    await update(id, { industry: 'retail' })
    await following.until(2)
    await remove(id)
    await following.until(3)
    await restore(id)
    await following.until(4)
    following.close()
    expect(following.told.map(({ data }) => data.accountChanged)).toEqual([
      expect.objectContaining({ operation: 'CREATED', id, version: 1, account: expect.objectContaining({ id, name: 'One', industry: 'energy' }) }),
      expect.objectContaining({ operation: 'UPDATED', id, version: 2, changedFields: ['industry'], account: expect.objectContaining({ industry: 'retail' }) }),
      expect.objectContaining({ operation: 'DELETED', id, version: 3, changedFields: [], account: null }),
      expect.objectContaining({ operation: 'RESTORED', id, version: 4, account: expect.objectContaining({ id, name: 'One' }) }),
    ])
    const { data } = following.told[0] as (typeof following.told)[number]
    expect(data.accountChanged.changedFields).toEqual(expect.arrayContaining(['name', 'industry']))
    expect(data.accountChanged.actor.name).toBeTruthy()
    expect(data.accountChanged.changeSetId).toBeTruthy()
  })

  test('goes on after any cursor, and misses nothing that happened meanwhile', async () => {
    const first = await follow(admin)
    const ids = [await create({ name: 'A' })]
    const [told] = await first.until(1)
    first.close()
    for (const name of ['B', 'C', 'D']) ids.push(await create({ name }))
    const second = subscribe(admin, CHANGED, { after: told?.data.accountChanged.cursor })
    await second.until(3)
    second.close()
    expect(second.told.map(({ data }) => data.accountChanged.id)).toEqual(ids.slice(1))
  })

  test('without a cursor begins now', async () => {
    await create({ name: 'Before' })
    await cursorNow(admin)
    const following = subscribe(admin, CHANGED)
    // It has begun some time later.
    for (let count = 0; following.told.length === 0 && count < 50; count += 1) {
      await create({ name: `After ${count}` })
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    following.close()
    expect(following.told[0]?.data.accountChanged.account.name).toMatch(/^After /)
  })

  test('is told of what its reader sees: enters and leaves with owners, and nothing of what it never could see', async () => {
    const following = await follow(rep.client)
    const foreign = await create({ name: 'Foreign', owner: { id: other.id } })
    await update(foreign, { industry: 'energy' })
    await update(foreign, { owner: { id: rep.id } })
    await following.until(1)
    await update(foreign, { industry: 'retail' })
    await following.until(2)
    await update(foreign, { owner: { id: other.id } })
    await following.until(3)
    await update(foreign, { industry: 'energy' })
    await remove(foreign)
    const own = await create({ name: 'Own' }, rep.client)
    await following.until(4)
    following.close()
    expect(plain(following)).toEqual([
      ['ENTERED', 'Foreign', []],
      ['UPDATED', 'Foreign', ['industry']],
      ['LEFT', null, []],
      ['CREATED', 'Own', expect.arrayContaining(['name'])],
    ])
    expect(following.told[2]?.data.accountChanged).toMatchObject({ id: foreign, account: null })
    expect(following.told[3]?.data.accountChanged.id).toBe(own)
  })

  test('says nothing of hidden fields: no event, no name, no value', async () => {
    const own = await create({ name: 'Quiet' }, rep.client)
    const following = await follow(rep.client)
    // Finance alone sees it.
    await update(own, { taxNumber: '91310000MA1FL5MH2X' })
    await update(own, { taxNumber: '91310000MA1FL5MH3Y', website: 'https://example.com' })
    await following.until(1)
    following.close()
    expect(plain(following)).toEqual([['UPDATED', 'Quiet', ['website']]])
  })

  test('takes a filter of own fields, which records enter and leave', async () => {
    const following = await follow(admin, { filter: { industry: { eq: 'energy' }, owner: { id: { eq: rep.id } } } })
    const id = await create({ name: 'Filtered', owner: { id: rep.id } })
    await update(id, { industry: 'energy' })
    await following.until(1)
    await update(id, { description: 'still energy' })
    await following.until(2)
    await update(id, { industry: 'retail' })
    await following.until(3)
    await create({ name: 'Another', industry: 'energy' })
    await create({ name: 'Last', industry: 'energy', owner: { id: rep.id } })
    await following.until(4)
    following.close()
    expect(plain(following)).toEqual([
      ['ENTERED', 'Filtered', []],
      ['UPDATED', 'Filtered', ['description']],
      ['LEFT', null, []],
      ['CREATED', 'Last', expect.any(Array)],
    ])
    const refused = subscribe(admin, CHANGED, { filter: { contacts: { some: { name: { eq: 'x' } } } } })
    await refused.until(1)
    expect(plain(refused)).toEqual([['VALIDATION_FAILED']])
  })

  test('with several readers of the same rights, one execution serves all of them', async () => {
    const clients: TestClient[] = []
    for (let index = 0; index < 5; index += 1) clients.push((await server.addUser(`Reader ${index}`, 'admin')).client)
    const after = await cursorNow(admin)
    const all = clients.map((client) => subscribe(client, CHANGED, { after }))
    const id = await create({ name: 'Shared' })
    await Promise.all(all.map((each) => each.until(1)))
    const statements = await server.statementsOf(async () => {
      await update(id, { industry: 'energy' })
      await Promise.all(all.map((each) => each.until(2)))
    })
    for (const each of all) each.close()
    expect(new Set(all.map(({ told }) => JSON.stringify(told))).size).toBe(1)
    // One look at the window and one read of the record, whatever the number of readers.
    expect(statements.filter(({ text }) => /FROM outbox\b/.test(text)).length).toBe(1)
  })

  test('with many filters and many owners, one look at the changes serves all, and each is told his own', async () => {
    const people: { readonly id: string; readonly client: TestClient }[] = []
    for (const index of [0, 1, 2]) people.push(await server.addUser(`Owner ${index}`, 'sales_rep'))
    const filters = [{ industry: { eq: 'energy' } }, { industry: { eq: 'retail' } }, { industry: { in: ['energy', 'retail'] }, size: { gt: 10 } }]
    const places: string[] = []
    for (const { client } of people) places.push(await cursorNow(client))
    const following = people.flatMap(({ client }, index) => filters.map((filter) => subscribe(client, CHANGED, { after: places[index] as string, filter })))
    await Promise.all(people.map(({ id }) => create({ name: 'Sign', industry: 'energy', size: 20, owner: { id } })))
    for (const [index, each] of following.entries()) if (index % 3 !== 1) await each.until(1)
    const statements = await server.statementsOf(async () => {
      const input = people.flatMap(({ id }, index) => [
        { type: 'customer', name: `Small ${index}`, industry: 'retail', size: 5, owner: { id } },
        { type: 'customer', name: `Large ${index}`, industry: 'retail', size: 50, owner: { id } },
      ])
      await admin.data('mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { changeSetId } }', { input })
      for (const [index, each] of following.entries()) if (index % 3 !== 0) await each.until(2)
    })
    for (const each of following) each.close()
    const names = following.map(({ told }) => told.map(({ data }) => data.accountChanged.account.name))
    expect(names).toEqual(people.flatMap((_, index) => [['Sign'], [`Small ${index}`, `Large ${index}`], ['Sign', `Large ${index}`]]))
    // Two texts: the third filter has another form.
    expect(statements.filter(({ text }) => /FROM outbox\b/.test(text)).length).toBe(2)
    expect(statements.filter(({ text }) => text.includes('jsonb_to_recordset')).length).toBe(2)
  })

  test('the records of changes that come at once are read by one statement for all cohorts of the same rights', async () => {
    const after = await cursorNow(admin)
    const filters = [{ size: { gt: 10 } }, { size: { gt: 20 } }, { size: { gt: 30 } }]
    const following = filters.map((filter) => subscribe(admin, CHANGED, { after, filter }))
    await create({ name: 'Sign', size: 100 })
    await Promise.all(following.map((each) => each.until(1)))
    const statements = await server.statementsOf(async () => {
      const input = [15, 25, 35, 45, 55].map((size) => ({ type: 'customer', name: `Of ${size}`, size }))
      await admin.data('mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { changeSetId } }', { input })
      await Promise.all(following.map((each, index) => each.until(6 - index)))
    })
    for (const each of following) each.close()
    const names = following.map(({ told }) => told.slice(1).map(({ data }) => data.accountChanged.account.name))
    expect(names).toEqual([
      ['Of 15', 'Of 25', 'Of 35', 'Of 45', 'Of 55'],
      ['Of 25', 'Of 35', 'Of 45', 'Of 55'],
      ['Of 35', 'Of 45', 'Of 55'],
    ])
    expect(statements.filter(({ text }) => text.includes('WITH ORDINALITY k(id, position)')).length).toBe(1)
  })

  test('half a character in one filter is no matter of the others', async () => {
    const after = await cursorNow(admin)
    const [half, whole] = ['\ud800', 'Whole'].map((name) => subscribe(admin, CHANGED, { after, filter: { name: { eq: name } } })) as [
      Subscription,
      Subscription,
    ]
    await create({ name: 'Whole' })
    await whole.until(1)
    const statements = await server.statementsOf(async () => {
      await create({ name: 'Whole' })
      await whole.until(2)
    })
    for (const each of [half, whole]) each.close()
    expect([half.told.length, whole.told.length]).toEqual([0, 2])
    expect(statements.filter(({ text }) => /FROM outbox\b/.test(text)).length).toBe(1)
  })

  test('of a module made at run time pushes from its creation on; a field that is made later, too', async () => {
    await admin.data(METADATA.createModule, { input: { name: 'gadget', pluralName: 'gadgets', fields: [{ name: 'title', type: 'TEXT' }] } })
    const after = await cursorNow(admin)
    const following = subscribe(admin, 'subscription ($after: String) { gadgetChanged(after: $after) { operation changedFields gadget { title } } }', { after })
    await admin.data('mutation { createGadget(input: {title: "小工具"}) { changeSetId } }')
    await following.until(1)
    await makeField(admin, { module: 'gadget', name: 'weight', type: 'DECIMAL' })
    await admin.data('mutation { createGadget(input: {title: "Later", weight: "1.5"}) { changeSetId } }')
    await following.until(2)
    following.close()
    expect(following.told.map(({ data }) => [data.gadgetChanged.operation, data.gadgetChanged.gadget.title])).toEqual([
      ['CREATED', '小工具'],
      ['CREATED', 'Later'],
    ])
    expect(following.told[1]?.data.gadgetChanged.changedFields).toContain('weight')
  })

  test('goes on when rights of others change, and ends with the socket when its own do', async () => {
    const reader = await server.addUser('Changing', 'sales_manager')
    const following = await follow(reader.client)
    await create({ name: 'For all', owner: { id: reader.id } })
    await following.until(1)
    await admin.data(ROLES.create, { input: { key: 'unrelated', name: 'Unrelated', grants: [{ module: 'task', actions: ['READ'], scope: 'ALL' }] } })
    await create({ name: 'Still told', owner: { id: reader.id } })
    await following.until(2)
    expect(plain(following).map(([operation, name]) => [operation, name])).toEqual([
      ['CREATED', 'For all'],
      ['CREATED', 'Still told'],
    ])
    await admin.data(ROLES.unassign, { id: reader.id, key: 'sales_manager' })
    await create({ name: 'Never told', owner: { id: reader.id } })
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(following.told.filter(({ data }) => data?.accountChanged.account?.name === 'Never told')).toEqual([])
    expect(following.ended).toBe(true)
  })

  test('tells nothing more to whoever signed out, was disabled or has expired, though others are told by the same execution', async () => {
    const stays = await server.addUser('Stays', 'read_only')
    const leaves = await server.addUser('Leaves', 'read_only')
    const disabled = await server.addUser('Disabled', 'read_only')
    const expiresAt = new Date(Date.now() + 5_000)
    const { createApiKey } = await admin.data('mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }', {
      input: { name: 'short', userId: (await newProgram()).id, roleKey: 'read_only', expiresAt: expiresAt.toISOString() },
    })
    const expiring = createTestClient(server.url, createApiKey.secret)
    const [kept, left, ended, expired] = await Promise.all([stays.client, leaves.client, disabled.client, expiring].map((client) => follow(client)))
    if (!kept || !left || !ended || !expired) throw new Error('nobody follows')
    const namesOf = ({ told }: Subscription) => told.flatMap(({ data }) => data?.accountChanged?.account?.name ?? [])
    await create({ name: 'All are told' })
    await Promise.all([kept, left, ended, expired].map((each) => each.until(1)))
    await leaves.client.data('mutation { signOut }')
    await create({ name: 'After the sign-out' })
    await ended.until(2)
    await admin.data('mutation ($id: ID!) { updateUser(id: $id, input: {status: "disabled"}) { changeSetId } }', { id: disabled.id })
    await create({ name: 'After the disabling' })
    const ofKey: string[] = []
    while (Date.now() < expiresAt.getTime() + 500) {
      const name = `At ${Date.now() - expiresAt.getTime()}`
      ofKey.push(name)
      await create({ name })
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    await kept.until(3 + ofKey.length)
    await Promise.all([left, ended, expired].map((each) => eventually(async () => each.ended)))
    expect(namesOf(kept)).toEqual(['All are told', 'After the sign-out', 'After the disabling', ...ofKey])
    expect([namesOf(left), namesOf(ended)]).toEqual([['All are told'], ['All are told', 'After the sign-out']])
    expect(namesOf(expired).filter((name) => Number(name.slice(3)) > 0)).toEqual([])
    kept.close()
    await expiring.close()
  })

  test('a cursor of other rights, another filter or no cursor at all is refused, with one to go on from', async () => {
    const after = await cursorNow(rep.client)
    const codes = async (client: TestClient, variables: object) => {
      const refused = subscribe(client, CHANGED, variables as never)
      await refused.until(1)
      return refused.told.flatMap(({ errors }) => errors.map(({ extensions }) => extensions.code))
    }
    expect(await codes(rep.client, { after: 'nonsense' })).toEqual(['CURSOR_INVALID'])
    expect(await codes(other.client, { after })).toEqual(['RESYNC'])
    const filtered = await follow(admin, { filter: { industry: { eq: 'energy' } } })
    await create({ name: 'E', industry: 'energy' })
    const [told] = await filtered.until(1)
    filtered.close()
    const { cursor } = told?.data.accountChanged ?? {}
    expect(await codes(admin, { after: cursor })).toEqual(['RESYNC'])
    const refused = subscribe(other.client, CHANGED, { after })
    await refused.until(1)
    const fresh = refused.told[0]?.errors[0]?.extensions['cursor'] as string
    const resumed = subscribe(other.client, CHANGED, { after: fresh })
    await create({ name: 'Resumed' }, other.client)
    await resumed.until(1)
    resumed.close()
    expect(plain(resumed)[0]?.[1]).toBe('Resumed')
  })

  test('of a module that cannot be read is refused', async () => {
    await admin.data(ROLES.create, { input: { key: 'tasks_only', name: 'Tasks only', grants: [{ module: 'task', actions: ['READ'], scope: 'ALL' }] } })
    const { client } = await server.addUser('Tasks', 'tasks_only')
    const refused = subscribe(client, 'subscription { accountChanged { id } }')
    await refused.until(1)
    expect(refused.told[0]?.errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN'])
  })
})

test('ticketUpdated follows one ticket', async () => {
  const ticket = async (subject: string) =>
    (await admin.data('mutation ($input: CreateTicketInput!) { createTicket(input: $input) { ticket { id } } }', { input: { subject } })).createTicket.ticket.id
  const [one, two] = [await ticket('One'), await ticket('Two')]
  const after = await cursorNow(admin)
  const following = subscribe(
    admin,
    'subscription ($id: ID, $after: String) { told: ticketUpdated(id: $id, after: $after) { operation ticket { subject } } }',
    { id: one, after },
  )
  for (const [id, subject] of [
    [two, 'Two again'],
    [one, 'One again'],
  ])
    await admin.data('mutation ($id: ID!, $input: UpdateTicketInput!) { updateTicket(id: $id, input: $input) { changeSetId } }', { id, input: { subject } })
  await following.until(1)
  following.close()
  expect(following.told.map(({ data }) => data)).toEqual([{ told: { operation: 'UPDATED', ticket: { subject: 'One again' } } }])
})
