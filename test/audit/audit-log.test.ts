import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { SYSTEM_USER_ID } from '../../src/auth/index.ts'
import { codesOf, issuesOf, type TestClient, TRANSPORTS } from '../support/client.ts'
import { eventually } from '../support/guanxi-process.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { subscribe } from '../support/subscription.ts'

const ENTRY = `id at position actor { id name } via action module recordIds fields operation rootFields changeSetId sessionId apiKeyId requestId client ip result details
  changes { recordId version field before after }`
const LOG = `query Log($filter: AuditLogFilter, $first: Int, $after: String) {
  auditLog(filter: $filter, first: $first, after: $after) { nodes { ${ENTRY} } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever its own query selected
type Entry = any

let server: TestServer
let rep: { readonly id: string; readonly client: TestClient }
let agent: { readonly id: string; readonly client: TestClient }
let adminId: string
let stopped = false

beforeAll(async () => {
  server = await startTestServer()
  rep = await server.addUser('Rita Rep', 'sales_rep')
  agent = await server.addUser('Aki Agent', 'service_agent')
  adminId = (await server.admin.data('{ me { id } }')).me.id
}, 60_000)
afterAll(() => (stopped ? server.database.close() : server?.close()))

const entriesOf = async (filter: Record<string, unknown>, first = 50): Promise<Entry[]> => (await server.admin.data(LOG, { filter, first })).auditLog.nodes
const createAccount = async (client: TestClient, name: string): Promise<string> =>
  (await client.data('mutation ($name: String!) { createAccount(input: {name: $name, type: "customer"}) { account { id } } }', { name })).createAccount.account
    .id
const createTicket = async (subject: string, description: string): Promise<string> =>
  (
    await server.admin.data('mutation ($input: CreateTicketInput!) { createTicket(input: $input) { ticket { id } } }', {
      input: { subject, description, owner: { id: agent.id } },
    })
  ).createTicket.ticket.id

describe('record mutations', () => {
  for (const transport of TRANSPORTS)
    test(`stand in the log with all that is known of them, over ${transport}`, async () => {
      const id = await createAccount(server.admin, '旧名')
      const answer = await server.admin.send(
        'mutation Rename($id: ID!) { first: updateAccount(id: $id, input: {name: "新名", creditLimit: {amount: "5", currency: "USD"}}) { changeSetId } ... on Mutation { createTask(input: {title: "call"}) { task { id } } } }',
        { id },
        { transport, headers: { 'x-client-name': 'audit-tests', 'x-request-id': 'rename-1' } },
      )
      expect(answer.errors).toEqual([])
      const changeSetId = answer.data.first.changeSetId
      const entries = await entriesOf({ changeSetId })
      expect(entries.map(({ action, module, recordIds }) => [action, module, recordIds])).toEqual([
        ['task.create', 'task', [answer.data.createTask.task.id]],
        ['account.update', 'account', [id]],
      ])
      const { at, id: sequence, position: _position, sessionId, requestId, ip, ...entry } = entries[1]
      expect(entry).toEqual({
        ...{ actor: { id: adminId, name: 'Administrator' }, via: 'user', action: 'account.update', module: 'account', recordIds: [id], result: 'ok' },
        ...{ operation: 'Rename', rootFields: ['updateAccount', 'createTask'], changeSetId, apiKeyId: null, details: null },
        client: transport === 'http' ? 'audit-tests' : null,
        fields: ['account.creditLimit', 'account.name'],
        changes: [
          { recordId: id, version: 2, field: 'name', before: '旧名', after: '新名' },
          { recordId: id, version: 2, field: 'creditLimit', before: null, after: { amount: '5.00', currency: 'USD' } },
        ],
      })
      expect(Date.now() - new Date(at).getTime()).toBeLessThan(60_000)
      expect([sequence, sessionId, ip]).toEqual([expect.stringMatching(/^\d+$/), expect.stringMatching(/^[0-9a-f-]{36}$/), '127.0.0.1'])
      if (transport === 'http') expect(requestId).toBe('rename-1')
    })

  test('leave nothing where they are dry, or fail', async () => {
    const id = await createAccount(server.admin, 'Untouched')
    const idsOf = async () => (await entriesOf({ recordId: id })).map((entry) => entry.id)
    const before = await idsOf()
    await server.admin.data('mutation ($id: ID!) { updateAccount(id: $id, input: {name: "x"}, dryRun: true) { changeSetId } }', { id })
    const failing =
      'mutation ($id: ID!) { updateAccount(id: $id, input: {name: "y"}) { changeSetId } createContact(input: {name: "Z", email: "no address"}) { changeSetId } }'
    expect(codesOf(await server.admin.send(failing, { id }))).toEqual(['VALIDATION_FAILED'])
    expect(before).toHaveLength(1)
    expect(await idsOf()).toEqual(before)
  })

  test('by an API key name the key', async () => {
    const { createApiKey } = await server.admin.data('mutation { createApiKey(input: {name: "import"}) { secret apiKey { id } } }')
    const send = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${createApiKey.secret}` },
      body: JSON.stringify({ query: 'mutation { createAccount(input: {name: "By key", type: "customer"}) { account { id } } }' }),
    })
    const { data } = (await send.json()) as { data: { createAccount: { account: { id: string } } } }
    const [entry] = await entriesOf({ recordId: data.createAccount.account.id })
    expect(entry).toMatchObject({ via: 'api_key', apiKeyId: createApiKey.apiKey.id, sessionId: null, operation: null, actor: { id: adminId } })
  })

  test('values that were erased from the history are gone from here too', async () => {
    const id = await createAccount(server.admin, 'To be erased')
    await server.app.kernel.database.query({
      text: `UPDATE record_history SET changes = changes - 'name' WHERE record_id = $1`,
      values: [id],
      purpose: 'platform',
    })
    const [entry] = await entriesOf({ recordId: id })
    expect(entry.changes.map(({ field }: Entry) => field)).not.toContain('name')
    expect(JSON.stringify(entry)).not.toContain('To be erased')
  })
})

