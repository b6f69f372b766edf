import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, type TestClient } from '../support/client.ts'
import { insertLinks } from '../support/links.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/**
 * Many-to-many relations as they are read: `account.products` and its other side `product.buyers` (core to core), `venue.sponsors` and
 * `account.venues` (custom to core), `venue.neighbours` and `venue.neighbourOf` (custom to itself).
 */
let server: TestServer
let rep: { readonly id: string; readonly client: TestClient }
/** Ids by name. */
const ids = new Map<string, string>()

const idOf = (name: string) => ids.get(name) as string
const idsOf = (...names: string[]) => names.map(idOf)
const sorted = (...names: string[]) => idsOf(...names).sort()
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever its own query selected
const namesOf = (connection: any): string[] => connection.nodes.map(({ name }: { name: string }) => name)

async function make(module: string, plural: string, inputs: readonly { readonly name: string }[]): Promise<void> {
  const source = `mutation ($input: [Create${module}Input!]!) { made: create${plural}(input: $input) { records: ${plural.toLowerCase()} { id } } }`
  const { made } = await server.admin.data(source, { input: inputs })
  inputs.forEach(({ name }, index) => ids.set(name, made.records[index].id))
}

const PRODUCTS = ['Anvil', 'Bolt', 'Clamp', 'Drill', 'Edger', 'File', 'Gauge']

beforeAll(async () => {
  server = await startTestServer()
  const { admin } = server
  rep = await server.addUser('Rep One', 'sales_rep')
  await admin.data(METADATA.createModule, {
    input: {
      name: 'venue',
      pluralName: 'venues',
      label: 'Venue',
      fields: [
        { name: 'name', type: 'TEXT' },
        { name: 'seats', type: 'INTEGER' },
      ],
      nameField: 'name',
    },
  })
  const products = await makeField(admin, { module: 'account', name: 'products', type: 'REFERENCES', reference: { module: 'product', inverseName: 'buyers' } })
  const sponsors = await makeField(admin, { module: 'venue', name: 'sponsors', type: 'REFERENCES', reference: { module: 'account', inverseName: 'venues' } })
  const neighbours = await makeField(admin, {
    module: 'venue',
    name: 'neighbours',
    type: 'REFERENCES',
    reference: { module: 'venue', inverseName: 'neighbourOf' },
  })
  await makeField(admin, { module: 'venue', name: 'landlord', type: 'REFERENCE', reference: { module: 'account' } })
  await makeField(admin, { module: 'venue', name: 'about', type: 'REFERENCE', reference: { module: '*' } })
  await makeField(admin, { module: 'venue', name: 'host', type: 'USER' })
  await make('Account', 'Accounts', [{ name: 'Acme', owner: { id: rep.id } }, { name: 'Bärlauch' }, { name: '华东' }, { name: 'Gone' }] as never)
  await make('Product', 'Products', [...PRODUCTS.map((name, index) => ({ name, stock: index })), { name: 'Retired' }])
  await make('Venue', 'Venues', [
    { name: 'Hall', seats: 300, landlord: { id: idOf('Bärlauch') }, about: { id: idOf('Bärlauch') }, host: { id: rep.id } },
    { name: 'Arena', seats: 9000, landlord: { id: idOf('Acme') }, about: { id: idOf('Acme') } },
    { name: 'Attic', seats: 12, landlord: { id: idOf('Gone') }, about: { id: idOf('Gone') } },
  ] as never)
  // First, since a delete clears links.
  await admin.data('mutation ($account: ID!, $product: ID!) { deleteAccount(id: $account) { id } deleteProduct(id: $product) { id } }', {
    account: idOf('Gone'),
    product: idOf('Retired'),
  })
  const pairs = (sources: string[], targets: string[]) => sources.flatMap((source) => targets.map((target) => [idOf(source), idOf(target)] as const))
  await insertLinks(server, products.id, [
    ...pairs(['Acme'], [...PRODUCTS, 'Retired']),
    ...pairs(['Bärlauch'], ['Anvil', 'Gauge']),
    ...pairs(['Gone'], ['Anvil']),
  ])
  await insertLinks(server, sponsors.id, [...pairs(['Hall'], ['Acme', 'Bärlauch', 'Gone']), ...pairs(['Arena'], ['Bärlauch', '华东'])])
  await insertLinks(server, neighbours.id, [...pairs(['Hall'], ['Arena', 'Attic']), ...pairs(['Arena'], ['Hall', 'Arena'])])
  await admin.data(
    'mutation { createRole(input: { key: "guide", name: "Guide", grants: [{ module: "venue", actions: [READ], scope: ALL }] }) { role { key } } }',
  )
  await admin.data('mutation ($user: ID!) { assignRole(userId: $user, roleKey: "guide") { user { id } } }', { user: rep.id })
}, 60_000)

