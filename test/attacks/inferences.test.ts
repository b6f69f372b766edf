import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, type TestClient } from '../support/client.ts'
import { eventually } from '../support/guanxi-process.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** What a role does not show, worked out from what it does show or from how writes are answered. */
let server: TestServer
let admin: TestClient
const role = (key: string, grants: readonly object[], fields: readonly object[] = []) => admin.data(ROLES.create, { input: { key, name: key, grants, fields } })
beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
}, 60_000)
afterAll(() => server?.close())

describe('a hidden price', () => {
  let reader: TestClient
  beforeAll(async () => {
    const grants = ['order', 'orderLine'].map((module) => ({ module, actions: ['READ'], scope: 'ALL' }))
    await role('lines', grants, [{ module: 'orderLine', field: 'unitPrice', access: 'HIDDEN' }])
    reader = (await server.addUser('Gus', 'lines')).client
  })

  test.each([
    ['a filter', '{ orderLines(filter: {total: {gt: "246"}}) { totalCount } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an order', '{ orderLines(orderBy: [{total: DESC}]) { totalCount } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an aggregate', '{ orderLinesAggregate { sum { total { amount } } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['the value', '{ orderLines { nodes { quantity discount total { amount } } } }', 'FORBIDDEN_FIELD'],
  ])('does not show in the total that PostgreSQL generates from it: %s', async (_, query, code) => {
    expect(codesOf(await admin.send(query))).toEqual([])
    expect(codesOf(await reader.send(query))).toEqual([code])
  })
})

describe('unreadable records', () => {
  let writer: TestClient
  let linked: string
  let other: string
  let account: string
  let deal: string
  const contact = async (name: string) =>
    (await admin.data('mutation ($n: String!) { createContact(input: {name: $n}) { contact { id } } }', { n: name })).createContact.contact.id as string
  beforeAll(async () => {
    await makeField(admin, { module: 'account', name: 'partners', type: 'REFERENCES', reference: { module: 'contact', inverseName: 'partnerOf' } })
    await makeField(admin, { module: 'account', name: 'buyer', type: 'REFERENCE', reference: { module: 'contact', inverseName: 'buyerOf' } })
    await role('partners', [
      { module: 'account', actions: ['READ', 'UPDATE'], scope: 'ALL' },
      { module: 'contact', actions: ['READ'], scope: 'OWN' },
    ])
    writer = (await server.addUser('Pam', 'partners')).client
    linked = await contact('linked')
    other = await contact('other')
    const create = 'mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }'
    const made = async (input: object) => (await admin.data(create, { input: { name: 'a', type: 'customer', ...input } })).createAccount.account.id as string
    account = await made({ partners: { set: [{ id: linked }] } })
    deal = await made({ buyer: { id: other } })
    await admin.data('mutation ($id: ID!, $c: ID!) { updateAccount(id: $id, input: {buyer: {id: $c}}) { changeSetId } }', { id: deal, c: linked })
  })

  test.each(['add', 'set', 'remove'])('are not told by links that lead to them: %s', async (member) => {
    const mutation = `mutation ($a: ID!, $c: ID!, $dry: Boolean) { updateAccount(id: $a, dryRun: $dry, input: {partners: {${member}: [{id: $c}]}}) { account { version } } }`
    for (const dry of [true, false]) {
      const [right, wrong] = [await writer.send(mutation, { a: account, c: linked, dry }), await writer.send(mutation, { a: account, c: other, dry })]
      expect([codesOf(right), right.data]).toEqual([['VALIDATION_FAILED'], null])
      expect(right.errors?.[0]?.extensions?.['issues']).toEqual(wrong.errors?.[0]?.extensions?.['issues'])
    }
  })

  test.each(['{set: []}', 'null'])('are not told by a list that is replaced: %s', async (list) => {
    const mutation = `mutation ($a: ID!) { updateAccount(id: $a, input: {partners: ${list}}) { account { version partners { totalCount } } } }`
    expect((await writer.data(mutation, { a: account })).updateAccount.account).toEqual({ version: 1, partners: { totalCount: 0 } })
    const left = '{ accounts(filter: {partners: {some: {}}}) { totalCount } }'
    expect((await admin.data(left)).accounts.totalCount).toBe(1)
  })

  test('are not told by a change that would merge with their reference', async () => {
    const mutation = 'mutation ($a: ID!, $c: ID!) { updateAccount(id: $a, ifVersion: 1, onConflict: MERGE, input: {buyer: {id: $c}}) { account { version } } }'
    for (const c of [linked, other]) expect([c, codesOf(await writer.send(mutation, { a: deal, c }))]).toEqual([c, ['VALIDATION_FAILED']])
  })
})

describe('refusals name nothing that is hidden', () => {
  const hidden = { sensitivity: 'sensitive' }
  let client: TestClient
  const account = async (input: object) =>
    (await admin.data('mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }', { input: { type: 'customer', ...input } }))
      .createAccount.account.id as string
  const remove = (id: string) => admin.data('mutation ($id: ID!) { deleteAccount(id: $id) { id } }', { id })
  const restore = (id: string) => client.send('mutation ($id: ID!) { restoreAccount(id: $id) { changeSetId } }', { id })
  beforeAll(async () => {
    const actions = ['READ', 'CREATE', 'UPDATE', 'DELETE', 'RESTORE']
    await role(
      'plain',
      ['lead', 'account', 'contact', 'task'].map((module) => ({ module, actions, scope: 'ALL' })),
    )
    client = (await server.addUser('Sam', 'plain')).client
  })

  const untold = { message: 'This record cannot be written as it stands; ask an administrator.' }
  const errorOf = (answer: Awaited<ReturnType<TestClient['send']>>) => {
    expect(JSON.stringify(answer.errors)).not.toMatch(/secret|JPY|1 contact/)
    expect(answer.data).toBeNull()
    return answer.errors?.[0] as { message: string; extensions: Record<string, unknown> }
  }

  test('a required field; several are no more than one', async () => {
    const fields = ['secretMust', 'secretToo'].map((name) => makeField(admin, { module: 'task', name, type: 'TEXT', required: true, ...hidden }))
    await Promise.all(fields)
    const mutation = 'mutation { createTask(input: {title: "x"}) { changeSetId } }'
    const { message, extensions } = errorOf(await client.send(mutation))
    expect([message, extensions['issues']]).toEqual([untold.message, [{ path: ['input'], code: 'REQUIRED', ...untold }]])
    expect((await admin.send(mutation)).errors?.[0]?.extensions?.['issues']).toHaveLength(2)
  })

  test('the default of an amount without a rate', async () => {
    await makeField(admin, { module: 'lead', name: 'secretFee', type: 'MONEY', default: { amount: '5.00', currency: 'JPY' }, ...hidden })
    const { extensions } = errorOf(await client.send('mutation { createLead(input: {name: "x", company: "y"}) { changeSetId } }'))
    expect(extensions['issues']).toEqual([{ path: ['input'], code: 'NO_RATE', ...untold }])
  })

  test('a unique value that was taken while its record was deleted: restored, or by an upsert', async () => {
    await makeField(admin, { module: 'account', name: 'secretKey', type: 'TEXT', unique: true, ...hidden })
    await makeField(admin, { module: 'account', name: 'openKey', type: 'TEXT', unique: true })
    await eventually(async () => {
      const { customFields } = await admin.data('{ customFields(module: "account") { name state } }')
      const states = customFields.flatMap(({ name, state }: { name: string; state: string }) => (name.endsWith('Key') ? [state] : []))
      return states.length === 2 && states.every((state: string) => state === 'ready')
    })
    const id = await account({ name: 'k1', secretKey: 'K', openKey: 'O' })
    await remove(id)
    await account({ name: 'k2', secretKey: 'K' })
    const upsert = 'mutation { upsertAccount(by: {openKey: "O"}, input: {name: "k3", type: "customer"}) { changeSetId } }'
    for (const answer of [await restore(id), await client.send(upsert)]) {
      const { message, extensions } = errorOf(answer)
      expect([message, extensions['code'], extensions['module'], extensions['fields']]).toEqual([untold.message, 'DUPLICATE', 'account', []])
    }
  })

  test('the parent of a record that is restored', async () => {
    await admin.data(METADATA.createModule, { input: { name: 'secretFile', pluralName: 'secretFiles', fields: [{ name: 'name', type: 'TEXT' }] } })
    const cascade = (inverseName: string) => ({ ...hidden, reference: { module: 'secretFile', inverseName, onDelete: 'CASCADE' } })
    await makeField(admin, { module: 'account', name: 'file', type: 'REFERENCE', ...cascade('accounts') })
    await makeField(admin, { module: 'account', name: 'files', type: 'REFERENCES', ...cascade('accountsOf') })
    const file = (await admin.data('mutation { createSecretFile(input: {name: "d"}) { secretFile { id } } }')).createSecretFile.secretFile.id
    const ids = [await account({ name: 'b', file: { id: file } }), await account({ name: 'c', files: { set: [{ id: file }] } })]
    await admin.data('mutation ($id: ID!) { deleteSecretFile(id: $id) { id } }', { id: file })
    for (const id of ids) expect(errorOf(await restore(id)).extensions['issues']).toEqual([{ path: ['id'], code: 'PARENT_DELETED', ...untold }])
  })

  test('records that refer by a hidden field to one that is deleted', async () => {
    await makeField(admin, {
      module: 'contact',
      name: 'watcherOf',
      type: 'REFERENCE',
      ...hidden,
      reference: { module: 'account', inverseName: 'watchers', onDelete: 'RESTRICT' },
    })
    const id = await account({ name: 'c' })
    await admin.data('mutation ($a: ID!) { createContact(input: {name: "w", watcherOf: {id: $a}}) { changeSetId } }', { a: id })
    const mutation = 'mutation ($id: ID!) { deleteAccount(id: $id, dryRun: true) { id } }'
    const { message, extensions } = errorOf(await client.send(mutation, { id }))
    expect([message, extensions['code']]).toEqual(['Other records refer to this account. Delete or move them first.', 'VALIDATION_FAILED'])
    expect((await admin.send(mutation, { id })).errors?.[0]?.message).toBe('1 contact refers to this account. Delete or move them first.')
  })
})

describe('a sum that follows from hidden values', () => {
  test('where it does not fit, nothing is told of it', async () => {
    const { createAccount, createProduct, createPipeline } = await admin.data(`mutation { createAccount(input: {name: "Deep pockets"}) { account { id } }
      createProduct(input: {name: "Tower"}) { product { id } } createPipeline(input: {name: "Towers"}) { pipeline { id } } }`)
    const { createStage } = await admin.data(
      'mutation ($p: ID!) { createStage(input: {name: "Talks", probability: "0.5", category: "open", pipeline: {id: $p}}) { stage { id } } }',
      {
        p: createPipeline.pipeline.id,
      },
    )
    const { createOpportunity } = await admin.data(
      'mutation ($a: ID!, $s: ID!) { createOpportunity(input: {name: "Two towers", account: {id: $a}, stage: {id: $s}}) { opportunity { id } } }',
      { a: createAccount.account.id, s: createStage.stage.id },
    )
    const line = `mutation ($o: ID!, $p: ID!) { createOpportunityLineItem(input: {opportunity: {id: $o}, product: {id: $p}, unitPrice: {amount: "700000000000000", currency: "USD"}}) {
      changeSetId } }`
    const variables = { o: createOpportunity.opportunity.id, p: createProduct.product.id }
    await admin.data(line, variables)
    await role(
      'line_writers',
      ['opportunity', 'opportunityLineItem'].map((module) => ({ module, actions: ['READ', 'CREATE', 'UPDATE'], scope: 'ALL' })),
      [
        { module: 'opportunity', field: 'amount', access: 'HIDDEN' },
        { module: 'opportunityLineItem', field: 'unitPrice', access: 'WRITE' },
      ],
    )
    const { client } = await server.addUser('Lena', 'line_writers')
    const issuesOfSum = async (writer: TestClient) => {
      const answer = await writer.send(line, variables)
      return answer.errors[0]?.extensions['issues']
    }
    expect(await issuesOfSum(client)).toEqual([{ path: [], code: 'DECIMAL', message: 'This record cannot be written as it stands; ask an administrator.' }])
    expect(await issuesOfSum(admin)).toEqual([
      { path: ['amount'], code: 'DECIMAL', message: 'What follows from this does not fit opportunity.amount (DECIMAL).' },
    ])
    const { opportunityLineItems } = await admin.data('query ($o: ID!) { opportunityLineItems(filter: {opportunity: {id: {eq: $o}}}) { totalCount } }', {
      o: variables.o,
    })
    expect(opportunityLineItems.totalCount).toBe(1)
  })
})