test('system work is named by its reason, set-up included', async () => {
  const entries = await entriesOf({ actorId: SYSTEM_USER_ID }, 500)
  expect(new Set(entries.map(({ via, action }) => `${via}: ${action}`))).toEqual(
    new Set([
      'shipped roles: role.create',
      ...['user.create', 'user.setPassword', 'role.assign'].flatMap((action) => [`first administrator: ${action}`, `test: ${action}`]),
    ]),
  )
  expect(entries.find(({ via, action }) => via === 'test' && action === 'role.assign')).toMatchObject({
    recordIds: [agent.id],
    details: { roles: ['service_agent'] },
  })
})

describe('refusals', () => {
  test('of record mutations name the records, after all else was rolled back', async () => {
    const id = await createAccount(server.admin, 'Not yours')
    const [product] = (await server.admin.data('mutation { createProduct(input: {name: "P", sku: "P-1"}) { product { id } } }')).createProduct.product.id
      ? await entriesOf({ action: 'product.create' })
      : []
    const productId = product.recordIds[0]
    for (const transport of TRANSPORTS) {
      const behind = `mutation Behind($id: ID!) { createAccount(input: {name: "Lost ${transport}", type: "customer"}) { changeSetId } deleteProduct(id: $id) { id } }`
      expect(codesOf(await rep.client.send(behind, { id: productId }, { transport }))).toEqual(['FORBIDDEN'])
    }
    const entries = await entriesOf({ actorId: rep.id, result: 'FORBIDDEN' })
    expect(entries).toHaveLength(2)
    for (const entry of entries)
      expect(entry).toMatchObject({
        ...{
          action: 'product.delete',
          module: 'product',
          recordIds: [productId],
          operation: 'Behind',
          rootFields: ['createAccount', 'deleteProduct'],
          via: 'user',
        },
        ...{ changeSetId: null, changes: [], details: { reason: expect.stringContaining('DELETE on product') } },
      })
    expect((await server.admin.data('{ accounts(filter: {name: {startsWith: "Lost"}}) { totalCount } }')).accounts.totalCount).toBe(0)
    // What cannot be read is missing, and missing is no refusal.
    expect(codesOf(await rep.client.send('mutation ($id: ID!) { updateAccount(id: $id, input: {name: "x"}) { changeSetId } }', { id }))).toEqual(['NOT_FOUND'])
    expect(await entriesOf({ recordId: id, result: 'FORBIDDEN' })).toEqual([])
  })

  test('of fields, of administrators’ mutations and of their queries', async () => {
    const refused = 'mutation { createProduct(input: {name: "x", sku: "x"}) { changeSetId } }'
    expect(codesOf(await agent.client.send(refused))).toEqual(['FORBIDDEN'])
    expect(
      codesOf(await agent.client.send('mutation Raise($id: ID!) { assignRole(userId: $id, roleKey: "admin") { user { id } } }', { id: agent.id })),
    ).toEqual(['FORBIDDEN'])
    expect(codesOf(await agent.client.send('query Spy { me { id } secret: auditLog { nodes { id } } roles { key } }'))).toEqual(['FORBIDDEN', 'FORBIDDEN'])
    expect((await entriesOf({ actorId: agent.id, result: 'FORBIDDEN' })).map(({ action, operation }) => `${action} ${operation}`).sort()).toEqual([
      'auditLog.read Spy',
      'product.create null',
      'role.assign Raise',
      'roles.read Spy',
    ])
    const readOnly = await server.admin.data(
      'mutation { createRole(input: {key: "namer", name: "Namer", grants: [{module: "account", actions: [CREATE, READ, UPDATE], scope: ALL}], fields: [{module: "account", field: "type", access: READ}]}) { role { key } } }',
    )
    const namer = await server.addUser('Nami Namer', readOnly.createRole.role.key)
    const id = await createAccount(server.admin, 'Typed')
    const answer = await namer.client.send('mutation ($id: ID!) { updateAccount(id: $id, input: {type: "supplier"}) { changeSetId } }', { id })
    expect(issuesOf(answer)).toEqual(['input.type: FORBIDDEN_FIELD'])
    expect(await entriesOf({ actorId: namer.id, result: 'FORBIDDEN_FIELD' })).toMatchObject([{ action: 'account.update', recordIds: [id] }])
  })

  test('of a loop are counted, not all kept; hidden selections are none', async () => {
    const looper = await server.addUser('Lou Loop', 'read_only')
    const before = (await entriesOf({ result: 'FORBIDDEN' }, 500)).length
    for (let times = 0; times < 40; times += 1) await looper.client.send('mutation { createLead(input: {name: "x"}) { changeSetId } }')
    expect(await entriesOf({ actorId: looper.id, result: 'FORBIDDEN' }, 500)).toHaveLength(30)
    expect(codesOf(await agent.client.send('{ opportunities { nodes { amount { amount } } } products { nodes { cost { amount } } } }'))).toContain(
      'FORBIDDEN_FIELD',
    )
    expect((await entriesOf({ result: 'FORBIDDEN' }, 500)).length).toBe(before + 30)
  })
})

