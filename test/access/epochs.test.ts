import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { codesOf } from '../support/client.ts'
import { TEST_PASSWORD } from '../support/database.ts'
import { type NodeProcess, PROVE, startNode } from '../support/nodes.ts'
import { openRawSocket, type RawSocket } from '../support/raw-socket.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/**
 * Two nodes, one of them a process that hears no message. From the answer to a change of rights on, neither runs a statement by the old ones; and sockets close
 * with 4403 within a second when the session or key that they were opened with ends, or its roles grant something else.
 */
const LATEST = 1_000
const ROUNDS = PROVE ? 25 : 1
const GRANTS = 'grants: [{module: "account", actions: [READ], scope: OWN}]'

let server: TestServer
let deaf: NodeProcess
beforeAll(async () => {
  server = await startTestServer()
  deaf = await startNode(server.database.url, { deaf: true })
}, 60_000)
afterAll(async () => {
  await deaf?.close()
  await server?.close()
})

interface Person {
  readonly id: string
  readonly email: string
  readonly token: string
  readonly role: string
}

const sessions = `mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }`
const signedIn = async ({ email }: Pick<Person, 'email'>): Promise<string> =>
  (await server.anonymous.data(sessions, { input: { email, password: TEST_PASSWORD } })).signIn.accessToken

const change =
  (document: string) =>
  ({ id, role }: Person): Promise<unknown> =>
    server.admin.data(document.replaceAll(/\bID\b/g, `"${id}"`).replaceAll(/\bROLE\b/g, `"${role}"`))

/** Gives other grants to a role above the one that somebody holds. */
const inheriting = ({ role }: Person, level: 'base' | 'root') =>
  server.admin.data(`mutation { updateRole(key: "${role}_${level}", input: {grants: [{module: "account", actions: [READ], scope: TEAM}]}) { role { key } } }`)

/** What ends the sockets of somebody, with who does it. */
const ENDING: Readonly<Record<string, (person: Person) => Promise<unknown>>> = {
  'sign-out': async ({ token }) =>
    (await server.signIn('admin@guanxi.local')).send('mutation { signOut }', {}, { headers: { authorization: `Bearer ${token}` } }),
  'the end of the session by another one': async (person) => {
    const authorization = `Bearer ${await signedIn(person)}`
    const { data } = await server.anonymous.send('{ sessions { id current } }', {}, { headers: { authorization } })
    for (const { id, current } of data.sessions as { id: string; current: boolean }[])
      if (!current) await server.anonymous.send(`mutation { revokeSession(id: "${id}") { session { id } } }`, {}, { headers: { authorization } })
  },
  'disabling the user': change('mutation { updateUser(id: ID, input: {status: "disabled"}) { changeSetId } }'),
  'deleting the user': change('mutation { deleteUser(id: ID) { changeSetId } }'),
  'a new password': change(`mutation { setPassword(input: {userId: ID, password: "another horse battery staple"}) { user { id } } }`),
  'other grants of the role': change(
    'mutation { updateRole(key: ROLE, input: {grants: [{module: "account", actions: [READ], scope: TEAM}]}) { role { key } } }',
  ),
  'another field level of the role': change(
    'mutation { updateRole(key: ROLE, input: {fields: [{module: "account", field: "phone", access: READ}]}) { role { key } } }',
  ),
  'other grants of a role that the role inherits': (person) => inheriting(person, 'base'),
  'other grants of a role that this other role inherits': (person) => inheriting(person, 'root'),
  'one role more': change('mutation { assignRole(userId: ID, roleKey: "marketing") { user { id } } }'),
  'one role less': change('mutation { unassignRole(userId: ID, roleKey: ROLE) { user { id } } }'),
}

/** What changes nothing that the sockets of somebody rest on, though it bumps the access epoch. */
const OTHERS: Readonly<Record<string, (person: Person) => Promise<unknown>>> = {
  'another name of the role': change('mutation { updateRole(key: ROLE, input: {name: "Renamed"}) { role { key } } }'),
  'the end of another session of the user': async (person) =>
    server.anonymous.send('mutation { signOut }', {}, { headers: { authorization: `Bearer ${await signedIn(person)}` } }),
  'a new user': change('mutation { createUser(input: {name: "Somebody new", email: "new@test.guanxi.local"}) { changeSetId } }'),
  'a change of a role of others': change('mutation { updateRole(key: "finance", input: {grants: []}) { role { key } } }'),
}