afterAll(() => server?.close())

const account = (client: TestClient, name: string, selection: string, variables: object = {}) =>
  client.data(`query ($id: ID!) { account(id: $id) { ${selection} } }`, { id: idOf(name), ...variables }).then((data) => data.account)

const venue = (client: TestClient, name: string, selection: string) =>
  client.data(`query ($id: ID!) { venue(id: $id) { ${selection} } }`, { id: idOf(name) }).then((data) => data.venue)

describe('the list of a many-to-many relation', () => {
  test('is filtered, ordered, searched and counted like any other', async () => {
    const read = await account(
      server.admin,
      'Acme',
      `few: products(filter: { stock: { gt: 2 } }, orderBy: [{ name: DESC }], first: 3) { totalCount nodes { name } pageInfo { hasNextPage hasPreviousPage } }
       found: products(search: "drill") { totalCount nodes { name } }
       none: products(filter: { or: [] }) { totalCount nodes { name } edges { cursor } }
       deleted: products(deleted: ONLY) { totalCount nodes { name } }
       all: products(deleted: INCLUDE) { totalCount }`,
    )
    expect(read).toEqual({
      few: { totalCount: 4, nodes: [{ name: 'Gauge' }, { name: 'File' }, { name: 'Edger' }], pageInfo: { hasNextPage: true, hasPreviousPage: false } },
      found: { totalCount: 1, nodes: [{ name: 'Drill' }] },
      none: { totalCount: 0, nodes: [], edges: [] },
      deleted: { totalCount: 1, nodes: [{ name: 'Retired' }] },
      all: { totalCount: 8 },
    })
  })

  test('pages by cursor both ways, by an own key and through a relation', async () => {
    const source = (args: string) =>
      `products(orderBy: $by, ${args}) { edges { node { name } } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } }`
    for (const [by, expected] of [
      [[{ name: 'ASC' }], PRODUCTS],
      [[{ stock: 'DESC' }], [...PRODUCTS].reverse()],
      [[{ category: { name: 'ASC' } }, { name: 'ASC' }], PRODUCTS],
    ] as const) {
      for (const [forward, args] of [
        [true, 'first: 3, after: $cursor'],
        [false, 'last: 3, before: $cursor'],
      ] as const) {
        const pages: string[][] = []
        let cursor: string | null = null
        for (let more = true; more; ) {
          const { account: read } = await server.admin.data(
            `query ($id: ID!, $by: [ProductOrderBy!], $cursor: String) { account(id: $id) { ${source(args)} } }`,
            { id: idOf('Acme'), by, cursor },
          )
          const { edges, pageInfo } = read.products
          const names = edges.map(({ node }: { node: { name: string } }) => node.name)
          if (forward) pages.push(names)
          else pages.unshift(names)
          more = forward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage
          cursor = forward ? pageInfo.endCursor : pageInfo.startCursor
        }
        expect(pages.flat()).toEqual(expected)
        expect(pages.map(({ length }) => length)).toEqual(forward ? [3, 3, 1] : [1, 3, 3])
      }
    }
  })

  test('is there on the other side too, and nests', async () => {
    const { products } = await server.admin.data(
      `{ products(filter: { buyers: { some: {} } }, orderBy: [{ name: ASC }]) { nodes { name
        buyers(orderBy: [{ name: DESC }]) { totalCount nodes { name products(filter: { name: { in: ["Anvil", "Bolt"] } }, orderBy: [{ name: ASC }]) { nodes { name } } } } } } }`,
    )
    const acme = { name: 'Acme', products: { nodes: [{ name: 'Anvil' }, { name: 'Bolt' }] } }
    const other = { name: 'Bärlauch', products: { nodes: [{ name: 'Anvil' }] } }
    expect(products.nodes).toEqual(
      PRODUCTS.map((name) => ({
        name,
        buyers: ['Anvil', 'Gauge'].includes(name) ? { totalCount: 2, nodes: [other, acme] } : { totalCount: 1, nodes: [acme] },
      })),
    )
  })

  test('leads from a custom module to a core one, and to itself', async () => {
    const read = await venue(
      server.admin,
      'Hall',
      `sponsors(orderBy: [{ name: ASC }]) { nodes { name venues(orderBy: [{ name: ASC }]) { nodes { name } } } }
       neighbours(orderBy: [{ name: ASC }]) { nodes { name neighbours(orderBy: [{ name: ASC }]) { nodes { name } } } }
       neighbourOf { nodes { name } }`,
    )
    expect(read).toEqual({
      sponsors: {
        nodes: [
          { name: 'Acme', venues: { nodes: [{ name: 'Hall' }] } },
          { name: 'Bärlauch', venues: { nodes: [{ name: 'Arena' }, { name: 'Hall' }] } },
        ],
      },
      neighbours: {
        nodes: [
          { name: 'Arena', neighbours: { nodes: [{ name: 'Arena' }, { name: 'Hall' }] } },
          { name: 'Attic', neighbours: { nodes: [] } },
        ],
      },
      neighbourOf: { nodes: [{ name: 'Arena' }] },
    })
  })

  test('answers the same by node, and where graphql-js writes the answer', async () => {
    const selection = 'products(orderBy: [{ name: ASC }], first: 2) { totalCount nodes { name buyers { totalCount } } pageInfo { endCursor } }'
    const long = 'k'.repeat(64)
    const { node, account: other } = await server.admin.data(
      `query ($id: ID!) { node(id: $id) { ... on Account { ${selection} } } account(id: $id) { ${long}: id ${selection} } }`,
      { id: idOf('Acme') },
    )
    expect(node.products).toMatchObject({
      totalCount: 7,
      nodes: [
        { name: 'Anvil', buyers: { totalCount: 2 } },
        { name: 'Bolt', buyers: { totalCount: 1 } },
      ],
    })
    expect(other).toEqual({ [long]: idOf('Acme'), ...node })
  })
})

