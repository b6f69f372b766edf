import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, type TestClient } from '../support/client.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/**
 * A secret of a record that can be read, but for that field, is searched for as one would: a guess goes through every door, and if the answer to a right guess
 * differs from that to a wrong one in anything (bytes, order, counts, statements), it is a bit, and the secret is read out in a few hundred of them
 * (CVE-2023-22894, CVE-2025-30352).
 */
const SECRET = 'qzxjkvwqxz'
const UNIQUE = 'vvkqzjxw'
/** Letters of the secrets, of which no word of an answer is made. */
const ALPHABET = 'jkqvwxyz'

let server: TestServer
let clerk: TestClient
let auditor: TestClient
let account: string
let contact: string

beforeAll(async () => {
  server = await startTestServer()
  await makeField(server.admin, { module: 'account', name: 'passport', type: 'TEXT', sensitivity: 'personal', unique: true, searchable: true })
  await makeField(server.admin, { module: 'account', name: 'pin', type: 'TEXT', sensitivity: 'sensitive', searchable: true })
  await makeField(server.admin, { module: 'account', name: 'score', type: 'INTEGER', sensitivity: 'sensitive', indexed: true })
  await server.admin.data(METADATA.createModule, {
    input: {
      name: 'errand',
      pluralName: 'errands',
      fields: [
        { name: 'title', type: 'TEXT' },
        { name: 'at', type: 'REFERENCE', reference: { module: 'account', inverseName: 'errands' } },
      ],
    },
  })
  const role = { grants: ['account', 'contact', 'errand'].map((module) => ({ module, actions: ['CREATE', 'READ', 'UPDATE'], scope: 'ALL' })) }
  await server.admin.data(ROLES.create, { input: { key: 'clerk', name: 'Clerk', ...role } })
  const fields = ['passport', 'pin', 'score'].map((field) => ({ module: 'account', field, access: 'READ' }))
  await server.admin.data(ROLES.create, { input: { key: 'auditor', name: 'Auditor', ...role, fields } })
  clerk = (await server.addUser('Clerk', 'clerk')).client
  auditor = (await server.addUser('Auditor', 'auditor')).client
  const make = async (what: string, input: object) =>
    (
      await server.admin.data(`mutation ($input: Create${what}Input!) { made: create${what}(input: $input) { record: ${what.toLowerCase()} { id } } }`, {
        input,
      })
    ).made.record.id as string
  account = await make('Account', { name: 'target', pin: SECRET, passport: UNIQUE, score: 42 })
  for (let other = 0; other < 5; other += 1) await make('Account', { name: `other ${other}`, pin: `y${other}`, score: other })
  contact = await make('Contact', { name: 'person', account: { id: account } })
  await make('Errand', { title: 'way', at: { id: account } })
}, 60_000)
afterAll(() => server?.close())

