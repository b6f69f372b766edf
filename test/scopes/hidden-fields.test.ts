import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { FieldDefinition, ModuleDefinition } from '../../src/records/registry/index.ts'
import { codesOf, post, type TestClient, TRANSPORTS } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { TEST_PASSWORD } from '../support/database.ts'
import { groupKeysOf } from '../support/read-aggregate.ts'
import { familyOf, operatorsOf, ReadModel } from '../support/read-model.ts'
import { ROLES } from '../support/role-documents.ts'
import { DEMO_USERS, type DemoUser, scopeOf, shownFields } from '../support/scope-oracle.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/**
 * Fields that a role does not show: null and one FORBIDDEN_FIELD where they are selected; everywhere else (filters, orders, groups,
 * aggregates, of a record or of one related to it) the answer is that to an unknown field, word for word.
 */
let server: TestServer
let model: ReadModel
const clients = new Map<DemoUser, TestClient>()

/** One user of each role. */
const USERS = ['nancy', 'steven', 'service', 'finance', 'marketing', 'viewer'] as const satisfies readonly DemoUser[]

beforeAll(async () => {
  server = await startTestServer({ template: 'demo' })
  model = await ReadModel.load(server.database.url)
  for (const user of USERS) clients.set(user, await server.signIn(`${user}@demo.guanxi.local`))
}, 90_000)

afterAll(() => server?.close())

const clientOf = (user: DemoUser) => clients.get(user) as TestClient

/** Hidden fields of the modules that the user reads. */
function hiddenFields(user: DemoUser): [ModuleDefinition, FieldDefinition][] {
  const shown = shownFields(DEMO_USERS[user])
  return [...model.registry.modules.values()].flatMap((module) =>
    scopeOf(DEMO_USERS[user], module.name, 'r') === undefined
      ? []
      : [...module.fields.values()]
          .filter(({ id, sensitivity }) => (sensitivity ?? 'none') !== 'none' && !shown.has(id))
          .map((field) => [module, field] as [ModuleDefinition, FieldDefinition]),
  )
}

/** How a field is selected. */
function selectionOf({ name, type }: FieldDefinition): string {
  const parts = { MONEY: '{ amount }', PHONE: '{ e164 }', ADDRESS: '{ city }', GEO: '{ latitude }' }[type as string]
  return parts ? `${name} ${parts}` : name
}

describe('a hidden field that is selected', () => {
  for (const user of USERS) {
    test(`is null with one FORBIDDEN_FIELD for each place, for ${DEMO_USERS[user]}`, async () => {
      const hidden = hiddenFields(user)
      expect(hidden.length).toBeGreaterThan(user === 'steven' ? 5 : 4)
      for (const [module, field] of hidden) {
        const select = selectionOf(field)
        const [row] = model.rows(module.name)
        const source = `query ($ids: [ID!]!) {
          list: ${module.pluralName}(first: 3) { nodes { ${select} alias: ${select} ...Named ... on Node { ... on ${module.typeName} { inline: ${select} } } } }
          empty: ${module.pluralName}(filter: { or: [] }) { nodes { ${select} } edges { node { ${select} } } }
          nodes(ids: $ids) { ... on ${module.typeName} { ${select} } }
        } fragment Named on ${module.typeName} { named: ${select} }`
        const answer = await clientOf(user).send(source, { ids: row ? [row.id] : [] })
        const { name } = field
        const places = [...[name, 'alias', 'named', 'inline'].map((key) => `list.nodes.${key}`), `empty.nodes.${name}`, `empty.edges.node.${name}`]
        // Told from the operation alone, whether or not the caller sees the record.
        if (row) places.push(`nodes.${name}`)
        expect([field.id, answer.errors.map(({ path }) => path?.join('.')).sort()]).toEqual([field.id, places.sort()])
        for (const { message, extensions } of answer.errors) {
          expect(extensions).toMatchObject({ code: 'FORBIDDEN_FIELD', retryable: false, type: module.typeName, field: name })
          expect(message).toBe(`Your roles do not show ${module.typeName}.${name}.`)
        }
        for (const node of [...answer.data.list.nodes, ...answer.data.nodes.filter(Boolean)])
          expect(Object.values(node).every((value) => value === null)).toBe(true)
      }
    })
  }

  test('hides what people call a record, where that is its name', async () => {
    const { data, errors } = await clientOf('viewer').send('{ ticketComments(first: 1) { nodes { id displayName } } }')
    expect(errors.map(({ path, extensions }) => [path, extensions.code])).toEqual([[['ticketComments', 'nodes', 'displayName'], 'FORBIDDEN_FIELD']])
    expect(data.ticketComments.nodes).toEqual([{ id: expect.any(String), displayName: null }])
  })

  test('does not blank its neighbours, below relations too', async () => {
    const source = '{ contacts(first: 2, filter: { account: {} }) { nodes { name email account { name taxNumber owner { name phone { raw } } } } } }'
    const { data, errors } = await clientOf('viewer').send(source)
    expect(errors.map(({ path }) => path?.join('.'))).toEqual([
      'contacts.nodes.email',
      'contacts.nodes.account.taxNumber',
      'contacts.nodes.account.owner.phone',
    ])
    for (const node of data.contacts.nodes)
      expect(node).toEqual({
        name: expect.any(String),
        email: null,
        account: { name: expect.any(String), taxNumber: null, owner: { name: expect.any(String), phone: null } },
      })
  })
})

