import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { codesOf } from '../support/client.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('formulas and rollups', () => {
  let server: TestServer

  const formula = (name: string, text: string, more: object = {}) => ({ module: 'account', name, type: 'FORMULA', formula: text, ...more })
  const rollup = (name: string, fn: string, more: object = {}) => ({
    module: 'account',
    name,
    type: 'ROLLUP',
    rollup: { relation: 'contacts', function: fn, ...more },
  })

  beforeAll(async () => {
    server = await startTestServer()
    await server.admin.data(METADATA.createFields, {
      input: [
        { module: 'account', name: 'price', type: 'MONEY' },
        { module: 'account', name: 'pieces', type: 'INTEGER' },
        { module: 'account', name: 'since', type: 'DATE' },
        { module: 'contact', name: 'points', type: 'INTEGER' },
        { module: 'contact', name: 'fee', type: 'MONEY' },
        { module: 'contact', name: 'met', type: 'DATE' },
      ],
    })
    await server.admin.data(METADATA.createFields, {
      input: [
        formula('tag', 'upper(name) & " costs US$5 and $1"'),
        formula('double', 'pieces * 2', { indexed: true }),
        formula('due', 'addDays(since, 10)'),
        formula('big', 'pieces > 2'),
        formula('worth', 'price * pieces'),
        { module: 'contact', name: 'weight', type: 'FORMULA', formula: 'points * 10' },
      ],
    })
    await server.admin.data(METADATA.createFields, {
      input: [
        formula('twice', 'double * 2 + 1'),
        rollup('people', 'COUNT'),
        rollup('stars', 'COUNT', { filter: 'points >= 5' }),
        rollup('score', 'SUM', { field: 'weight' }),
        rollup('mean', 'AVG', { field: 'points' }),
        rollup('lastMet', 'MAX', { field: 'met' }),
        rollup('fees', 'SUM', { field: 'fee' }),
      ],
    })
    await makeField(server.admin, formula('perHead', 'if(people = 0, 0, pieces / people)'))
    const { accounts } = await seed()
    expect(accounts).toHaveLength(3)
  })
  afterAll(() => server?.close())

  async function seed() {
    const money = (amount: string) => ({ amount, currency: 'USD' })
    const { createAccounts } = await server.admin.data('mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { accounts { id } } }', {
      input: [
        { name: 'Alpha', type: 'customer', price: money('2.5'), pieces: 4, since: '2026-01-25' },
        { name: 'Beta', type: 'customer', price: money('1'), pieces: 2, since: '2026-03-01' },
        { name: 'Gamma', type: 'customer' },
      ],
    })
    const [alpha, beta] = createAccounts.accounts.map((account: { id: string }) => ({ id: account.id }))
    await server.admin.data('mutation ($input: [CreateContactInput!]!) { createContacts(input: $input) { changeSetId } }', {
      input: [
        { name: 'A1', account: alpha, points: 1, fee: money('1.25'), met: '2026-02-01' },
        { name: 'A2', account: alpha, points: 7, fee: money('2'), met: '2026-02-03' },
        { name: 'B1', account: beta, points: 9 },
      ],
    })
    return createAccounts
  }

  test('are answered in the forms of their results', async () => {
    const { accounts } = await server.admin.data(`{ accounts(orderBy: [{name: ASC}]) { totalCount nodes {
      tag double due big worth { amount currency } twice people stars score mean lastMet fees { amount currency } perHead values(fields: ["worth", "people", "double"]) } } }`)
    expect(accounts).toEqual({
      totalCount: 3,
      nodes: [
        {
          tag: 'ALPHA costs US$5 and $1',
          double: '8',
          due: '2026-02-04',
          big: true,
          worth: { amount: '10.00', currency: 'USD' },
          twice: '17',
          people: 2,
          stars: 1,
          score: '80',
          mean: '4',
          lastMet: '2026-02-03',
          fees: { amount: '3.25', currency: 'USD' },
          perHead: '2',
          values: { worth: { amount: '10.00', currency: 'USD' }, people: 2, double: '8' },
        },
        expect.objectContaining({ double: '4', people: 1, stars: 1, score: '90', fees: null, lastMet: null, perHead: '2' }),
        expect.objectContaining({ tag: 'GAMMA costs US$5 and $1', double: null, due: null, worth: null, people: 0, stars: 0, score: null, mean: null }),
      ],
    })
  })

  const names = (connection: { nodes: readonly { name: string }[] }) => connection.nodes.map(({ name }) => name)

  test('are filtered by', async () => {
    const read = await server.admin.data(`{
      text: accounts(filter: {tag: {contains: "beta costs"}}) { nodes { name } totalCount }
      number: accounts(filter: {twice: {gte: "17"}}) { nodes { name } }
      date: accounts(filter: {due: {lt: "2026-03-01"}}) { nodes { name } }
      boolean: accounts(filter: {big: {eq: true}}) { nodes { name } }
      money: accounts(filter: {worth: {gt: "5"}}) { nodes { name } }
      currency: accounts(filter: {worth: {currency: {eq: "USD"}}}, orderBy: [{worth: DESC}]) { nodes { name } }
      count: accounts(filter: {people: {eq: 0}}) { nodes { name } totalCount }
      over: accounts(filter: {perHead: {eq: "2"}}, orderBy: [{name: ASC}]) { nodes { name } }
      related: contacts(filter: {account: {people: {gt: 1}, double: {eq: "8"}}}, orderBy: [{name: ASC}]) { nodes { name account { twice people } } }
      many: accounts(filter: {contacts: {some: {weight: {eq: "90"}}}}) { nodes { name } }
    }`)
    expect(names(read.text)).toEqual(['Beta'])
    expect(read.text.totalCount).toBe(1)
    expect(names(read.number)).toEqual(['Alpha'])
    expect(names(read.date)).toEqual(['Alpha'])
    expect(names(read.boolean)).toEqual(['Alpha'])
    expect(names(read.money)).toEqual(['Alpha'])
    expect(names(read.currency)).toEqual(['Alpha', 'Beta'])
    expect(read.count).toEqual({ nodes: [{ name: 'Gamma' }], totalCount: 1 })
    expect(names(read.over)).toEqual(['Alpha', 'Beta'])
    expect(read.related.nodes).toEqual(['A1', 'A2'].map((name) => ({ name, account: { twice: '17', people: 2 } })))
    expect(names(read.many)).toEqual(['Beta'])
  })

  test.each(['tag', 'double', 'due', 'worth', 'twice', 'people', 'score', 'lastMet', 'perHead'])(
    'lists are ordered by %s and paged through, both ways',
    async (field) => {
      for (const direction of ['ASC', 'DESC']) {
        const order = `orderBy: [{${field}: ${direction}}]`
        const whole = names((await server.admin.data(`{ accounts(${order}) { nodes { name } } }`)).accounts)
        const walked: string[] = []
        for (let after: string | null = null, more = true; more; ) {
          const { accounts }: { accounts: { nodes: { name: string }[]; pageInfo: { endCursor: string; hasNextPage: boolean } } } = await server.admin.data(
            `query ($after: String) { accounts(${order}, first: 1, after: $after) { nodes { name } pageInfo { endCursor hasNextPage } } }`,
            { after },
          )
          walked.push(...names(accounts))
          after = accounts.pageInfo.endCursor
          more = accounts.pageInfo.hasNextPage
        }
        expect(walked).toEqual(whole)
        if (!['tag', 'people', 'perHead', 'lastMet', 'score'].includes(field)) expect(whole.at(-1)).toBe('Gamma')
      }
    },
  )

  test('are grouped by and aggregated', async () => {
    const read = await server.admin.data(`{
      big: accountsAggregate(groupBy: [{big: true}], orderBy: [{key: {index: 0, direction: ASC}}]) { key count }
      due: accountsAggregate(groupBy: [{due: MONTH}], orderBy: [{key: {index: 0, direction: ASC}}]) { key count sum { double worth { amount currency } people } }
      people: accountsAggregate(groupBy: [{people: true}], orderBy: [{key: {index: 0, direction: ASC}}]) { key count }
      all: accountsAggregate { sum { twice people score } avg { double } min { due lastMet } max { worth { amount } people } }
      through: contactsAggregate(groupBy: [{account: {double: true}}]) { key count }
    }`)
    expect(read.big).toEqual([
      { key: { big: false }, count: 2 },
      { key: { big: true }, count: 1 },
    ])
    expect(read.due.slice(0, 2)).toEqual([
      { key: { due: '2026-02-01' }, count: 1, sum: { double: '8', worth: { amount: '10.00', currency: 'USD' }, people: '2' } },
      { key: { due: '2026-03-01' }, count: 1, sum: { double: '4', worth: { amount: '2.00', currency: 'USD' }, people: '1' } },
    ])
    expect(read.people).toEqual([0, 1, 2].map((people) => ({ key: { people }, count: 1 })))
    expect(read.all).toEqual([
      {
        sum: { twice: '26', people: '3', score: '170' },
        avg: { double: '6' },
        min: { due: '2026-02-04', lastMet: '2026-02-03' },
        max: { worth: { amount: '10.00' }, people: 2 },
      },
    ])
    expect(read.through).toEqual(expect.arrayContaining([{ key: { account: { double: '8' } }, count: 2 }]))
  })

  test('a rollup follows links to many records from both sides', async () => {
    await server.admin.data(METADATA.createFields, {
      input: [{ module: 'account', name: 'guests', type: 'REFERENCES', reference: { module: 'contact', inverseName: 'hosts' } }],
    })
    await server.admin.data(METADATA.createFields, {
      input: [
        { module: 'account', name: 'guestPoints', type: 'ROLLUP', rollup: { relation: 'guests', function: 'SUM', field: 'points' } },
        { module: 'contact', name: 'hostPieces', type: 'ROLLUP', rollup: { relation: 'hosts', function: 'MIN', field: 'double' } },
      ],
    })
    const client = new pg.Client({ connectionString: server.database.url })
    await client.connect()
    try {
      const { rows } = await client.query("SELECT column_name AS link FROM custom_field WHERE name = 'guests'")
      await client.query(
        `INSERT INTO ${rows[0].link} (source_id, target_id) SELECT a.id, c.id FROM accounts a, contacts c WHERE (a.name, c.name) IN (('Alpha', 'A1'), ('Alpha', 'B1'), ('Beta', 'B1'))`,
      )
    } finally {
      await client.end()
    }
    const read = await server.admin.data(
      '{ accounts(orderBy: [{guestPoints: ASC}]) { nodes { name guestPoints } } contacts(filter: {hostPieces: {lt: "8"}}) { nodes { name hostPieces } } }',
    )
    expect(read.accounts.nodes).toEqual([
      { name: 'Beta', guestPoints: '9' },
      { name: 'Alpha', guestPoints: '10' },
      { name: 'Gamma', guestPoints: null },
    ])
    expect(read.contacts.nodes).toEqual([{ name: 'B1', hostPieces: '4' }])
  })

  test('texts in a formula are texts, whatever they look like', async () => {
    await makeField(server.admin, formula('odd', String.raw`name & ' it\'s \\ $1 $2 "#1"."id" 折扣 ;--'`))
    const odd = String.raw`Alpha it's \ $1 $2 "#1"."id" 折扣 ;--`
    const { accounts } = await server.admin.data(
      'query ($odd: String!) { accounts(filter: {odd: {eq: $odd}}, orderBy: [{odd: ASC}], first: 1) { nodes { odd } totalCount pageInfo { hasNextPage } } }',
      { odd },
    )
    expect(accounts).toEqual({ nodes: [{ odd }], totalCount: 1, pageInfo: { hasNextPage: false } })
  })

  test('are no inputs', async () => {
    const { __type } = await server.admin.data('{ __type(name: "CreateAccountInput") { inputFields { name } } }')
    const inputs = __type.inputFields.map(({ name }: { name: string }) => name)
    expect(inputs).toContain('pieces')
    for (const name of ['double', 'tag', 'people']) expect(inputs).not.toContain(name)
  })

  test('an indexed formula is found, and ordered by, through its index', async () => {
    const client = new pg.Client({ connectionString: server.database.url })
    await client.connect()
    try {
      const { rows } = await client.query("SELECT i.name FROM custom_index i JOIN custom_field f ON f.id = i.field_id WHERE f.name = 'double'")
      const index = rows[0].name
      for (const selection of [
        '(filter: {double: {eq: "8"}}, deleted: INCLUDE) { totalCount }',
        '(orderBy: [{double: ASC}], first: 5, deleted: INCLUDE) { nodes { name } }',
      ]) {
        const [statement] = (await server.statementsOf(() => server.admin.data(`{ accounts${selection} }`))).filter(({ purpose }) => purpose === 'record')
        await client.query('BEGIN')
        await client.query('SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL plan_cache_mode = force_generic_plan')
        await client.query(`PREPARE probe AS ${statement?.text}`)
        const parameters = Math.max(0, ...[...(statement?.text ?? '').matchAll(/\$(\d+)/g)].map(([, digits]) => Number(digits)))
        const plan = await client.query(`EXPLAIN EXECUTE probe(${Array.from({ length: parameters }, () => 'NULL').join(', ')})`)
        expect(plan.rows.map((row) => row['QUERY PLAN']).join('\n')).toContain(index)
        await client.query('ROLLBACK')
        await client.query('DEALLOCATE ALL')
      }
    } finally {
      await client.end()
    }
  })

  test('a rollup counts what its reader may read', async () => {
    await server.admin.data(ROLES.create, {
      input: {
        key: 'own_contacts',
        name: 'Own contacts',
        grants: [
          { module: 'account', actions: ['READ'], scope: 'ALL' },
          { module: 'contact', actions: ['READ', 'CREATE'], scope: 'OWN' },
        ],
      },
    })
    const { client } = await server.addUser('Olga', 'own_contacts')
    const { accounts } = await client.data('{ accounts(filter: {name: {eq: "Alpha"}}) { nodes { id people score } } }')
    expect(accounts.nodes).toEqual([{ id: expect.any(String), people: 0, score: null }])
    await client.data('mutation ($input: CreateContactInput!) { createContact(input: $input) { changeSetId } }', {
      input: { name: 'Mine', points: 3, account: { id: accounts.nodes[0].id } },
    })
    const read = await client.data('{ accounts(filter: {people: {gt: 0}}) { nodes { name people score } } }')
    expect(read.accounts.nodes).toEqual([{ name: 'Alpha', people: 1, score: '30' }])
    const { accounts: all } = await server.admin.data('{ accounts(filter: {name: {eq: "Alpha"}}) { nodes { people contacts { totalCount } } } }')
    expect(all.nodes).toEqual([{ people: 3, contacts: { totalCount: 3 } }])
  })

  test('a deleted record counts no more', async () => {
    const { contacts } = await server.admin.data('{ contacts(filter: {name: {eq: "Mine"}}) { nodes { id } } }')
    await server.admin.data('mutation ($id: ID!) { deleteContact(id: $id) { changeSetId } }', { id: contacts.nodes[0].id })
    const { accounts } = await server.admin.data('{ accounts(filter: {name: {eq: "Alpha"}}) { nodes { people } } }')
    expect(accounts.nodes).toEqual([{ people: 2 }])
  })

  test('hidden inputs hide what is computed from them', async () => {
    await server.admin.data(ROLES.create, {
      input: {
        key: 'no_pieces',
        name: 'No pieces',
        grants: [{ module: 'account', actions: ['READ'], scope: 'ALL' }],
        fields: [{ module: 'account', field: 'pieces', access: 'HIDDEN' }],
      },
    })
    const { client } = await server.addUser('Nora', 'no_pieces')
    const answer = await client.send('{ accounts(filter: {name: {eq: "Alpha"}}) { nodes { tag double twice people } } }')
    expect(answer.data.accounts.nodes).toEqual([{ tag: 'ALPHA costs US$5 and $1', double: null, twice: null, people: null }])
    expect(codesOf(answer)).toEqual(['FORBIDDEN_FIELD', 'FORBIDDEN_FIELD', 'FORBIDDEN_FIELD'])
    for (const source of ['{ accounts(filter: {twice: {gt: "1"}}) { totalCount } }', '{ accounts(orderBy: [{people: ASC}]) { totalCount } }'])
      expect(codesOf(await client.send(source))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
  })
})
