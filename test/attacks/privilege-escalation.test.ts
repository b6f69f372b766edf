import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, createTestClient, type TestClient, TRANSPORTS } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { callOf } from '../support/smallest-call.ts'

/** Nobody gets more than an administrator gave them: not by the administrators' operations, not by records of users, not by keys. */
const ROLES = ['sales_manager', 'sales_rep', 'marketing', 'service_agent', 'finance', 'read_only', 'personnel'] as const

/** What is for everybody, about themselves, or by rights on a record. */
const OPEN = new Set([
  'signIn',
  'refreshSession',
  'signOut',
  'revokeSession',
  'revokeOtherSessions',
  'requestPasswordReset',
  'resetPassword',
  'acceptInvitation',
  'createApiKey',
  'revokeApiKey',
  'setPassword',
  'shareRecord',
  'unshareRecord',
  'mergeTickets',
])
const OPEN_QUERIES = new Set(['me', 'sessions', 'apiKeys', 'schemaVersion', 'modules', 'module', 'node', 'nodes', 'recordShares'])

let server: TestServer
const people = new Map<string, { readonly id: string; readonly email: string; readonly client: TestClient }>()
let adminId: string

beforeAll(async () => {
  server = await startTestServer()
  await server.admin.data(`mutation { createRole(input: {key: "personnel", name: "Personnel", grants: [
    {module: "user", actions: [CREATE, READ, UPDATE, DELETE, RESTORE, BULK], scope: ALL}, {module: "account", actions: [READ], scope: TEAM_TREE}],
    fields: [{module: "user", field: "email", access: WRITE}]}) { role { key } } }`)
  for (const role of ROLES) people.set(role, await server.addUser(role.replace('_', ' '), role))
  adminId = (await server.admin.data('{ me { id } }')).me.id
}, 60_000)
afterAll(() => server?.close())

const personOf = (role: string) => people.get(role) as { readonly id: string; readonly email: string; readonly client: TestClient }
/** Everything but the count of failed sign-ins, of which a wrong old password is one. */
const stateOf = async () => {
  const { sign_in_failure: _, ...content } = await contentOf(server.database.url)
  return [await rolesOf(), content]
}
const rolesOf = async () =>
  server.admin.data(
    '{ roles { key inherits grants { module actions scope } fields { module field access } } users(first: 100, orderBy: [{id: ASC}]) { nodes { id email status roles { key } } } }',
  )

describe("administrators' operations", () => {
  /** Root fields that are written by hand: records have rights of their own. */
  const handWritten = (type: 'getQueryType' | 'getMutationType') =>
    Object.values(server.app.engine.runtime.schema[type]()?.getFields() ?? {}).filter(
      ({ extensions }) => extensions.guanxi === undefined || extensions.guanxi.kind === 'handle',
    )

  test.each(ROLES)('are refused to %s over both transports, and change nothing', async (role) => {
    const { client } = personOf(role)
    const before = await contentOf(server.database.url)
    const calls = [
      ...handWritten('getQueryType')
        .filter(({ name }) => !OPEN_QUERIES.has(name))
        .map((field) => ['query', field] as const),
      ...handWritten('getMutationType')
        .filter(({ name }) => !OPEN.has(name))
        .map((field) => ['mutation', field] as const),
    ]
    expect(calls.length).toBeGreaterThan(20)
    for (const [index, [operation, field]] of calls.entries()) {
      const transport = TRANSPORTS[index % TRANSPORTS.length] as (typeof TRANSPORTS)[number]
      const root = operation === 'query' ? 'Query' : 'Mutation'
      const wrapped = `${operation} { ...F } fragment F on ${root} { alias: ${callOf(field)} }`
      const source = index % 4 < 2 ? `${operation} { ${callOf(field)} }` : wrapped
      const answer = await client.send(source, {}, { transport })
      expect([source, codesOf(answer), Object.values(answer.data ?? {}).filter((value) => value !== null)]).toEqual([source, ['FORBIDDEN'], []])
    }
    expect(await contentOf(server.database.url)).toEqual(before)
  })
})

