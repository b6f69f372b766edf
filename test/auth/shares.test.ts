import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { type Answer, codesOf, createTestClient, type TestClient } from '../support/client.ts'
import { type NodeProcess, startNode } from '../support/nodes.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Records shared with users and teams: what a share opens, what it never opens, who may make one, and that it ends at once. */
let server: TestServer
let other: NodeProcess
let database: pg.Client
type Person = Awaited<ReturnType<TestServer['addUser']>>
let [olga, rolf, tom, vera, nora]: [Person, Person, Person, Person, Person] = [] as never
let [north, below]: [string, string] = ['', '']

const SHARE = `mutation ($input: ShareRecordInput!) { shareRecord(input: $input) {
  share { id module recordId user { id name } userId team { id name } teamId level expiresAt createdAt createdBy { id } } } }`
const UNSHARE = 'mutation ($id: ID!) { unshareRecord(id: $id) { share { id level } } }'
const SHARES = 'query ($id: ID!) { recordShares(module: "account", recordId: $id) { id userId teamId level } }'

beforeAll(async () => {
  server = await startTestServer()
  database = new pg.Client({ connectionString: server.database.url })
  await database.connect()
  const role = `mutation { createRole(input: {key: "limited", name: "Limited", grants: [{module: "account", actions: [READ], scope: OWN}]}) { role { key } } }`
  await server.admin.data(role)
  olga = await server.addUser('Olga', 'sales_rep')
  rolf = await server.addUser('Rolf', 'sales_rep')
  tom = await server.addUser('Tom', 'sales_rep')
  // Reads every record, and updates none.
  vera = await server.addUser('Vera', 'read_only')
  // Reads her own accounts, and nothing else.
  nora = await server.addUser('Nora', 'limited')
  const team = async (input: object) =>
    (await server.admin.data('mutation ($input: CreateTeamInput!) { createTeam(input: $input) { team { id } } }', { input })).createTeam.team.id
  north = await team({ name: 'North' })
  below = await team({ name: 'Below', parent: { id: north } })
  other = await startNode(server.database.url, { deaf: true })
}, 60_000)

afterAll(async () => {
  await database?.end()
  await other?.close()
  await server?.close()
})

let account: string
let name: string
let count = 0
beforeEach(async () => {
  count += 1
  name = `Account ${count}`
  account = await accountOf(olga, name)
})

async function accountOf({ client }: Person, accountName: string): Promise<string> {
  const input = { name: accountName, phone: '+86 10 6234 5678' }
  const made = await client.data('mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }', { input })
  return made.createAccount.account.id
}

/** An opportunity of nobody's but the administrator. */
async function dealOf(input: object): Promise<string> {
  const made = await server.admin.data(
    `mutation ($input: CreateOpportunityInput!) {
      createPipeline(input: {ref: "p", name: "Sales"}) { changeSetId }
      createStage(input: {ref: "s", name: "First", pipeline: {ref: "p"}}) { changeSetId }
      createOpportunity(input: $input) { opportunity { id } }
    }`,
    { input: { name: 'Deal', account: { id: account }, stage: { ref: 's' }, ...input } },
  )
  return made.createOpportunity.opportunity.id
}

const share = async (input: object, by: TestClient = olga.client) =>
  (await by.data(SHARE, { input: { module: 'account', recordId: account, level: 'READ', ...input } })).shareRecord.share
const tryShare = (input: object, by: TestClient = olga.client) => by.send(SHARE, { input: { module: 'account', recordId: account, level: 'READ', ...input } })
const setTeam = (user: Person, team: string | null) =>
  server.admin.data('mutation ($id: ID!, $team: TeamRef) { updateUser(id: $id, input: {team: $team}) { changeSetId } }', {
    id: user.id,
    team: team === null ? null : { id: team },
  })
/** What somebody finds of the account, by every way that leads to it. */
async function found({ client }: Pick<Person, 'client'>): Promise<readonly boolean[]> {
  const answer = await client.send(
    `query ($id: ID!, $name: String!) {
      one: account(id: $id) { id } node(id: $id) { id } nodes(ids: [$id]) { id } by: accountBy(by: {id: $id}) { id }
      page: accounts { nodes { id } } back: accounts(last: 100) { nodes { id } } paged: accounts(orderBy: [{name: DESC}]) { edges { node { id } } pageInfo { endCursor } }
      filtered: accounts(filter: {name: {eq: $name}}) { totalCount nodes { id } } searched: accounts(search: $name) { nodes { id } }
      total: accountsAggregate(filter: {name: {eq: $name}}) { count } groups: accountsAggregate(groupBy: [{name: true}]) { key }
      history: node(id: $id) { ... on Account { history { nodes { version } } } } }`,
    { id: account, name },
  )
  const { one, node, nodes, by, page, back, paged, filtered, searched, total, groups, history } = answer.data
  const has = (list: readonly { id: string }[]) => list.filter(({ id }) => id === account).length === 1
  return [
    one !== null,
    node !== null,
    nodes[0] !== null,
    by !== null,
    has(page.nodes),
    has(back.nodes),
    has(paged.edges.map((edge: { node: { id: string } }) => edge.node)),
    filtered.totalCount === 1,
    has(filtered.nodes),
    has(searched.nodes),
    total[0].count === 1,
    groups.some(({ key }: { key: { name: string } }) => key.name === name),
    (history?.history.nodes.length ?? 0) > 0,
  ]
}
const everyWay = (value: boolean) => Array.from({ length: 13 }, () => value)
const update = ({ client }: Person, input: object) =>
  client.send('mutation ($id: ID!, $input: UpdateAccountInput!) { updateAccount(id: $id, input: $input) { account { name } } }', { id: account, input })
