import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  buildClientSchema,
  type GraphQLNamedType,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  lexicographicSortSchema,
  printSchema,
  validateSchema,
} from 'graphql'
import type { TestClient, TRANSPORTS } from '../support/client.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { enablePlugins } from '../support/plugin-world.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const ROLES = ['sales_manager', 'sales_rep', 'marketing', 'service_agent', 'finance', 'read_only'] as const

/** What a role is told of a module by `modules`. */
interface Told {
  readonly name: string
  readonly actions: readonly string[]
  readonly fields: readonly { readonly name: string; readonly access: string; readonly filterable: boolean }[]
}

const INTROSPECTION = getIntrospectionQuery({ inputValueDeprecation: true })
const MODULES = '{ modules { name actions fields { name access filterable } } }'

function membersOf(type: GraphQLNamedType | undefined): string[] {
  return isObjectType(type) || isInterfaceType(type) || isInputObjectType(type) ? Object.keys(type.getFields()) : []
}

describe('introspection', () => {
  let server: TestServer
  const clients = new Map<string, TestClient>()

  beforeAll(async () => {
    server = await startTestServer()
    await enablePlugins(server)
    for (const [name, more] of Object.entries({ colour: {}, margin: { type: 'MONEY', sensitivity: 'finance' }, birthName: { sensitivity: 'personal' } }))
      await makeField(server.admin, { module: 'account', name, type: 'TEXT', ...more })
    await server.admin.data(METADATA.createModule, {
      input: {
        name: 'vault',
        pluralName: 'vaults',
        label: 'Vault',
        fields: [{ name: 'holder', type: 'REFERENCE', reference: { module: 'account', inverseName: 'vaults' } }],
      },
    })
    await server.admin.data(`mutation { createRole(input: {key: "narrow", name: "Narrow", grants: [
        {module: "account", actions: [READ, UPDATE], scope: OWN}, {module: "orderLine", actions: [READ], scope: ALL}],
      fields: [{module: "account", field: "name", access: MASKED}, {module: "account", field: "phone", access: HIDDEN}, {module: "account", field: "createdBy", access: HIDDEN},
        {module: "account", field: "industry", access: READ}]}) { role { key } } }`)
    for (const role of [...ROLES, 'narrow']) clients.set(role, (await server.addUser(role, role)).client)
    clients.set('admin', server.admin)
  }, 60_000)
  afterAll(() => server?.close())

  const schemaOf = async (client: TestClient, transport: (typeof TRANSPORTS)[number] = 'http'): Promise<GraphQLSchema> => {
    const { data, errors } = await client.send(INTROSPECTION, {}, { transport })
    expect(errors).toEqual([])
    return buildClientSchema(data as never)
  }
  const print = (schema: GraphQLSchema): string => printSchema(lexicographicSortSchema(schema))

  test('shows administrators all of the schema', async () => {
    const shown = await schemaOf(server.admin)
    expect(print(shown)).toBe(print(buildClientSchema((await introspectionOf(server.app.engine.runtime.schema)) as never)))
  })

  test.each([...ROLES, 'narrow'])('shows %s a valid schema, without what is of no use to the role', async (role) => {
    const client = clients.get(role) as TestClient
    const shown = await schemaOf(client)
    expect(validateSchema(shown)).toEqual([])
    expect(print(await schemaOf(client, 'ws'))).toBe(print(shown))
    const told = new Map(((await client.data(MODULES)).modules as Told[]).map((module) => [module.name, module]))
    const promised = new Set(membersOf(shown.getType('Record')))
    let hidden = 0
    for (const { name, typeName, fields } of server.app.engine.runtime.registry.modules.values()) {
      const module = told.get(name)
      for (const [field] of fields) {
        const view = module?.fields.find((each) => each.name === field)
        const readable = module?.actions.includes('READ') === true && view !== undefined
        const comparable = readable && view.access !== 'MASKED'
        const writable = view?.access === 'WRITE'
        if (!readable) hidden += 1
        const allowed = {
          [typeName]: readable,
          Filter: comparable,
          OrderBy: comparable,
          GroupBy: comparable,
          UniqueInput: comparable,
          AggregateSum: comparable,
        }
        for (const [suffix, may] of Object.entries(allowed)) {
          const type = suffix === typeName ? typeName : `${typeName}${suffix}`
          if (may || (suffix === typeName && promised.has(field))) continue
          expect([type, membersOf(shown.getType(type))]).toEqual([type, expect.not.arrayContaining([field])])
        }
        for (const input of [`Create${typeName}Input`, `Update${typeName}Input`, `Upsert${typeName}Input`])
          if (!writable) expect([input, membersOf(shown.getType(input))]).toEqual([input, expect.not.arrayContaining([field])])
      }
    }
    expect(hidden).toBeGreaterThan(0)
    expect(membersOf(shown.getMutationType() ?? undefined)).toEqual(expect.not.arrayContaining(['createRole', 'createCustomField']))
    expect(membersOf(shown.getQueryType() ?? undefined)).toEqual(expect.not.arrayContaining(['roles', 'customFields']))
  })

  test.each([...ROLES, 'narrow', 'admin'])('shows %s nothing that is refused to the role', async (role) => {
    const client = clients.get(role) as TestClient
    const shown = await schemaOf(client)
    const promised = new Set(membersOf(shown.getType('Record')))
    for (const root of Object.values(shown.getQueryType()?.getFields() ?? {})) {
      const connection = getNamedType(root.type)
      if (!connection.name.endsWith('Connection') || !isObjectType(connection)) continue
      const record = getNamedType(connection.getFields()['nodes']?.type as never)
      if (!isObjectType(record)) throw new Error(`${connection.name} lists no records`)
      const leaves = Object.values(record.getFields()).filter(({ type }) => isLeafType(getNamedType(type)))
      const filter = shown.getType(`${record.name}Filter`)
      const compared = isInputObjectType(filter) ? Object.values(filter.getFields()).filter(({ type }) => membersOf(getNamedType(type)).includes('isNull')) : []
      const order = shown.getType(`${record.name}OrderBy`)
      const ordered = isInputObjectType(order) ? Object.values(order.getFields()).filter(({ type }) => getNamedType(type).name === 'SortDirection') : []
      const orderBy = ordered.slice(0, 10).map(({ name }) => `{${name}: ASC}`)
      // The audit log is a list of its own kind, with neither.
      const asked = isObjectType(shown.getType(`${record.name}Aggregate`))
        ? `filter: {or: [${compared.map(({ name }) => `{${name}: {isNull: true}}`).join(', ')}]}, orderBy: [${orderBy.join(', ')}]`
        : ''
      const { errors } = await client.send(`{ ${root.name}(first: 1 ${asked}) { nodes { ${leaves.map(({ name }) => name).join(' ')} } } }`)
      // The interface promises its members for every record.
      expect([root.name, errors.filter(({ extensions }) => !promised.has(String(extensions['field'])))]).toEqual([root.name, []])
    }
  })

  test('knows no type that is not shown, by whatever way it is asked', async () => {
    const rep = clients.get('sales_rep') as TestClient
    const { data, errors } = await rep.send(`
      query Q($name: String = "Vault", $yes: Boolean = true) {
        a: __type(name: "Vault") { name } b: __type(name: $name) { name } ...Look
        accounts(first: 1) { totalCount } ... @include(if: $yes) { c: __type(name: "VaultFilter") { name } }
        me { id }
      }
      fragment Look on Query { d: __type(name: "Account") { fields { name } } e: __schema { types { name } } }`)
    expect(errors).toEqual([])
    expect(data).toMatchObject({ a: null, b: null, c: null, accounts: { totalCount: 0 }, me: { id: expect.any(String) } })
    expect(Object.keys(data)).toEqual(['a', 'b', 'd', 'e', 'accounts', 'c', 'me'])
    const names = (data.d.fields as { name: string }[]).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['name', 'colour']))
    expect(names).toEqual(expect.not.arrayContaining(['margin', 'birthName', 'vaults', 'creditLimit']))
    expect((data.e.types as { name: string }[]).filter(({ name }) => /vault/i.test(name))).toEqual([])
  })

  test('follows rights and schema at once', async () => {
    const { client, id } = await server.addUser('Mover', 'sales_rep')
    const shows = async (field: string) => membersOf((await schemaOf(client)).getType('Account')).includes(field)
    expect([await shows('creditLimit'), await shows('later')]).toEqual([false, false])
    await makeField(server.admin, { module: 'account', name: 'later', type: 'TEXT' })
    await server.admin.data(`mutation { assignRole(userId: "${id}", roleKey: "finance") { user { id } } }`)
    expect([await shows('creditLimit'), await shows('later')]).toEqual([true, true])
  })
})

async function introspectionOf(schema: GraphQLSchema): Promise<unknown> {
  const { graphql } = await import('graphql')
  return (await graphql({ schema, source: INTROSPECTION })).data
}
