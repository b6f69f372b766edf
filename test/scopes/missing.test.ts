import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, codesOf, type TestClient } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { type ModelRow, ReadModel } from '../support/read-model.ts'
import { DEMO_USERS, type DemoUser, dealOut, ScopeOracle, scopeOf } from '../support/scope-oracle.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/**
 * A record that the caller may not read is answered word for word like one that does not exist, whichever way it is asked for, and no
 * such attempt changes anything.
 */
let server: TestServer
let model: ReadModel
let oracle: ScopeOracle

beforeAll(async () => {
  server = await startTestServer({ template: 'demo' })
  await dealOut(server.database.url)
  model = await ReadModel.load(server.database.url)
  oracle = new ScopeOracle(model)
}, 90_000)

afterAll(() => server?.close())

const signIn = (user: DemoUser) => server.signIn(`${user}@demo.guanxi.local`)

/** An id of the same module that no record has. */
const missingLike = (id: string) => id.replace(/^.{8}/, '00000000')

/** An answer without what names the request and the record that was asked for. */
function wordsOf(answer: Answer, id: string): string {
  return JSON.stringify(answer)
    .replaceAll(id, 'ID')
    .replaceAll(/"requestId":"[^"]*"/g, '"requestId":""')
}

async function asked(client: TestClient, source: string, id: string, variables: object = {}): Promise<string> {
  return wordsOf(await client.send(source, { id, ...variables }), id)
}

/** Sends the operation for both ids and expects one answer, which it gives back. */
async function expectSame(client: TestClient, source: string, foreign: string, variables: object = {}): Promise<string> {
  const answer = await asked(client, source, foreign, variables)
  expect({ source, answer }).toEqual({ source, answer: await asked(client, source, missingLike(foreign), variables) })
  return answer
}

/** Records outside the recycle bin that the user may not read, one of each module. */
function foreignRecords(user: DemoUser): [module: string, ModelRow][] {
  return [...model.registry.modules.keys()].flatMap((module) =>
    model
      .rows(module)
      .filter((row) => !oracle.sees(user, module, row))
      .slice(0, 1)
      .map((row): [string, ModelRow] => [module, row]),
  )
}

describe('reading', () => {
  for (const user of ['nancy', 'steven', 'finance'] as const) {
    test(`by ${user} of any module by its id`, async () => {
      const client = await signIn(user)
      const records = foreignRecords(user)
      expect(records.length).toBeGreaterThan(1)
      for (const [name, { id }] of records) {
        const { pluralName, typeName } = model.registry.module(name)
        const sources = [
          `query ($id: ID!) { ${name}(id: $id) { id displayName } }`,
          `query ($id: ID!) { ${name}By(by: { id: $id }) { id displayName } }`,
          `query ($id: ID!) { node(id: $id) { __typename id ... on ${typeName} { displayName history { totalCount } } } }`,
          `query ($id: ID!) { nodes(ids: [$id]) { __typename id ... on Record { version } } }`,
          `query ($id: ID!) { ${pluralName}(filter: { id: { eq: $id } }) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }`,
          `query ($id: ID!) { ${pluralName}(filter: { id: { in: [$id] } }, deleted: INCLUDE) { totalCount } }`,
          `query ($id: ID!) { ${pluralName}Aggregate(filter: { id: { eq: $id } }, groupBy: [{ createdAt: DAY }]) { key count } }`,
        ]
        for (const source of sources) {
          const answer = await expectSame(client, source, id)
          expect(answer).toMatch(scopeOf(DEMO_USERS[user], name, 'r') === undefined ? /"FORBIDDEN"|"NOT_FOUND"|"nodes":\[null\]/ : /"NOT_FOUND"|null|\[\]|:0/)
        }
      }
    })
  }

  test('by other names: external ids, unique fields and relations that lead there', async () => {
    const client = await signIn('nancy')
    const foreign = model.rows('account').filter((row) => row['code'] !== null && !oracle.sees('nancy', 'account', row))
    const [account] = foreign
    expect(account).toBeDefined()
    const { id, code } = account as ModelRow
    const external = await server.admin.data('query ($id: ID!) { account(id: $id) { externalIds { system key } } }', { id })
    const [{ system, key }] = external.account.externalIds
    const same = async (source: string, value: unknown, stranger: unknown) => {
      const answers = await Promise.all([value, stranger].map(async (given) => wordsOf(await client.send(source, { value: given, system }), 'none')))
      expect({ source, answer: answers[0] }).toEqual({ source, answer: answers[1] })
    }
    await same('query ($value: String!) { accountBy(by: { code: $value }) { id } }', code, 'none such')
    await same('query ($value: String!, $system: String!) { accountBy(by: { externalId: { system: $system, key: $value } }) { id } }', key, 'none such')
    await same(
      'query ($value: String!, $system: String!) { accounts(filter: { externalId: { system: $system, key: $value } }) { totalCount } }',
      key,
      'none such',
    )
    await same('query ($value: String!) { accounts(search: $value) { totalCount } }', account?.['name'], 'nonesuch')
    for (const relation of ['contacts', 'orders', 'activities', 'opportunities', 'tickets', 'tasks'])
      await same(`query ($value: ID!) { ${relation}(filter: { account: { id: { eq: $value } } }) { totalCount nodes { id } } }`, id, missingLike(id))
    await same(
      'query ($value: ID!) { products(filter: { orderLines: { some: { order: { account: { id: { eq: $value } } } } } }) { totalCount } }',
      id,
      missingLike(id),
    )
  })
})