/** Ways in which a guess can be asked, each with a condition or a key on the hidden field. GUESS is a literal. */
const DOORS: readonly string[] = [
  ...['eq', 'ne', 'startsWith', 'contains', 'endsWith', 'gt', 'gte', 'lt', 'lte'].map(
    (operator) => `{ accounts(filter: {pin: {${operator}: GUESS}}) { totalCount nodes { id } } }`,
  ),
  ...['in', 'notIn'].map((operator) => `{ accounts(filter: {pin: {${operator}: [GUESS]}}) { totalCount } }`),
  '{ accounts(filter: {id: {eq: "ACCOUNT"}, not: {pin: {startsWith: GUESS}}}) { nodes { id } } }',
  '{ accounts(filter: {or: [{name: {eq: "none"}}, {pin: {startsWith: GUESS}}]}, orderBy: [{pin: ASC}]) { nodes { id } } }',
  '{ accountsAggregate(filter: {pin: {startsWith: GUESS}}) { count } }',
  '{ accountsAggregate(filter: {pin: {startsWith: GUESS}}, groupBy: [{pin: true}]) { key count } }',
  '{ contacts(filter: {account: {pin: {startsWith: GUESS}}}) { totalCount } }',
  '{ errands(filter: {at: {pin: {startsWith: GUESS}}}) { totalCount } }',
  '{ accounts(filter: {errands: {some: {at: {pin: {startsWith: GUESS}}}}}) { totalCount } }',
  '{ errands { nodes { at { errands(filter: {at: {pin: {startsWith: GUESS}}}) { totalCount } } } } }',
  '{ accounts(search: GUESS) { totalCount nodes { id } } }',
  '{ accountsAggregate(search: GUESS) { count } }',
  '{ search: accounts(search: GUESS, filter: {id: {eq: "ACCOUNT"}}) { totalCount pageInfo { hasNextPage } } }',
  '{ account(id: "ACCOUNT") { values(fields: ["pin", GUESS]) } }',
  '{ accountBy(by: {passport: GUESS}) { id } }',
  'mutation { updateAccount(id: "ACCOUNT", input: {pin: GUESS}, dryRun: true) { account { id } } }',
  'mutation { createAccount(input: {name: "x", passport: GUESS}, dryRun: true) { account { id } } }',
  'mutation { upsertAccount(by: {passport: GUESS}, input: {name: "x"}, dryRun: true) { created } }',
  'mutation { updateContact(id: "CONTACT", input: {account: {passport: GUESS}}, dryRun: true) { contact { id } } }',
]

interface Told {
  readonly text: string
  readonly statements: number
}