async function person(index: number): Promise<Person> {
  const role = `role_${index}`
  for (const [suffix, more] of [
    ['_root', ''],
    ['_base', `, inherits: ["${role}_root"]`],
    ['', `, inherits: ["${role}_base"], ${GRANTS}`],
  ])
    await server.admin.data(`mutation { createRole(input: {key: "${role}${suffix}", name: "Role ${index}"${more}}) { role { key } } }`)
  const { id, email, client } = await server.addUser(`Person ${index}`, role)
  return { id, email, role, token: client.token as string }
}

const socketsOf = (token: string): Promise<RawSocket[]> =>
  Promise.all(
    [server, deaf].map(async ({ url }) => {
      const socket = await openRawSocket(url, token)
      socket.subscribe('subscription { schemaChanged { schemaVersion } }')
      expect(await socket.ask('{ accounts { totalCount } }')).toEqual({ accounts: { totalCount: 0 } })
      return socket
    }),
  )

/** Milliseconds from now until each of the sockets has closed with 4403. */
async function closings(sockets: readonly RawSocket[]): Promise<number[]> {
  const from = performance.now()
  const ends = await Promise.all(sockets.map(({ closed }) => closed))
  expect(ends.map(({ code }) => code)).toEqual(sockets.map(() => 4403))
  return ends.map(({ at }) => at - from)
}

test('sockets close on both nodes for what concerns them, and for nothing else', async () => {
  const people: Person[] = []
  for (let index = 0; index < Object.keys({ ...ENDING, ...OTHERS }).length; index += 1) people.push(await person(index))
  const sockets = await Promise.all(people.map(({ token }) => socketsOf(token)))
  const untold: Promise<void>[] = []
  for (const [index, [name, end]] of [...Object.entries(ENDING), ...Object.entries(OTHERS)].entries()) {
    await end(people[index] as Person)
    const own = sockets[index] as RawSocket[]
    if (name in ENDING) untold.push(closings(own).then((delays) => expect([name, delays.filter((delay) => delay > LATEST)]).toEqual([name, []])))
  }
  await Promise.all(untold)
  // Those who changed nothing that they rest on have been looked at as often.
  await new Promise((resolve) => setTimeout(resolve, LATEST))
  const kept = sockets.slice(Object.keys(ENDING).length)
  expect(kept.map((own) => own.map((socket) => socket.isOpen()))).toEqual(kept.map(() => [true, true]))
  for (const socket of kept.flat()) {
    expect(await socket.ask('{ accounts { totalCount } }')).toEqual({ accounts: { totalCount: 0 } })
    socket.close()
  }
}, 30_000)

test('whoever signs out over a socket gets the answer to that before it closes', async () => {
  const { token } = await person(100)
  const sockets = await socketsOf(token)
  expect(await (sockets[0] as RawSocket).ask('mutation { signOut }')).toEqual({ signOut: true })
  expect(Math.max(...(await closings(sockets)))).toBeLessThan(LATEST)
  await expect(openRawSocket(deaf.url, token)).rejects.toThrow('refused: 4403')
})

test('sockets of an API key close with the key, its role, or whoever made it', async () => {
  const make = async (client: TestServer['admin'], role: string): Promise<{ id: string; secret: string }> => {
    const { createApiKey } = await client.data(`mutation { createApiKey(input: {name: "k", roleKey: "${role}"}) { apiKey { id } secret } }`)
    return { id: createApiKey.apiKey.id, secret: createApiKey.secret }
  }
  const owner = await person(200)
  const client = await server.signIn(owner.email)
  const [revoked, kept] = [await make(client, owner.role), await make(client, owner.role)]
  const sockets = await Promise.all([revoked, kept].map(({ secret }) => socketsOf(secret)))
  await client.data(`mutation { revokeApiKey(id: "${revoked.id}") { apiKey { id } } }`)
  expect(Math.max(...(await closings(sockets[0] as RawSocket[])))).toBeLessThan(LATEST)
  expect((sockets[1] as RawSocket[]).map((socket) => socket.isOpen())).toEqual([true, true])
  await server.admin.data(`mutation { updateUser(id: "${owner.id}", input: {status: "disabled"}) { changeSetId } }`)
  expect(Math.max(...(await closings(sockets[1] as RawSocket[])))).toBeLessThan(LATEST)
})