describe('a hidden field that is filtered, ordered, grouped or aggregated by', () => {
  /** Uses of a field anywhere in a query; FIELD stands for it. */
  function usesOf(module: ModuleDefinition, field: FieldDefinition, thorough: boolean): [source: string, variables?: object][] {
    const { pluralName, typeName } = module
    const family = familyOf(field)
    const uses: [string, object?][] = []
    if (family !== undefined) {
      for (const operator of operatorsOf(family).slice(0, thorough ? undefined : 1)) {
        const value =
          operator === 'isNull'
            ? true
            : ({ money: '1', whole: 1, flag: true, day: '2026-01-01', instant: '2026-01-01T00:00:00Z', decimal: '1' }[family as string] ?? 'x')
        const operand = ['in', 'notIn'].includes(operator) ? [value] : value
        uses.push([`{ ${pluralName}(filter: { FIELD: { ${operator}: ${JSON.stringify(operand)} } }) { totalCount } }`])
      }
      uses.push(
        [
          `query ($filter: ${typeName}Filter) { ${pluralName}(filter: $filter) { totalCount } }`,
          { filter: { or: [{ id: { eq: 'x' } }, { not: { FIELD: { isNull: true } } }] } },
        ],
        [`query ($filter: [${typeName}Filter!]) { ${pluralName}Aggregate(filter: { and: $filter }) { count } }`, { filter: [{ FIELD: { isNull: false } }] }],
        [`query ($yes: Boolean) { ${pluralName}(filter: { FIELD: { isNull: $yes } }) { totalCount } }`, { yes: true }],
      )
    }
    if (family !== undefined && field.type !== 'LONG_TEXT') {
      uses.push(
        [`{ ${pluralName}(orderBy: [{ createdAt: DESC }, { FIELD: ASC }]) { nodes { id } } }`],
        [`query ($by: [${typeName}OrderBy!]) { ${pluralName}(orderBy: $by, first: 1) { nodes { id } } }`, { by: [{ FIELD: 'DESC' }] }],
      )
    }
    if (groupKeysOf(model, module, 0).some((key) => key.field === field.name)) {
      const bucket = family === 'day' || family === 'instant' ? 'MONTH' : true
      uses.push([`{ ${pluralName}Aggregate(groupBy: [{ FIELD: ${bucket} }]) { key count } }`])
      uses.push([`query ($by: [${typeName}GroupBy!]) { ${pluralName}Aggregate(groupBy: $by) { count } }`, { by: [{ FIELD: bucket }] }])
    }
    if (family === 'money') {
      for (const name of ['sum', 'avg', 'min', 'max']) {
        uses.push([`{ ${pluralName}Aggregate { count x: ${name} { a: FIELD { amount } } } }`])
        uses.push([`{ ${pluralName}Aggregate(orderBy: [{ ${name}: { FIELD: ASC } }]) { count } }`])
      }
    }
    if (family === 'day') uses.push([`{ ${pluralName}Aggregate { min { FIELD } } }`], [`{ ${pluralName}Aggregate { max { a: FIELD } } }`])
    // From a record that refers to this one, and from one that this refers to.
    for (const relation of [...module.inverses.values()].slice(0, thorough ? 4 : 1)) {
      const other = model.registry.module(relation.module)
      if (family === undefined || other.fields.get(relation.field)?.type !== 'REFERENCE') continue
      uses.push([`{ ${other.pluralName}(filter: { ${relation.field}: { FIELD: { isNull: true } } }) { totalCount } }`])
      if (field.type !== 'LONG_TEXT') uses.push([`{ ${other.pluralName}(orderBy: [{ ${relation.field}: { FIELD: ASC } }]) { totalCount } }`])
    }
    const up = [...module.fields.values()].find((each) => each.reference?.inverseName && !each.system)
    if (up && family !== undefined) {
      const parent = model.registry.module(up.reference?.module as string)
      const inverse = up.reference?.inverseName
      uses.push([`{ ${parent.pluralName}(filter: { ${inverse}: { some: { FIELD: { isNull: false } } } }) { totalCount } }`])
      uses.push([`{ ${parent.pluralName}(first: 1) { nodes { ${inverse}(filter: { FIELD: { isNull: false } }) { totalCount } } } }`])
    }
    return uses
  }

  const UNKNOWN = 'noSuchThing'
  const words = (answer: unknown, name: string) =>
    JSON.stringify(answer)
      .replaceAll(new RegExp(`\\b${name}\\b`, 'g'), 'FIELD')
      .replaceAll(/"requestId":"[^"]*"/g, '')

  for (const user of USERS) {
    test(`answers like an unknown one for ${DEMO_USERS[user]}`, async () => {
      let asked = 0
      // Every operator once for each kind of value: which one it is decides about nothing but the value that fits.
      const families = new Set<unknown>()
      for (const [module, field] of hiddenFields(user)) {
        const isNew = !families.has(familyOf(field))
        families.add(familyOf(field))
        for (const [template, variables = {}] of usesOf(module, field, user === 'viewer' && isNew)) {
          asked += 1
          const send = (name: string) => {
            const sent = JSON.parse(JSON.stringify(variables).replaceAll('FIELD', name))
            // The unknown name is as long, so that places in the text are the same.
            return clientOf(user).send(template.replaceAll('FIELD', name), sent, { transport: TRANSPORTS[asked % 2] as 'http' | 'ws' })
          }
          const answer = await send(field.name)
          if (answer.errors[0]?.extensions.code === 'FORBIDDEN') continue
          expect([template, codesOf(answer)[0], answer.data]).toEqual([template, 'GRAPHQL_VALIDATION_FAILED', null])
          const stranger = UNKNOWN.repeat(3).slice(0, field.name.length)
          expect([template, words(answer, field.name)]).toEqual([template, words(await send(stranger), stranger)])
        }
      }
      expect(asked).toBeGreaterThan(30)
    }, 60_000)
  }

  test('the same with the status of either response type', async () => {
    const { url, token } = clientOf('nancy')
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const status = async (name: string) =>
        (await post(url, { query: `{ accounts(filter: { ${name}: { isNull: true } }) { totalCount } }` }, { authorization: `Bearer ${token}`, accept })).status
      expect([accept, await status('creditLimit')]).toEqual([accept, await status('noSuchName_')])
    }
  })

  test('in the payload of a mutation too, which then writes nothing', async () => {
    const before = await contentOf(server.database.url)
    const source =
      'mutation { createLead(input: { name: "x" }) { lead { owner { name } } changeSetId } createAccount(input: { name: "x" }) { account { contacts(filter: { account: { FIELD: { isNull: true } } }) { totalCount } } } }'
    const answer = await clientOf('nancy').send(source.replace('FIELD', 'creditLimit'))
    expect(words(answer, 'creditLimit')).toBe(words(await clientOf('nancy').send(source.replace('FIELD', 'noSuchThing')), 'noSuchThing'))
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('is not searched', async () => {
    const row = model.rows('contact').find((each) => each['email'] !== null)
    const search = String(row?.['email'])
    const count = async (user: DemoUser) =>
      (await clientOf(user).data('query ($search: String) { contacts(search: $search) { totalCount } }', { search })).contacts.totalCount
    expect(await count('finance')).toBe(1)
    expect(await count('viewer')).toBe(0)
  })
})

test('a masked field shows a part of a text and nothing of the rest, and is refused like a hidden one everywhere else', async () => {
  const masked = ['name', 'email', 'mobile', 'birthday', 'address'].map((field) => ({ module: 'contact', field, access: 'MASKED' }))
  await server.admin.data(ROLES.create, {
    input: { key: 'call_centre', name: 'Call centre', grants: [{ module: 'contact', actions: ['READ'], scope: 'ALL' }], fields: masked },
  })
  const { client } = await server.addUser('Caller', 'call_centre')
  const { createContact } = await server.admin.data(
    'mutation { createContact(input: { name: "Anna Muster", email: "anna@example.com", mobile: "+86 138 0013 8000", birthday: "1990-01-01", address: { city: "X" } }) { contact { id } } }',
  )
  const source = 'query ($id: ID!) { contact(id: $id) { name displayName email mobile { raw e164 } birthday address { city } viewerAccess { maskedFields } } }'
  const { data, errors } = await client.send(source, { id: createContact.contact.id })
  expect(errors).toEqual([])
  expect(data.contact).toEqual({
    name: '***ster',
    displayName: '***ster',
    email: 'a***@example.com',
    mobile: { raw: '***8000', e164: '***8000' },
    birthday: null,
    address: null,
    viewerAccess: { maskedFields: ['name', 'birthday', 'email', 'mobile', 'address'] },
  })
  for (const use of ['filter: { name: { eq: "Anna Muster" } }', 'orderBy: [{ email: ASC }]', 'filter: { mobile: { contains: "138" } }']) {
    const answer = await client.send(`{ contacts(${use}) { totalCount } }`)
    expect([use, codesOf(answer), answer.data]).toEqual([use, ['GRAPHQL_VALIDATION_FAILED'], null])
  }
  expect(await client.data('{ contacts(search: "Muster") { totalCount } }')).toEqual({ contacts: { totalCount: 0 } })
})

describe('the access mode', () => {
  const PATHS = [
    { path: ['accounts', 'nodes', 'creditLimit'], state: 'hidden' },
    { path: ['accounts', 'nodes', 'a'], state: 'hidden' },
  ]
  const node = { name: expect.any(String), creditLimit: null, a: null }

  async function answer(mode: string | undefined, source: string) {
    const { url, token } = clientOf('nancy')
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...(mode ? { 'x-access-mode': mode } : {}) }
    return (await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query: source }) })).json() as Promise<{
      data: unknown
      errors?: { extensions: { code: string } }[]
      extensions?: { redacted?: unknown }
    }>
  }

  const ACCOUNTS = 'accounts(first: 1) { nodes { name creditLimit { amount } a: bankAccount } }'
  for (const [about, source, expected] of [
    ['passed through', `{ ${ACCOUNTS} }`, { accounts: { nodes: [node] } }],
    ['by graphql-js', `{ nodes(ids: []) { id } ${ACCOUNTS} }`, { nodes: [], accounts: { nodes: [node] } }],
  ] as const) {
    test(`errors (the default): null and an error each (${about})`, async () => {
      for (const mode of [undefined, 'errors']) {
        const { data, errors, extensions } = await answer(mode, source)
        expect([data, errors?.map((error) => error.extensions.code), extensions?.redacted]).toEqual([expected, ['FORBIDDEN_FIELD', 'FORBIDDEN_FIELD'], PATHS])
      }
    })

    test(`redact: null, no error, the places in the extensions (${about})`, async () => {
      expect(await answer('redact', source)).toEqual({ data: expected, extensions: { redacted: PATHS } })
    })

    test(`strict: the operation fails (${about})`, async () => {
      const { data, errors } = await answer('strict', source)
      expect([data, errors?.map((error) => error.extensions.code)]).toEqual([null, ['FORBIDDEN_FIELD', 'FORBIDDEN_FIELD']])
    })
  }

  test('does not change what is allowed', async () => {
    for (const mode of ['errors', 'redact', 'strict']) {
      const { data, errors, extensions } = await answer(mode, '{ accounts(first: 1) { nodes { name } } }')
      expect([data, errors, extensions]).toEqual([{ accounts: { nodes: [{ name: expect.any(String) }] } }, undefined, undefined])
    }
  })

  /** By polymorphic references, by ids and in payloads; none of the reminders leads to an account. */
  const STATIC: readonly (readonly [source: string, paths: readonly string[]])[] = [
    ['{ reminders(filter: { or: [] }) { nodes { record { ... on Account { creditLimit { amount } } } } } }', ['reminders.nodes.record.creditLimit']],
    ['{ reminders(first: 1) { nodes { record { ... on Account { owner { phone { raw } } } } } } }', ['reminders.nodes.record.owner.phone']],
    ['{ me { phone { raw } } }', ['me.phone']],
    ['{ __schema { queryType { name } } accounts(filter: { or: [] }) { nodes { bankAccount } } }', ['accounts.nodes.bankAccount']],
  ]

  test('tells what is kept back whatever records there are', async () => {
    for (const mode of ['errors', 'redact', 'strict'] as const) {
      for (const [source, paths] of STATIC) {
        const { errors, extensions } = await answer(mode, source)
        const told = ((extensions?.redacted ?? []) as { path: string[] }[]).map(({ path }) => path.join('.'))
        expect([mode, source, told, errors?.length ?? 0]).toEqual([mode, source, paths, mode === 'redact' ? 0 : paths.length])
      }
    }
  })

  test('strict: a mutation that would show a hidden field writes nothing, by records or by hand', async () => {
    const before = await contentOf(server.database.url)
    const user = (await clientOf('nancy').data('{ me { id } }')).me
    for (const source of [
      'mutation { createAccount(input: { name: "x" }) { account { name creditLimit { amount } } } }',
      'mutation { createAccounts(input: [{ name: "x" }]) { accounts { contacts { nodes { account { bankAccount } } } } } }',
      'mutation { a: createLead(input: { name: "x" }) { changeSetId } b: deleteAccount(id: "nothing") { account { bankAccount } } }',
      `mutation { setPassword(input: { userId: "${user.id}", password: "a long enough one", oldPassword: "${TEST_PASSWORD}" }) { user { phone { raw } } } }`,
    ]) {
      const { data, errors } = await answer('strict', source)
      expect([source, data, errors?.map((error) => error.extensions.code)]).toEqual([source, null, ['FORBIDDEN_FIELD']])
    }
    expect(await contentOf(server.database.url)).toEqual(before)
    await server.signIn('nancy@demo.guanxi.local')
  })

  test('strict: a masked field fails the operation with an error too', async () => {
    const { client } = await server.addUser('Second caller', 'call_centre')
    const { data, errors } = await client.send('{ contacts(first: 1) { nodes { id email } } }', {}, { headers: { 'x-access-mode': 'strict' } })
    expect([data, errors.map(({ message }) => message)]).toEqual([null, ['Your roles do not show Contact.email in full.']])
  })
})
