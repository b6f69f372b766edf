import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, type TestClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Records by id through the interfaces Node and Record: `node`, `nodes`, polymorphic relations, and what every record has. */
let server: TestServer
let rep: { readonly id: string; readonly client: TestClient }
/** Ids by a name for each record. */
let ids: Record<string, string>

beforeAll(async () => {
  server = await startTestServer()
  rep = await server.addUser('Rep One', 'sales_rep')
  const made = await server.admin.data(
    `mutation ($rep: ID!) {
      acme: createAccount(input: { ref: "acme", name: "Acme", code: "A-1", owner: { id: $rep }, tags: ["vip", "east"], externalIds: [{ system: "erp", key: "1" }, { system: "crm", key: "x" }] }) { account { id } }
      other: createAccount(input: { ref: "other", name: "Other", region: null }) { account { id } }
      ann: createContact(input: { ref: "ann", name: "Ann", account: { ref: "acme" }, owner: { id: $rep } }) { contact { id } }
      bob: createContact(input: { name: "Bob", account: { ref: "other" }, owner: { id: $rep } }) { contact { id } }
      order: createOrder(input: { ref: "order", account: { ref: "acme" }, owner: { id: $rep } }) { order { id number } }
      onAcme: createReminder(input: { subject: "on acme", dueAt: "2026-01-01T00:00:00Z", record: { ref: "acme" }, owner: { id: $rep } }) { reminder { id } }
      onOther: createReminder(input: { subject: "on other", dueAt: "2026-01-02T00:00:00Z", record: { ref: "other" }, owner: { id: $rep } }) { reminder { id } }
      onAnn: createReminder(input: { subject: "on ann", dueAt: "2026-01-03T00:00:00Z", record: { ref: "ann" }, owner: { id: $rep } }) { reminder { id } }
      onNothing: createReminder(input: { subject: "on nothing", dueAt: "2026-01-04T00:00:00Z", owner: { id: $rep } }) { reminder { id } }
      task: createTask(input: { title: "call", related: { ref: "order" }, owner: { id: $rep } }) { task { id } }
    }`,
    { rep: rep.id },
  )
  ids = Object.fromEntries(Object.entries(made).map(([name, payload]) => [name, (Object.values(payload as object)[0] as { id: string }).id]))
}, 60_000)

afterAll(() => server?.close())

const RECORD = `
  __typename id version createdAt createdBy { name } updatedAt updatedBy { name } deletedAt owner { name } team { name } tags displayName values
  externalIds { system key } viewerAccess { actions writableFields maskedFields }`