describe('a filter over a many-to-many relation', () => {
  const accounts = async (filter: object, client = server.admin) =>
    namesOf(
      (await client.data('query ($filter: AccountFilter) { accounts(filter: $filter, orderBy: [{ name: ASC }]) { nodes { name } } }', { filter })).accounts,
    ).sort()
  const venues = async (filter: object, client = server.admin) =>
    namesOf((await client.data('query ($filter: VenueFilter) { venues(filter: $filter, orderBy: [{ name: ASC }]) { nodes { name } } }', { filter })).venues)

  test('asks for some, none or every record, deleted ones left out', async () => {
    expect(await accounts({ products: { some: {} } })).toEqual(['Acme', 'Bärlauch'])
    expect(await accounts({ products: { none: {} } })).toEqual(['华东'])
    expect(await accounts({ products: { some: { name: { eq: 'Bolt' } } } })).toEqual(['Acme'])
    expect(await accounts({ products: { some: { name: { eq: 'Retired' } } } })).toEqual([])
    expect(await accounts({ products: { none: { name: { eq: 'Bolt' } } } })).toEqual(['Bärlauch', '华东'])
    expect(await accounts({ products: { every: { name: { in: ['Anvil', 'Gauge'] } } } })).toEqual(['Bärlauch', '华东'])
    expect(await accounts({ products: { every: { name: { in: ['Anvil', 'Gauge'] } }, some: {} } })).toEqual(['Bärlauch'])
    expect(await accounts({ products: { some: { id: { eq: idOf('Gauge') } } }, not: { venues: { some: { seats: { lt: 1000 } } } } })).toEqual([])
  })

  test('works from the other side, nested, and in aggregates', async () => {
    const { products, productsAggregate } = await server.admin.data(`{
      products(filter: { buyers: { every: { name: { startsWith: "a" } } } }, orderBy: [{ name: ASC }]) { nodes { name } }
      productsAggregate(filter: { buyers: { some: { venues: { some: { neighbours: { some: { name: { eq: "Attic" } } } } } } } }) { count } }`)
    expect(namesOf(products)).toEqual(['Bolt', 'Clamp', 'Drill', 'Edger', 'File'])
    expect(productsAggregate).toEqual([{ count: 7 }])
    expect(await venues({ sponsors: { some: { products: { none: { name: { eq: 'Bolt' } } } } } })).toEqual(['Arena', 'Hall'])
    expect(await venues({ neighbourOf: { every: { name: { eq: 'Hall' } } } })).toEqual(['Attic'])
    expect(await venues({ neighbours: { some: { neighbours: { some: { name: { eq: 'Hall' } } } } } })).toEqual(['Arena', 'Hall'])
    expect(await venues({ sponsors: { none: { venues: { some: { name: { eq: 'Arena' } } } } } })).toEqual(['Attic'])
  })

  test("is bound by the reader's rights", async () => {
    expect(await venues({ sponsors: { some: {} } }, rep.client)).toEqual(['Hall'])
    expect(await venues({ sponsors: { some: { name: { eq: 'Bärlauch' } } } }, rep.client)).toEqual([])
    expect(await venues({ sponsors: { none: {} } }, rep.client)).toEqual(['Arena', 'Attic'])
    expect(await venues({ sponsors: { every: { name: { eq: 'Acme' } } } }, rep.client)).toEqual(['Arena', 'Attic', 'Hall'])
  })
})