const remove = ({ client }: Person) => client.send('mutation ($id: ID!) { deleteAccount(id: $id) { changeSetId } }', { id: account })
const actionsOf = async ({ client }: Person) =>
  (await client.data('query ($id: ID!) { account(id: $id) { viewerAccess { actions writableFields } } }', { id: account })).account.viewerAccess
/** The account and all shares, as they are stored. */
const stored = async () =>
  (await database.query('SELECT (SELECT json_agg(s) FROM record_share s) AS shares, to_json(a) AS account FROM accounts a WHERE id = $1', [account])).rows
const issueCodes = ({ errors }: Answer) =>
  ((errors[0]?.extensions.issues ?? []) as { path: string[]; code: string }[]).map(({ path, code }) => [path.join('.'), code])

describe('a share with a user', () => {
  test('at the level READ shows the record on every way, and lets nothing be written', async () => {
    await accountOf(rolf, `Own ${count}`)
    expect(await found(rolf)).toEqual(everyWay(false))
    const made = await share({ userId: rolf.id })
    expect(made).toMatchObject({
      module: 'account',
      recordId: account,
      user: { id: rolf.id, name: 'Rolf' },
      userId: rolf.id,
      team: null,
      teamId: null,
      level: 'READ',
      expiresAt: null,
      createdBy: { id: olga.id },
    })
    expect(await found(rolf)).toEqual(everyWay(true))
    expect(await found(tom)).toEqual(everyWay(false))
    expect(await actionsOf(rolf)).toEqual({ actions: ['READ'], writableFields: [] })
    const before = await stored()
    expect(codesOf(await update(rolf, { name: 'Taken' }))).toEqual(['FORBIDDEN'])
    expect(codesOf(await remove(rolf))).toEqual(['FORBIDDEN'])
    expect(await stored()).toEqual(before)
  })

  test('at the level WRITE lets it be updated too, and never deleted or restored', async () => {
    await share({ userId: rolf.id, level: 'WRITE' })
    expect((await update(rolf, { phone: '+86 10 6234 9999' })).errors).toEqual([])
    const { actions, writableFields } = await actionsOf(rolf)
    expect(actions).toEqual(['READ', 'UPDATE'])
    expect(writableFields).toContain('phone')
    const before = await stored()
    expect(codesOf(await remove(rolf))).toEqual(['FORBIDDEN'])
    expect(await stored()).toEqual(before)
    await olga.client.data('mutation ($id: ID!) { deleteAccount(id: $id) { changeSetId } }', { id: account })
    const restore = await rolf.client.send('mutation ($id: ID!) { restoreAccount(id: $id) { changeSetId } }', { id: account })
    expect(codesOf(restore)).toEqual(['FORBIDDEN'])
  })

  // Whoever made it their own, or their team's, could delete it then, and would keep it when the share ends.
  test('at the level WRITE leaves owner and team alone', async () => {
    await setTeam(rolf, north)
    await share({ userId: rolf.id, level: 'WRITE' })
    const before = await stored()
    for (const input of [{ owner: { id: rolf.id } }, { owner: null }, { team: { id: north } }, { owner: { id: tom.id }, name: 'Gone' }])
      expect([input, codesOf(await update(rolf, input))]).toEqual([input, ['FORBIDDEN']])
    const upsert = await rolf.client.send('mutation ($id: ID!, $owner: ID!) { upsertAccount(by: {id: $id}, input: {owner: {id: $owner}}) { created } }', {
      id: account,
      owner: rolf.id,
    })
    expect(codesOf(upsert)).toEqual(['FORBIDDEN'])
    expect(await stored()).toEqual(before)
    await setTeam(rolf, null)
  })

  test('opens no field, and nothing where the roles do not read the module at all', async () => {
    await server.admin.data('mutation ($id: ID!) { updateAccount(id: $id, input: {taxNumber: "91310000"}) { changeSetId } }', { id: account })
    await share({ userId: rolf.id, level: 'WRITE' })
    await share({ userId: nora.id, level: 'WRITE' })
    const hidden = await rolf.client.send('query ($id: ID!) { account(id: $id) { name taxNumber } }', { id: account })
    expect([hidden.data.account, codesOf(hidden)]).toEqual([{ name, taxNumber: null }, ['FORBIDDEN_FIELD']])
    expect(codesOf(await update(rolf, { taxNumber: '1' }))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    // Nora's role grants READ alone, and says nothing of phones.
    const nosy = await nora.client.send('query ($id: ID!) { account(id: $id) { name phone { raw } } }', { id: account })
    expect([nosy.data.account, codesOf(nosy)]).toEqual([{ name, phone: null }, ['FORBIDDEN_FIELD']])
    expect(codesOf(await update(nora, { name: 'Taken' }))).toEqual(['FORBIDDEN'])
    const { createContact } = await olga.client.data('mutation { createContact(input: {name: "Li"}) { contact { id } } }')
    const { id } = createContact.contact
    await share({ module: 'contact', recordId: id, userId: nora.id })
    expect(codesOf(await nora.client.send('query ($id: ID!) { contact(id: $id) { id } }', { id }))).toEqual(['FORBIDDEN'])
    expect((await nora.client.send('query ($id: ID!) { node(id: $id) { id } }', { id })).data).toEqual({ node: null })
  })

  test('is seen through relations, and by what follows the record', async () => {
    const { createProduct } = await server.admin.data('mutation { createProduct(input: {name: "Tea"}) { product { id } } }')
    const variables = { account, product: createProduct.product.id }
    const made = await olga.client.data(
      `mutation ($account: ID!, $product: ID!) {
        createOrder(input: {ref: "o", account: {id: $account}}) { order { id } }
        createOrderLine(input: {order: {ref: "o"}, product: {id: $product}, quantity: "1", unitPrice: {amount: "5", currency: "USD"}}) { orderLine { id } }
      }`,
      variables,
    )
    const [order, line] = [made.createOrder.order.id, made.createOrderLine.orderLine.id]
    const look = async () => {
      const answer = await rolf.client.send(
        `query ($order: ID!, $line: ID!) { order(id: $order) { account { id } lines { totalCount nodes { id } } } orderLine(id: $line) { order { id } }
          orderLines { totalCount nodes { id } } orderLinesAggregate { count } accounts(filter: {orders: {some: {id: {eq: $order}}}}) { nodes { id } } }`,
        { order, line },
      )
      return answer.data
    }
    expect(await look()).toEqual({
      order: null,
      orderLine: null,
      orderLines: { totalCount: 0, nodes: [] },
      orderLinesAggregate: [{ count: 0 }],
      accounts: { nodes: [] },
    })
    await share({ module: 'order', recordId: order, userId: rolf.id })
    const lines = { totalCount: 1, nodes: [{ id: line }] }
    const seen = {
      order: { account: null, lines },
      orderLine: { order: { id: order } },
      orderLines: lines,
      orderLinesAggregate: [{ count: 1 }],
      accounts: { nodes: [] },
    }
    expect(await look()).toEqual(seen)
    await share({ userId: rolf.id })
    expect(await look()).toEqual({ ...seen, order: { account: { id: account }, lines }, accounts: { nodes: [{ id: account }] } })
    // Lines are written by whoever may update the order.
    const change = () => rolf.client.send('mutation ($line: ID!) { updateOrderLine(id: $line, input: {quantity: "2"}) { changeSetId } }', { line })
    expect(codesOf(await change())).toEqual(['FORBIDDEN'])
    await share({ module: 'order', recordId: order, userId: rolf.id, level: 'WRITE' })
    expect(codesOf(await change())).toEqual([])
    const refused = await tryShare({ module: 'orderLine', recordId: line, userId: tom.id })
    expect(issueCodes(refused)).toEqual([['input.module', 'FOLLOWS_PARENT']])
    const { explainAccess } = await server.admin.data(
      'query ($user: ID!, $line: ID!) { explainAccess(userId: $user, module: "orderLine", recordId: $line, action: UPDATE) { allowed reasons } }',
      { user: rolf.id, line },
    )
    expect(explainAccess.allowed).toBe(true)
    expect(explainAccess.reasons.at(-1)).toBe(
      'The record is not within that scope by its owner or team, but its order is shared with the user at the level WRITE.',
    )
  })

  test('keeps pages in their order, each record once, however it is reached', async () => {
    const ids = [account]
    for (let index = 0; index < 6; index += 1) {
      const recordId = await accountOf(index % 2 ? tom : olga, `Page ${count} ${index}`)
      await share({ recordId, userId: tom.id }, server.admin)
      ids.push(recordId)
    }
    await share({ userId: tom.id })
    const page = async (bounds: string, cursor: string | null) =>
      (
        await tom.client.data(
          `query ($cursor: String) { accounts(${bounds}: $cursor) { nodes { id createdAt } pageInfo { hasNextPage startCursor endCursor } } }`,
          {
            cursor,
          },
        )
      ).accounts
    const whole = await page('first: 500, after', null)
    expect(new Set(whole.nodes.map(({ id }: { id: string }) => id)).size).toBe(whole.nodes.length)
    for (const id of ids) expect(whole.nodes.map((node: { id: string }) => node.id)).toContain(id)
    const found: object[] = []
    for (let cursor: string | null = null, next = true; next; ) {
      const { nodes, pageInfo } = await page('first: 2, after', cursor)
      found.push(...nodes)
      next = pageInfo.hasNextPage
      cursor = pageInfo.endCursor
    }
    expect(found).toEqual(whole.nodes)
    expect((await page('last: 3, before', null)).nodes).toEqual(whole.nodes.slice(-3))
  })

  test('adds to grants that carry conditions, whether the written row can be judged at once or not', async () => {
    const eve = await server.addUser('Eve', 'read_only')
    const set = (where: object) => ({ key: 'conditional', grants: [{ module: 'account', actions: ['READ', 'UPDATE'], scope: 'ALL', where }] })
    const made = { ...set({ industry: { eq: 'energy' } }), name: 'Conditional' }
    await server.admin.data(ROLES.create, { input: made })
    const roles = 'mutation ($id: ID!) { un: unassignRole(userId: $id, roleKey: "read_only") { user { id } } }'
    await server.admin.data(roles, { id: eve.id })
    await server.admin.data('mutation ($id: ID!) { assignRole(userId: $id, roleKey: "conditional") { user { id } } }', { id: eve.id })
    const shared = await share({ userId: eve.id, level: 'WRITE' })
    for (const where of [{ industry: { eq: 'energy' } }, { contacts: { some: {} } }]) {
      const { key, grants } = set(where)
      await server.admin.data('mutation ($key: String!, $input: UpdateRoleInput!) { updateRole(key: $key, input: $input) { role { key } } }', {
        key,
        input: { grants },
      })
      expect(await found(eve)).toEqual(everyWay(true))
      expect(codesOf(await update(eve, { website: `https://${Object.keys(where)[0]}.example` }))).toEqual([])
      const before = await stored()
      expect(codesOf(await update(eve, { owner: { id: eve.id } }))).toEqual(['FORBIDDEN'])
      expect(await stored()).toEqual(before)
    }
    await olga.client.data(UNSHARE, { id: shared.id })
    expect(await found(eve)).toEqual(everyWay(false))
    // By the grant she may do what she may not by a share.
    await olga.client.data('mutation ($id: ID!) { createContact(input: {name: "Li", account: {id: $id}}) { changeSetId } }', { id: account })
    expect(codesOf(await update(eve, { owner: { id: eve.id } }))).toEqual([])
  })

  // Whoever brought the record into a grant of their own would keep it when the share ends, and could delete it.
  test('at the level WRITE leaves alone what the conditions of the own grants look at', async () => {
    const grants = [
      { module: 'account', actions: ['READ', 'UPDATE', 'DELETE'], scope: 'ALL', where: { industry: { eq: 'energy' } } },
      { module: 'account', actions: ['READ'], scope: 'ALL', where: { externalId: { system: 'erp', key: 'mine' } } },
    ]
    await server.admin.data(ROLES.create, {
      input: { key: 'energetic', name: 'Energetic', grants },
    })
    const eve = await server.addUser('Energetic Eve', 'energetic')
    await share({ userId: eve.id, level: 'WRITE' })
    const { writableFields } = await actionsOf(eve)
    expect(writableFields).toContain('website')
    for (const field of ['owner', 'team', 'industry']) expect(writableFields).not.toContain(field)
    const { explainAccess } = await server.admin.data(
      'query ($user: ID!, $id: ID!) { explainAccess(userId: $user, module: "account", action: UPDATE, recordId: $id, field: "industry") { allowed reasons } }',
      { user: eve.id, id: account },
    )
    expect(explainAccess.allowed).toBe(false)
    const before = await stored()
    for (const input of [{ industry: 'energy' }, { externalIds: [{ system: 'erp', key: 'mine' }] }])
      expect([input, codesOf(await update(eve, input))]).toEqual([input, ['FORBIDDEN']])
    expect(await stored()).toEqual(before)
    // An API key that is limited to a role without the condition is no way round it.
    await server.admin.data(ROLES.create, {
      input: { key: 'desk', name: 'Desk', grants: [{ module: 'account', actions: ['READ', 'UPDATE'], scope: 'OWN' }] },
    })
    await server.admin.data(ROLES.assign, { id: eve.id, key: 'desk' })
    const { createApiKey } = await eve.client.data('mutation { createApiKey(input: {name: "desk", roleKey: "desk"}) { secret } }')
    const desk = { ...eve, client: createTestClient(server.url, createApiKey.secret) }
    expect(codesOf(await update(desk, { industry: 'energy' }))).toEqual(['FORBIDDEN'])
    expect(await stored()).toEqual(before)
    expect(codesOf(await update(desk, { website: 'https://desk.example' }))).toEqual([])
    expect(codesOf(await update(eve, { website: 'https://eve.example' }))).toEqual([])
    // What the grant reaches already is hers to change, as far as it stays within.
    await server.admin.data('mutation ($id: ID!) { updateAccount(id: $id, input: {industry: "energy"}) { changeSetId } }', { id: account })
    expect(codesOf(await update(eve, { externalIds: [{ system: 'erp', key: 'mine' }] }))).toEqual([])
  })

  // What the database computes of a field that she may write is no more hers than one that she writes herself.
  test('at the level WRITE leaves alone what follows from the written fields, if conditions look at it', async () => {
    const grants = [{ module: 'opportunity', actions: ['READ', 'UPDATE', 'DELETE'], scope: 'ALL', where: { expectedRevenue: { gte: '50' } } }]
    await server.admin.data(ROLES.create, {
      input: { key: 'likely', name: 'Likely', grants, fields: [{ module: 'opportunity', field: 'expectedRevenue', access: 'READ' }] },
    })
    const eve = await server.addUser('Likely Eve', 'likely')
    const opportunity = await dealOf({ probability: '0.1', amount: { amount: '100', currency: 'USD' } })
    await share({ module: 'opportunity', recordId: opportunity, userId: eve.id, level: 'WRITE' }, server.admin)
    const change = (input: object) =>
      eve.client.send('mutation ($id: ID!, $input: UpdateOpportunityInput!) { updateOpportunity(id: $id, input: $input) { changeSetId } }', {
        id: opportunity,
        input,
      })
    const before = (await database.query('SELECT * FROM opportunities WHERE id = $1', [opportunity])).rows
    expect(codesOf(await change({ probability: '0.9' }))).toEqual(['FORBIDDEN'])
    expect((await database.query('SELECT * FROM opportunities WHERE id = $1', [opportunity])).rows).toEqual(before)
    expect(codesOf(await change({ name: 'Renamed' }))).toEqual([])
    // Once her grant reaches it, it is hers to change.
    await server.admin.data('mutation ($id: ID!) { updateOpportunity(id: $id, input: {probability: "0.6"}) { changeSetId } }', { id: opportunity })
    expect(codesOf(await change({ probability: '0.9' }))).toEqual([])
  })

  // The sum of an order is written by the rule of its lines, which asks nobody's rights.
  test('at the level WRITE leaves alone what the rules of other records write, if conditions look at it', async () => {
    const all = { scope: 'ALL', actions: ['CREATE', 'READ', 'UPDATE', 'DELETE'] }
    const grants = [
      { ...all, module: 'order', where: { total: { gte: '100' } } },
      { ...all, module: 'orderLine' },
      { ...all, module: 'product' },
    ]
    await server.admin.data(ROLES.create, { input: { key: 'large_orders', name: 'Large orders', grants } })
    const eve = await server.addUser('Large Eve', 'large_orders')
    const price = { amount: '10', currency: 'USD' }
    const made = await server.admin.data(
      `mutation ($account: ID!, $price: MoneyInput!) {
        createProduct(input: {ref: "p", name: "Tea"}) { product { id } }
        createOrder(input: {ref: "o", account: {id: $account}}) { order { id } }
        createOrderLine(input: {order: {ref: "o"}, product: {ref: "p"}, quantity: "1", unitPrice: $price}) { orderLine { id } }
      }`,
      { account, price },
    )
    const [order, product, line] = [made.createOrder.order.id, made.createProduct.product.id, made.createOrderLine.orderLine.id]
    await share({ module: 'order', recordId: order, userId: eve.id, level: 'WRITE' }, server.admin)
    const storedOrder = async () =>
      (
        await database.query(
          'SELECT to_json(o) AS record, (SELECT json_agg(l ORDER BY id) FROM order_lines l WHERE l.order_id = o.id) AS lines FROM orders o WHERE id = $1',
          [order],
        )
      ).rows
    const before = await storedOrder()
    const more = () =>
      eve.client.send('mutation ($input: CreateOrderLineInput!) { createOrderLine(input: $input) { changeSetId } }', {
        input: { order: { id: order }, product: { id: product }, quantity: '20', unitPrice: price },
      })
    const change = (input: object) =>
      eve.client.send('mutation ($id: ID!, $input: UpdateOrderLineInput!) { updateOrderLine(id: $id, input: $input) { changeSetId } }', { id: line, input })
    for (const attempt of [more, () => change({ quantity: '20' })]) expect(codesOf(await attempt())).toEqual(['FORBIDDEN'])
    expect(await storedOrder()).toEqual(before)
    // A line that leaves the sum as it is may be written, and any once her grant reaches the order.
    expect(codesOf(await change({ quantity: '2', unitPrice: { ...price, amount: '5' } }))).toEqual([])
    await server.admin.data('mutation ($id: ID!) { updateOrderLine(id: $id, input: {quantity: "30"}) { changeSetId } }', { id: line })
    expect(codesOf(await more())).toEqual([])
  })
})

describe('a share with a team', () => {
  test('reaches those who belong to the team, as long as they do, and nobody below', async () => {
    await share({ teamId: north })
    expect(await found(rolf)).toEqual(everyWay(false))
    await setTeam(rolf, north)
    await setTeam(tom, below)
    expect(await found(rolf)).toEqual(everyWay(true))
    expect(await found(tom)).toEqual(everyWay(false))
    const { whoCanSee } = await server.admin.data('query ($id: ID!) { whoCanSee(module: "account", recordId: $id) { name } }', { id: account })
    expect(whoCanSee.map((user: { name: string }) => user.name)).toEqual(expect.arrayContaining(['Olga', 'Rolf', 'Vera']))
    expect(whoCanSee.map((user: { name: string }) => user.name)).not.toEqual(expect.arrayContaining(['Tom']))
    await setTeam(rolf, null)
    expect(await found(rolf)).toEqual(everyWay(false))
    // Others of the team are no grantees of what is shared with a member.
    await setTeam(rolf, north)
    await setTeam(tom, north)
    name = `Account ${count} again`
    account = await accountOf(olga, name)
    await share({ userId: tom.id })
    expect(await found(rolf)).toEqual(everyWay(false))
    await setTeam(rolf, null)
    await setTeam(tom, null)
  })

  test('goes with the team, and does not come back with it', async () => {
    const { createTeam } = await server.admin.data('mutation { createTeam(input: {name: "Passing"}) { team { id } } }')
    const { id } = createTeam.team
    await share({ teamId: id })
    await server.admin.data('mutation ($id: ID!) { deleteTeam(id: $id) { changeSetId } }', { id })
    await server.admin.data('mutation ($id: ID!) { restoreTeam(id: $id) { changeSetId } }', { id })
    expect((await olga.client.data(SHARES, { id: account })).recordShares).toEqual([])
  })
})

describe('the end of a share', () => {
  test('comes by itself, at the time that was given', async () => {
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString()
    const { id } = await share({ userId: rolf.id, level: 'WRITE', expiresAt })
    expect(await found(rolf)).toEqual(everyWay(true))
    // The time comes: nothing tells anybody, and the access epoch stays.
    await database.query('UPDATE record_share SET expires_at = now() WHERE id = $1', [id])
    expect(await found(rolf)).toEqual(everyWay(false))
    expect(codesOf(await update(rolf, { name: 'Late' }))).toEqual(['NOT_FOUND'])
    expect((await olga.client.data(SHARES, { id: account })).recordShares).toEqual([])
    expect(codesOf(await olga.client.send(UNSHARE, { id }))).toEqual(['NOT_FOUND'])
    // A share after it is a new one, and takes away what has ended.
    const again = await share({ userId: rolf.id })
    expect(again.id).not.toBe(id)
    expect(await found(rolf)).toEqual(everyWay(true))
  })

  test('comes at once on every node, as its beginning does', async () => {
    const elsewhere = createTestClient(other.url, rolf.client.token)
    try {
      // Each round the other node knows by heart who Rolf is.
      for (let round = 0; round < 3; round += 1) {
        expect(await found({ client: elsewhere })).toEqual(everyWay(false))
        const { id } = await share({ userId: rolf.id })
        expect(await found({ client: elsewhere })).toEqual(everyWay(true))
        expect((await olga.client.data(UNSHARE, { id })).unshareRecord).toEqual({ share: { id, level: 'READ' } })
        expect(await found({ client: elsewhere })).toEqual(everyWay(false))
        expect(codesOf(await olga.client.send(UNSHARE, { id }))).toEqual(['NOT_FOUND'])
      }
    } finally {
      await elsewhere.close()
    }
  })

  test('moves the access epoch for nobody but a grantee who had none of the module', async () => {
    const epoch = async () => (await database.query('SELECT access_epoch::int AS epoch FROM epoch')).rows[0].epoch
    const keeper = await server.addUser('Keeper', 'sales_rep')
    const before = await epoch()
    const { id } = await share({ userId: keeper.id })
    expect((await epoch()) - before).toBe(1)
    await share({ userId: keeper.id, level: 'WRITE' })
    await share({ recordId: await accountOf(olga, 'Another'), userId: keeper.id })
    await olga.client.data(UNSHARE, { id })
    expect((await epoch()) - before).toBe(1)
  })

  // The last share goes while another comes: unless one waits for the other, each sees the other's, and no node hears of the one that stays.
  test('never hides a share that comes while the last one before it goes', async () => {
    const racer = await server.addUser('Racer', 'sales_rep')
    const insert = `INSERT INTO record_share (id, module_number, record_id, user_id, level, created_at, created_by) VALUES (gen_random_uuid(), 3, $1, $2, 'READ', now(), gen_random_uuid())`
    await database.query(insert, [await accountOf(olga, 'First'), racer.id])
    const [going, coming] = [new pg.Client({ connectionString: server.database.url }), new pg.Client({ connectionString: server.database.url })]
    try {
      for (const client of [going, coming]) {
        await client.connect()
        await client.query('BEGIN')
      }
      await going.query('DELETE FROM record_share WHERE user_id = $1', [racer.id])
      const inserted = coming.query(insert, [account, racer.id])
      await going.query('SELECT pg_sleep(0.1)')
      await going.query('COMMIT')
      expect(await found(racer)).toEqual(everyWay(false))
      await inserted
      await coming.query('COMMIT')
      expect(await found(racer)).toEqual(everyWay(true))
    } finally {
      await Promise.all([going.end(), coming.end()])
    }
  })
})

describe('who may share', () => {
  test('is who may update the record by a role, and nobody by a share', async () => {
    await share({ userId: rolf.id, level: 'WRITE' })
    const before = await stored()
    // Rolf's WRITE is Olga's, not his to pass on; Vera reads; Tom sees nothing; Nora reads none of these.
    for (const [who, code] of [
      [rolf, 'FORBIDDEN'],
      [vera, 'FORBIDDEN'],
      [tom, 'NOT_FOUND'],
      [nora, 'NOT_FOUND'],
    ] as const)
      for (const level of ['READ', 'WRITE'])
        expect(codesOf(await tryShare({ userId: tom.id === who.id ? vera.id : tom.id, level }, who.client))).toEqual([code])
    expect(codesOf(await server.anonymous.send(SHARE, { input: { module: 'account', recordId: account, userId: tom.id, level: 'READ' } }))).toEqual([
      'UNAUTHENTICATED',
    ])
    const [{ id }] = (await rolf.client.data(SHARES, { id: account })).recordShares
    const refused = await rolf.client.send(UNSHARE, { id })
    expect(codesOf(refused)).toEqual(['FORBIDDEN'])
    expect(refused.errors[0]?.message).toBe('Only who may update this account by a role of their own may share it or end its shares.')
    expect(codesOf(await vera.client.send(UNSHARE, { id }))).toEqual(['FORBIDDEN'])
    expect(codesOf(await tom.client.send(UNSHARE, { id }))).toEqual(['NOT_FOUND'])
    expect(await stored()).toEqual(before)
    expect((await share({ userId: tom.id, level: 'WRITE' }, server.admin)).createdBy).not.toEqual({ id: olga.id })
  })

  test('cannot share what is no record, with nobody, or into the past; and nothing is written then', async () => {
    const before = await stored()
    const user = { userId: rolf.id }
    const past = new Date(Date.now() - 1000).toISOString()
    const cases: [object, string[]][] = [
      [{ ...user, module: 'unheardOf' }, ['input.module', 'UNKNOWN']],
      [{}, ['input', 'ONE_OF']],
      [{ ...user, teamId: north }, ['input', 'ONE_OF']],
      [{ userId: olga.id }, ['input.userId', 'OWN_SELF']],
      [{ userId: north }, ['input.userId', 'NOT_FOUND']],
      [{ teamId: rolf.id }, ['input.teamId', 'NOT_FOUND']],
      [{ userId: 'nobody' }, ['input.userId', 'NOT_FOUND']],
      [{ ...user, expiresAt: past }, ['input.expiresAt', 'PAST']],
    ]
    for (const [input, issue] of cases) {
      const answer = await tryShare(input)
      expect([input, codesOf(answer), issueCodes(answer)]).toEqual([input, ['VALIDATION_FAILED'], [issue]])
    }
    // A module that the caller does not read is none; records of another module, none, deleted ones and none at all are alike.
    expect(issueCodes(await tryShare({ module: 'contact', userId: rolf.id }, nora.client))).toEqual([['input.module', 'UNKNOWN']])
    const deleted = await accountOf(olga, 'Deleted')
    await olga.client.data('mutation ($id: ID!) { deleteAccount(id: $id) { changeSetId } }', { id: deleted })
    const refusals = [north, 'x', account.replace(/^.{8}/, '00000000'), deleted].map(async (recordId) => (await tryShare({ ...user, recordId })).errors[0])
    const [first, ...others] = (await Promise.all(refusals)).map((error) => ({ ...error, extensions: { ...error?.extensions, requestId: undefined } }))
    expect(first?.extensions.code).toBe('NOT_FOUND')
    for (const refusal of others) expect(refusal).toEqual(first)
    expect(await stored()).toEqual(before)
  })

  test('is nobody by a grant whose field is deleted, also on a node that has not heard of it', async () => {
    const made = await server.admin.data(
      'mutation { createCustomField(input: {module: "account", name: "shareable", type: BOOLEAN}) { field { id } schemaVersion } }',
    )
    const grants = ['READ', 'UPDATE'].map((action) => ({ module: 'account', actions: [action], scope: 'ALL', where: { shareable: { eq: true } } }))
    await server.admin.data(ROLES.create, {
      input: { key: 'sharing', name: 'Sharing', grants },
    })
    const eve = await server.addUser('Eva', 'sharing')
    const elsewhere = createTestClient(other.url, eve.client.token)
    try {
      await server.admin.data('mutation ($id: ID!) { updateAccount(id: $id, input: {shareable: true}) { changeSetId } }', { id: account })
      const headers = { 'x-min-schema-version': String(made.createCustomField.schemaVersion) }
      const known = await elsewhere.send('query ($id: ID!) { account(id: $id) { id } }', { id: account }, { headers })
      expect(known.data).toEqual({ account: { id: account } })
      await server.admin.data('mutation ($id: ID!) { deleteCustomField(id: $id) { schemaVersion } }', { id: made.createCustomField.field.id })
      // The role reads no account any more, so there is no such module.
      expect(issueCodes(await tryShare({ userId: tom.id }, elsewhere))).toEqual([['input.module', 'UNKNOWN']])
      expect((await server.admin.data(SHARES, { id: account })).recordShares).toEqual([])
    } finally {
      await elsewhere.close()
    }
  })

  test('stands alone in its operation', async () => {
    const input = `{module: "account", recordId: "${account}", userId: "${rolf.id}", level: READ}`
    const answer = await olga.client.send(
      `mutation { updateAccount(id: "${account}", input: {name: "n"}) { changeSetId } shareRecord(input: ${input}) { share { id } } }`,
    )
    expect(codesOf(answer)).toContain('VALIDATION_FAILED')
    expect((await olga.client.data(SHARES, { id: account })).recordShares).toEqual([])
  })
})

describe('what is told about shares', () => {
  test('whoever reads a record lists its shares; others are told that there is none such', async () => {
    const { id } = await share({ userId: rolf.id })
    await share({ teamId: north, level: 'WRITE' })
    const listed = [
      { id, userId: rolf.id, teamId: null, level: 'READ' },
      { id: expect.any(String), userId: null, teamId: north, level: 'WRITE' },
    ]
    for (const { client } of [olga, rolf, vera]) expect((await client.data(SHARES, { id: account })).recordShares).toEqual(listed)
    expect(codesOf(await tom.client.send(SHARES, { id: account }))).toEqual(['NOT_FOUND'])
    const unknown = await tom.client.send('query ($id: ID!) { recordShares(module: "unheardOf", recordId: $id) { id } }', { id: account })
    expect(codesOf(unknown)).toEqual(['VALIDATION_FAILED'])
  })

  test('a second share with the same grantee replaces level and end, and the audit tells from what to what', async () => {
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString()
    const { id } = await share({ userId: rolf.id })
    expect(await share({ userId: rolf.id, level: 'WRITE', expiresAt })).toMatchObject({ id, level: 'WRITE', expiresAt })
    await olga.client.data(UNSHARE, { id })
    const { rows } = await database.query(
      'SELECT action, actor_id, details FROM audit_log WHERE record_ids = ARRAY[$1::uuid] AND details IS NOT NULL ORDER BY sequence',
      [account],
    )
    const [read, write] = [
      { level: 'READ', expiresAt: null },
      { level: 'WRITE', expiresAt },
    ]
    const of = (action: string, before: object | null, after: object | null) => ({
      action,
      actor_id: olga.id,
      details: { share: id, user: rolf.id, before, after },
    })
    expect(rows).toEqual([of('account.share', null, read), of('account.share', read, write), of('account.unshare', write, null)])
    const { auditLog } = await server.admin.data('query ($id: ID!) { auditLog(filter: {recordId: $id, action: "account.share"}) { nodes { result } } }', {
      id: account,
    })
    expect(auditLog.nodes).toEqual([{ result: 'ok' }, { result: 'ok' }])
  })

  test('goes by who shared last: a share by others that somebody replaces is his own from then on, and the other way round', async () => {
    const mine = async () => codesOf(await update(olga, { name: 'Still hers' }))
    const toTom = () =>
      server.admin.data('mutation ($id: ID!, $owner: ID!) { updateAccount(id: $id, input: {owner: {id: $owner}, team: null}) { changeSetId } }', {
        id: account,
        owner: tom.id,
      })
    await setTeam(olga, north)
    await share({ teamId: north, expiresAt: new Date(Date.now() + 86_400_000).toISOString() }, server.admin)
    expect(await share({ teamId: north, level: 'WRITE' })).toMatchObject({ level: 'WRITE', expiresAt: null, createdBy: { id: olga.id } })
    await toTom()
    expect(await mine()).toEqual(['NOT_FOUND'])
    expect(await found(olga)).toEqual(everyWay(false))

    name = `Account ${count} again`
    account = await accountOf(olga, name)
    await share({ teamId: north, level: 'WRITE' })
    expect(await share({ teamId: north, level: 'WRITE' }, server.admin)).not.toMatchObject({ createdBy: { id: olga.id } })
    await toTom()
    expect(await mine()).toEqual([])
    await setTeam(olga, null)
  })

  test('explainAccess names the share, and whoCanSee counts it', async () => {
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString()
    const explain = async (action: string) =>
      (
        await server.admin.data(
          'query ($user: ID!, $id: ID!, $action: AccessAction!) { explainAccess(userId: $user, module: "account", recordId: $id, action: $action) { allowed reasons } }',
          { user: rolf.id, id: account, action },
        )
      ).explainAccess
    expect(await explain('READ')).toMatchObject({ allowed: false })
    await share({ userId: rolf.id, expiresAt })
    const { allowed, reasons } = await explain('READ')
    expect([allowed, reasons.at(-1)]).toEqual([
      true,
      `The record is not within that scope by its owner or team, but it is shared with the user at the level READ until ${expiresAt}.`,
    ])
    expect(await explain('UPDATE')).toMatchObject({ allowed: false })
    await setTeam(rolf, north)
    await share({ teamId: north, level: 'WRITE' })
    expect((await explain('UPDATE')).reasons.at(-1)).toContain('it is shared with the team "North" at the level WRITE.')
    expect(await explain('DELETE')).toMatchObject({ allowed: false })
    const { whoCanSee } = await server.admin.data('query ($id: ID!) { whoCanSee(module: "account", recordId: $id) { id } }', { id: account })
    expect(whoCanSee.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining([olga.id, rolf.id]))
    expect(whoCanSee.map(({ id }: { id: string }) => id)).not.toEqual(expect.arrayContaining([tom.id]))
    await setTeam(rolf, null)
  })

  test('whoever is deleted has no shares when restored', async () => {
    const passing = await server.addUser('Passing', 'sales_rep')
    await share({ userId: passing.id })
    await server.admin.data('mutation ($id: ID!) { deleteUser(id: $id) { changeSetId } }', { id: passing.id })
    expect((await olga.client.data(SHARES, { id: account })).recordShares).toEqual([])
  })

  test('the shares of a module go with its purge', async () => {
    await server.admin.data('mutation { createCustomModule(input: {name: "gadget", pluralName: "gadgets"}) { schemaVersion } }')
    const { createGadget } = await server.admin.data('mutation { createGadget(input: {}) { gadget { id } } }')
    await share({ module: 'gadget', recordId: createGadget.gadget.id, userId: rolf.id }, server.admin)
    const left = async () => (await database.query('SELECT count(*)::int AS count FROM record_share WHERE record_id = $1', [createGadget.gadget.id])).rows
    expect(await left()).toEqual([{ count: 1 }])
    await server.admin.data('mutation { deleteCustomModule(name: "gadget") { schemaVersion } }')
    expect(await left()).toEqual([{ count: 1 }])
    await server.admin.data('mutation { purgeCustomModule(name: "gadget") { schemaVersion } }')
    expect(await left()).toEqual([{ count: 0 }])
  })
})
