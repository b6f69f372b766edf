import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, type TestClient } from '../support/client.ts'
import { makeField } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Whoever holds several roles sees of each record what the roles that reach this record say: the amount of own opportunities, and not that of others. */
let server: TestServer
let admin: TestClient
let person: { readonly id: string; readonly client: TestClient }
const idOf: Record<string, string> = {}

const role = (key: string, grants: readonly object[], fields: readonly object[] = []) => admin.data(ROLES.create, { input: { key, name: key, grants, fields } })
const post = async (client: TestClient, query: string, headers: Readonly<Record<string, string>> = {}) => {
  const response = await fetch(`${client.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${client.token}`, ...headers },
    body: JSON.stringify({ query }),
  })
  return (await response.json()) as { data: never; errors?: { extensions: { code: string } }[]; extensions?: { redacted?: unknown } }
}

const create = async (type: string, name: string, input: object) => {
  const field = type.charAt(0).toLowerCase() + type.slice(1)
  const made = await admin.data(`mutation ($input: Create${type}Input!) { made: create${type}(input: $input) { ${field} { id } } }`, { input })
  idOf[name] = made.made[field].id
}

beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
  await role(
    'lister',
    [
      { module: 'opportunity', actions: ['READ'], scope: 'ALL' },
      { module: 'opportunityLineItem', actions: ['READ'], scope: 'ALL' },
      { module: 'account', actions: ['READ'], scope: 'ALL' },
      { module: 'contact', actions: ['READ'], scope: 'ALL' },
    ],
    [{ module: 'contact', field: 'email', access: 'MASKED' }],
  )
  await makeField(admin, { module: 'opportunity', name: 'rumour', type: 'TEXT', label: 'Rumour', sensitivity: 'sensitive' })
  await role(
    'owner',
    [
      { module: 'opportunity', actions: ['READ', 'UPDATE', 'CREATE'], scope: 'OWN' },
      { module: 'opportunityLineItem', actions: ['READ'], scope: 'OWN' },
      { module: 'contact', actions: ['READ'], scope: 'OWN' },
    ],
    [
      { module: 'opportunity', field: 'amount', access: 'WRITE' },
      { module: 'opportunity', field: 'rumour', access: 'READ' },
      { module: 'opportunityLineItem', field: 'unitPrice', access: 'READ' },
      { module: 'contact', field: 'email', access: 'READ' },
      { module: 'contact', field: 'phone', access: 'READ' },
    ],
  )
  await role(
    'retail',
    [
      { module: 'account', actions: ['READ', 'UPDATE'], scope: 'ALL', where: { industry: { eq: 'retail' } } },
      { module: 'contact', actions: ['READ'], scope: 'ALL', where: { jobTitle: { eq: 'clerk' } } },
    ],
    [
      { module: 'account', field: 'creditLimit', access: 'WRITE' },
      { module: 'account', field: 'parent', access: 'READ' },
      { module: 'contact', field: 'phone', access: 'MASKED' },
    ],
  )
  person = await server.addUser('Person', 'lister', 'owner', 'retail')
  await create('Account', 'shop', { name: 'shop', type: 'customer', industry: 'retail', creditLimit: { amount: '10.00', currency: 'USD' } })
  await create('Account', 'mill', {
    name: 'mill',
    type: 'customer',
    industry: 'energy',
    creditLimit: { amount: '20.00', currency: 'USD' },
    parent: { id: idOf['shop'] },
  })
  await create('Product', 'product', { name: 'product', sku: 'p' })
  await create('Pipeline', 'pipeline', { name: 'sales' })
  await create('Stage', 'stage', { name: 'first', pipeline: { id: idOf['pipeline'] } })
  for (const [name, owner] of [
    ['mine', person.id],
    ['theirs', null],
  ] as const) {
    const owned = owner === null ? {} : { owner: { id: owner } }
    await create('Contact', `${name}-contact`, {
      name: `${name}-contact`,
      jobTitle: name === 'theirs' ? 'clerk' : null,
      email: `${name}@example.com`,
      phone: '+12025550123',
      ...owned,
    })
    await create('Opportunity', name, {
      name,
      stage: { id: idOf['stage'] },
      account: { id: idOf['shop'] },
      amount: { amount: '100.00', currency: 'USD' },
      rumour: name,
      ...owned,
    })
  }
}, 60_000)
afterAll(() => server?.close())