const ASKED = '{ accounts(orderBy: [{name: ASC}]) { nodes { name phone { raw } } } }'
const FILTERED = '{ accounts(filter: {phone: {isNull: false}}) { totalCount } }'
const TOLD = '{ __type(name: "Account") { fields { name } } }'
const WRITTEN = 'mutation { updateAccount(id: "OWN_ACCOUNT", input: {name: "a own"}) { account { name } } }'
const OWN = { name: 'a own', phone: { raw: '+86 10 6234 5678' } }
const TEAM = { name: 'b of a colleague', phone: { raw: '+86 10 6234 5678' } }
const OTHER = { name: 'c of another team', phone: { raw: '+86 10 6234 5678' } }
const noPhone = (nodes: readonly object[]) => nodes.map((node) => ({ ...node, phone: null }))
const grant = (actions: string, scope: string, phone = 'READ') =>
  `mutation { updateRole(key: ROLE, input: {grants: [{module: "account", actions: [${actions}], scope: ${scope}}], fields: [{module: "account", field: "phone", access: ${phone}}]}) { role { key } } }`

/** Changes in their order, each with what the list and the write answer from then on: nodes or a code, data or a code. */
const CHANGES: readonly (readonly [change: string, list: readonly object[] | string, write: string])[] = [
  [grant('READ, UPDATE', 'ALL'), [OWN, TEAM, OTHER], 'ok'],
  [grant('READ', 'ALL'), [OWN, TEAM, OTHER], 'FORBIDDEN'],
  [grant('READ, UPDATE', 'OWN'), [OWN], 'ok'],
  [grant('READ, UPDATE', 'TEAM'), [OWN, TEAM], 'ok'],
  ['mutation { updateUser(id: ID, input: {team: {id: "OTHER_TEAM"}}) { changeSetId } }', [OWN, OTHER], 'ok'],
  ['mutation { updateUser(id: "COLLEAGUE", input: {team: {id: "OTHER_TEAM"}}) { changeSetId } }', [OWN, TEAM, OTHER], 'ok'],
  [grant('READ, UPDATE', 'TEAM', 'HIDDEN'), noPhone([OWN, TEAM, OTHER]), 'ok'],
  ['mutation { unassignRole(userId: ID, roleKey: ROLE) { user { id } } }', 'FORBIDDEN', 'FORBIDDEN'],
  ['mutation { assignRole(userId: ID, roleKey: ROLE) { user { id } } }', noPhone([OWN, TEAM, OTHER]), 'ok'],
  [grant('READ, UPDATE', 'TEAM'), [OWN, TEAM, OTHER], 'ok'],
  ['mutation { updateUser(id: ID, input: {status: "disabled"}) { changeSetId } }', 'UNAUTHENTICATED', 'UNAUTHENTICATED'],
]

test(
  'the first request after the answer to a change obeys it, on the node that heard nothing of it',
  async () => {
    const make = async (what: string, input: string): Promise<string> => {
      const payload = Object.values(await server.admin.data(`mutation { create${what}(input: ${input}) { made: ${what.toLowerCase()} { id } } }`))[0]
      return (payload as { made: { id: string } }).made.id
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      const someone = await person(300 + round)
      const [colleague, other] = [(await server.addUser(`Colleague ${round}`)).id, (await server.addUser(`Other ${round}`)).id]
      const [team, otherTeam] = [await make('Team', '{name: "Here"}'), await make('Team', '{name: "There"}')]
      for (const [id, home] of [
        [someone.id, team],
        [colleague, team],
        [other, otherTeam],
      ] as const)
        await server.admin.data(`mutation { updateUser(id: "${id}", input: {team: {id: "${home}"}}) { changeSetId } }`)
      const accounts: string[] = []
      for (const [owner, { name }] of [
        [someone.id, OWN],
        [colleague, TEAM],
        [other, OTHER],
      ] as const)
        accounts.push(await make('Account', `{name: "${name}", phone: "+86 10 6234 5678", owner: {id: "${owner}"}}`))
      const written = WRITTEN.replace('OWN_ACCOUNT', accounts[0] as string)
      const headers = { authorization: `Bearer ${await signedIn(someone)}` }
      const ask = (query: string) => deaf.admin.send(query, {}, { headers })
      for (const [document, list, write] of CHANGES) {
        // What the node knows of these rights is fresh, and its socket open.
        await Promise.all([ask(ASKED), ask(FILTERED), ask(TOLD)])
        const socket = await openRawSocket(deaf.url, headers.authorization.slice('Bearer '.length))
        await socket.ask(ASKED)
        await change(document.replace('OTHER_TEAM', otherTeam).replace('COLLEAGUE', colleague))(someone)
        const [overSocket, listed, filtered, shown, wrote] = await Promise.all([socket.ask(ASKED), ask(ASKED), ask(FILTERED), ask(TOLD), ask(written)])
        const told = (answer: typeof listed) => (Array.isArray(list) ? (answer.data?.accounts?.nodes ?? codesOf(answer)) : codesOf(answer)[0])
        expect([document, told(listed), codesOf(wrote)[0] ?? 'ok']).toEqual([document, list, write])
        // What runs no statement, because it is refused or is about the schema, goes by the rights of now as well.
        const knowsPhone = list[0] === OWN
        expect([document, codesOf(filtered)[0] ?? 'ok']).toEqual([document, knowsPhone ? 'ok' : Array.isArray(list) ? 'GRAPHQL_VALIDATION_FAILED' : list])
        const fields: readonly { name: string }[] = shown.data?.__type?.fields ?? []
        expect([document, fields.some(({ name }) => name === 'phone')]).toEqual([document, knowsPhone])
        // The socket may have been closed meanwhile.
        if (overSocket?.accounts) expect([document, overSocket.accounts.nodes]).toEqual([document, list])
        socket.close()
      }
      await server.admin.data(`mutation { deleteAccounts(ids: ${JSON.stringify(accounts)}) { changeSetId } }`)
    }
  },
  ROUNDS * 10_000,
)