describe('node', () => {
  test('shows the interface of a record of any module as the module itself shows it', async () => {
    for (const [name, field] of Object.entries({ acme: 'account', ann: 'contact', order: 'order', onAcme: 'reminder', task: 'task' })) {
      const { node } = await server.admin.data(`query ($id: ID!) { node(id: $id) { id ... on Record { ${RECORD} } } }`, { id: ids[name] })
      const own = await server.admin.data(`query ($id: ID!) { own: ${field}(id: $id) { ${RECORD} } }`, { id: ids[name] })
      expect(node).toEqual(own.own)
      expect(node.__typename).toBe(field.replace(/^./, (letter) => letter.toUpperCase()))
    }
  })

  test('has exact values', async () => {
    const { node } = await server.admin.data(`query ($id: ID!) { node(id: $id) { ... on Record { ${RECORD} } } }`, { id: ids['acme'] })
    expect(node).toMatchObject({
      __typename: 'Account',
      version: 1,
      createdBy: { name: 'Administrator' },
      owner: { name: 'Rep One' },
      team: null,
      tags: ['east', 'vip'],
      displayName: 'Acme',
      values: {},
      externalIds: [
        { system: 'crm', key: 'x' },
        { system: 'erp', key: '1' },
      ],
      viewerAccess: { actions: ['READ', 'UPDATE', 'DELETE', 'EXPORT'], maskedFields: [] },
    })
    expect(node.viewerAccess.writableFields).toEqual(expect.arrayContaining(['name', 'owner', 'creditLimit']))
    expect(node.viewerAccess.writableFields).not.toContain('createdAt')
  })

  test('shows a rep what the rep may do', async () => {
    const { node } = await rep.client.data('query ($id: ID!) { node(id: $id) { ... on Record { viewerAccess { actions writableFields } } } }', {
      id: ids['acme'],
    })
    expect(node.viewerAccess.actions).toEqual(['READ', 'UPDATE', 'DELETE'])
    expect(node.viewerAccess.writableFields).toEqual(expect.arrayContaining(['name', 'phone']))
    for (const hidden of ['creditLimit', 'bankAccount']) expect(node.viewerAccess.writableFields).not.toContain(hidden)
  })

  test('merges fragments on Node, Record and the type, and leaves out those on others', async () => {
    const source = `
      query ($id: ID!) { node(id: $id) { ...AsNode ...AsRecord ... on Account { name contacts { nodes { ...AsRecord name } } } ... on Contact { jobTitle } ... on Node { ... on Record { version } } } }
      fragment AsNode on Node { id ... on Account { code } }
      fragment AsRecord on Record { displayName ... on Contact { account { name } } }`
    expect((await server.admin.data(source, { id: ids['acme'] })).node).toEqual({
      id: ids['acme'],
      code: 'A-1',
      displayName: 'Acme',
      name: 'Acme',
      contacts: { nodes: [{ displayName: 'Ann', account: { name: 'Acme' }, name: 'Ann' }] },
      version: 1,
    })
    expect((await server.admin.data(source, { id: ids['ann'] })).node).toEqual({
      id: ids['ann'],
      displayName: 'Ann',
      account: { name: 'Acme' },
      jobTitle: null,
      version: 1,
    })
  })

  test('does not show what lies in the recycle bin; a list that asks for it does', async () => {
    const { made } = await server.admin.data('mutation { made: createAccount(input: { name: "Gone", code: "gone" }) { account { id } } }')
    const { id } = made.account
    await server.admin.data('mutation ($id: ID!) { deleteAccount(id: $id) { id } }', { id })
    for (const source of ['node(id: $id) { id }', 'account(id: $id) { id }', 'accountBy(by: { id: $id }) { id }'])
      expect(codesOf(await server.admin.send(`query ($id: ID!) { ${source} }`, { id }))).toEqual(['NOT_FOUND'])
    expect(codesOf(await server.admin.send('{ accountBy(by: { code: "gone" }) { id } }'))).toEqual(['NOT_FOUND'])
    expect(await server.admin.data('query ($id: ID!) { nodes(ids: [$id]) { id } }', { id })).toEqual({ nodes: [null] })
    const source =
      '{ accounts(deleted: ONLY, filter: { code: { eq: "gone" } }) { nodes { deletedAt viewerAccess { actions } history { nodes { operation } } } } }'
    expect((await server.admin.data(source)).accounts.nodes).toEqual([
      {
        deletedAt: expect.any(String),
        viewerAccess: { actions: ['READ', 'RESTORE', 'EXPORT'] },
        history: { nodes: [{ operation: 'DELETED' }, { operation: 'CREATED' }] },
      },
    ])
  })

  test('answers NOT_FOUND for what is no id, no module and no record', async () => {
    const missing = (ids['acme'] as string).replace(/^.{8}/, '00000000')
    for (const id of [missing, missing.replace(/....$/, 'ffff'), '', 'x', ids['acme']?.slice(0, -1)]) {
      const answer = await server.admin.send('query ($id: ID!) { node(id: $id) { id } }', { id })
      expect([id, codesOf(answer), answer.data]).toEqual([id, ['NOT_FOUND'], { node: null }])
    }
  })

  // CVE-2026-25574: equal ids of two collections opened each other's records.
  test('takes no id of one module for one of another', async () => {
    const acme = ids['acme'] as string
    for (const { number, name } of server.app.engine.runtime.registry.modules.values()) {
      if (name === 'account') continue
      const other = acme.slice(0, -4) + number.toString(16).padStart(4, '0')
      const answer = await server.admin.send(
        `query ($id: ID!, $other: ID!) { node(id: $other) { id } ${name}(id: $id) { id } by: ${name}By(by: {id: $id}) { id } }`,
        { id: acme, other },
      )
      expect([name, codesOf(answer), answer.data]).toEqual([name, ['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND'], { node: null, [name]: null, by: null }])
    }
  })
})