describe('rights on many-to-many relations', () => {
  test('a reader finds the records that it may read, and no trace of others', async () => {
    const selection = 'sponsors { totalCount nodes { name } edges { node { name } } }'
    expect((await venue(rep.client, 'Hall', selection)).sponsors).toEqual({ totalCount: 1, nodes: [{ name: 'Acme' }], edges: [{ node: { name: 'Acme' } }] })
    expect((await venue(rep.client, 'Arena', selection)).sponsors).toEqual({ totalCount: 0, nodes: [], edges: [] })
    const { product } = await rep.client.data('query ($id: ID!) { product(id: $id) { buyers { totalCount nodes { name } } } }', { id: idOf('Anvil') })
    expect(product.buyers).toEqual({ totalCount: 1, nodes: [{ name: 'Acme' }] })
  })

  for (const access of ['HIDDEN', 'MASKED'] as const) {
    test(`a field that is ${access.toLowerCase()} closes both sides`, async () => {
      const key = `no_sponsors_${access.toLowerCase()}`
      await server.admin.data(
        `mutation ($key: String!) { createRole(input: { key: $key, name: "No sponsors", grants: [{ module: "venue", actions: [READ], scope: ALL }, { module: "account", actions: [READ], scope: ALL }],
          fields: [{ module: "venue", field: "sponsors", access: ${access} }] }) { role { key } } }`,
        { key },
      )
      const { client } = await server.addUser(`Reader ${access}`, key)
      const answer = await client.send(
        'query ($venue: ID!, $account: ID!) { venue(id: $venue) { name values sponsors { totalCount } } account(id: $account) { venues { totalCount } products { totalCount } } }',
        { venue: idOf('Hall'), account: idOf('Acme') },
      )
      expect(answer.errors.map(({ path, extensions }) => [path?.join('.'), extensions.code])).toEqual([
        ['venue.sponsors', 'FORBIDDEN_FIELD'],
        ['account.venues', 'FORBIDDEN_FIELD'],
      ])
      expect(answer.data).toMatchObject({ venue: { name: 'Hall', sponsors: null }, account: { venues: null, products: { totalCount: 7 } } })
      if (access === 'HIDDEN') expect(answer.data.venue.values).not.toHaveProperty('sponsors')
      else expect(answer.data.venue.values.sponsors).toBeNull()
      for (const [source, field, type] of [
        ['{ venues(filter: { sponsors: { some: {} } }) { totalCount } }', 'sponsors', 'VenueFilter'],
        ['{ accounts(filter: { venues: { none: {} } }) { totalCount } }', 'venues', 'AccountFilter'],
      ]) {
        const refused = await client.send(source as string)
        expect(codesOf(refused)).toEqual(['GRAPHQL_VALIDATION_FAILED'])
        expect(refused.errors[0]?.message).toBe(`Field "${field}" is not defined by type "${type}".`)
      }
    })
  }

  test('a module that cannot be read closes the relation to it', async () => {
    const { client } = await server.addUser('Venue only', 'guide')
    const answer = await client.send('{ venues { nodes { sponsors { totalCount } neighbours { totalCount } } } }')
    expect(answer.errors.map(({ path, extensions }) => [path?.join('.'), extensions.code])).toEqual([['venues.nodes.sponsors', 'FORBIDDEN_FIELD']])
    expect(codesOf(await client.send('{ venues(filter: { sponsors: { some: {} } }) { totalCount } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    const { values } = await venue(client, 'Hall', 'values')
    expect(values).toMatchObject({ about: null, neighbours: sorted('Arena', 'Attic') })
    expect(['sponsors', 'landlord'].filter((name) => name in values)).toEqual([])
  })
})

describe('values', () => {
  test('names related records by id, those that the reader can read', async () => {
    expect((await venue(server.admin, 'Hall', 'values')).values).toEqual({
      name: 'Hall',
      seats: 300,
      sponsors: sorted('Acme', 'Bärlauch'),
      neighbours: sorted('Arena', 'Attic'),
      landlord: idOf('Bärlauch'),
      about: idOf('Bärlauch'),
      host: rep.id,
    })
    expect((await venue(server.admin, 'Attic', 'values(fields: ["landlord", "about", "sponsors"])')).values).toEqual({
      landlord: null,
      about: null,
      sponsors: [],
    })
    const names = 'values(fields: ["landlord", "about", "sponsors"])'
    expect((await venue(rep.client, 'Hall', names)).values).toEqual({ landlord: null, about: null, sponsors: idsOf('Acme') })
    expect((await venue(rep.client, 'Arena', names)).values).toEqual({ landlord: idOf('Acme'), about: idOf('Acme'), sponsors: [] })
    expect((await account(server.admin, 'Acme', 'values')).values).toEqual({ products: sorted(...PRODUCTS) })
    expect((await venue(server.admin, 'Hall', 'values(fields: [])')).values).toEqual({})
  })

  test('holds more fields than a function of PostgreSQL takes arguments', async () => {
    const fields = Array.from({ length: 60 }, (_, index) => ({ module: 'tag', name: `extra${index}`, type: 'INTEGER' }))
    await server.admin.data(METADATA.createFields, { input: fields })
    const { createTag } = await server.admin.data('mutation { createTag(input: { name: "wide", extra7: 7 }) { tag { values } } }')
    expect(Object.keys(createTag.tag.values)).toHaveLength(60)
    expect(createTag.tag.values).toMatchObject({ extra6: null, extra7: 7 })
  })
})

describe('the schema of many-to-many relations', () => {
  test('has a change of a list as the input, a connection and list filters', async () => {
    const type = (name: string) => `${name}: __type(name: "${name}") { inputFields { name type { name kind ofType { kind ofType { name } } } } }`
    const read =
      await server.admin.data(`{ ${['CreateAccountInput', 'UpdateAccountInput', 'UpsertAccountInput', 'AccountFilter', 'ProductFilter', 'ProductRefsInput'].map(type).join(' ')}
      Account: __type(name: "Account") { fields { name type { name } args { name } } } OrderBy: __type(name: "AccountOrderBy") { inputFields { name } } }`)
    const member = (name: string, field: string) => read[name].inputFields.find((each: { name: string }) => each.name === field)?.type.name
    for (const verb of ['Create', 'Update', 'Upsert']) expect(member(`${verb}AccountInput`, 'products')).toBe('ProductRefsInput')
    expect(member('AccountFilter', 'products')).toBe('ProductListFilter')
    expect(member('ProductFilter', 'buyers')).toBe('AccountListFilter')
    expect(
      read.ProductRefsInput.inputFields.map(({ name, type: { ofType } }: { name: string; type: { ofType: { ofType: { name: string } } } }) => [
        name,
        ofType.ofType.name,
      ]),
    ).toEqual([
      ['set', 'ProductRef'],
      ['add', 'ProductRef'],
      ['remove', 'ProductRef'],
    ])
    const field = read.Account.fields.find(({ name }: { name: string }) => name === 'products')
    expect(field.type.name).toBe('ProductConnection')
    expect(field.args.map(({ name }: { name: string }) => name)).toEqual(['filter', 'search', 'orderBy', 'deleted', 'first', 'after', 'last', 'before'])
    expect(read.OrderBy.inputFields.map(({ name }: { name: string }) => name)).not.toContain('products')
  })

  test('is told by metadata', async () => {
    const { module } = await server.admin.data(
      '{ module(name: "account") { fields { name type reference { module inverseName } filterable sortable groupable } } }',
    )
    expect(module.fields.find(({ name }: { name: string }) => name === 'products')).toEqual({
      name: 'products',
      type: 'REFERENCES',
      reference: { module: 'product', inverseName: 'buyers' },
      filterable: true,
      sortable: false,
      groupable: false,
    })
  })

  test('leads to records of one module only, which may be the module that is being made', async () => {
    const input = { module: 'account', name: 'anything', type: 'REFERENCES', reference: { module: '*' } }
    expect(codesOf(await server.admin.send(METADATA.createField, { input }))).toEqual(['VALIDATION_FAILED'])
    await server.admin.data(METADATA.createModule, {
      input: {
        name: 'station',
        pluralName: 'stations',
        label: 'Station',
        nameField: 'name',
        fields: [
          { name: 'name', type: 'TEXT' },
          { name: 'next', type: 'REFERENCES', reference: { module: 'station', inverseName: 'previous' } },
        ],
      },
    })
    expect(await server.admin.data('{ stations(filter: { next: { none: { previous: { some: {} } } } }) { totalCount } }')).toEqual({
      stations: { totalCount: 0 },
    })
  })
})
