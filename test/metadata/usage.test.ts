import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import type { Variables } from '../support/client.ts'
import { type MadeField, METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('the operations that use a custom field', () => {
  let server: TestServer
  const fields: Record<string, MadeField> = {}
  beforeAll(async () => {
    server = await startTestServer()
    for (const [name, more] of Object.entries({
      grade: { type: 'INTEGER' },
      plate: { type: 'TEXT', unique: true },
      ranking: { type: 'INTEGER' },
      partners: { type: 'REFERENCES', reference: { module: 'contact', inverseName: 'partnerOf' } },
      unused: { type: 'TEXT' },
    }))
      fields[name] = await makeField(server.admin, { module: 'account', name, ...more })
    await server.admin.data('mutation Fill { createAccount(input: {name: "云南", type: "customer", plate: "甲"}) { account { id } } }')
  })
  afterAll(() => server?.close())

  /** Operations in the dependents of a dry run, by name, with their counts. */
  async function usersOf(name: string): Promise<Record<string, string>> {
    const { answer } = await server.admin.data(METADATA.deleteField, { id: fields[name]?.id, dryRun: true })
    const operations = (answer.dependents as { kind: string; name: string; detail: string; blocking: boolean }[]).filter(({ kind }) => kind === 'operation')
    expect(operations.every(({ blocking }) => !blocking)).toBe(true)
    return Object.fromEntries(operations.map(({ name: operation, detail }) => [operation, detail.replace(/, last on .*/, '')]))
  }

  test.each([
    ['a selection', 'query Selects { accounts { nodes { grade } } }', 'grade'],
    ['a filter', 'query Filters($grade: Int) { accounts(filter: {grade: {gt: $grade}}) { totalCount } }', 'grade'],
    [
      'a whole filter in a variable',
      'query FiltersBy($filter: AccountFilter) { accounts(filter: $filter) { totalCount } }',
      'grade',
      { filter: { grade: { gt: 1 } } },
    ],
    ['an order', 'query Orders { accounts(orderBy: [{grade: ASC}]) { totalCount } }', 'grade'],
    ['a group', 'query Groups { accountsAggregate(groupBy: [{grade: true}]) { count } }', 'grade'],
    ['an aggregate', 'query Sums { accountsAggregate { sum { grade } } }', 'grade'],
    ['values', 'query Values($names: [String!]) { accounts { nodes { values(fields: $names) } } }', 'grade', { names: ['grade', 'none'] }],
    ['a selection below a relation', 'query Below { contacts { nodes { account { grade } } } }', 'grade'],
    ['a key', 'query Finds { accountBy(by: {plate: "甲"}) { id } }', 'plate'],
    ['an input', 'mutation Writes { createAccount(input: {name: "四川", type: "customer", ranking: 2}) { account { id } } }', 'ranking'],
    [
      'many inputs',
      'mutation WritesMany { createAccounts(input: [{name: "a", type: "customer"}, {name: "b", type: "customer", ranking: 1}]) { changeSetId } }',
      'ranking',
    ],
    ['the key of an upsert', 'mutation Upserts { upsertAccount(by: {plate: "甲"}, input: {name: "云南"}) { account { id } } }', 'plate'],
    ['a reference by key', 'mutation Refers { createContact(input: {name: "Li", account: {plate: "甲"}}) { contact { id } } }', 'plate'],
    ['a link', 'query Links { accounts { nodes { partners { totalCount } } } }', 'partners'],
    ['an inverse', 'query Inverse { contacts { nodes { partnerOf { totalCount } } } }', 'partners'],
    ['what only graphql-js answers', 'query History { accounts { nodes { grade history { nodes { at } } } } }', 'grade'],
  ] as readonly [string, string, string, Variables?][])('%s counts', async (_what, document, field, variables: Variables = {}) => {
    const name = document.split(' ')[1]?.split('(')[0] as string
    expect((await usersOf(field))[name]).toBeUndefined()
    await server.admin.data(document, variables)
    await server.admin.data(document, variables)
    expect((await usersOf(field))[name]).toBe('2 times')
    expect(await usersOf('unused')).toEqual({})
  })

  test('are told with the client that sends them', async () => {
    const ask = (headers: Record<string, string>, query: string) => server.admin.send(query, {}, { headers })
    await ask({ 'x-client-name': 'sales-app' }, 'query Twice { accounts { nodes { grade } } }')
    await ask({ 'x-client-name': 'sales-app' }, 'query Twice { accounts { nodes { grade } } }')
    await ask({}, '{ accounts { nodes { ranking } } }')
    expect((await usersOf('grade')).Twice).toBe('2 times by sales-app')
    expect((await usersOf('ranking'))['(without a name)']).toBe('once')
  })

  test('are told of a whole module, with the roles that reach it', async () => {
    const input = { name: 'site', pluralName: 'sites', label: 'Site', fields: [{ name: 'area', type: 'DECIMAL' }] }
    await server.admin.data(METADATA.createModule, { input })
    await server.admin.data(`mutation { createRole(input: {key: "surveyor", name: "Surveyor", grants: [
      {module: "site", actions: [READ, UPDATE], scope: TEAM}, {module: "account", actions: [READ], scope: ALL}], fields: []}) { role { key } } }`)
    await server.admin.data('query Surveys { sites { nodes { name area } } }')
    await server.admin.data('query Surveys { sites { nodes { name area } } }')
    await server.admin.data('query Names { sites { nodes { name } } }')
    const { answer } = await server.admin.data(METADATA.deleteModule, { name: 'site', dryRun: true })
    const found = (answer.dependents as { kind: string; name: string; detail: string }[]).map(({ detail, ...rest }) => ({
      ...rest,
      detail: detail.replace(/, last on .*/, ''),
    }))
    expect(answer.module.state).toBe('deleted')
    expect(found).toEqual([
      { kind: 'role', name: 'surveyor', blocking: false, detail: 'READ UPDATE: TEAM' },
      { kind: 'operation', name: 'Surveys', blocking: false, detail: '2 times' },
      { kind: 'operation', name: 'Names', blocking: false, detail: 'once' },
    ])
    expect((await server.admin.data('{ customModules { name state } }')).customModules).toContainEqual({ name: 'site', state: 'active' })
  })
})

test('uses that were counted are written before a server stops', async () => {
  const { admin, app, database } = await startTestServer()
  const field = await makeField(admin, { module: 'account', name: 'grade', type: 'INTEGER' })
  await admin.data('query Last { accounts { nodes { grade } } }')
  await app.close()
  const client = new pg.Client(database.url)
  await client.connect()
  const { rows } = await client.query("SELECT field_id, count::int FROM field_usage WHERE operation = 'Last'")
  await client.end()
  await database.close()
  expect(rows).toEqual([{ field_id: field.id, count: 1 }])
})