describe('nodes', () => {
  test('keeps the order asked for, repetitions included, with null for what is not there', async () => {
    const asked = [ids['ann'], 'x', ids['acme'], ids['ann'], ids['order'], (ids['acme'] as string).replace(/^.{8}/, '00000000')]
    const { nodes } = await server.admin.data('query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Record { displayName } } }', { ids: asked })
    expect(nodes.map((node: { id: string; __typename: string } | null) => node && [node.__typename, node.id])).toEqual([
      ['Contact', ids['ann']],
      null,
      ['Account', ids['acme']],
      ['Contact', ids['ann']],
      ['Order', ids['order']],
      null,
    ])
    expect(await server.admin.data('{ nodes(ids: []) { id } }')).toEqual({ nodes: [] })
  })

  test('takes at most 500 ids and one statement a module', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => (index % 2 === 0 ? ids['acme'] : ids['ann']))
    const source = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'
    const statements = await server.statementsOf(async () => expect((await server.admin.data(source, { ids: many(500) })).nodes).toHaveLength(500))
    expect(statements.filter(({ purpose }) => purpose === 'record')).toHaveLength(2)
    expect(codesOf(await server.admin.send(source, { ids: many(501) }))).toEqual(['LIMIT_EXCEEDED'])
  })

  test('gives each type its own arguments and selection under a response key that they share', async () => {
    await server.admin.data('mutation ($id: ID!) { updateAccount(id: $id, input: { region: "CN" }) { changeSetId } }', { id: ids['other'] })
    await server.admin.data('mutation ($id: ID!) { updateReminder(id: $id, input: { note: "n" }) { changeSetId } }', { id: ids['onAcme'] })
    const source = `query ($ids: [ID!]!) { nodes(ids: $ids) {
      ... on Account { writes: history(first: 1) { nodes { version } } }
      ... on Reminder { writes: history { nodes { version operation } } about: record { id } }
      ... on Task { about: related { displayName ... on Order { status } } }
    } }`
    const { nodes } = await server.admin.data(source, { ids: [ids['other'], ids['onAcme'], ids['task']] })
    expect(nodes).toEqual([
      { writes: { nodes: [{ version: 2 }] } },
      {
        writes: {
          nodes: [
            { version: 2, operation: 'UPDATED' },
            { version: 1, operation: 'CREATED' },
          ],
        },
        about: { id: ids['acme'] },
      },
      { about: { displayName: 'SO-000001', status: 'draft' } },
    ])
  })
})

describe('a polymorphic relation', () => {
  const SOURCE = `query ($first: Int) { reminders(first: $first, orderBy: [{ dueAt: ASC }]) { nodes { subject
    record { __typename id displayName ... on Account { contacts(first: 2) { nodes { name } } } ... on Contact { account { name } } } } } }`

  test('leads to records of several modules', async () => {
    const { reminders } = await server.admin.data(SOURCE)
    expect(reminders.nodes.slice(0, 4)).toEqual([
      { subject: 'on acme', record: { __typename: 'Account', id: ids['acme'], displayName: 'Acme', contacts: { nodes: [{ name: 'Ann' }] } } },
      { subject: 'on other', record: { __typename: 'Account', id: ids['other'], displayName: 'Other', contacts: { nodes: [{ name: 'Bob' }] } } },
      { subject: 'on ann', record: { __typename: 'Contact', id: ids['ann'], displayName: 'Ann', account: { name: 'Acme' } } },
      { subject: 'on nothing', record: null },
    ])
  })

  test('is null where the reader may not see the record', async () => {
    const { reminders } = await rep.client.data(SOURCE)
    expect(reminders.nodes.map(({ record }: { record: { id: string } | null }) => record?.id ?? null)).toEqual([ids['acme'], null, ids['ann'], null])
  })

  test('takes one statement a module, however many rows', async () => {
    const count = async (first: number) =>
      (await server.statementsOf(() => server.admin.data(SOURCE, { first }))).filter(({ purpose }) => purpose === 'record').length
    expect(await count(3)).toBe(3)
    const input = Array.from({ length: 60 }, (_, index) => ({
      subject: `r${index}`,
      dueAt: '2027-01-01T00:00:00Z',
      record: { id: ids[index % 2 === 0 ? 'other' : 'bob'] },
    }))
    await server.admin.data('mutation ($input: [CreateReminderInput!]!) { createReminders(input: $input) { changeSetId } }', { input })
    expect(await count(64)).toBe(3)
  })
})

