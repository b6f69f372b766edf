import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { buildClientSchema, type DocumentNode, type GraphQLSchema, getIntrospectionQuery, type IntrospectionQuery, Kind, parse, validate } from 'graphql'
import { documentsOf, PAGES } from '../support/pages.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Modules that pages of plugins make themselves; `npm run tutorial` sends what stands there. */
const FOLLOWED = ['docs/plugins/tutorial.md']

let server: TestServer
let schema: GraphQLSchema

beforeAll(async () => {
  server = await startTestServer()
  for (const name of ['contracts', 'projects']) await server.admin.data(`mutation { enablePlugin(name: "${name}") { plugin { state } } }`)
  // The first hour makes it before it is used.
  await server.admin.data(
    `mutation { createCustomField(input: {module: "account", name: "deliveryDay", type: TEXT, label: "Delivery day"}) { schemaVersion } }`,
  )
  schema = buildClientSchema((await server.admin.data(getIntrospectionQuery({ inputValueDeprecation: true, oneOf: true }))) as IntrospectionQuery)
}, 60_000)
afterAll(() => server?.close(), 60_000)

/** Each operation by itself, as it is sent: a block may hold several without names. */
function operationsOf(text: string): DocumentNode[] {
  const { definitions } = parse(text)
  const fragments = definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION)
  return definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return []
    const spreads = JSON.stringify(definition).includes(Kind.FRAGMENT_SPREAD)
    return [{ kind: Kind.DOCUMENT, definitions: spreads ? [definition, ...fragments] : [definition] } as DocumentNode]
  })
}

function faultsOf(text: string): string[] {
  try {
    return operationsOf(text).flatMap((document) => validate(schema, document).map(({ message }) => message))
  } catch (error) {
    return [(error as Error).message]
  }
}

test('every document of every page fits the schema of a running server', () => {
  const faults: string[] = []
  let count = 0
  for (const path of PAGES.filter((page) => !FOLLOWED.includes(page))) {
    for (const { text, place } of documentsOf(path)) {
      count += 1
      faults.push(...faultsOf(text).map((fault) => `${place}: ${fault}`))
    }
  }
  expect(faults).toEqual([])
  expect(count).toBeGreaterThan(80)
})

test('a name that is not in the schema is told', () => {
  expect(faultsOf('{ accounts { nodes { shoeSize } } }')).toEqual([expect.stringContaining('"shoeSize"')])
  expect(faultsOf('{ accounts {')).toHaveLength(1)
})