describe('whoever wants to be more', () => {
  test('gives no role to themselves, takes no key of somebody else, sets no password of others: all stays as it was', async () => {
    const before = await stateOf()
    for (const role of ROLES) {
      const { id, client } = personOf(role)
      const attempts: readonly (readonly [string, string])[] = [
        [`mutation { assignRole(userId: "${id}", roleKey: "admin") { user { id } } }`, 'FORBIDDEN'],
        [`mutation { updateRole(key: "${role}", input: {grants: [{module: "*", actions: [READ, UPDATE], scope: ALL}]}) { role { key } } }`, 'FORBIDDEN'],
        [`mutation { updateRole(key: "${role}", input: {inherits: ["finance"]}) { role { key } } }`, 'FORBIDDEN'],
        ['mutation { createApiKey(input: {name: "k", roleKey: "admin"}) { secret } }', 'FORBIDDEN'],
        [`mutation { createApiKey(input: {name: "k", roleKey: "${role === 'finance' ? 'sales_manager' : 'finance'}"}) { secret } }`, 'FORBIDDEN'],
        [`mutation { createApiKey(input: {name: "k", userId: "${adminId}"}) { secret } }`, 'FORBIDDEN'],
        [`mutation { setPassword(input: {userId: "${adminId}", password: "another horse battery staple"}) { user { id } } }`, 'FORBIDDEN'],
        [`mutation { setPassword(input: {userId: "${id}", password: "another horse battery staple"}) { user { id } } }`, 'VALIDATION_FAILED'],
      ]
      for (const [index, [source, code]] of attempts.entries()) {
        const transport = TRANSPORTS[index % TRANSPORTS.length] as (typeof TRANSPORTS)[number]
        expect([role, source, codesOf(await client.send(source, {}, { transport }))]).toEqual([role, source, [code]])
      }
    }
    expect(await stateOf()).toEqual(before)
  })

  test('and may write users makes neither an administrator nor themselves somebody else', async () => {
    const { id, client } = personOf('personnel')
    const { createTeam } = await server.admin.data('mutation { createTeam(input: {name: "Above"}) { team { id } } }')
    const before = await stateOf()
    const attempts: readonly (readonly [string, string])[] = [
      // The account of an administrator, by its address or by what it is.
      [`mutation { updateUser(id: "${adminId}", input: {email: "mine@test.guanxi.local"}) { user { id } } }`, 'FORBIDDEN'],
      [`mutation { updateUsers(updates: [{id: "${adminId}", input: {email: "mine@test.guanxi.local"}}]) { users { id } } }`, 'FORBIDDEN'],
      [`mutation { upsertUser(by: {id: "${adminId}"}, input: {name: "x", email: "mine@test.guanxi.local"}) { user { id } } }`, 'FORBIDDEN'],
      ['mutation { upsertUser(by: {email: "admin@guanxi.local"}, input: {name: "x", status: "disabled"}) { user { id } } }', 'FORBIDDEN'],
      [`mutation { updateUser(id: "${adminId}", input: {status: "disabled"}) { user { id } } }`, 'FORBIDDEN'],
      [`mutation { deleteUser(id: "${adminId}") { id } }`, 'FORBIDDEN'],
      [`mutation { deleteUsers(ids: ["${adminId}"]) { users { id } } }`, 'FORBIDDEN'],
      // A team with more below it.
      [`mutation { updateUser(id: "${id}", input: {team: {id: "${createTeam.team.id}"}}) { user { id } } }`, 'VALIDATION_FAILED'],
      [`mutation { upsertUser(by: {id: "${id}"}, input: {name: "x", team: {id: "${createTeam.team.id}"}}) { user { id } } }`, 'VALIDATION_FAILED'],
      // Members that users have, but not by an input.
      [`mutation { updateUser(id: "${id}", input: {roles: ["admin"]}) { user { id } } }`, 'GRAPHQL_VALIDATION_FAILED'],
      ['mutation { createUser(input: {name: "x", roles: [{key: "admin"}]}) { user { id } } }', 'GRAPHQL_VALIDATION_FAILED'],
      [`mutation { updateUser(id: "${id}", input: {passwordHash: "x"}) { user { id } } }`, 'GRAPHQL_VALIDATION_FAILED'],
    ]
    for (const [source, code] of attempts) {
      const answer = await client.send(source)
      expect([source, codesOf(answer), answer.data ?? null]).toEqual([source, [code], null])
    }
    expect(await stateOf()).toEqual(before)
  })

  test('and may arrange teams brings nobody under themselves, one by one, in bulk, or by a detour', async () => {
    await server.admin.data(`mutation { createRole(input: {key: "organiser", name: "Organiser", grants: [{module: "account", actions: [READ], scope: TEAM_TREE},
      {module: "team", actions: [CREATE, READ, UPDATE, BULK], scope: ALL}, {module: "user", actions: [READ, UPDATE, BULK], scope: ALL}]}) { role { key } } }`)
    const [self, other] = [await server.addUser('Organiser', 'organiser'), await server.addUser('Other', 'sales_rep')]
    const team = async (name: string) =>
      (await server.admin.data(`mutation { createTeam(input: {name: "${name}"}) { team { id } } }`)).createTeam.team.id as string
    const [mine, theirs] = [await team('Mine'), await team('Theirs')]
    for (const [user, home] of [
      [self, mine],
      [other, theirs],
    ] as const)
      await server.admin.data(`mutation { updateUser(id: "${user.id}", input: {team: {id: "${home}"}}) { changeSetId } }`)
    await server.admin.data(`mutation { createAccount(input: {name: "secret", owner: {id: "${other.id}"}}) { changeSetId } }`)
    const created = await self.client.data(`mutation { createTeam(input: {name: "Below mine", parent: {id: "${mine}"}}) { team { id } } }`)
    const below = created.createTeam.team.id
    const before = await stateOf()
    for (const source of [
      `mutation { updateTeam(id: "${theirs}", input: {parent: {id: "${mine}"}}) { changeSetId } }`,
      `mutation { updateTeam(id: "${theirs}", input: {parent: {id: "${below}"}}) { changeSetId } }`,
      `mutation { updateTeams(updates: [{id: "${below}", input: {name: "x"}}, {id: "${theirs}", input: {parent: {id: "${below}"}}}]) { changeSetId } }`,
      `mutation { upsertTeam(by: {id: "${theirs}"}, input: {name: "x", parent: {id: "${mine}"}}) { changeSetId } }`,
      // A new team first, into which the other is moved in the same operation.
      `mutation { createTeam(input: {ref: "new", name: "New", parent: {id: "${mine}"}}) { changeSetId } updateTeam(id: "${theirs}", input: {parent: {ref: "new"}}) { changeSetId } }`,
      `mutation { updateUser(id: "${other.id}", input: {team: {id: "${mine}"}}) { changeSetId } }`,
      `mutation { updateUsers(updates: [{id: "${other.id}", input: {team: {id: "${below}"}}}]) { changeSetId } }`,
    ]) {
      const answer = await self.client.send(source)
      expect([source, codesOf(answer), answer.data ?? null]).toEqual([source, ['VALIDATION_FAILED'], null])
    }
    expect(await stateOf()).toEqual(before)
    expect(await self.client.data('{ accounts { totalCount } }')).toEqual({ accounts: { totalCount: 0 } })
    // What widens nothing is theirs to do.
    await self.client.data(`mutation { updateTeam(id: "${below}", input: {parent: null}) { changeSetId } }`)
    await server.admin.data(`mutation { updateTeam(id: "${theirs}", input: {parent: {id: "${mine}"}}) { changeSetId } }`)
    expect(await self.client.data('{ accounts { totalCount } }')).toEqual({ accounts: { totalCount: 1 } })
  })

  test('gets no more by a key than its maker holds: not by a key of a key, and not longer than the maker', async () => {
    const { id, client } = await server.addUser('Both', 'sales_rep', 'finance')
    const keyOf = async (maker: TestClient, input: string) => {
      const answer = await maker.send(`mutation { createApiKey(input: {name: "k"${input}}) { secret } }`)
      return [codesOf(answer), answer.data?.createApiKey?.secret] as const
    }
    const [, secret] = await keyOf(client, ', roleKey: "sales_rep"')
    const limited = createTestClient(server.url, secret)
    const asks = async (who: TestClient) => codesOf(await who.send('{ accounts { nodes { creditLimit { amount } } } }'))
    expect([await asks(client), await asks(limited)]).toEqual([[], ['FORBIDDEN_FIELD']])
    const [whole, other] = [await keyOf(limited, ''), await keyOf(limited, ', roleKey: "finance"')]
    expect([whole[0], other[0]]).toEqual([['FORBIDDEN'], ['FORBIDDEN']])
    // It has no say over what acts with more: it neither sees nor ends sessions, and keys of other roles or of none.
    const wide = await client.data('mutation { createApiKey(input: {name: "wide"}) { apiKey { id } } }')
    const { sessions } = await client.data('{ sessions { id } }')
    expect(await limited.data('{ sessions { id } apiKeys { roleKey } }')).toEqual({ sessions: [], apiKeys: [{ roleKey: 'sales_rep' }] })
    for (const source of [`revokeApiKey(id: "${wide.createApiKey.apiKey.id}") { apiKey { id } }`, `revokeSession(id: "${sessions[0].id}") { session { id } }`])
      expect([source, codesOf(await limited.send(`mutation { ${source} }`))]).toEqual([source, ['NOT_FOUND']])
    expect((await client.data('{ sessions { id } }')).sessions).toEqual(sessions)
    // Nor does it take over whom it acts for.
    expect(codesOf(await limited.send(`mutation { setPassword(input: {userId: "${id}", password: "another horse battery staple"}) { user { id } } }`))).toEqual(
      ['FORBIDDEN'],
    )
    const [, same] = await keyOf(limited, ', roleKey: "sales_rep"')
    const again = createTestClient(server.url, same)
    expect(await asks(again)).toEqual(['FORBIDDEN_FIELD'])
    await server.admin.data(`mutation { unassignRole(userId: "${id}", roleKey: "sales_rep") { user { id } } }`)
    for (const key of [limited, again]) expect(await asks(key)).toEqual(['FORBIDDEN'])
    const deposed = await server.addUser('Deposed', 'admin')
    const [, crown] = await keyOf(deposed.client, ', roleKey: "admin"')
    const crowned = createTestClient(server.url, crown)
    expect(codesOf(await crowned.send('{ roles { key } }'))).toEqual([])
    await server.admin.data(`mutation { unassignRole(userId: "${deposed.id}", roleKey: "admin") { user { id } } }`)
    expect(codesOf(await crowned.send('{ roles { key } }'))).toEqual(['FORBIDDEN'])
  })
})