describe('response keys', () => {
  /** Names that mean something in the generated SQL or in JavaScript; to the client they are names like any other. */
  const TRICKY = [
    'n',
    't',
    'c',
    'k',
    'x',
    'g',
    'r',
    't1',
    'k1',
    'v1',
    'p',
    'id',
    'data',
    'fresh',
    'position',
    'deleted_at',
    'scope_id',
    'created_at',
    'tags',
    'order',
    'select',
  ]
  const ODD = ['constructor', 'toString', 'then', 'toJSON', '__proto__', '__typename', 'hasOwnProperty', 'valueOf']

  for (const key of [...TRICKY, ...ODD]) {
    test(`may be ${key}`, async () => {
      const source = `query ($id: ID!, $ids: [ID!]!) {
        ${key}: account(id: $id) { ${key}: name a: contacts(orderBy: [{ name: ASC }]) { ${key}: nodes { ${key}: name owner { ${key}: name } } b: edges { ${key}: node { ${key}: name } } } owner { ${key}: name } }
        list: accountsAggregate { ${key}: count }
        money: ordersAggregate { ${key}: sum { ${key}: total { ${key}: currency } } }
        nodes(ids: $ids) { ... on Account { ${key}: name } }
      }`
      const data = await server.admin.data(source, { id: ids['acme'], ids: [ids['acme']] })
      const person = { [key]: 'Rep One' }
      const expected = {
        [key]: { [key]: 'Acme', a: { [key]: [{ [key]: 'Ann', owner: person }], b: [{ [key]: { [key]: 'Ann' } }] }, owner: person },
        list: [{ [key]: 2 }],
        money: [{ [key]: { [key]: { [key]: 'USD' } } }],
        nodes: [{ [key]: 'Acme' }],
      }
      expect(JSON.stringify(data)).toBe(JSON.stringify(expected))
      const planned = await server.admin.data(source.replace(/nodes\(ids: \$ids\).*/, '').replace(', $ids: [ID!]!', ''), { id: ids['acme'] })
      expect(JSON.stringify({ ...planned, nodes: expected.nodes })).toBe(JSON.stringify(expected))
    })
  }

  test('longer than 63 bytes stay apart, at every level', async () => {
    const long = (end: string) => `${'k'.repeat(70)}${end}`
    const [a, b] = [long('a'), long('b')]
    const source = `query ($id: ID!) {
      ${a}: account(id: $id) { ${a}: name ${b}: code }
      ${b}: accounts(filter: { id: { eq: $id } }) {
        ${a}: totalCount ${b}: nodes { ${a}: contacts { ${a}: edges { ${a}: cursor ${b}: node { ${a}: displayName ${b}: account { ${a}: id ${b}: code } } } ${b}: pageInfo { ${a}: hasNextPage ${b}: hasPreviousPage } } }
      }
      accountsAggregate(groupBy: [{ code: true }]) { ${a}: key ${b}: count ${long('c')}: max { ${a}: size ${b}: satisfaction } }
    }`
    const data = await server.admin.data(source, { id: ids['acme'] })
    expect(data[a]).toEqual({ [a]: 'Acme', [b]: 'A-1' })
    const [contacts] = data[b][b].map((node: Record<string, unknown>) => node[a])
    expect(data[b][a]).toBe(1)
    expect(contacts[a]).toEqual([{ [a]: expect.any(String), [b]: { [a]: 'Ann', [b]: { [a]: ids['acme'], [b]: 'A-1' } } }])
    expect(contacts[b]).toEqual({ [a]: false, [b]: false })
    expect(data.accountsAggregate).toContainEqual({ [a]: { code: 'A-1' }, [b]: 1, [long('c')]: { [a]: null, [b]: null } })
  })

  test('may all be skipped', async () => {
    const source = `query ($id: ID!, $no: Boolean!) {
      account(id: $id) { name @include(if: $no) contacts { nodes { ... @include(if: $no) { name } } } owner { name @include(if: $no) } }
      accounts { totalCount @include(if: $no) }
      list: accounts(filter: { id: { eq: $id } }) { edges { node { id @include(if: $no) } } pageInfo { hasNextPage @include(if: $no) } }
      bare: accounts(first: 1) { edges { cursor @include(if: $no) } nodes { ... @include(if: $no) { id } } }
      parts: ordersAggregate { sum { total { amount @include(if: $no) } } }
      freight: orders { nodes { total { amount @include(if: $no) } phone: account { phone { raw @include(if: $no) } externalIds { key @include(if: $no) } viewerAccess { actions @include(if: $no) } } } }
      accountsAggregate { count @include(if: $no) sum { size @include(if: $no) } }
      node(id: $id) { id @include(if: $no) }
    }`
    expect(await server.admin.data(source, { id: ids['acme'], no: false })).toEqual({
      account: { contacts: { nodes: [{}] }, owner: {} },
      accounts: {},
      list: { edges: [{ node: {} }], pageInfo: {} },
      bare: { edges: [{}], nodes: [{}] },
      parts: [{ sum: { total: {} } }],
      freight: { nodes: [{ total: {}, phone: { phone: null, externalIds: [{}, {}], viewerAccess: {} } }] },
      accountsAggregate: [{ sum: {} }],
      node: {},
    })
  })

  test('of a related record without values are null inside it, not instead of it', async () => {
    const { node } = await server.admin.data(
      'query ($id: ID!) { node(id: $id) { ... on Contact { account { region address { city } parent { name } } lead: honorific } } }',
      {
        id: ids['ann'],
      },
    )
    expect(node).toEqual({ account: { region: null, address: null, parent: null }, lead: null })
  })
})