describe('what some records show', () => {
  test('is shown on these and null on others, without an error, and told in the extensions', async () => {
    const query = '{ opportunities(orderBy: [{name: ASC}]) { nodes { name amount { amount currency } viewerAccess { writableFields hiddenFields } } } }'
    const { data, errors, extensions } = (await post(person.client, query)) as unknown as {
      data: { opportunities: { nodes: { name: string; amount: unknown; viewerAccess: { writableFields: string[]; hiddenFields: string[] } }[] } }
      errors?: unknown
      extensions: { redacted: unknown }
    }
    const [mine, theirs] = data.opportunities.nodes
    expect([mine?.amount, theirs?.amount]).toEqual([{ amount: '100.00', currency: 'USD' }, null])
    expect(mine?.viewerAccess.writableFields).toContain('amount')
    expect(mine?.viewerAccess.hiddenFields).not.toContain('amount')
    expect(theirs?.viewerAccess).toEqual({ writableFields: [], hiddenFields: ['amount', 'rumour'] })
    expect(errors).toBeUndefined()
    expect(extensions.redacted).toEqual([{ path: ['opportunities', 'nodes', 'amount'], state: 'hidden', partly: true }])
    const strict = await post(person.client, query, { 'x-access-mode': 'strict' })
    expect([strict.data ?? null, strict.errors?.map(({ extensions }) => extensions.code)]).toEqual([null, ['FORBIDDEN_FIELD']])
  })

  test('by scope, by condition, masked or whole, whichever role says most of the record', async () => {
    const answer = await person.client.data(`{
      contacts(orderBy: [{name: ASC}]) { nodes { name email phone { raw e164 } viewerAccess { maskedFields hiddenFields } } }
      accounts(orderBy: [{name: ASC}]) { nodes { name creditLimit { amount } parent { name } } }
    }`)
    expect(answer.contacts.nodes).toEqual([
      {
        name: 'mine-contact',
        email: 'mine@example.com',
        phone: { raw: '+12025550123', e164: '+12025550123' },
        viewerAccess: { maskedFields: [], hiddenFields: [] },
      },
      {
        name: 'theirs-contact',
        email: 't***@example.com',
        phone: { raw: '***0123', e164: '***0123' },
        viewerAccess: { maskedFields: ['email', 'phone'], hiddenFields: [] },
      },
    ])
    expect(answer.accounts.nodes).toEqual([
      { name: 'mill', creditLimit: null, parent: { name: 'shop' } },
      { name: 'shop', creditLimit: { amount: '10.00' }, parent: null },
    ])
  })

  test('in values and in records that belong to a record, too; and the audit names those alone that were shown', async () => {
    for (const name of ['mine', 'theirs']) {
      const input = { opportunity: { id: idOf[name] }, product: { id: idOf['product'] }, quantity: '1', unitPrice: { amount: '100.00', currency: 'USD' } }
      await create('OpportunityLineItem', `${name}-line`, input)
    }
    const query =
      '{ opportunities(orderBy: [{name: ASC}]) { nodes { name values(fields: ["rumour"]) lineItems { nodes { quantity unitPrice { amount } } } } } }'
    const { opportunities } = await person.client.data(query)
    expect(opportunities.nodes).toEqual([
      { name: 'mine', values: { rumour: 'mine' }, lineItems: { nodes: [{ quantity: '1', unitPrice: { amount: '100.00' } }] } },
      { name: 'theirs', values: { rumour: null }, lineItems: { nodes: [{ quantity: '1', unitPrice: null }] } },
    ])
    const { auditLog } = await admin.data(
      'query ($actor: ID!) { auditLog(filter: {actorId: $actor, action: "opportunity.read"}, first: 1) { nodes { recordIds } } }',
      { actor: person.id },
    )
    expect(auditLog.nodes).toEqual([{ recordIds: [idOf['mine']] }])
    for (const name of ['mine-line', 'theirs-line'])
      await admin.data('mutation ($id: ID!) { deleteOpportunityLineItem(id: $id) { opportunityLineItem { id } } }', { id: idOf[name] })
  })

  test('is no way to compare: refused like a hidden field', async () => {
    for (const query of [
      '{ opportunities(filter: {amount: {gt: "1"}}) { totalCount } }',
      '{ opportunities(orderBy: [{amount: DESC}]) { totalCount } }',
      '{ opportunitiesAggregate { sum { amount { amount } } } }',
      '{ contacts(filter: {email: {eq: "theirs@example.com"}}) { totalCount } }',
      '{ accounts(filter: {opportunities: {some: {amount: {gt: "1"}}}}) { totalCount } }',
    ]) {
      const answer = await person.client.send(query)
      expect([query, codesOf(answer)]).toEqual([query, ['GRAPHQL_VALIDATION_FAILED']])
      expect(answer.data ?? null).toBeNull()
    }
    expect(await person.client.data('{ contacts(search: "theirs@example.com") { totalCount } }')).toEqual({ contacts: { totalCount: 0 } })
  })

  test('in histories, too', async () => {
    const { opportunities } = await person.client.data('{ opportunities(orderBy: [{name: ASC}]) { nodes { name history { nodes { changes { field } } } } } }')
    const shows = opportunities.nodes.map(({ name, history }: { name: string; history: { nodes: { changes: { field: string }[] }[] } }) => [
      name,
      history.nodes.some(({ changes }) => changes.some(({ field }) => field === 'amount')),
    ])
    expect(shows).toEqual([
      ['mine', true],
      ['theirs', false],
    ])
  })

  test('is told of modules, explained, and known to who asks who can see it', async () => {
    const { module } = await person.client.data('{ module(name: "opportunity") { fields { name access filterable sortable } } }')
    expect(module.fields.find(({ name }: { name: string }) => name === 'amount')).toEqual({
      name: 'amount',
      access: 'HIDDEN',
      filterable: false,
      sortable: false,
    })
    for (const [name, allowed] of [
      ['mine', true],
      ['theirs', false],
    ] as const) {
      const answer = await admin.data(
        `query ($user: ID!, $id: ID!) {
          read: explainAccess(userId: $user, module: "opportunity", recordId: $id, field: "amount") { allowed }
          update: explainAccess(userId: $user, module: "opportunity", recordId: $id, field: "amount", action: UPDATE) { allowed }
          whoCanSee(module: "opportunity", recordId: $id, field: "amount") { id }
        }`,
        { user: person.id, id: idOf[name] },
      )
      const sees = answer.whoCanSee.some(({ id }: { id: string }) => id === person.id)
      expect([name, answer.read.allowed, answer.update.allowed, sees]).toEqual([name, allowed, allowed, allowed])
    }
  })
})

