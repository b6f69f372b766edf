import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, type TestClient, TRANSPORTS } from '../support/client.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** What roles say beyond modules and fields: several records in one call, fields made later, other roles. */
let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})

afterAll(() => server?.close())

const ROLE = '{ role { key inherits newFields grants { module actions scope } } }'
const createRole = async (input: Record<string, unknown>) =>
  (await server.admin.data(`mutation ($input: CreateRoleInput!) { answer: createRole(input: $input) ${ROLE} }`, { input: { name: input.key, ...input } }))
    .answer.role
const updateRole = async (key: string, input: Record<string, unknown>) =>
  (await server.admin.data(`mutation ($key: String!, $input: UpdateRoleInput!) { answer: updateRole(key: $key, input: $input) ${ROLE} }`, { key, input }))
    .answer.role

describe('several records in one call', () => {
  const CREATE = 'mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { accounts { id } } }'
  const account = (name: string) => ({ name, type: 'customer' })
  const all = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'RESTORE']
  let single: TestClient
  let ids: string[]

  /** Every way to change two accounts in one call, by the argument that carries them. */
  const MANY: readonly (readonly [string, string, (ids: readonly string[]) => readonly unknown[]])[] = [
    ['create', CREATE.replace('$input', '$items').replace('$input', '$items'), () => [account('x'), account('y')]],
    [
      'update',
      'mutation ($items: [AccountUpdateItem!]!) { updateAccounts(updates: $items) { accounts { id } } }',
      (given) => given.map((id) => ({ id, input: { name: 'changed' } })),
    ],
    [
      'upsert',
      'mutation ($items: [AccountUpsertItem!]!) { upsertAccounts(upserts: $items) { accounts { id } } }',
      (given) => given.map((id) => ({ by: { id }, input: account('changed') })),
    ],
    ['delete', 'mutation ($items: [ID!]!) { deleteAccounts(ids: $items) { accounts { id } } }', (given) => given],
    ['restore', 'mutation ($items: [ID!]!) { restoreAccounts(ids: $items) { accounts { id } } }', (given) => given],
  ]

  beforeAll(async () => {
    await createRole({
      key: 'single',
      grants: [{ module: 'account', actions: all, scope: 'OWN' }],
    })
    single = (await server.addUser('Single', 'single')).client
    ids = []
    for (const name of ['one', 'two']) {
      const { createAccount } = await single.data('mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }', {
        input: account(name),
      })
      ids.push(createAccount.account.id)
    }
  })

  test('need BULK; one by one, also in the form for several, they do not', async () => {
    for (const transport of TRANSPORTS) {
      for (const [name, source, items] of MANY) {
        const answer = await single.send(source, { items: items(ids) }, { transport })
        expect([name, codesOf(answer), answer.data]).toEqual([name, ['FORBIDDEN'], null])
        expect(answer.errors[0]?.message).toBe('Your roles do not allow you to change several accounts in one call. Send them one by one.')
      }
    }
    expect(await single.data('{ accounts(deleted: INCLUDE) { totalCount } }')).toEqual({ accounts: { totalCount: 2 } })
    for (const [name, source, items] of MANY) {
      const answer = await single.send(source, { items: items(ids).slice(0, 1) })
      expect([name, codesOf(answer)]).toEqual([name, []])
    }
    for (const [name, source] of MANY) expect([name, codesOf(await single.send(source, { items: [] }))]).toEqual([name, []])
  })

  test('are a matter of one call: an operation may have many', async () => {
    const one = '(input: {name: "n", type: "customer"}) { account { id } }'
    const answer = await single.data(`mutation { a: createAccount${one} b: createAccount${one} }`)
    await single.data('mutation ($a: ID!, $b: ID!) { a: deleteAccount(id: $a) { id } b: deleteAccount(id: $b) { id } }', {
      a: answer.a.account.id,
      b: answer.b.account.id,
    })
  })

  test('must each lie within its scope, too', async () => {
    await createRole({
      key: 'herding',
      grants: [
        { module: 'account', actions: [...all, 'BULK'], scope: 'OWN' },
        { module: 'account', actions: ['READ', 'UPDATE'], scope: 'ALL' },
      ],
    })
    const { client } = await server.addUser('Herding', 'herding')
    const own = (await client.data(CREATE, { input: [account('mine'), account('mine too')] })).createAccounts.accounts.map(({ id }: { id: string }) => id)
    const [, update = '', items = () => []] = MANY[1] ?? []
    await client.data(update, { items: items(own) })
    const mixed = [own[0], ids[0]]
    const refused = await client.send(update, { items: items(mixed) })
    expect(codesOf(refused)).toEqual(['FORBIDDEN'])
    expect(refused.errors[0]?.message).toBe(
      'Your roles do not allow you to update this account. Calls with several accounts reach fewer of them than calls with one.',
    )
    await client.data(update, { items: items([ids[0] as string]) })
  })

  test('are told by the module, not by a record', async () => {
    const { client } = await server.addUser('Rep', 'sales_rep')
    const input = [account('a')]
    const created = (await client.data(CREATE.replace('{ id }', '{ id viewerAccess { actions } }'), { input })).createAccounts.accounts[0]
    expect(created.viewerAccess.actions).toEqual(['READ', 'UPDATE', 'DELETE'])
    expect((await client.data('{ module(name: "account") { actions } }')).module.actions).toEqual(['CREATE', 'READ', 'UPDATE', 'DELETE', 'RESTORE', 'BULK'])
    expect((await single.data('{ module(name: "account") { actions } }')).module.actions).toEqual(all)
  })
})

