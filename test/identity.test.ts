import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, createTestClient, type TestClient, TRANSPORTS } from './support/client.ts'
import { TEST_PASSWORD } from './support/database.ts'
import { startTestServer, type TestServer } from './support/server.ts'

const SIGN_IN = `mutation ($input: SignInInput!) {
  signIn(input: $input) { accessToken refreshToken expiresAt user { id email name roles { key } } }
}`
const REFRESH = 'mutation ($token: String!) { refreshSession(input: {refreshToken: $token}) { accessToken refreshToken expiresAt user { id } } }'

let server: TestServer
let rep: Awaited<ReturnType<TestServer['addUser']>>

beforeAll(async () => {
  server = await startTestServer()
  rep = await server.addUser('Rep', 'sales_rep', 'marketing')
})

afterAll(() => server.close())

const codes = ({ errors }: Answer) => errors.map(({ extensions }) => extensions.code)

async function using<T>(token: string, work: (client: TestClient) => Promise<T>): Promise<T> {
  const client = createTestClient(server.url, token)
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

describe.each(TRANSPORTS)('identity over %s', (transport) => {
  const send = (client: TestClient, query: string, variables = {}) => client.send(query, variables, { transport })

  test('signs in with the answer of the contract', async () => {
    const { data, errors } = await send(server.anonymous, SIGN_IN, { input: { email: rep.email, password: TEST_PASSWORD } })
    expect(errors).toEqual([])
    expect(data.signIn).toEqual({
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      user: { id: rep.id, email: rep.email, name: 'Rep', roles: [{ key: 'marketing' }, { key: 'sales_rep' }] },
    })
    const me = await using(data.signIn.accessToken, (client) => send(client, '{ me { id name roles { key name system } } }'))
    expect(me.data.me).toMatchObject({ id: rep.id, roles: [{ key: 'marketing', system: true }, { key: 'sales_rep' }] })
  })

  test('answers a wrong password and an unknown address with the same words', async () => {
    const answers = await Promise.all(
      [rep.email, 'nobody@test.guanxi.local'].map((email) => send(server.anonymous, SIGN_IN, { input: { email, password: 'wrong' } })),
    )
    const plain = answers.map(({ status, data, errors }) => ({
      status,
      data,
      errors: errors.map(({ extensions: { requestId: _, ...rest }, ...error }) => ({ ...error, rest })),
    }))
    expect(plain[0]).toEqual(plain[1])
    expect(plain[0]).toMatchObject({
      data: { signIn: null },
      errors: [{ message: 'E-mail address or password is wrong.', rest: { code: 'UNAUTHENTICATED', retryable: false } }],
    })
  })

  test('refreshes, and ends the session when a used token comes again', async () => {
    const first = (await send(server.anonymous, SIGN_IN, { input: { email: rep.email, password: TEST_PASSWORD } })).data.signIn
    const second = (await send(server.anonymous, REFRESH, { token: first.refreshToken })).data.refreshSession
    expect(second.user).toEqual({ id: rep.id })
    expect(codes(await send(server.anonymous, REFRESH, { token: first.refreshToken }))).toEqual(['UNAUTHENTICATED'])
    expect(codes(await send(server.anonymous, REFRESH, { token: second.refreshToken }))).toEqual(['UNAUTHENTICATED'])
    const answer = await using(second.accessToken, (client) => client.send('{ me { id } }'))
    expect(codes(answer)).toEqual(['UNAUTHENTICATED'])
  })

  test('signs out', async () => {
    const { accessToken } = (await send(server.anonymous, SIGN_IN, { input: { email: rep.email, password: TEST_PASSWORD } })).data.signIn
    const { data } = await using(accessToken, (client) => send(client, 'mutation { signOut }'))
    expect(data).toEqual({ signOut: true })
    expect(codes(await using(accessToken, (client) => client.send('{ me { id } }')))).toEqual(['UNAUTHENTICATED'])
  })

  test('tells anonymous callers to sign in, whatever they ask for', async () => {
    const queries = [
      '{ me { id } }',
      '{ modules { name } }',
      '{ schemaVersion }',
      '{ roles { key } }',
      '{ apiKeys { id } }',
      '{ sessions { id } }',
      'mutation { signOut }',
    ]
    for (const query of queries) expect([query, codes(await send(server.anonymous, query))]).toEqual([query, ['UNAUTHENTICATED']])
    const create = 'mutation { createRole(input: {key: "x", name: "X"}) { role { key } } }'
    expect(codes(await send(server.anonymous, create))).toEqual(['UNAUTHENTICATED'])
  })

  test('keeps what is for administrators from others', async () => {
    const queries = [
      '{ roles { key } }',
      `{ explainAccess(userId: "${rep.id}", module: "account", action: READ) { allowed } }`,
      'mutation { createRole(input: {key: "x", name: "X"}) { role { key } } }',
      'mutation { updateRole(key: "sales_rep", input: {name: "X"}) { role { key } } }',
      `mutation { assignRole(userId: "${rep.id}", roleKey: "admin") { user { id } } }`,
      `mutation { unassignRole(userId: "${rep.id}", roleKey: "sales_rep") { user { id } } }`,
      `mutation { createApiKey(input: {name: "x", roleKey: "admin"}) { secret } }`,
    ]
    for (const query of queries) expect([query, codes(await send(rep.client, query))]).toEqual([query, ['FORBIDDEN']])
    const nested = await send(rep.client, '{ me { roles { key grants { module } } } }')
    expect(codes(nested)).toEqual(['FORBIDDEN', 'FORBIDDEN'])
    expect(nested.data.me.roles).toEqual([
      { key: 'marketing', grants: null },
      { key: 'sales_rep', grants: null },
    ])
  })
})

describe('API keys', () => {
  const CREATE = 'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id prefix roleKey expiresAt user { id name } } secret } }'

  test('of a service user act with their role until they are revoked', async () => {
    const { createUser } = await server.admin.data('mutation { createUser(input: {name: "Partner", kind: "service"}) { user { id } } }')
    const input = { name: 'erp', roleKey: 'service_agent', userId: createUser.user.id, expiresAt: '2999-01-01T00:00:00+02:00' }
    const { createApiKey } = await server.admin.data(CREATE, { input })
    expect(createApiKey.apiKey).toMatchObject({
      roleKey: 'service_agent',
      expiresAt: '2998-12-31T22:00:00.000Z',
      user: { id: createUser.user.id, name: 'Partner' },
    })
    expect(createApiKey.secret).toContain(createApiKey.apiKey.prefix)
    for (const transport of TRANSPORTS) {
      const answer = await using(createApiKey.secret, (client) => client.send('{ me { name } tickets { totalCount } leads { totalCount } }', {}, { transport }))
      expect(answer.data).toEqual({ me: { name: 'Partner' }, tickets: { totalCount: 0 }, leads: null })
      expect(codes(answer)).toEqual(['FORBIDDEN'])
    }
    await server.admin.data('mutation ($id: ID!) { revokeApiKey(id: $id) { apiKey { id revokedAt user { id } } } }', { id: createApiKey.apiKey.id })
    expect(codes(await using(createApiKey.secret, (client) => client.send('{ me { name } }')))).toEqual(['UNAUTHENTICATED'])
    const { apiKeys } = await server.admin.data('{ apiKeys { id name revokedAt } }')
    expect(apiKeys).toEqual([{ id: createApiKey.apiKey.id, name: 'erp', revokedAt: expect.any(String) }])
  })
})

describe('roles', () => {
  test('made, given and taken take effect with the next request', async () => {
    const { client, id } = await server.addUser('Newcomer')
    expect(codes(await client.send('{ accounts { totalCount } }'))).toEqual(['FORBIDDEN'])
    const { createRole } = await server.admin.data(
      `mutation { createRole(input: {key: "reader", name: "Reader", grants: [{module: "account", actions: [READ], scope: ALL}],
        fields: [{module: "account", field: "creditLimit", access: READ}]}) { role { key system grants { module actions scope } fields { module field access } } } }`,
    )
    expect(createRole.role).toEqual({
      key: 'reader',
      system: false,
      grants: [{ module: 'account', actions: ['READ'], scope: 'ALL' }],
      fields: [{ module: 'account', field: 'creditLimit', access: 'READ' }],
    })
    const assigned = await server.admin.data(`mutation { assignRole(userId: "${id}", roleKey: "reader") { user { id name roles { key } } } }`)
    expect(assigned.assignRole.user).toEqual({ id, name: 'Newcomer', roles: [{ key: 'reader' }] })
    expect(await client.data('{ accounts { totalCount } }')).toEqual({ accounts: { totalCount: 0 } })
    await server.admin.data(`mutation { unassignRole(userId: "${id}", roleKey: "reader") { user { roles { key } } } }`)
    expect(codes(await client.send('{ accounts { totalCount } }'))).toEqual(['FORBIDDEN'])
  })

  test('the roles of many users cost one statement', async () => {
    const query = '{ users { nodes { id roles { key } } } }'
    await server.admin.data(query)
    const statements = await server.statementsOf(() => server.admin.data(query))
    expect(statements.filter(({ text }) => text.includes('user_role'))).toHaveLength(1)
  })

  test('a user is made beside the server whatever changes the rights of others meanwhile', async () => {
    let made = false
    // A whole number of turns, so that nothing is left of them.
    const change = async () => {
      while (!made)
        for (const turn of ['assignRole', 'unassignRole'])
          await server.admin.data(`mutation ($user: ID!) { ${turn}(userId: $user, roleKey: "read_only") { user { id } } }`, { user: rep.id })
    }
    const make = async () => {
      try {
        for (const name of ['Beside one', 'Beside two', 'Beside three', 'Beside four']) await server.addUser(name, 'read_only')
      } finally {
        made = true
      }
    }
    await Promise.all([make(), change()])
    const { users } = await server.admin.data('{ users(search: "Beside", orderBy: [{email: ASC}]) { nodes { name roles { key } } } }')
    expect(users.nodes.map(({ name, roles }: { name: string; roles: { key: string }[] }) => [name, roles[0]?.key])).toEqual(
      ['Beside four', 'Beside one', 'Beside three', 'Beside two'].map((name) => [name, 'read_only']),
    )
  })

  test('the last administrator stays, by every way out', async () => {
    const { me } = await server.admin.data('{ me { id } }')
    const ways = [
      `mutation { unassignRole(userId: "${me.id}", roleKey: "admin") { user { id } } }`,
      `mutation { updateUser(id: "${me.id}", input: {status: "disabled"}) { user { id } } }`,
      `mutation { deleteUser(id: "${me.id}") { id } }`,
    ]
    for (const way of ways) expect([way, codes(await server.admin.send(way))]).toEqual([way, ['FORBIDDEN']])
    expect(await server.admin.data('{ me { status } }')).toEqual({ me: { status: 'active' } })
  })
})

describe('a user who is disabled', () => {
  test('is out with the next request', async () => {
    const { client, id } = await server.addUser('Leaver', 'sales_rep')
    await client.data('{ accounts { totalCount } }')
    await server.admin.data(`mutation { updateUser(id: "${id}", input: {status: "disabled"}) { user { id } } }`)
    for (const query of ['{ accounts { totalCount } }', '{ modules { name } }', '{ schemaVersion }'])
      expect(codes(await client.send(query))).toEqual(['UNAUTHENTICATED'])
  })
})

describe('passwords', () => {
  test('are changed by their owner, and the session that did it ends', async () => {
    const { client, id, email } = await server.addUser('Changer')
    const set = (password: string, oldPassword: string) =>
      client.send('mutation ($input: SetPasswordInput!) { setPassword(input: $input) { user { id name } } }', { input: { userId: id, password, oldPassword } })
    expect(codes(await set('new password', 'wrong'))).toEqual(['VALIDATION_FAILED'])
    const { data, errors } = await set('new password', TEST_PASSWORD)
    expect(errors).toEqual([])
    expect(data.setPassword.user).toEqual({ id, name: 'Changer' })
    expect(codes(await client.send('{ me { id } }'))).toEqual(['UNAUTHENTICATED'])
    await server.signIn(email, 'new password')
  })
})

describe('what the schema tells', () => {
  const MODULES = `{ schemaVersion modules { name pluralName label(locale: "zh-CN") custom nameField actions
    fields { name type label custom required options { value label color retired } reference { module inverseName } access filterable sortable groupable transitions { from to } } } }`

  test('is pruned to the rights of whoever asks', async () => {
    const all = await server.admin.data(MODULES)
    const some = await rep.client.data(MODULES)
    const names = (answer: typeof all) => answer.modules.map(({ name }: { name: string }) => name)
    expect(names(all)).toEqual(expect.arrayContaining(['account', 'order', 'ticket', 'orderLine']))
    expect(names(some).length).toBeLessThanOrEqual(names(all).length)
    const account = some.modules.find(({ name }: { name: string }) => name === 'account')
    expect(account).toMatchObject({
      pluralName: 'accounts',
      label: '客户',
      custom: false,
      nameField: 'name',
      actions: expect.arrayContaining(['READ', 'CREATE']),
    })
    const fields = new Map(account.fields.map((field: { name: string }) => [field.name, field]))
    expect(fields.has('creditLimit')).toBe(false)
    expect(fields.get('name')).toMatchObject({
      type: 'TEXT',
      label: 'Name',
      required: true,
      access: 'WRITE',
      filterable: true,
      sortable: true,
      groupable: true,
    })
    expect(fields.get('parent')).toMatchObject({ type: 'REFERENCE', reference: { module: 'account', inverseName: 'subsidiaries' } })
    expect(fields.get('level')).toMatchObject({ options: expect.arrayContaining([expect.objectContaining({ retired: false })]) })
    const seen = JSON.stringify(some)
    for (const hidden of ['creditLimit', 'bankAccount', 'margin']) expect(seen).not.toContain(hidden)
    const ticket = all.modules.find(({ name }: { name: string }) => name === 'ticket')
    expect(ticket.fields.find(({ name }: { name: string }) => name === 'status').transitions.length).toBeGreaterThan(0)
  })

  test('one module, and none where there are no rights', async () => {
    expect(await server.admin.data('{ module(name: "order") { name } missing: module(name: "nothing") { name } }')).toEqual({
      module: { name: 'order' },
      missing: null,
    })
    const { client } = await server.addUser('Nobody')
    expect(await client.data('{ module(name: "order") { name } }')).toEqual({ module: null })
  })
})

describe('explainAccess', () => {
  const explain = async (question: string) => (await server.admin.data(`{ explainAccess(${question}) { allowed reasons } }`)).explainAccess

  test('follows the chain of role, grant, scope, record and field', async () => {
    const { createAccounts } = await server.admin.data(
      `mutation { createAccounts(input: [{name: "Mine", owner: {id: "${rep.id}"}}, {name: "Not mine"}]) { accounts { id } } }`,
    )
    const [mine, other] = createAccounts.accounts as [{ id: string }, { id: string }]
    const { client, id } = await server.addUser('Seller', 'sales_rep')
    expect(await explain(`userId: "${rep.id}", module: "account", recordId: "${mine.id}", field: "name", action: DELETE`)).toMatchObject({ allowed: true })
    expect(await explain(`userId: "${id}", module: "account", recordId: "${mine.id}", action: READ`)).toMatchObject({ allowed: false })
    expect(await explain(`userId: "${id}", module: "account", recordId: "${other.id}", action: READ`)).toMatchObject({ allowed: false })
    expect((await client.data('{ accounts { totalCount } }')).accounts.totalCount).toBe(0)
    const hidden = await explain(`userId: "${rep.id}", module: "account", field: "creditLimit", action: READ`)
    expect(hidden.allowed).toBe(false)
    expect(hidden.reasons.join('\n')).toContain('account.creditLimit is HIDDEN')
    const chain = await explain(`userId: "${rep.id}", module: "account", action: DELETE`)
    expect(chain.reasons).toEqual([
      'The user holds the roles marketing, sales_rep.',
      'Role sales_rep grants DELETE on account with the scope OWN.',
      'So DELETE reaches records in the scope OWN.',
    ])
  })

  test('says what does not exist', async () => {
    for (const question of [
      'userId: "x", module: "account", action: READ',
      `userId: "${rep.id}", module: "nothing", action: READ`,
      `userId: "${rep.id}", module: "account", field: "nothing", action: READ`,
    ]) {
      expect((await explain(question)).allowed).toBe(false)
    }
  })
})
