import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { eventually } from '../../src/testing/eventually.ts'
import { codesOf, type TestClient } from '../support/client.ts'
import { makeField } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Grants with a condition on the records that they reach: whatever way leads to a record, it is there for whoever the condition admits, and for nobody else. */
let server: TestServer
let admin: TestClient
let member: { readonly id: string; readonly client: TestClient }

const ALL = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'RESTORE', 'BULK']
const idOf: Record<string, string> = {}

const createRole = (key: string, grants: readonly object[], fields: readonly object[] = []) =>
  admin.data(ROLES.create, { input: { key, name: key, grants, fields } })
const setGrants = (key: string, grants: readonly object[]) =>
  admin.data('mutation ($key: String!, $input: UpdateRoleInput!) { updateRole(key: $key, input: $input) { role { key } } }', { key, input: { grants } })
const names = async (client: TestClient, query = '{ found: accounts(orderBy: [{name: ASC}]) { nodes { name } } }') =>
  (await client.data(query)).found.nodes.map(({ name }: { name: string }) => name).join(' ')

beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
  await makeField(admin, { module: 'account', name: 'zone', type: 'TEXT', label: 'Zone' })
  await makeField(admin, { module: 'account', name: 'code2', type: 'TEXT', label: 'Code', unique: true })
  await makeField(admin, {
    module: 'user',
    name: 'territories',
    type: 'MULTI_SELECT',
    label: 'Territories',
    options: ['north', 'east', 'west'].map((value) => ({ value })),
  })
  await makeField(admin, { module: 'user', name: 'home', type: 'TEXT', label: 'Home' })
  await makeField(admin, {
    module: 'account',
    name: 'contactCount',
    type: 'ROLLUP',
    label: 'Contacts',
    rollup: { relation: 'contacts', function: 'COUNT' },
  })
  const accounts = [
    ['n1', 'north', 'retail'],
    ['n2', 'north', 'energy'],
    ['e1', 'east', 'retail'],
    ['w1', 'west', null],
    ['x1', null, null],
  ] as const
  for (const [name, zone, industry] of accounts) {
    const input = { name, zone, industry, type: 'customer', code2: `c-${name}` }
    idOf[name] = (
      await admin.data('mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }', { input })
    ).createAccount.account.id
    for (const suffix of ['a', 'b']) {
      const contact = { name: `${name}${suffix}`, account: { id: idOf[name] } }
      const { createContact } = await admin.data('mutation ($input: CreateContactInput!) { createContact(input: $input) { contact { id } } }', {
        input: contact,
      })
      idOf[`${name}${suffix}`] = createContact.contact.id
    }
  }
  await createRole('zoned', [
    { module: 'account', actions: ALL, scope: 'ALL', where: { zone: { in: ['north'] } } },
    { module: 'contact', actions: ALL, scope: 'ALL', where: { account: { zone: { eq: 'north' } } } },
  ])
  member = await server.addUser('Member', 'zoned')
}, 60_000)
afterAll(() => server?.close())