describe('fields made later', () => {
  const grants = [{ module: 'account', actions: ['CREATE', 'READ', 'UPDATE'], scope: 'ALL' }]
  const accessOf = async (client: TestClient) => {
    const { module } = await client.data('{ module(name: "account") { fields { name access custom } } }')
    return Object.fromEntries(
      module.fields.filter(({ custom }: { custom: boolean }) => custom).map(({ name, access }: { name: string; access: string }) => [name, access]),
    )
  }
  const clients: Record<string, TestClient> = {}

  beforeAll(async () => {
    await makeField(server.admin, { module: 'account', name: 'early', type: 'TEXT' })
    for (const newFields of ['FOLLOW', 'READ', 'NONE']) {
      const key = `new_${newFields.toLowerCase()}`
      expect((await createRole({ key, grants, newFields })).newFields).toBe(newFields)
      clients[newFields] = (await server.addUser(key, key)).client
    }
    expect((await createRole({ key: 'plain', grants })).newFields).toBe('FOLLOW')
    for (const [name, sensitivity] of [
      ['late', 'none'],
      ['secret', 'personal'],
    ])
      await makeField(server.admin, { module: 'account', name, type: 'TEXT', sensitivity })
  })

  test('are given as the role says, and those that stood before as ever; sensitive ones to nobody', async () => {
    expect(await accessOf(clients.FOLLOW as TestClient)).toEqual({ early: 'WRITE', late: 'WRITE' })
    expect(await accessOf(clients.READ as TestClient)).toEqual({ early: 'WRITE', late: 'READ' })
    expect(await accessOf(clients.NONE as TestClient)).toEqual({ early: 'WRITE' })
  })

  test('that are hidden are unknown everywhere', async () => {
    const none = clients.NONE as TestClient
    const unknown = await none.send('{ accounts(filter: {nothing: {eq: "x"}}) { totalCount } }')
    const hidden = await none.send('{ accounts(filter: {late: {eq: "x"}}) { totalCount } }')
    expect(codesOf(hidden)).toEqual(codesOf(unknown))
    expect(hidden.errors[0]?.message.replaceAll('late', 'nothing')).toBe(unknown.errors[0]?.message)
    expect(codesOf(await none.send('{ accounts { nodes { early } } }'))).toEqual([])
    const written = await (clients.READ as TestClient).send('mutation { createAccount(input: {name: "n", type: "customer", late: "x"}) { changeSetId } }')
    expect(codesOf(written)).toEqual(['VALIDATION_FAILED'])
    expect(written.errors[0]?.extensions['issues']).toMatchObject([{ path: ['input', 'late'], code: 'FORBIDDEN_FIELD' }])
  })

  test('stay hidden when the role changes in other ways, and are given when it lists them or is told anew', async () => {
    const none = clients.NONE as TestClient
    await updateRole('new_none', { name: 'Renamed', grants })
    expect(await accessOf(none)).toEqual({ early: 'WRITE' })
    await updateRole('new_none', { fields: [{ module: 'account', field: 'late', access: 'READ' }] })
    expect(await accessOf(none)).toEqual({ early: 'WRITE', late: 'READ' })
    // Said again, or otherwise, it opens none of those that came meanwhile.
    await updateRole('new_none', { fields: [], newFields: 'NONE' })
    expect(await accessOf(none)).toEqual({ early: 'WRITE' })
    await updateRole('new_none', { newFields: 'READ' })
    expect(await accessOf(none)).toEqual({ early: 'WRITE', late: 'READ' })
    await updateRole('new_none', { newFields: 'NONE' })
    expect(await accessOf(none)).toEqual({ early: 'WRITE' })
    await updateRole('new_none', { newFields: 'FOLLOW' })
    await updateRole('new_none', { newFields: 'NONE' })
    await makeField(server.admin, { module: 'account', name: 'latest', type: 'TEXT' })
    expect(await accessOf(none)).toEqual({ early: 'WRITE', late: 'WRITE' })
  })

  test('that come back are those of before', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'returning', type: 'TEXT' })
    await server.admin.data(METADATA.deleteField, { id: field.id })
    await createRole({ key: 'between', grants, newFields: 'NONE' })
    await server.admin.data(METADATA.restoreField, { id: field.id })
    const { client } = await server.addUser('between', 'between')
    expect(await accessOf(client)).toMatchObject({ returning: 'WRITE' })
  })
})

