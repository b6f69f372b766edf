import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answer, codesOf, issuesOf, type TestClient, TRANSPORTS } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { changeField, METADATA, makeField } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Sensitive fields that were made at run time, each with a value that nobody may find out, and how it is selected. */
interface Secret {
  readonly name: string
  readonly input: Readonly<Record<string, unknown>>
  readonly value: unknown
  readonly selection?: string
  /** Value for `eq`; none: the type has no such operator. */
  readonly operand?: unknown
  readonly grouped?: boolean
  readonly summed?: boolean
  readonly key?: boolean
}

const SECRETS: readonly Secret[] = [
  {
    name: 'passport',
    input: { type: 'TEXT', sensitivity: 'personal', unique: true, searchable: true },
    value: '暗号E12345678',
    operand: '暗号E12345678',
    grouped: true,
    key: true,
  },
  { name: 'score', input: { type: 'INTEGER', sensitivity: 'sensitive', indexed: true }, value: 908172635, operand: 908172635, grouped: true, summed: true },
  {
    name: 'salary',
    input: { type: 'MONEY', sensitivity: 'finance' },
    value: { amount: '1234.56', currency: 'USD' },
    selection: '{ amount }',
    operand: '1234.56',
    summed: true,
  },
  {
    name: 'verdict',
    input: { type: 'SELECT', sensitivity: 'sensitive', options: [{ value: 'guilty' }, { value: 'free' }] },
    value: 'guilty',
    operand: 'guilty',
    grouped: true,
  },
  { name: 'traits', input: { type: 'MULTI_SELECT', sensitivity: 'personal', options: [{ value: 'late' }, { value: 'loud' }] }, value: ['loud'] },
  { name: 'bornOn', input: { type: 'DATE', sensitivity: 'personal' }, value: '1990-01-01', operand: '1990-01-01' },
  { name: 'dossier', input: { type: 'JSON', sensitivity: 'sensitive' }, value: { code: 'name' } },
]
const ROLE = {
  key: 'clerk',
  name: 'Clerk',
  grants: ['account', 'contact', 'errand'].map((module) => ({ module, actions: ['CREATE', 'READ', 'UPDATE'], scope: 'ALL' })),
}