describe('history', () => {
  test('tells newest first what was written, by whom, page by page, for many records in one statement a module', async () => {
    for (const jobTitle of ['Boss', 'Chief'])
      await rep.client.data('mutation ($id: ID!, $jobTitle: String) { updateContact(id: $id, input: { jobTitle: $jobTitle }) { changeSetId } }', {
        id: ids['bob'],
        jobTitle,
      })
    const source = `query ($id: ID!, $after: String) { contact(id: $id) { history(first: 2, after: $after) {
      totalCount nodes { version operation actor { name } changes { field before after } } pageInfo { hasNextPage endCursor } } } }`
    const { contact } = await server.admin.data(source, { id: ids['bob'] })
    expect(contact.history).toEqual({
      totalCount: 3,
      nodes: [
        { version: 3, operation: 'UPDATED', actor: { name: 'Rep One' }, changes: [{ field: 'jobTitle', before: 'Boss', after: 'Chief' }] },
        { version: 2, operation: 'UPDATED', actor: { name: 'Rep One' }, changes: [{ field: 'jobTitle', before: null, after: 'Boss' }] },
      ],
      pageInfo: { hasNextPage: true, endCursor: expect.any(String) },
    })
    const rest = (await server.admin.data(source, { id: ids['bob'], after: contact.history.pageInfo.endCursor })).contact.history
    expect(rest.nodes.map(({ version, operation }: { version: number; operation: string }) => [version, operation])).toEqual([[1, 'CREATED']])
    expect(codesOf(await server.admin.send(source, { id: ids['bob'], after: 'AAAA' }))).toEqual(['CURSOR_INVALID'])

    const list = '{ accounts { nodes { history(first: 1) { nodes { version } } contacts { nodes { history { totalCount } } } } } }'
    const statements = await server.statementsOf(() => server.admin.data(list))
    expect(statements.filter(({ purpose }) => purpose === 'record')).toHaveLength(3)
  })

  test('leaves out what the reader may not read', async () => {
    await server.admin.data(
      'mutation ($id: ID!) { updateAccount(id: $id, input: { paymentTerms: "secret", website: "https://example.com" }) { changeSetId } }',
      {
        id: ids['acme'],
      },
    )
    const source = 'query ($id: ID!) { node(id: $id) { ... on Record { history(first: 1) { nodes { changes { field after } } } } } }'
    const shown = (await rep.client.data(source, { id: ids['acme'] })).node.history.nodes[0].changes
    expect(shown).toEqual([{ field: 'website', after: 'https://example.com' }])
    expect((await server.admin.data(source, { id: ids['acme'] })).node.history.nodes[0].changes).toContainEqual({ field: 'paymentTerms', after: 'secret' })
  })
})