test('whoever becomes an administrator, or is none any more, is taken for what he is by the next request', async () => {
  const someone = await person(400)
  const headers = { authorization: `Bearer ${await signedIn(someone)}` }
  for (const [name, node] of [
    ['deaf', deaf.admin],
    ['hearing', server.admin],
  ] as const) {
    for (const [what, code] of [
      ['assignRole', 'ok'],
      ['unassignRole', 'FORBIDDEN'],
    ] as const) {
      await node.send('{ roles { key } }', {}, { headers })
      await change(`mutation { ${what}(userId: ID, roleKey: "admin") { user { id } } }`)(someone)
      expect([what, codesOf(await node.send('{ roles { key } }', {}, { headers }))[0] ?? 'ok']).toEqual([what, code])
      const made = await node.send(`mutation { createRole(input: {key: "${name}_${what.toLowerCase()}", name: "x"}) { role { key } } }`, {}, { headers })
      expect([what, codesOf(made)[0] ?? 'ok']).toEqual([what, code])
    }
  }
})

test('what stands beside changeCursor is answered by the rights of now too', async () => {
  await server.admin.data(
    'mutation { createRole(input: {key: "seer", name: "Seer", grants: [{module: "account", actions: [READ], scope: ALL}], fields: [{module: "account", field: "phone", access: READ}]}) { role { key } } }',
  )
  const { email } = await server.addUser('Seer', 'seer')
  const headers = { authorization: `Bearer ${await signedIn({ email })}` }
  const ask = (query: string, variables = {}) => deaf.admin.send(query, variables, { headers })
  const described = '{ changeCursor __type(name: "Account") { fields { name } } }'
  const names = async () => (await ask(described)).data.__type.fields.map(({ name }: { name: string }) => name)
  expect(await names()).toContain('phone')
  await server.admin.data('mutation { updateRole(key: "seer", input: {fields: [{module: "account", field: "phone", access: HIDDEN}]}) { role { key } } }')
  expect(await names()).not.toContain('phone')

  const contacts = '{ changeCursor contacts { totalCount } }'
  expect(codesOf(await ask(contacts))).toEqual(['FORBIDDEN'])
  await server.admin.data(
    'mutation { updateRole(key: "seer", input: {grants: [{module: "account", actions: [READ], scope: ALL}, {module: "contact", actions: [READ], scope: ALL}]}) { role { key } } }',
  )
  expect(codesOf(await ask(contacts))).toEqual([])

  // The same where the feed is read, which looks for modules that changed.
  const { changeCursor } = (await ask('{ changeCursor }')).data
  await server.admin.data('mutation { createAccount(input: {name: "Told", phone: "+86 10 6234 5678"}) { changeSetId } }')
  const feed = 'query ($after: String!) { changes(after: $after) { cursor } __type(name: "Account") { fields { name } } }'
  const told = async () => (await ask(feed, { after: changeCursor })).data.__type.fields.map(({ name }: { name: string }) => name)
  expect(await told()).not.toContain('phone')
  await server.admin.data('mutation { updateRole(key: "seer", input: {fields: [{module: "account", field: "phone", access: READ}]}) { role { key } } }')
  expect(await told()).toContain('phone')
})