describe('a sensitive field that was made at run time, for a role that does not list it', () => {
  let server: TestServer
  let clerk: TestClient
  let auditor: TestClient
  let account: string

  beforeAll(async () => {
    server = await startTestServer()
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
    for (const { name, input } of SECRETS) await makeField(server.admin, { module: 'account', name, ...input })
    await makeField(server.admin, { module: 'account', name: 'doubled', type: 'FORMULA', formula: 'score * 2' })
    await makeField(server.admin, { module: 'contact', name: 'friends', type: 'REFERENCES', reference: { module: 'account', inverseName: 'friendOf' } })
    await server.admin.data(ROLES.create, { input: { ...ROLE, fields: [] } })
    const listed = SECRETS.map(({ name }) => ({ module: 'account', field: name, access: 'READ' }))
    await server.admin.data(ROLES.create, { input: { ...ROLE, key: 'auditor', name: 'Auditor', fields: listed } })
    clerk = (await server.addUser('Clerk', 'clerk')).client
    auditor = (await server.addUser('Auditor', 'auditor')).client
    const input = { name: '秘密公司', type: 'customer', ...Object.fromEntries(SECRETS.map(({ name, value }) => [name, value])) }
    account = (await server.admin.data('mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }', { input })).createAccount
      .account.id
    const below = { account: { id: account }, friends: { add: [{ id: account }] } }
    await server.admin.data('mutation ($input: CreateContactInput!) { createContact(input: $input) { contact { id } } }', {
      input: { name: '联系人', ...below },
    })
    await server.admin.data('mutation ($input: CreateErrandInput!) { createErrand(input: $input) { errand { id } } }', {
      input: { title: '拜访', at: { id: account } },
    })
  }, 60_000)
  afterAll(() => server?.close())

  test.each(SECRETS)('$name is null with FORBIDDEN_FIELD wherever it is selected, and an auditor reads it there', async ({ name, selection = '', value }) => {
    const select = `${name}${selection}`
    const document = `{
      accounts { nodes { ${select} other: ${select} } }
      account(id: "${account}") { ${select} }
      nodes(ids: ["${account}"]) { ... on Account { ${select} } }
      contacts { nodes { account { ${select} } friends { nodes { ${select} } } } }
      errands { nodes { at { ${select} } } }
    }`
    const places = ['account', 'accounts.nodes', 'contacts.nodes.account', 'contacts.nodes.friends.nodes', 'nodes', 'errands.nodes.at'].map(
      (place) => `${place}.${name}`,
    )
    const answer = await clerk.send(document)
    expect(answer.errors.map(({ path }) => path?.join('.')).sort()).toEqual([...places, 'accounts.nodes.other'].sort())
    expect(new Set(codesOf(answer))).toEqual(new Set(['FORBIDDEN_FIELD']))
    const shown = selection === '' ? value : { amount: (value as { amount: string }).amount }
    expect(JSON.stringify(answer.data)).not.toContain(JSON.stringify(shown))
    const read = await auditor.data(document)
    expect([read.accounts.nodes[0], read.nodes[0], read.contacts.nodes[0].friends.nodes[0], read.errands.nodes[0].at]).toEqual([
      { [name]: shown, other: shown },
      { [name]: shown },
      { [name]: shown },
      { [name]: shown },
    ])
  })

  test('values, history, what is computed of it and the description of the module do not know it either', async () => {
    const names = SECRETS.map(({ name }) => name)
    const document = `query ($names: [String!]) { account(id: "${account}") { all: values asked: values(fields: $names) history { nodes { changes { field after } } } viewerAccess { writableFields } }
      module(name: "account") { fields { name } } }`
    const answer = await clerk.data(document, { names })
    const told = JSON.stringify(answer)
    for (const { name, value } of SECRETS) expect([name, told.includes(`"${name}"`), told.includes(JSON.stringify(value))]).toEqual([name, false, false])
    expect(answer.account.asked).toEqual({})
    const formula = await clerk.send('{ accounts { nodes { doubled } } }')
    expect([codesOf(formula), formula.data.accounts.nodes]).toEqual([['FORBIDDEN_FIELD'], [{ doubled: null }]])
    const read = await auditor.data(document, { names })
    expect(Object.keys(read.account.asked).sort()).toEqual([...names].sort())
    expect(read.account.history.nodes[0].changes.map(({ field }: { field: string }) => field)).toEqual(expect.arrayContaining(names))
  })

  /** Uses of a field outside of selections; FIELD stands for it. */
  function usesOf({ input: { type }, operand, grouped, summed, key, selection = '' }: Secret): readonly string[] {
    const quoted = JSON.stringify(operand)
    const empty = type === 'MULTI_SELECT' ? 'FIELD: {isEmpty: true}' : 'FIELD: {isNull: true}'
    const filters = [
      `accounts(filter: {${operand === undefined ? empty : `FIELD: {eq: ${quoted}}`}}) { totalCount }`,
      `accountsAggregate(filter: {${empty}}) { count }`,
      `accounts(filter: {not: {or: [{${empty}}]}}) { totalCount }`,
      `contacts(filter: {account: {${empty}}}) { totalCount }`,
      `contacts(filter: {friends: {some: {${empty}}}}) { totalCount }`,
      `contacts { nodes { friends(filter: {${empty}}) { totalCount } } }`,
      `errands(filter: {at: {${empty}}}) { totalCount }`,
    ]
    const orders = [
      'accounts(orderBy: [{FIELD: ASC}]) { nodes { id } pageInfo { endCursor } }',
      'errands(orderBy: [{at: {FIELD: DESC}}]) { nodes { id } }',
      'contacts { nodes { friends(orderBy: [{FIELD: ASC}]) { nodes { id } } } }',
    ]
    const groups = ['accountsAggregate(groupBy: [{FIELD: true}]) { key count }', 'errandsAggregate(groupBy: [{at: {FIELD: true}}]) { key count }']
    const sums = ['sum', 'avg', 'min', 'max'].flatMap((what) => [
      `accountsAggregate { ${what} { FIELD${selection} } }`,
      `accountsAggregate(groupBy: [{type: true}], orderBy: [{${what}: {FIELD: ASC}}]) { count }`,
    ])
    return [
      ...(type === 'JSON' ? [] : filters),
      ...(operand === undefined ? [] : orders),
      ...(grouped ? groups : []),
      ...(summed ? sums : []),
      ...(key ? [`accountBy(by: {FIELD: ${quoted}}) { id }`] : []),
    ].map((use) => `{ ${use} }`)
  }

  const words = (answer: Answer, name: string) =>
    JSON.stringify(answer)
      .replaceAll(new RegExp(`\\b${name}\\b`, 'g'), 'FIELD')
      .replaceAll(/"requestId":"[^"]*"/g, '')

  test.each(SECRETS.filter(({ input }) => input.type !== 'JSON'))(
    '$name is refused everywhere else, word for word like a field that is not there',
    async (secret) => {
      const before = await contentOf(server.database.url)
      for (const [index, template] of usesOf(secret).entries()) {
        const stranger = 'noSuchThing'.slice(0, secret.name.length)
        const send = (name: string) => clerk.send(template.replaceAll('FIELD', name), {}, { transport: TRANSPORTS[index % 2] as 'http' | 'ws' })
        const answer = await send(secret.name)
        expect([template, codesOf(answer)[0], answer.data]).toEqual([template, 'GRAPHQL_VALIDATION_FAILED', null])
        expect([template, words(answer, secret.name)]).toEqual([template, words(await send(stranger), stranger)])
        // It is a use that those who read the field have.
        expect([template, codesOf(await auditor.send(template.replaceAll('FIELD', secret.name)))]).toEqual([template, []])
      }
      expect(await contentOf(server.database.url)).toEqual(before)
    },
  )

  test.each(SECRETS)('$name cannot be written, one by one or in bulk, and nothing is', async ({ name, value }) => {
    const before = await contentOf(server.database.url)
    const input = { [name]: value }
    const made = { name: '新', type: 'customer', ...input }
    const writes: (readonly [string, object])[] = [
      ['mutation ($v: CreateAccountInput!) { createAccount(input: $v) { account { id } } }', made],
      ['mutation ($v: [CreateAccountInput!]!) { createAccounts(input: $v) { changeSetId } }', [made]],
      [`mutation ($v: UpdateAccountInput!) { updateAccount(id: "${account}", input: $v) { account { id } } }`, input],
      ['mutation ($v: [AccountUpdateItem!]!) { updateAccounts(updates: $v) { changeSetId } }', [{ id: account, input }]],
      [`mutation ($v: UpsertAccountInput!) { upsertAccount(by: {id: "${account}"}, input: $v) { account { id } } }`, input],
    ]
    if (name === 'passport')
      writes.push(
        [`mutation ($v: AccountUniqueInput!) { upsertAccount(by: $v, input: {name: "x"}) { account { id } } }`, input],
        ['mutation ($v: CreateContactInput!) { createContact(input: $v) { contact { id } } }', { name: 'x', account: input }],
      )
    for (const [document, v] of writes)
      expect([document, [...new Set(codesOf(await clerk.send(document, { v })))]]).toEqual([document, ['GRAPHQL_VALIDATION_FAILED']])
    expect(await contentOf(server.database.url)).toEqual(before)
    // Those who may read it may not write it either.
    expect(issuesOf(await auditor.send(writes[2]?.[0] as string, { v: input }))).toEqual([`input.${name}: FORBIDDEN_FIELD`])
  })

  test('an alias that a rename left is hidden like the new name', async () => {
    const { customFields } = await server.admin.data('{ customFields(module: "account") { id name } }')
    const { id } = customFields.find(({ name }: { name: string }) => name === 'score')
    await changeField(server.admin, id, { name: 'points' })
    for (const name of ['score', 'points']) {
      expect(codesOf(await clerk.send(`{ accounts { nodes { ${name} } } }`))).toEqual(['FORBIDDEN_FIELD'])
      for (const use of [
        `accounts(filter: {${name}: {gt: 1}}) { totalCount }`,
        `accounts(orderBy: [{${name}: ASC}]) { totalCount }`,
        `accountsAggregate { max { ${name} } }`,
      ])
        expect([use, codesOf(await clerk.send(`{ ${use} }`))]).toEqual([use, ['GRAPHQL_VALIDATION_FAILED']])
      expect((await clerk.data(`{ accounts { nodes { values(fields: ["${name}"]) } } }`)).accounts.nodes).toEqual([{ values: {} }])
    }
    await changeField(server.admin, id, { name: 'score', aliases: [] })
  })

  test('search finds nothing by it, for those who read it one record', async () => {
    const found = async (client: TestClient, search: string) =>
      (await client.data('query ($search: String!) { accounts(search: $search) { totalCount } }', { search })).accounts.totalCount
    for (const search of ['暗号E12345678', '暗号', 'E1234']) expect([search, await found(clerk, search), await found(auditor, search)]).toEqual([search, 0, 1])
    expect(await found(clerk, '秘密公司')).toBe(1)
  })

  test('a field that becomes sensitive is hidden from the next request on, and back', async () => {
    const { id } = await makeField(server.admin, { module: 'account', name: 'nickname', type: 'TEXT' })
    const query = '{ accounts { nodes { nickname } } }'
    expect(codesOf(await clerk.send(query))).toEqual([])
    await changeField(server.admin, id, { sensitivity: 'personal' })
    expect(codesOf(await clerk.send(query))).toEqual(['FORBIDDEN_FIELD'])
    expect(codesOf(await clerk.send('{ accounts(filter: {nickname: {isNull: true}}) { totalCount } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    await changeField(server.admin, id, { sensitivity: 'none' })
    expect(codesOf(await clerk.send(query))).toEqual([])
  })
})
