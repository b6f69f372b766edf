import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { METADATA } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** More than a table holds: the last fifty stand in the first extension table. */
const FIELDS = 250

describe('fields in an extension table', () => {
  let server: TestServer
  let client: pg.Client

  beforeAll(async () => {
    server = await startTestServer()
    client = new pg.Client({ connectionString: server.database.url })
    await client.connect()
    for (let from = 1; from <= FIELDS; from += 100) {
      const input = Array.from({ length: Math.min(100, FIELDS - from + 1) }, (_, index) => ({ module: 'account', name: `text${from + index}`, type: 'TEXT' }))
      await server.admin.data(METADATA.createFields, { input })
    }
    await server.admin.data(METADATA.createFields, {
      input: [
        { module: 'account', name: 'fee', type: 'MONEY' },
        { module: 'account', name: 'partner', type: 'REFERENCE', reference: { module: 'account', inverseName: 'partnerOf' } },
        { module: 'account', name: 'both', type: 'FORMULA', formula: 'text1 & "/" & text250' },
      ],
    })
    await server.admin.data(METADATA.createFields, {
      input: [{ module: 'account', name: 'partners', type: 'ROLLUP', rollup: { relation: 'partnerOf', function: 'COUNT', filter: 'text250 = "north"' } }],
    })
    const names = ['Alpha', 'Beta', 'Gamma', 'Delta']
    for (const name of names)
      await server.admin.data('mutation ($name: String) { createAccount(input: {name: $name, type: "customer"}) { changeSetId } }', { name })
    await set('text1', { Alpha: 'main a', Beta: 'main b' })
    await set('text250', { Alpha: 'north', Beta: 'south', Gamma: 'north' })
  })
  afterAll(async () => {
    await client?.end()
    await server?.close()
  })

  /** Writes values past the pipeline. */
  async function set(field: string, values: Readonly<Record<string, string>>): Promise<void> {
    const { rows } = await client.query('SELECT column_name, extension FROM custom_field WHERE name = $1', [field])
    const { column_name: column, extension } = rows[0]
    for (const [name, value] of Object.entries(values)) {
      if (extension === 0) await client.query(`UPDATE accounts SET ${column} = $2 WHERE name = $1`, [name, value])
      else
        await client.query(
          `INSERT INTO accounts_x${extension} (id, ${column}) SELECT id, $2 FROM accounts WHERE name = $1 ON CONFLICT (id) DO UPDATE SET ${column} = EXCLUDED.${column}`,
          [name, value],
        )
    }
  }

  const names = (connection: { nodes: readonly { name: string }[] }) => connection.nodes.map(({ name }) => name)

  test('are read like others, empty where the record has no row there', async () => {
    const { accounts } = await server.admin.data(
      '{ accounts(orderBy: [{name: ASC}]) { nodes { name text1 text250 text249 values(fields: ["text250"]) both } totalCount } }',
    )
    expect(accounts).toEqual({
      nodes: [
        { name: 'Alpha', text1: 'main a', text250: 'north', text249: null, values: { text250: 'north' }, both: 'main a/north' },
        { name: 'Beta', text1: 'main b', text250: 'south', text249: null, values: { text250: 'south' }, both: 'main b/south' },
        { name: 'Delta', text1: null, text250: null, text249: null, values: { text250: null }, both: expect.anything() },
        { name: 'Gamma', text1: null, text250: 'north', text249: null, values: { text250: 'north' }, both: expect.anything() },
      ],
      totalCount: 4,
    })
  })

  test('are all read and added up at once', async () => {
    const { accounts, accountsAggregate } = await server.admin.data(
      `{ accounts(filter: {name: {eq: "Alpha"}}) { nodes { values } } accountsAggregate { sum { ${Array.from({ length: 60 }, (_, index) => `s${index}: partners`).join(' ')} } } }`,
    )
    expect(Object.keys(accounts.nodes[0].values)).toHaveLength(FIELDS + 4)
    expect(accounts.nodes[0].values).toMatchObject({ text1: 'main a', text250: 'north', both: 'main a/north', fee: null })
    expect(Object.keys(accountsAggregate[0].sum)).toHaveLength(60)
  })

  test('are filtered, ordered, paged and grouped by', async () => {
    const read = await server.admin.data(`{
      eq: accounts(filter: {text250: {eq: "north"}}, orderBy: [{name: ASC}]) { nodes { name } totalCount }
      empty: accounts(filter: {text250: {isNull: true}}) { nodes { name } }
      order: accounts(orderBy: [{text250: DESC}, {name: ASC}]) { nodes { name } }
      page: accounts(orderBy: [{text250: ASC}, {name: ASC}], first: 3) { nodes { name text250 } pageInfo { endCursor hasNextPage } }
      accountsAggregate(groupBy: [{text250: true}]) { key count }
    }`)
    expect(names(read.eq)).toEqual(['Alpha', 'Gamma'])
    expect(read.eq.totalCount).toBe(2)
    expect(names(read.empty)).toEqual(['Delta'])
    expect(names(read.order)).toEqual(['Beta', 'Alpha', 'Gamma', 'Delta'])
    expect(names(read.page)).toEqual(['Alpha', 'Gamma', 'Beta'])
    const next = await server.admin.data(
      'query ($after: String) { accounts(orderBy: [{text250: ASC}, {name: ASC}], first: 3, after: $after) { nodes { name } pageInfo { hasNextPage } } }',
      { after: read.page.pageInfo.endCursor },
    )
    expect(read.page.pageInfo.hasNextPage).toBe(true)
    expect(next.accounts).toEqual({ nodes: [{ name: 'Delta' }], pageInfo: { hasNextPage: false } })
    expect(read.accountsAggregate).toEqual([
      { key: { text250: 'north' }, count: 2 },
      { key: { text250: 'south' }, count: 1 },
      { key: { text250: null }, count: 1 },
    ])
  })

  test('lead to other records, both ways', async () => {
    const { rows } = await client.query("SELECT id FROM accounts WHERE name = 'Beta'")
    await set('partner', { Alpha: rows[0].id, Delta: rows[0].id })
    const read = await server.admin.data(`{
      one: accounts(filter: {partner: {name: {eq: "Beta"}}}, orderBy: [{name: ASC}]) { nodes { name partner { text250 partners } } }
      many: accounts(filter: {partnerOf: {some: {text250: {eq: "north"}}}}) { nodes { name partners partnerOf(orderBy: [{text250: ASC}]) { nodes { name } totalCount } } }
      order: accounts(orderBy: [{partner: {text250: ASC}}, {name: ASC}], first: 2) { edges { cursor node { name } } pageInfo { hasNextPage } }
      accountsAggregate(groupBy: [{partner: {text250: true}}]) { key count sum { partners } }
    }`)
    expect(read.one.nodes).toEqual(['Alpha', 'Delta'].map((name) => ({ name, partner: { text250: 'south', partners: 1 } })))
    expect(read.many.nodes).toEqual([{ name: 'Beta', partners: 1, partnerOf: { nodes: [{ name: 'Alpha' }, { name: 'Delta' }], totalCount: 2 } }])
    expect(read.order.edges.map(({ node }: { node: { name: string } }) => node.name)).toEqual(['Alpha', 'Delta'])
    expect(read.accountsAggregate).toEqual([
      { key: { partner: { text250: 'south' } }, count: 2, sum: { partners: '0' } },
      { key: { partner: { text250: null } }, count: 2, sum: { partners: '1' } },
    ])
  })

  test('are read by whoever sees a part of the records', async () => {
    const { client: own } = await server.addUser('Olga Own', 'sales_rep')
    await own.data('mutation { createAccount(input: {name: "Own", type: "customer"}) { changeSetId } }')
    await set('text250', { Own: 'west' })
    const { accounts } = await own.data('{ accounts { nodes { name text250 viewerAccess { actions } history { totalCount } } } }')
    expect(accounts.nodes).toEqual([
      { name: 'Own', text250: 'west', viewerAccess: { actions: expect.arrayContaining(['READ', 'UPDATE']) }, history: { totalCount: 1 } },
    ])
  })

  test('are joined only where a statement uses them, and other modules keep their plain tables', async () => {
    const textOf = async (query: string) => {
      const statements = await server.statementsOf(() => server.admin.data(query))
      return statements
        .filter(({ purpose }) => purpose === 'record')
        .map(({ text }) => text)
        .join('\n')
    }
    const used = await textOf('{ accounts(filter: {text249: {eq: "x"}}) { nodes { name text1 } } }')
    expect(used.match(/accounts_x1/g)).toHaveLength(1)
    const unused = await textOf('{ accounts { nodes { name text1 } } }')
    expect(unused).toContain('FROM "accounts" "#')
    expect(unused).not.toContain('_x1')
    expect(await textOf('{ leads { nodes { name } } }')).toContain('FROM "leads" "#')
  })
})