describe('what some records let be written', () => {
  const UPDATE = 'mutation ($id: ID!, $input: UpdateOpportunityInput!) { updateOpportunity(id: $id, input: $input) { opportunity { amount { amount } } } }'
  const amount = (value: string) => ({ amount: { amount: value, currency: 'USD' } })

  test('is written on these and refused on others', async () => {
    const done = await person.client.data(UPDATE, { id: idOf['mine'], input: amount('200.00') })
    expect(done.updateOpportunity.opportunity).toEqual({ amount: { amount: '200.00' } })
    const LIMIT = 'mutation ($id: ID!, $input: UpdateAccountInput!) { updateAccount(id: $id, input: $input) { account { creditLimit { amount } } } }'
    const limit = { creditLimit: { amount: '30.00', currency: 'USD' } }
    expect((await person.client.data(LIMIT, { id: idOf['shop'], input: limit })).updateAccount.account).toEqual({ creditLimit: { amount: '30.00' } })
    expect(codesOf(await person.client.send(LIMIT, { id: idOf['mill'], input: limit }))).toEqual(['FORBIDDEN'])
  })

  test('where records may be updated on which the field may not be, it is as one that does not exist', async () => {
    await role('all_writer', [
      { module: 'opportunity', actions: ['READ', 'CREATE', 'UPDATE'], scope: 'ALL' },
      { module: 'account', actions: ['READ'], scope: 'ALL' },
    ])
    const writer = await server.addUser('Writer', 'all_writer', 'owner')
    await admin.data(UPDATE, { id: idOf['theirs'], input: amount('100.00') })
    const refused = await writer.client.send(UPDATE, { id: idOf['theirs'], input: { name: 'changed', ...amount('5.00') } })
    expect(codesOf(refused)).toEqual(['VALIDATION_FAILED'])
    expect(refused.errors[0]?.extensions['issues']).toEqual([
      { path: ['input', 'amount'], code: 'UNKNOWN_FIELD', message: 'Opportunity has no field named "amount".' },
    ])
    const CREATE = 'mutation ($input: CreateOpportunityInput!) { createOpportunity(input: $input) { opportunity { id amount { amount } } } }'
    const input = { name: 'new', account: { id: idOf['shop'] }, stage: { id: idOf['stage'] }, ...amount('7.00') }
    const own = await writer.client.data(CREATE, { input })
    expect(own.createOpportunity.opportunity.amount).toEqual({ amount: '7.00' })
    expect(codesOf(await writer.client.send(CREATE, { input: { ...input, owner: { id: person.id } } }))).toEqual(['VALIDATION_FAILED'])
    const { opportunities } = await admin.data(
      '{ opportunities(filter: {name: {in: ["new", "changed", "theirs"]}}, orderBy: [{name: ASC}]) { nodes { name amount { amount } } } }',
    )
    expect(opportunities.nodes).toEqual([
      { name: 'new', amount: { amount: '7.00' } },
      { name: 'theirs', amount: { amount: '100.00' } },
    ])
  })
  test('what may be written on records that stand alone tells nothing by creates', async () => {
    await makeField(admin, { module: 'account', name: 'badge', type: 'TEXT', label: 'Badge', unique: true, sensitivity: 'sensitive' })
    await role('account_maker', [{ module: 'account', actions: ['READ', 'CREATE', 'UPDATE'], scope: 'ALL' }])
    await role(
      'coder',
      [{ module: 'account', actions: ['READ', 'UPDATE'], scope: 'ALL', where: { name: { eq: 'coded' } } }],
      [{ module: 'account', field: 'badge', access: 'WRITE' }],
    )
    const CREATE = 'mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }'
    const UPSERT = 'mutation ($by: AccountUniqueInput!, $input: UpsertAccountInput!) { upsertAccount(by: $by, input: $input) { account { id } } }'
    await admin.data(CREATE, { input: { name: 'coded', type: 'customer', badge: 'taken' } })
    const coder = await server.addUser('Coder', 'account_maker', 'coder')
    const by = { externalId: { system: 'erp', key: 'none' } }
    for (const badge of ['taken', 'free']) {
      const input = { name: 'new', type: 'customer', badge }
      for (const [query, variables] of [
        [CREATE, { input }],
        [UPSERT, { by, input }],
      ] as const) {
        const refused = await coder.client.send(query, variables)
        expect([badge, refused.errors[0]?.extensions['issues']]).toMatchObject([badge, [{ path: ['input', 'badge'], code: 'UNKNOWN_FIELD' }]])
      }
    }
  })
})