describe('reading', () => {
  test('lists, counts, aggregates, pages and nodes have what the condition admits', async () => {
    const { data: answer, errors } = await member.client.send(
      `query ($ids: [ID!]!, $n: ID!, $e: ID!) {
        list: accounts(orderBy: [{name: ASC}]) { totalCount nodes { name contacts(orderBy: [{name: ASC}]) { totalCount nodes { name account { name } } } } }
        page: accounts(first: 1, orderBy: [{createdAt: ASC}]) { pageInfo { hasNextPage } edges { node { name } } }
        count: accountsAggregate { count } groups: accountsAggregate(groupBy: [{zone: true}]) { key count }
        contacts: contactsAggregate { count }
        nodes(ids: $ids) { id } in: node(id: $n) { id } out: node(id: $e) { id } byId: account(id: $e) { id } by: accountBy(by: {code2: "c-e1"}) { id }
        search: accounts(search: "e1") { totalCount } filtered: accounts(filter: {zone: {eq: "east"}}) { totalCount }
      }`,
      { ids: [idOf['n1'], idOf['e1'], idOf['x1']], n: idOf['n1'], e: idOf['e1'] },
    )
    const contacts = (name: string) => ({ totalCount: 2, nodes: ['a', 'b'].map((suffix) => ({ name: `${name}${suffix}`, account: { name } })) })
    expect(errors.map(({ path, extensions }) => [path, extensions.code])).toEqual(['out', 'byId', 'by'].map((path) => [[path], 'NOT_FOUND']))
    expect(answer).toEqual({
      list: {
        totalCount: 2,
        nodes: [
          { name: 'n1', contacts: contacts('n1') },
          { name: 'n2', contacts: contacts('n2') },
        ],
      },
      page: { pageInfo: { hasNextPage: true }, edges: [{ node: { name: 'n1' } }] },
      count: [{ count: 2 }],
      groups: [{ key: { zone: 'north' }, count: 2 }],
      contacts: [{ count: 4 }],
      nodes: [{ id: idOf['n1'] }, null, null],
      in: { id: idOf['n1'] },
      out: null,
      byId: null,
      by: null,
      search: { totalCount: 0 },
      filtered: { totalCount: 0 },
    })
  })

  test('related records are bound by their own condition: to one, to many, in filters, orders, groups and rollups', async () => {
    await createRole('peeking', [
      { module: 'account', actions: ['READ'], scope: 'ALL', where: { zone: { eq: 'north' } } },
      { module: 'contact', actions: ['READ'], scope: 'ALL', where: { name: { endsWith: 'a' } } },
    ])
    const { client } = await server.addUser('Peeking', 'peeking')
    const answer = await client.data(
      `{
      one: contacts(orderBy: [{name: ASC}]) { nodes { name account { name } } }
      many: accounts(orderBy: [{name: ASC}]) { nodes { name contactCount contacts { nodes { name } } } }
      some: accounts(filter: {contacts: {some: {name: {endsWith: "b"}}}}) { totalCount }
      through: contacts(filter: {account: {zone: {eq: "east"}}}) { totalCount }
      groups: contactsAggregate(groupBy: [{account: {name: true}}], orderBy: [{key: {account: {name: ASC}}}]) { key count }
    }`.replace(', orderBy: [{key: {account: {name: ASC}}}]', ''),
    )
    expect(answer.one.nodes).toEqual([
      { name: 'e1a', account: null },
      { name: 'n1a', account: { name: 'n1' } },
      { name: 'n2a', account: { name: 'n2' } },
      { name: 'w1a', account: null },
      { name: 'x1a', account: null },
    ])
    expect(answer.many.nodes).toEqual(['n1', 'n2'].map((name) => ({ name, contactCount: 1, contacts: { nodes: [{ name: `${name}a` }] } })))
    expect([answer.some.totalCount, answer.through.totalCount]).toEqual([0, 0])
    expect(answer.groups.map(({ key, count }: { key: { account: { name: string | null } }; count: number }) => [key.account.name, count])).toEqual([
      ['n1', 1],
      ['n2', 1],
      [null, 3],
    ])
  })

  test('history and what the viewer may do with a record follow it', async () => {
    await createRole('lookers', [
      { module: 'account', actions: ['READ'], scope: 'ALL', where: { zone: { isNull: false } } },
      { module: 'account', actions: ['UPDATE', 'CREATE'], scope: 'ALL', where: { zone: { eq: 'east' } } },
    ])
    const { client } = await server.addUser('Looker', 'lookers')
    const { accounts, nodes } = await client.data(
      'query ($ids: [ID!]!) { accounts(orderBy: [{name: ASC}]) { nodes { name viewerAccess { actions } history { totalCount } } } nodes(ids: $ids) { id } }',
      { ids: [idOf['x1']] },
    )
    const seen = accounts.nodes.map((node: { name: string; viewerAccess: { actions: string[] }; history: { totalCount: number } }) => [
      node.name,
      node.viewerAccess.actions.join(),
      node.history.totalCount > 0,
    ])
    expect(seen).toEqual([
      ['e1', 'READ,UPDATE', true],
      ['n1', 'READ', true],
      ['n2', 'READ', true],
      ['w1', 'READ', true],
    ])
    expect(nodes).toEqual([null])
  })

  test('costs no statement more', async () => {
    const query = '{ accounts { totalCount nodes { name contacts { nodes { name } } } } accountsAggregate { count } }'
    await admin.data(query)
    await member.client.data(query)
    const count = async (client: TestClient) => (await server.statementsOf(() => client.data(query))).filter(({ purpose }) => purpose === 'record').length
    expect(await count(member.client)).toBe(await count(admin))
  })
})