describe('writing', () => {
  test('to any module by an id answers alike and changes nothing', async () => {
    const callers = await Promise.all((['nancy', 'finance'] as const).map(async (user) => [user, await signIn(user)] as const))
    const before = await contentOf(server.database.url)
    for (const [user, client] of callers) {
      for (const [name, { id }] of foreignRecords(user)) {
        const { typeName, pluralName } = model.registry.module(name)
        if (name === 'opportunityStageChange' || name === 'ticketStatusChange' || name === 'timer') continue
        const many = pluralName.replace(/^./, (letter) => letter.toUpperCase())
        const sources = [
          `mutation ($id: ID!) { update${typeName}(id: $id, input: {}) { changeSetId } }`,
          `mutation ($id: ID!) { update${typeName}(id: $id, input: { source: "x" }, ifVersion: 1) { changeSetId } }`,
          `mutation ($id: ID!) { update${typeName}(id: $id, input: { source: "x" }, ifVersion: 99, onConflict: MERGE) { changeSetId } }`,
          `mutation ($id: ID!) { update${typeName}(id: $id, input: { source: "x" }, dryRun: true) { changeSetId } }`,
          `mutation ($id: ID!) { update${many}(updates: [{ id: $id, input: { source: "x" } }]) { changeSetId } }`,
          `mutation ($id: ID!) { delete${typeName}(id: $id) { changeSetId } }`,
          `mutation ($id: ID!) { delete${many}(ids: [$id]) { changeSetId } }`,
          `mutation ($id: ID!) { restore${typeName}(id: $id) { changeSetId } }`,
          `mutation ($id: ID!) { restore${many}(ids: [$id]) { changeSetId } }`,
        ]
        for (const source of sources) expect(await expectSame(client, source, id)).toMatch(/"data":null.*"(NOT_FOUND|FORBIDDEN)"/)
      }
    }
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('a reference to it answers alike and changes nothing', async () => {
    const client = await signIn('nancy')
    const before = await contentOf(server.database.url)
    const account = model.rows('account').find((row) => !oracle.sees('nancy', 'account', row)) as ModelRow
    const order = model.rows('order').find((row) => !oracle.sees('nancy', 'order', row)) as ModelRow
    const own = oracle.modelOf('nancy')
    const [contact] = own.rows('contact')
    const [product] = own.rows('product')
    const variables = { own: contact?.id, product: product?.id }
    const sources: readonly [string, string][] = [
      ['mutation ($id: ID!) { createContact(input: { name: "x", account: { id: $id } }) { changeSetId } }', account.id],
      ['mutation ($id: ID!, $own: ID!) { updateContact(id: $own, input: { account: { id: $id } }) { changeSetId } }', account.id],
      ['mutation ($id: ID!) { createOrder(input: { account: { id: $id } }) { changeSetId } }', account.id],
      ['mutation ($id: ID!) { createReminder(input: { subject: "x", dueAt: "2026-01-01T00:00:00Z", record: { id: $id } }) { changeSetId } }', account.id],
      ['mutation ($id: ID!) { createTask(input: { title: "x", related: { id: $id } }) { changeSetId } }', account.id],
      [
        'mutation ($id: ID!, $product: ID!) { createOrderLine(input: { order: { id: $id }, product: { id: $product }, unitPrice: { amount: "1", currency: "USD" } }) { changeSetId } }',
        order.id,
      ],
    ]
    for (const [source, id] of sources) {
      const used = Object.fromEntries(Object.entries(variables).filter(([name]) => source.includes(`$${name}`)))
      expect(await expectSame(client, source, id, used)).toMatch(/"data":null/)
    }
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('one such record in a batch, or in a later field, undoes the rest', async () => {
    const client = await signIn('nancy')
    const [own] = oracle.modelOf('nancy').rows('contact')
    const foreign = model.rows('contact').find((row) => !oracle.sees('nancy', 'contact', row)) as ModelRow
    const before = await contentOf(server.database.url)
    const sources = [
      'mutation ($own: ID!, $id: ID!) { updateContacts(updates: [{ id: $own, input: { jobTitle: "x" } }, { id: $id, input: { jobTitle: "x" } }]) { changeSetId } }',
      'mutation ($own: ID!, $id: ID!) { deleteContacts(ids: [$own, $id]) { changeSetId } }',
      'mutation ($own: ID!, $id: ID!) { a: updateContact(id: $own, input: { jobTitle: "x" }) { changeSetId } b: createLead(input: { name: "x" }) { changeSetId } c: deleteContact(id: $id) { changeSetId } }',
    ]
    for (const source of sources) expect(await expectSame(client, source, foreign.id, { own: own?.id })).toMatch(/"data":null.*"NOT_FOUND"/)
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('a key that somebody else holds answers DUPLICATE without saying whose', async () => {
    const client = await signIn('nancy')
    const foreign = model.rows('account').find((row) => row['code'] !== null && !oracle.sees('nancy', 'account', row)) as ModelRow
    const external = await server.admin.data('query ($id: ID!) { account(id: $id) { externalIds { system key } } }', { id: foreign.id })
    const before = await contentOf(server.database.url)
    for (const [source, variables] of [
      ['mutation ($code: String!) { createAccount(input: { name: "x", code: $code }) { account { id } } }', { code: foreign['code'] }],
      ['mutation ($id: ID!) { upsertAccount(by: { id: $id }, input: { name: "x" }) { account { id } } }', { id: foreign.id }],
      ['mutation ($code: String!) { upsertAccount(by: { code: $code }, input: { name: "x" }) { account { id } } }', { code: foreign['code'] }],
      [
        'mutation ($external: ExternalIdInput!) { upsertAccount(by: { externalId: $external }, input: { name: "x" }) { account { id } } }',
        { external: external.account.externalIds[0] },
      ],
    ] as const) {
      const answer = await client.send(source, variables)
      expect([codesOf(answer), answer.data]).toEqual([['DUPLICATE'], null])
      if (!('id' in variables)) expect(JSON.stringify(answer)).not.toContain(foreign.id)
      expect(JSON.stringify(answer)).not.toContain(String(foreign['name']))
    }
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('nobody gives a record away, or makes one, out of their own sight', async () => {
    const client = await signIn('nancy')
    const [own] = oracle.modelOf('nancy').rows('account')
    const before = await contentOf(server.database.url)
    for (const [source, variables] of [
      ['mutation ($owner: ID!) { createAccount(input: { name: "x", owner: { id: $owner } }) { account { id } } }', { owner: oracle.idOf('janet') }],
      ['mutation { createAccount(input: { name: "x", owner: null }) { account { id } } }', {}],
      [
        'mutation ($id: ID!, $owner: ID!) { updateAccount(id: $id, input: { owner: { id: $owner } }) { account { id } } }',
        { id: own?.id, owner: oracle.idOf('janet') },
      ],
      ['mutation ($id: ID!) { updateAccount(id: $id, input: { owner: null }) { account { id } } }', { id: own?.id }],
    ] as const) {
      const answer = await client.send(source, variables)
      expect([source, codesOf(answer), answer.data]).toEqual([source, ['FORBIDDEN'], null])
    }
    expect(await contentOf(server.database.url)).toEqual(before)
  })
})