test('a guess at a value of another record is answered alike, right or wrong, also where versions are compared', async () => {
  await role('editor', [{ module: 'account', actions: ['READ', 'UPDATE'], scope: 'ALL' }])
  const { client } = await server.addUser('Editor', 'editor', 'retail')
  await create('Account', 'quarry', { name: 'quarry', type: 'customer', industry: 'energy', creditLimit: { amount: '20.00', currency: 'USD' } })
  await admin.data('mutation ($id: ID!, $input: UpdateAccountInput!) { updateAccount(id: $id, input: $input) { changeSetId } }', {
    id: idOf['quarry'],
    input: { creditLimit: { amount: '30.00', currency: 'USD' } },
  })
  const guess = async (amount: string) => {
    const { errors } = await client.send(
      'mutation ($id: ID!, $input: UpdateAccountInput!) { updateAccount(id: $id, input: $input, ifVersion: 1, onConflict: MERGE) { changeSetId } }',
      { id: idOf['quarry'], input: { creditLimit: { amount, currency: 'USD' } } },
    )
    return errors.map(({ message, path, extensions: { requestId, ...extensions } }) => ({ message, path, extensions }))
  }
  expect((await guess('30.00')).length).toBe(1)
  expect(await guess('30.00')).toEqual(await guess('31.00'))
})