/** The whole answer without the guess itself and the request's own id, and what it cost. */
async function ask(client: TestClient, door: string, guess: string): Promise<Told> {
  const query = door.replaceAll('ACCOUNT', account).replaceAll('CONTACT', contact).replaceAll('GUESS', JSON.stringify(guess))
  let text = ''
  const statements = await server.statementsOf(async () => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${client.token}`, 'x-request-id': 'same' }
    text = await (await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })).text()
  })
  return { text: text.replaceAll(guess, 'GUESS'), statements: statements.filter(({ purpose }) => purpose === 'record').length }
}

describe('reading a secret out by guesses', () => {
  test('gets not one bit of it by any door, by prefix, by order, or all at once', async () => {
    const bits: string[] = []
    for (const door of DOORS) {
      const secret = door.includes('passport') ? UNIQUE : SECRET
      for (const length of [3, 5, secret.length]) {
        const right = secret.slice(0, length)
        const wrong = `${secret.slice(0, length - 1)}y`
        const [yes, no] = [await ask(clerk, door, right), await ask(clerk, door, wrong)]
        if (JSON.stringify(yes) !== JSON.stringify(no)) bits.push(`${door} ${right}: ${yes.text} (${yes.statements}), else ${no.text} (${no.statements})`)
      }
    }
    expect(bits).toEqual([])
  })

  test('reads it within a hundred guesses where the field may be read, so that the doors are doors', async () => {
    let known = ''
    let guesses = 0
    const oracle = async (guess: string) => {
      guesses += 1
      return (await ask(auditor, '{ accounts(filter: {pin: {startsWith: GUESS}, id: {eq: "ACCOUNT"}}) { totalCount } }', guess)).text.includes('"totalCount":1')
    }
    while (known.length < SECRET.length) {
      const next = [...ALPHABET]
      while (next.length > 1 && !(await oracle(known + next[0]))) next.shift()
      known += next[0]
    }
    expect(known).toBe(SECRET)
    expect(guesses).toBeLessThan(100)
    const telling = []
    for (const door of DOORS.slice(0, 11)) if ((await ask(auditor, door, SECRET)).text !== (await ask(auditor, door, 'yyyyyyyyyy')).text) telling.push(door)
    expect(telling.length).toBe(11)
  })

  test('lists of readers have no order of the hidden values, and their cursors hold none', async () => {
    const page = async (client: TestClient, order: string) =>
      (await client.send(`{ accounts(first: 3, ${order}) { nodes { name } pageInfo { endCursor } } }`)) as {
        data: { accounts: { pageInfo: { endCursor: string } } }
      }
    const { endCursor } = (await page(auditor, 'orderBy: [{score: DESC}]')).data.accounts.pageInfo
    // A cursor that somebody else was given is no way to the order that it belongs to.
    for (const order of ['', 'orderBy: [{createdAt: DESC}], ', 'orderBy: [{score: DESC}], ']) {
      const answer = await clerk.send(`{ accounts(first: 3, ${order}after: "${endCursor}") { nodes { name } } }`)
      expect([order, codesOf(answer)]).toEqual([order, [order.includes('score') ? 'GRAPHQL_VALIDATION_FAILED' : 'CURSOR_INVALID']])
    }
    for (const order of ['orderBy: [{name: ASC}]', 'orderBy: [{createdAt: DESC}]']) {
      const { data } = await page(clerk, order)
      const plain = Buffer.from(data.accounts.pageInfo.endCursor, 'base64').toString('latin1')
      // A short number is found in times and ids by chance; as a value of its own it is a text among the cursor's.
      expect([order, plain.includes(SECRET), /"42(\.0+)?"/.test(plain)]).toEqual([order, false, false])
    }
  })

  test('who may not know when records were made pages by the id, and no cursor tells the time', async () => {
    await server.admin.data(`mutation { createRole(input: {key: "timeless", name: "Timeless", grants: [{module: "account", actions: [READ], scope: ALL}],
      fields: [{module: "account", field: "createdAt", access: HIDDEN}]}) { role { key } } }`)
    const { client } = await server.addUser('Timeless', 'timeless')
    const names: string[] = []
    for (let after: string | null = null, more = true; more; ) {
      const { accounts } = await client.data(
        'query ($after: String) { accounts(first: 2, after: $after) { nodes { name } edges { cursor } pageInfo { hasNextPage endCursor } } }',
        { after },
      )
      names.push(...accounts.nodes.map(({ name }: { name: string }) => name))
      for (const { cursor } of accounts.edges) expect(Buffer.from(cursor, 'base64').toString('latin1')).not.toMatch(/20\d\d-\d\d-\d\d/)
      more = accounts.pageInfo.hasNextPage
      after = accounts.pageInfo.endCursor
    }
    expect(names).toEqual(['other 4', 'other 3', 'other 2', 'other 1', 'other 0', 'target'])
    expect(codesOf(await client.send('{ accounts(orderBy: [{createdAt: DESC}]) { totalCount } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
  })
})

describe('a key that another record has', () => {
  // A unique constraint must not be a way to ask for values of others.
  test('tells nothing where the field is hidden, and not whose it is where the record is', async () => {
    await server.admin.data(`mutation { createRole(input: {key: "own", name: "Own", grants: [{module: "account", actions: [CREATE, READ, UPDATE, BULK], scope: OWN}],
      fields: [{module: "account", field: "passport", access: WRITE}]}) { role { key } } }`)
    const { client } = await server.addUser('Own', 'own')
    const { createAccount } = await client.data('mutation { createAccount(input: {name: "mine"}) { account { id } } }')
    const own = createAccount.account.id
    for (const source of [
      `mutation { createAccount(input: {name: "x", passport: "${UNIQUE}"}) { account { id } } }`,
      `mutation { createAccounts(input: [{name: "y"}, {name: "x", passport: "${UNIQUE}"}]) { accounts { id } } }`,
      `mutation { updateAccount(id: "${own}", input: {passport: "${UNIQUE}"}) { account { id } } }`,
      `mutation { upsertAccount(by: {passport: "${UNIQUE}"}, input: {name: "x"}) { account { id } } }`,
      `mutation { upsertAccount(by: {id: "${own}"}, input: {name: "x", passport: "${UNIQUE}"}) { account { id } } }`,
    ]) {
      const answer = await client.send(source)
      expect([source, codesOf(answer), answer.data]).toEqual([source, ['DUPLICATE'], null])
      for (const told of [account, 'target', SECRET]) expect([source, JSON.stringify(answer).includes(told)]).toEqual([source, false])
    }
    expect((await client.data('{ accounts(deleted: INCLUDE) { nodes { name passport } } }')).accounts.nodes).toEqual([{ name: 'mine', passport: null }])
  })
})