describe('inherited roles', () => {
  test('are answered to administrators, and take effect with the next request', async () => {
    expect(await createRole({ key: 'above', inherits: ['read_only'] })).toMatchObject({ key: 'above', inherits: ['read_only'], grants: [] })
    const { client, id } = await server.addUser('Above', 'above')
    expect(codesOf(await client.send('{ accounts { totalCount } }'))).toEqual([])
    expect(await client.data('{ me { roles { key } } }')).toEqual({ me: { roles: [{ key: 'above' }] } })
    expect(codesOf(await client.send('{ me { roles { inherits newFields } } }'))).toEqual(['FORBIDDEN', 'FORBIDDEN'])
    await updateRole('above', { inherits: [] })
    expect(codesOf(await client.send('{ accounts { totalCount } }'))).toEqual(['FORBIDDEN'])
    const { user } = await server.admin.data('query ($id: ID!) { user(id: $id) { roles { key inherits newFields } } }', { id })
    expect(user.roles).toEqual([{ key: 'above', inherits: [], newFields: 'FOLLOW' }])
  })

  test('make no way around the last administrator', async () => {
    const { me } = await server.admin.data('{ me { id } }')
    await createRole({ key: 'regent' })
    const before = await server.admin.data('{ roles { key inherits grants { module actions scope } } me { status kind } }')
    const ways: readonly (readonly [string, string])[] = [
      [`mutation { unassignRole(userId: "${me.id}", roleKey: "admin") { user { id } } }`, 'FORBIDDEN'],
      [`mutation { updateUser(id: "${me.id}", input: {status: "disabled"}) { user { id } } }`, 'FORBIDDEN'],
      [`mutation { updateUsers(updates: [{id: "${me.id}", input: {status: "disabled"}}]) { users { id } } }`, 'FORBIDDEN'],
      [`mutation { upsertUser(by: {id: "${me.id}"}, input: {name: "x", status: "disabled"}) { user { id } } }`, 'FORBIDDEN'],
      [`mutation { deleteUser(id: "${me.id}") { id } }`, 'FORBIDDEN'],
      [`mutation { deleteUsers(ids: ["${me.id}"]) { users { id } } }`, 'FORBIDDEN'],
      // Programs cannot sign in, so they do not count; what somebody is stands once and for all.
      [`mutation { updateUser(id: "${me.id}", input: {kind: "service"}) { user { id } } }`, 'GRAPHQL_VALIDATION_FAILED'],
      [`mutation { upsertUser(by: {id: "${me.id}"}, input: {name: "x", kind: "service"}) { user { id } } }`, 'VALIDATION_FAILED'],
      ['mutation { updateRole(key: "admin", input: {grants: [], inherits: ["regent"]}) { role { key } } }', 'FORBIDDEN'],
      ['mutation { updateRole(key: "regent", input: {inherits: ["admin"]}) { role { key } } }', 'VALIDATION_FAILED'],
    ]
    for (const [way, code] of ways) expect([way, codesOf(await server.admin.send(way))]).toEqual([way, [code]])
    expect(await server.admin.data('{ roles { key inherits grants { module actions scope } } me { status kind } }')).toEqual(before)
  })
})