describe('reads of sensitive fields', () => {
  test('name reader, records and fields; aliases, fragments, relations and either path make no difference', async () => {
    const ids = [await createTicket('A', 'first secret'), await createTicket('B', 'second secret')]
    const shapes: readonly (readonly [name: string, source: string, ids: readonly string[]])[] = [
      ['List', 'query List { tickets { nodes { subject text: description } } }', ids],
      ['Edges', 'query Edges { tickets { edges { node { ...T } } } } fragment T on Ticket { description }', ids],
      ['One', 'query One($id: ID!) { ticket(id: $id) { description } }', ids.slice(0, 1)],
      ['Node', 'query Node($id: ID!) { node(id: $id) { ... on Ticket { description } } }', ids.slice(0, 1)],
      ['Nodes', 'query Nodes($id: ID!) { nodes(ids: [$id]) { id ... on Ticket { description } } }', ids.slice(0, 1)],
      ['Past', 'query Past($id: ID!) { ticket(id: $id) { subject history { nodes { changes { field after } } } } }', ids.slice(0, 1)],
      ['Written', 'mutation Written($id: ID!) { updateTicket(id: $id, input: {subject: "C"}) { ticket { description } } }', ids.slice(0, 1)],
    ]
    for (const [name, source] of shapes) {
      const data = await agent.client.data(source, source.includes('$id') ? { id: ids[0] } : {})
      expect([name, JSON.stringify(data)]).toEqual([name, expect.stringContaining('first secret')])
      expect(JSON.stringify(data)).not.toContain('#')
    }
    const entries = await entriesOf({ actorId: agent.id, action: 'ticket.read' })
    expect(entries.map(({ operation, recordIds }) => [operation, recordIds]).reverse()).toEqual(shapes.map(([name, , shown]) => [name, [...shown].sort()]))
    for (const entry of entries)
      expect(entry).toMatchObject({
        module: 'ticket',
        fields: ['ticket.description'],
        result: 'ok',
        via: 'user',
        changeSetId: null,
        details: null,
        ip: '127.0.0.1',
      })
    expect((await entriesOf({ recordId: ids[1], action: 'ticket.read' })).map(({ operation }) => operation)).toEqual(['Edges', 'List'])
  })

  test('are not told of what shows no sensitive value', async () => {
    await agent.client.data('query Harmless { tickets { nodes { subject status } } accounts { nodes { name phone { raw } } } }')
    await agent.client.data('query Nothing { tickets(filter: {subject: {eq: "there is none"}}) { nodes { description } } }')
    await agent.client.send('query Hidden { opportunities { nodes { amount { amount } } } }')
    await agent.client.send('mutation Failed { createTicket(input: {subject: "x", priority: "nonsense"}) { ticket { description } } }')
    const told = await entriesOf({ actorId: agent.id }, 500)
    expect(told.filter(({ operation }) => ['Harmless', 'Nothing', 'Hidden', 'Failed'].includes(operation))).toEqual([])
  })

  test('of many records tell how many, and what was asked in a way that gives no value away; aggregates name none', async () => {
    const inputs = Array.from({ length: 120 }, (_, index) => ({ subject: `Many ${index}`, description: `d${index}` }))
    await server.admin.data('mutation ($inputs: [CreateTicketInput!]!) { createTickets(input: $inputs) { changeSetId } }', { inputs })
    const many = 'query Many($text: String!) { tickets(first: 200, filter: {subject: {startsWith: $text}}) { nodes { description } } }'
    await server.admin.data(many, { text: 'Many' })
    const [entry] = await entriesOf({ action: 'ticket.read', actorId: adminId })
    expect(entry).toMatchObject({ operation: 'Many', recordIds: [], details: { count: 120, asked: expect.stringMatching(/^[0-9a-f]{64}$/) } })
    await server.admin.data('query Sum { opportunitiesAggregate { count sum { amount { amount } } } }')
    expect((await entriesOf({ action: 'opportunity.read', actorId: adminId }))[0]).toMatchObject({
      ...{ operation: 'Sum', recordIds: [], fields: ['opportunity.amount'] },
      details: { aggregated: true, asked: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
  })

  test('of custom fields and of what is computed from sensitive ones', async () => {
    await makeField(server.admin, { module: 'account', name: 'ailment', type: 'TEXT', sensitivity: 'SENSITIVE' })
    const shout = await makeField(server.admin, { module: 'account', name: 'shout', type: 'FORMULA', formula: 'UPPER(ailment)' })
    const id = await createAccount(server.admin, 'Patient')
    await server.admin.data('mutation ($id: ID!) { updateAccount(id: $id, input: {ailment: "gout"}) { changeSetId } }', { id })
    const sources = [
      ['Plain', 'query Plain($id: ID!) { account(id: $id) { ailment } }'],
      ['Computed', 'query Computed($id: ID!) { account(id: $id) { shout } }'],
      ['Values', 'query Values($id: ID!) { account(id: $id) { values(fields: ["ailment"]) } }'],
      ['AllValues', 'query AllValues($id: ID!) { account(id: $id) { values } }'],
    ] as const
    for (const [, source] of sources) expect(JSON.stringify(await server.admin.data(source, { id })).toLowerCase()).toContain('gout')
    await server.admin.data('query Other($id: ID!) { account(id: $id) { values(fields: []) } }', { id })
    const entries = await entriesOf({ action: 'account.read', recordId: id })
    expect(entries.map(({ operation, fields }) => [operation, [...fields].sort()]).reverse()).toEqual([
      ['Plain', ['account.ailment']],
      ['Computed', ['account.shout']],
      ['Values', ['account.ailment']],
      ['AllValues', ['account.ailment', 'account.shout']],
    ])
    await server.admin.data(METADATA.deleteField, { id: shout.id })
    expect((await entriesOf({ action: 'account.read', recordId: id })).flatMap(({ fields }) => fields)).not.toContain('account.shout')
  })

  test('of what is told without a record: by cursors, by comparisons, by keys, by subscriptions; and of version conflicts', async () => {
    await makeField(server.admin, { module: 'account', name: 'secretive', type: 'TEXT', sensitivity: 'SENSITIVE', unique: true })
    const id = await createAccount(server.admin, 'Secretive')
    await server.admin.data('mutation ($id: ID!) { updateAccount(id: $id, input: {secretive: "one"}) { changeSetId } }', { id })
    await server.admin.data('mutation ($id: ID!) { updateAccount(id: $id, input: {secretive: "two"}) { changeSetId } }', { id })
    await server.admin.data('mutation ($id: ID!) { createContact(input: {name: "C", account: {id: $id}}) { changeSetId } }', { id })
    const sources: readonly (readonly [name: string, source: string])[] = [
      ['EdgeCursor', 'query EdgeCursor { accounts(orderBy: [{secretive: ASC}]) { edges { cursor } } }'],
      ['PageCursor', 'query PageCursor { accounts(orderBy: [{secretive: DESC}]) { nodes { id } pageInfo { endCursor } } }'],
      ['Related', 'query Related { contacts(orderBy: [{account: {secretive: ASC}}]) { edges { cursor } } }'],
      ['Filter', 'query Filter { accounts(filter: {not: {secretive: {startsWith: "t"}}}) { totalCount } }'],
      ['Nested', 'query Nested { contacts(filter: {account: {secretive: {eq: "none"}}}) { nodes { id } } }'],
      ['Key', 'query Key { accountBy(by: {secretive: "two"}) { id } }'],
      ['NoKey', 'query NoKey { accountBy(by: {secretive: "three"}) { id } }'],
      ['Counted', 'query Counted { accountsAggregate(filter: {secretive: {eq: "two"}}) { count } }'],
      ['ByType', `query ByType { accounts(filter: {secretive: {eq: "two"}}) { nodes { ${'long'.repeat(20)}: id } } }`],
    ]
    for (const [, source] of sources) await server.admin.send(source)
    const harmless = 'query Harmless { accounts(orderBy: [{secretive: ASC}]) { nodes { id } } named: accounts(orderBy: [{name: ASC}]) { edges { cursor } } }'
    await server.admin.data(harmless)
    const told = async (name: string) => (await entriesOf({ actorId: adminId, action: 'account.read' }, 100)).filter(({ operation }) => operation === name)
    for (const [name] of sources)
      expect([name, await told(name)]).toEqual([
        name,
        [
          expect.objectContaining({
            ...{ recordIds: [], fields: ['account.secretive'] },
            details: { aggregated: true, asked: expect.stringMatching(/^[0-9a-f]{64}$/) },
          }),
        ],
      ])
    expect(await told('Harmless')).toEqual([])
    await server.admin.data('query Ordered { opportunitiesAggregate(groupBy: [{name: true}], orderBy: [{sum: {amount: DESC}}]) { count } }')
    expect((await entriesOf({ action: 'opportunity.read', actorId: adminId }))[0]).toMatchObject({ operation: 'Ordered', fields: ['opportunity.amount'] })

    const conflict = await server.admin.send('mutation Conflict($id: ID!) { updateAccount(id: $id, input: {name: "z"}, ifVersion: 2) { changeSetId } }', { id })
    expect(conflict.errors[0]?.extensions).toMatchObject({ code: 'VERSION_CONFLICT', base: { secretive: 'one' }, current: { secretive: 'two' } })
    expect(await told('Conflict')).toMatchObject([{ recordIds: [id], fields: expect.arrayContaining(['account.secretive']) }])

    const following = subscribe(server.admin, 'subscription Follow { accountChanged(filter: {secretive: {eq: "two"}}) { operation } }')
    await eventually(async () => (await told('Follow')).length === 1)
    following.close()
  })

  test('in the audit log itself are recorded too', async () => {
    const id = await createTicket('Looked up', 'third secret')
    const [entry] = await entriesOf({ recordId: id, action: 'ticket.create' })
    expect(entry.changes).toContainEqual(expect.objectContaining({ field: 'description', after: 'third secret' }))
    expect((await entriesOf({ recordId: id, action: 'ticket.read' }))[0]).toMatchObject({
      operation: 'Log',
      rootFields: ['auditLog'],
      fields: ['ticket.description'],
    })
  })
})

describe('the query', () => {
  test('pages from the newest on, without gaps or repetitions, and refuses what it cannot answer', async () => {
    const whole = (await server.admin.data(LOG, { first: 500 })).auditLog.nodes.map(({ id }: Entry) => id)
    const paged: string[] = []
    let after: string | null = null
    do {
      const { auditLog }: Entry = await server.admin.data(LOG, { first: 17, after })
      expect(auditLog.edges.map(({ node }: Entry) => node.id)).toEqual(auditLog.nodes.map(({ id }: Entry) => id))
      expect(auditLog.pageInfo.hasPreviousPage).toBe(after !== null)
      paged.push(...auditLog.nodes.map(({ id }: Entry) => id))
      after = auditLog.pageInfo.hasNextPage ? auditLog.pageInfo.endCursor : null
    } while (after !== null)
    // What was read while paging came on top.
    expect(paged.slice(-whole.length)).toEqual(whole.slice(-paged.length))
    expect(whole.length).toBeGreaterThan(50)
    for (const [variables, code] of [
      [{ first: 0 }, 'VALIDATION_FAILED'],
      [{ first: 501 }, 'LIMIT_EXCEEDED'],
      [{ after: 'bm9uZQ==' }, 'CURSOR_INVALID'],
      [{ filter: { recordId: 'no id' } }, 'VALIDATION_FAILED'],
      [{ filter: { module: 'nothing' } }, 'VALIDATION_FAILED'],
      [{ filter: { action: 'a\0b' } }, 'VALIDATION_FAILED'],
    ] as const)
      expect([variables, codesOf(await server.admin.send(LOG, variables))]).toEqual([variables, [code]])
  })

  test('filters by module and time; null asks nothing', async () => {
    const accounts = await entriesOf({ module: 'account', actorId: null }, 500)
    expect(new Set(accounts.map(({ module }) => module))).toEqual(new Set(['account']))
    const middle = accounts[Math.floor(accounts.length / 2)].at
    const [later, earlier] = [await entriesOf({ module: 'account', from: middle }, 500), await entriesOf({ module: 'account', to: middle }, 500)]
    expect(later.every(({ at }) => at >= middle) && earlier.every(({ at }) => at < middle)).toBe(true)
    expect([...later, ...earlier].map(({ id }) => id).slice(-accounts.length)).toEqual(accounts.map(({ id }) => id))
  })

  test('is for administrators alone, and for them under other names of its members too', async () => {
    for (const client of [rep.client, agent.client]) expect(codesOf(await client.send('{ auditLog { nodes { id } } }'))).toEqual(['FORBIDDEN'])
    expect(codesOf(await server.anonymous.send('{ auditLog { nodes { id } } }'))).toEqual(['UNAUTHENTICATED'])
    const { log } = await server.admin.data('{ log: auditLog(first: 1) { page: pageInfo { more: hasNextPage start: startCursor } edges { at: cursor } } }')
    expect(log).toEqual({ page: { more: true, start: expect.any(String) }, edges: [{ at: log.page.start }] })
  })
})

test('what was noted when a server stops is written before it ends, and refusals that were left out are told', async () => {
  const { url } = server.database
  await agent.client.data('query Last { tickets(first: 1) { nodes { description } } }')
  for (const client of [rep.client, agent.client, server.admin]) await client.close()
  stopped = true
  await server.app.close()
  const client = new pg.Client(url)
  await client.connect()
  const { rows } = await client.query(
    `SELECT operation, action, details FROM audit_log WHERE operation = 'Last' OR action = 'refusals.leftOut' ORDER BY action`,
  )
  await client.end()
  expect(rows).toEqual([
    { operation: null, action: 'refusals.leftOut', details: { leftOut: 10, since: expect.any(String), until: expect.any(String) } },
    { operation: 'Last', action: 'ticket.read', details: null },
  ])
})