describe('writing', () => {
  const UPDATE = 'mutation ($id: ID!, $input: UpdateAccountInput!) { updateAccount(id: $id, input: $input) { account { name zone } } }'
  const CREATE = 'mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id name } } }'
  const versions = async () =>
    (await admin.data('{ accounts(deleted: INCLUDE, orderBy: [{name: ASC}]) { nodes { name version zone deletedAt } } }')).accounts.nodes

  test('records outside are not there, records may not be made outside or moved there, and nothing changes', async () => {
    const before = await versions()
    const id = idOf['e1']
    const refused: [string, object, string][] = [
      [UPDATE, { id, input: { name: 'changed' } }, 'NOT_FOUND'],
      ['mutation ($id: ID!) { deleteAccount(id: $id) { account { id } } }', { id }, 'NOT_FOUND'],
      [UPDATE, { id: idOf['n1'], input: { zone: 'east' } }, 'FORBIDDEN'],
      [UPDATE, { id: idOf['n1'], input: { zone: null } }, 'FORBIDDEN'],
      [CREATE, { input: { name: 'new', type: 'customer', zone: 'east' } }, 'FORBIDDEN'],
      [CREATE, { input: { name: 'new', type: 'customer' } }, 'FORBIDDEN'],
      [
        'mutation ($input: CreateContactInput!) { createContact(input: $input) { contact { id } } }',
        { input: { name: 'new', account: { id } } },
        'VALIDATION_FAILED',
      ],
      [
        'mutation ($id: ID!, $input: UpdateContactInput!) { updateContact(id: $id, input: $input) { contact { id } } }',
        { id: idOf['n1a'], input: { account: null } },
        'FORBIDDEN',
      ],
      [
        'mutation ($input: UpsertAccountInput!) { upsertAccount(by: {code2: "c-e1"}, input: $input) { account { id } } }',
        { input: { name: 'mine', type: 'customer', zone: 'north' } },
        'DUPLICATE',
      ],
      [
        'mutation ($updates: [AccountUpdateItem!]!) { updateAccounts(updates: $updates) { accounts { id } } }',
        {
          updates: [
            { id: idOf['n1'], input: { name: 'changed' } },
            { id: idOf['n2'], input: { zone: 'west' } },
          ],
        },
        'FORBIDDEN',
      ],
    ]
    for (const [source, variables, code] of refused) {
      const answer = await member.client.send(source, variables as never)
      expect([source, codesOf(answer), answer.data]).toEqual([source, [code], null])
      expect(JSON.stringify(answer.errors)).not.toContain(idOf['e1'] === variables['id' as never] ? 'east' : (idOf['e1'] as string))
    }
    expect(await versions()).toEqual(before)
  })

  test('inside they may', async () => {
    const { createAccount } = await member.client.data(CREATE, { input: { name: 'n3', type: 'customer', zone: 'north' } })
    const { id } = createAccount.account
    expect((await member.client.data(UPDATE, { id, input: { name: 'n3x' } })).updateAccount.account).toEqual({ name: 'n3x', zone: 'north' })
    for (const verb of ['delete', 'restore', 'delete']) await member.client.data(`mutation ($id: ID!) { ${verb}Account(id: $id) { account { id } } }`, { id })
  })

  // What decides stands in records that the same statement writes: the links of the record itself, and its extensions.
  test('conditions on several related records are judged when these are written', async () => {
    await createRole('linked', [
      {
        module: 'account',
        actions: ['READ', 'CREATE', 'UPDATE'],
        scope: 'ALL',
        where: { or: [{ contacts: { some: {} } }, { parent: { name: { eq: 'n1' } } }, { externalId: { system: 'erp', key: 'in' } }] },
      },
    ])
    const { client } = await server.addUser('Linked', 'linked')
    const input = { name: 'l', type: 'customer' }
    expect(codesOf(await client.send(CREATE, { input }))).toEqual(['FORBIDDEN'])
    expect(codesOf(await client.send(CREATE, { input: { ...input, externalIds: [{ system: 'erp', key: 'out' }] } }))).toEqual(['FORBIDDEN'])
    const made = (await client.data(CREATE, { input: { ...input, externalIds: [{ system: 'erp', key: 'in' }] } })).createAccount.account.id
    expect(codesOf(await client.send(UPDATE, { id: made, input: { externalIds: null } }))).toEqual(['FORBIDDEN'])
    await client.data(CREATE, { input: { ...input, parent: { id: idOf['n1'] } } })
    expect(await names(client)).toBe('e1 l l n1 n2 w1 x1')
    for (const { id } of (await admin.data('{ accounts(filter: {name: {eq: "l"}}) { nodes { id } } }')).accounts.nodes)
      await admin.data('mutation ($id: ID!) { deleteAccount(id: $id) { account { id } } }', { id })
  })

  describe('what is deleted or restored is judged as it stands', () => {
    const act = (verb: 'delete' | 'restore', type: string) => `mutation ($id: ID!) { ${verb}${type}(id: $id) { changeSetId } }`

    test('whatever that does to what the condition looks at; so it is explained, too', async () => {
      await createRole('binning', [
        { module: 'account', actions: ['READ'], scope: 'ALL' },
        {
          module: 'account',
          actions: ['DELETE'],
          scope: 'ALL',
          where: { or: [{ contacts: { some: { account: {} } } }, { deletedAt: { isNull: true }, zone: { eq: 'west' } }] },
        },
        { module: 'account', actions: ['RESTORE'], scope: 'ALL', where: { deletedAt: { isNull: false }, contacts: { none: { account: {} } } } },
        { module: 'team', actions: ['DELETE'], scope: 'ALL', where: { members: { some: { team: {} } } } },
        { module: 'team', actions: ['RESTORE'], scope: 'ALL', where: { children: { none: { parent: {} } } } },
      ])
      const binning = await server.addUser('Binning', 'binning')
      const make = async (module: string, input: object) =>
        (
          await admin.data(`mutation ($input: Create${module}Input!) { made: create${module}(input: $input) { record: ${module.toLowerCase()} { id } } }`, {
            input,
          })
        ).made.record.id as string
      const contacted = await make('Account', { name: 'contacted', type: 'customer' })
      await make('Contact', { name: 'c', account: { id: contacted } })
      const western = await make('Account', { name: 'western', type: 'customer', zone: 'west' })
      const neither = await make('Account', { name: 'neither', type: 'customer' })
      const staffed = await make('Team', { name: 'staffed' })
      const member = await server.addUser('Of the team')
      await admin.data('mutation ($id: ID!, $team: ID!) { updateUser(id: $id, input: {team: {id: $team}}) { changeSetId } }', { id: member.id, team: staffed })
      const above = await make('Team', { name: 'above' })
      const empty = await make('Team', { name: 'empty', parent: { id: above } })
      const told = async (module: string, action: string, id: string) =>
        (
          await admin.data(`query ($user: ID!, $id: ID!) { explainAccess(userId: $user, module: "${module}", recordId: $id, action: ${action}) { allowed } }`, {
            user: binning.id,
            id,
          })
        ).explainAccess.allowed
      const tries = [
        ['delete', 'Account', contacted, true],
        ['restore', 'Account', contacted, true],
        ['delete', 'Account', western, true],
        ['restore', 'Account', western, true],
        ['delete', 'Account', neither, false],
        ['delete', 'Team', staffed, true],
        ['restore', 'Team', staffed, true],
        ['delete', 'Team', empty, false],
      ] as const
      for (const [verb, type, id, allowed] of tries) {
        expect([verb, type, id, await told(type.toLowerCase(), verb.toUpperCase(), id)]).toEqual([verb, type, id, allowed])
        expect([verb, type, id, codesOf(await binning.client.send(act(verb, type), { id }))]).toEqual([verb, type, id, allowed ? [] : ['FORBIDDEN']])
      }
      for (const id of [empty, above]) await admin.data(act('delete', 'Team'), { id })
      expect(await told('team', 'RESTORE', above)).toBe(true)
      await binning.client.data(act('restore', 'Team'), { id: above })
      for (const id of [contacted, western, neither]) await admin.data(act('delete', 'Account'), { id })
    })

    test('also where it was held by a writer who changes what the condition looks at', async () => {
      const [account, contact] = [idOf['n2'], idOf['n2a'] as string]
      const zone = server.app.engine.runtime.registry.module('account').fields.get('zone')?.column
      const rival = new pg.Client(server.database.url)
      await rival.connect()
      try {
        await rival.query('BEGIN')
        await rival.query('UPDATE contacts SET job_title = $2 WHERE id = $1', [contact, 'held'])
        await rival.query(`UPDATE accounts SET ${zone} = 'east' WHERE id = $1`, [account])
        const answer = member.client.send(act('delete', 'Contact'), { id: contact })
        await eventually(
          async () => (await rival.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`)).rowCount === 1,
        )
        await rival.query('COMMIT')
        expect(codesOf(await answer)).toEqual(['FORBIDDEN'])
        expect((await rival.query('SELECT deleted_at, version FROM contacts WHERE id = $1', [contact])).rows).toEqual([{ deleted_at: null, version: 1 }])
        await rival.query(`UPDATE accounts SET ${zone} = 'north' WHERE id = $1`, [account])
      } finally {
        await rival.end()
      }
      for (const verb of ['delete', 'restore'] as const) await member.client.data(act(verb, 'Contact'), { id: contact })
    })
  })
})

test('several records in one call lie within the condition of BULK as well', async () => {
  await createRole('bulky', [
    { module: 'account', actions: ['READ', 'UPDATE'], scope: 'ALL', where: { zone: { isNull: false } } },
    { module: 'account', actions: ['BULK'], scope: 'ALL', where: { industry: { eq: 'retail' } } },
  ])
  const { client } = await server.addUser('Bulky', 'bulky')
  const source = 'mutation ($updates: [AccountUpdateItem!]!) { updateAccounts(updates: $updates) { accounts { name } } }'
  const updates = (...given: readonly string[]) => ({ updates: given.map((name) => ({ id: idOf[name], input: { description: 'in bulk' } })) })
  expect(codesOf(await client.send(source, updates('n1', 'e1')))).toEqual([])
  expect(codesOf(await client.send(source, updates('n1', 'w1')))).toEqual(['FORBIDDEN'])
  expect(codesOf(await client.send(source, updates('w1')))).toEqual([])
})

describe('conditions', () => {
  test('of several roles and grants are united, each within its scope', async () => {
    const mine = await admin.data('mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }', {
      input: { name: 'own', type: 'customer', zone: 'west', owner: { id: member.id } },
    })
    await createRole('first', [
      { module: 'account', actions: ['READ'], scope: 'OWN', where: { zone: { eq: 'west' } } },
      { module: 'account', actions: ['READ'], scope: 'ALL', where: { zone: { eq: 'east' } } },
    ])
    await createRole('second', [{ module: 'account', actions: ['READ'], scope: 'ALL', where: { industry: { eq: 'retail' } } }])
    const { id, client } = await server.addUser('United', 'first')
    expect(await names(client)).toBe('e1')
    await admin.data('mutation ($id: ID!) { assignRole(userId: $id, roleKey: "second") { user { id } } }', { id })
    expect(await names(client)).toBe('e1 n1')
    await admin.data('mutation ($id: ID!, $owner: ID!) { updateAccount(id: $id, input: {owner: {id: $owner}}) { account { id } } }', {
      id: mine.createAccount.account.id,
      owner: id,
    })
    expect(await names(client)).toBe('e1 n1 own')
    await setGrants('second', [{ module: 'account', actions: ['READ'], scope: 'OWN' }])
    expect(await names(client)).toBe('e1 own')
    expect(await names(client, '{ found: accounts(orderBy: [{createdAt: DESC}], first: 1) { nodes { name } } }')).toBe('own')
    await admin.data('mutation ($id: ID!) { deleteAccount(id: $id) { account { id } } }', { id: mine.createAccount.account.id })
  })

  test('compare with values of the viewer as they are now', async () => {
    const team = async (name: string, parent?: string) =>
      (
        await admin.data('mutation ($input: CreateTeamInput!) { createTeam(input: $input) { team { id } } }', {
          input: { name, ...(parent && { parent: { id: parent } }) },
        })
      ).createTeam.team.id
    const [upper, other] = [await team('Upper'), await team('Other')]
    const lower = await team('Lower', upper)
    for (const [account, where] of [
      ['n1', upper],
      ['e1', lower],
      ['w1', other],
    ])
      await admin.data('mutation ($id: ID!, $team: ID!) { updateAccount(id: $id, input: {team: {id: $team}}) { account { id } } }', {
        id: idOf[account as string],
        team: where,
      })
    await createRole('viewing', [{ module: 'account', actions: ['READ'], scope: 'ALL', where: { zone: { in: { viewer: 'territories' } } } }])
    const { id, client } = await server.addUser('Viewing', 'viewing')
    const setUser = (input: object) =>
      admin.data('mutation ($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) { user { id } } }', { id, input })
    expect(await names(client)).toBe('')
    await setUser({ territories: ['north', 'west'], home: 'east', team: { id: upper } })
    expect(await names(client)).toBe('n1 n2 w1')
    await setUser({ territories: ['east'] })
    expect(await names(client)).toBe('e1')
    const cases: [object, string][] = [
      [{ zone: { eq: { viewer: 'home' } } }, 'e1'],
      [{ zone: { in: { viewer: 'home' } } }, 'e1'],
      [{ not: { zone: { in: { viewer: 'territories' } } } }, 'n1 n2 w1 x1'],
      [{ team: { id: { eq: { viewer: 'team' } } } }, 'n1'],
      [{ team: { id: { in: { viewer: 'teams' } } } }, 'n1'],
      [{ team: { id: { in: { viewer: 'teamTree' } } } }, 'e1 n1'],
      [{ owner: { id: { eq: { viewer: 'id' } } } }, ''],
      [{ contacts: { some: { name: { eq: 'w1b' } } } }, 'w1'],
      [{ contacts: { every: { name: { startsWith: 'x' } } } }, 'x1'],
      [{ and: [{ zone: { ne: 'north' } }, { or: [{ industry: { isNull: false } }, { name: { startsWith: 'X' } }] }] }, 'e1 x1'],
    ]
    for (const [where, wanted] of cases) {
      await setGrants('viewing', [{ module: 'account', actions: ['READ'], scope: 'ALL', where }])
      expect([where, await names(client)]).toEqual([where, wanted])
    }
  })

  test('who can see a record, and why, knows them', async () => {
    const {
      whoCanSee,
      in: inside,
      out,
    } = await admin.data(
      `query ($e: ID!, $n: ID!, $user: ID!) { whoCanSee(module: "account", recordId: $n) { id }
        in: explainAccess(userId: $user, module: "account", recordId: $n) { allowed reasons } out: explainAccess(userId: $user, module: "account", recordId: $e) { allowed reasons } }`,
      { e: idOf['e1'], n: idOf['n2'], user: member.id },
    )
    const users = (await admin.data('{ users(filter: {kind: {eq: "person"}}) { nodes { id name } } }')).users.nodes
    const seeing: string[] = []
    for (const { id } of users)
      if (
        (await admin.data('query ($id: ID!, $n: ID!) { explainAccess(userId: $id, module: "account", recordId: $n) { allowed } }', { id, n: idOf['n2'] }))
          .explainAccess.allowed
      )
        seeing.push(id)
    expect(whoCanSee.map(({ id }: { id: string }) => id).sort()).toEqual(seeing.sort())
    expect(seeing).toContain(member.id)
    expect([inside.allowed, out.allowed]).toEqual([true, false])
    expect(inside.reasons).toContain('Role zoned grants READ on account with the scope ALL where {"zone":{"in":["north"]}}.')
    expect(inside.reasons).toContain('So READ reaches every record that a condition admits.')
    expect(out.reasons).toContain('The record is not within that scope by its owner, its team and the conditions.')
  })
})

describe('children of a record', () => {
  test('follow the condition of their parent, and their own', async () => {
    await createRole('dealing', [
      { module: 'account', actions: ['READ'], scope: 'ALL' },
      { module: 'accountContact', actions: ['READ', 'CREATE', 'UPDATE'], scope: 'ALL', where: { contact: { name: { endsWith: 'a' } } } },
      { module: 'contact', actions: ['READ'], scope: 'ALL' },
    ])
    const { client } = await server.addUser('Dealing', 'dealing')
    const CREATE = 'mutation ($input: CreateAccountContactInput!) { createAccountContact(input: $input) { accountContact { id } } }'
    const input = (account: string, contact: string) => ({ input: { account: { id: idOf[account] }, contact: { id: idOf[contact] } } })
    for (const [account, contact] of [
      ['n1', 'e1a'],
      ['n1', 'e1b'],
      ['e1', 'n1a'],
    ] as const)
      await admin.data(CREATE, input(account, contact))
    const links = '{ accountContacts { nodes { account { name } contact { name } } } }'
    const seen = async () =>
      (await client.data(links)).accountContacts.nodes
        .map(({ account, contact }: { account: { name: string }; contact: { name: string } }) => `${account.name}-${contact.name}`)
        .sort()
        .join(' ')
    const own = (await seen()).split(' ').filter((pair: string) => ['n1-e1a', 'n1-e1b', 'e1-n1a'].includes(pair))
    expect(own).toEqual(['e1-n1a', 'n1-e1a'])
    // Writing needs UPDATE on the parent.
    expect(codesOf(await client.send(CREATE, input('n2', 'e1a')))).toEqual(['FORBIDDEN'])
    await setGrants('dealing', [
      { module: 'account', actions: ['READ', 'UPDATE'], scope: 'ALL', where: { zone: { eq: 'north' } } },
      { module: 'accountContact', actions: ['READ', 'CREATE', 'UPDATE'], scope: 'OWN', where: { contact: { name: { endsWith: 'a' } } } },
      { module: 'contact', actions: ['READ'], scope: 'ALL' },
    ])
    expect((await seen()).split(' ').filter((pair: string) => ['n1-e1a', 'n1-e1b', 'e1-n1a'].includes(pair))).toEqual(['n1-e1a'])
    await client.data(CREATE, input('n2', 'e1a'))
    expect(codesOf(await client.send(CREATE, input('n2', 'e1b')))).toEqual(['FORBIDDEN'])
  })
})
