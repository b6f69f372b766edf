import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { GraphQLObjectType } from 'graphql'
import { codesOf, issuesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { METADATA, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Field names that nobody may have, with the rule that says so. */
const REFUSED_FIELDS: readonly (readonly [string, string])[] = [
  // Record's own members and words of filters and inputs.
  ...['id', 'version', 'createdAt', 'createdBy', 'updatedAt', 'updatedBy', 'deletedAt', 'owner', 'team', 'externalIds', 'tags', 'source', 'externalId'].map(
    (name) => [name, 'RESERVED'] as const,
  ),
  ...['displayName', 'values', 'viewerAccess', 'history', 'and', 'or', 'not', 'ref'].map((name) => [name, 'RESERVED'] as const),
  // What every JavaScript object has.
  ...['constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty'].map((name) => [name, 'RESERVED'] as const),
  ['__proto__', 'NAME'],
  ['__typename', 'NAME'],
  // Letters that look like others (Cyrillic а, fullwidth ａ), other scripts, other forms.
  ['nаme2', 'NAME'],
  ['ａge', 'NAME'],
  ['客户', 'NAME'],
  ['Name', 'NAME'],
  ['snake_case', 'NAME'],
  ['1st', 'NAME'],
  ['', 'NAME'],
  [' padded ', 'NAME'],
  ['a b', 'NAME'],
  ['name"; DROP TABLE accounts; --', 'NAME'],
  ["x' OR '1'='1", 'NAME'],
  ['a'.repeat(49), 'NAME'],
  ['emoji😀', 'NAME'],
  ['nul\u0000', 'NAME'],
]

const TAKEN_FIELDS = ['name', 'industry', 'parent', 'contacts', 'opportunities', 'creditLimit']

const SQL_WORDS = [
  'select',
  'from',
  'where',
  'group',
  'limit',
  'table',
  'null',
  'true',
  'desc',
  'primary',
  'user',
  'all',
  'cast',
  'case',
  'end',
  'union',
  'returning',
  'json',
  'xmin',
  'ctid',
  'oid',
]

const REFUSED_MODULES: readonly (readonly [string, string, string])[] = [
  ['node', 'nodes', 'input.name: RESERVED,input.pluralName: RESERVED'],
  ['record', 'recordsOf', 'input.name: RESERVED'],
  ['invoice', 'invoices', 'input.name: RESERVED,input.pluralName: RESERVED'],
  ['contract', 'contracts', 'input.name: RESERVED,input.pluralName: RESERVED'],
  ['changedFields', 'lots', 'input.name: RESERVED'],
  ['constructor', 'constructors', 'input.name: RESERVED'],
  ['__proto__', 'protos', 'input.name: NAME'],
  ['客户', '客户们', 'input.name: NAME,input.pluralName: NAME'],
  ['sheep', 'sheep', 'input.pluralName: NAME'],
  ['emailMsg', 'emailMsgs', 'input.name: RESERVED,input.pluralName: RESERVED'],
  ['oAuthClient', 'oAuthClients', 'input.name: RESERVED,input.pluralName: RESERVED'],
  ['progress', 'progresses', 'input.name: RESERVED,input.pluralName: RESERVED'],
  // Its own two names make one query twice.
  ['car', 'carBy', 'input.name: TAKEN'],
  ['carsAggregate', 'cars', 'input.name: TAKEN'],
  // Names that the schema makes of them belong to others: AccountFilter, Money, Actor, createAccount …
  ['accountFilter', 'accountFilters', 'input.name: TAKEN'],
  ['money', 'monies', 'input.name: TAKEN'],
  ['fieldChange', 'fieldChanges', 'input.name: TAKEN'],
  ['accountsAggregate', 'aggregates', 'input.name: TAKEN'],
  ['apiKeys', 'keys', 'input.name: TAKEN'],
  ['schemaVersion', 'schemaVersions', 'input.name: TAKEN'],
  ['pageInfo', 'pageInfos', 'input.name: TAKEN'],
  ['int', 'ints', 'input.name: TAKEN'],
]

describe('names of run-time fields and modules', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server?.close())

  test('are refused by rule, and nothing changes', async () => {
    const before = await contentOf(server.database.url)
    for (const [name, rule] of REFUSED_FIELDS) {
      const answer = await sendField(server.admin, 'createField', { input: { module: 'account', name, type: 'TEXT' } })
      expect([name, ...issuesOf(answer)]).toEqual([name, `input.name: ${rule}`])
    }
    for (const name of TAKEN_FIELDS) {
      const answer = await sendField(server.admin, 'createField', { input: { module: 'account', name, type: 'TEXT' } })
      expect([name, ...codesOf(answer)]).toEqual([name, 'DUPLICATE'])
    }
    for (const [name, pluralName, issues] of REFUSED_MODULES) {
      const answer = await sendField(server.admin, 'createModule', { input: { name, pluralName, label: 'X' } })
      expect([name, issuesOf(answer).join()]).toEqual([name, issues])
    }
    for (const [name, pluralName] of [
      ['account', 'accountz'],
      ['konto', 'accounts'],
    ]) {
      expect(codesOf(await sendField(server.admin, 'createModule', { input: { name, pluralName } }))).toEqual(['DUPLICATE'])
    }
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('of inverses are refused where the other side has one already', async () => {
    const reference = (inverseName: string) => ({ input: { module: 'task', name: 'about', type: 'REFERENCE', reference: { module: 'account', inverseName } } })
    expect(codesOf(await sendField(server.admin, 'createField', reference('contacts')))).toEqual(['DUPLICATE'])
    expect(codesOf(await sendField(server.admin, 'createField', reference('name')))).toEqual(['DUPLICATE'])
    expect(issuesOf(await sendField(server.admin, 'createField', reference('history')))).toEqual(['input.reference.inverseName: RESERVED'])
    await server.admin.data(METADATA.createField, reference('aboutTasks'))
    expect(codesOf(await sendField(server.admin, 'createField', { input: { module: 'account', name: 'aboutTasks', type: 'TEXT' } }))).toEqual(['DUPLICATE'])
  })

  test('cannot be those of members that are written by hand', async () => {
    const before = await contentOf(server.database.url)
    expect(codesOf(await sendField(server.admin, 'createField', { input: { module: 'user', name: 'roles', type: 'TEXT' } }))).toEqual(['DUPLICATE'])
    const list = { module: 'account', name: 'holder', type: 'REFERENCE', reference: { module: 'user', inverseName: 'roles' } }
    expect(codesOf(await sendField(server.admin, 'createField', { input: list }))).toEqual(['DUPLICATE'])
    expect(await contentOf(server.database.url)).toEqual(before)
    const { schema, registry } = server.app.engine.runtime
    for (const { name, typeName, members = [] } of registry.modules.values()) {
      const fields = Object.values((schema.getType(typeName) as GraphQLObjectType).getFields())
      const written = fields.filter(({ extensions }) => extensions.guanxi?.kind === 'computed').map((field) => field.name)
      expect([name, ...written.sort()]).toEqual([name, ...[...members].sort()])
    }
  })

  test('of one call that clash with each other are refused by rule, and so are circles, and nothing changes', async () => {
    const leads = (name: string, inverseName: string) => ({ module: 'account', name, type: 'REFERENCE', reference: { module: 'task', inverseName } })
    const make = async (input: object): Promise<string> => (await server.admin.data(METADATA.createField, { input })).answer.field.id
    await make({ module: 'product', name: 'days', type: 'INTEGER' })
    const first = await make({ module: 'product', name: 'firstSum', type: 'FORMULA', formula: 'days + 1' })
    await make({ module: 'product', name: 'secondSum', type: 'FORMULA', formula: 'firstSum + 1' })
    const before = await contentOf(server.database.url)
    expect(codesOf(await server.admin.send(METADATA.createFields, { input: [leads('left', 'both'), leads('right', 'both')] }))).toEqual(['DUPLICATE'])
    const own = { module: 'account', name: 'children2', type: 'REFERENCE', reference: { module: 'account', inverseName: 'offspring' } }
    const both = [{ module: 'account', name: 'offspring', type: 'TEXT' }, own]
    expect(codesOf(await server.admin.send(METADATA.createFields, { input: both }))).toEqual(['DUPLICATE'])
    for (const formula of ['secondSum + 1', 'firstSum + 1']) {
      const answer = await sendField(server.admin, 'updateField', { id: first, input: { formula } })
      expect(codesOf(answer)).toEqual(['VALIDATION_FAILED'])
      expect(JSON.stringify(answer.errors)).toContain('is computed from itself')
    }
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('may be words of SQL, and as long as 48 characters, however alike', async () => {
    const long = ['a', 'b'].map((end) => `${'x'.repeat(47)}${end}`)
    const names = [...SQL_WORDS, ...long]
    await server.admin.data(METADATA.createFields, { input: names.map((name) => ({ module: 'account', name, type: 'INTEGER', indexed: true })) })
    const values = Object.fromEntries(names.map((name, index) => [name, index]))
    await server.admin.data('mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }', {
      input: { name: 'Words', type: 'customer', ...values },
    })
    for (const name of names) {
      const { accounts, accountsAggregate } = await server.admin.data(
        `{ accounts(filter: {${name}: {eq: ${values[name]}}}, orderBy: [{${name}: DESC}]) { nodes { ${name} } } accountsAggregate(groupBy: [{${name}: true}]) { key max { ${name} } } }`,
      )
      expect(accounts.nodes).toEqual([{ [name]: values[name] }])
      expect(accountsAggregate).toEqual([{ key: { [name]: values[name] }, max: { [name]: values[name] } }])
    }
  })

  test('come from administrators alone', async () => {
    const { client } = await server.addUser('Manager', 'sales_manager')
    const before = await contentOf(server.database.url)
    for (const operation of ['createField', 'createModule'] as const) {
      const input = operation === 'createField' ? { module: 'account', name: 'mine', type: 'TEXT' } : { name: 'thing', pluralName: 'things' }
      expect(codesOf(await sendField(client, operation, { input }))).toEqual(['FORBIDDEN'])
      expect(codesOf(await sendField(server.anonymous, operation, { input }))).toEqual(['UNAUTHENTICATED'])
    }
    expect(codesOf(await client.send('{ customFields { name } }'))).toEqual(['FORBIDDEN'])
    expect(codesOf(await client.send('{ exportMetadata }'))).toEqual(['FORBIDDEN'])
    expect(await contentOf(server.database.url)).toEqual(before)
  })
})
