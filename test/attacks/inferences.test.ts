import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, type TestClient } from '../support/client.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** What a role does not show, worked out from what it does show or from how writes are answered. */
let server: TestServer
let admin: TestClient
const role = (key: string, grants: readonly object[], fields: readonly object[] = []) => admin.data(ROLES.create, { input: { key, name: key, grants, fields } })
beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
}, 60_000)
afterAll(() => server?.close())

describe('a hidden price', () => {
  let reader: TestClient
  beforeAll(async () => {
    const grants = ['order', 'orderLine'].map((module) => ({ module, actions: ['READ'], scope: 'ALL' }))
    await role('lines', grants, [{ module: 'orderLine', field: 'unitPrice', access: 'HIDDEN' }])
    reader = (await server.addUser('Gus', 'lines')).client
  })

  test.each([
    ['a filter', '{ orderLines(filter: {total: {gt: "246"}}) { totalCount } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an order', '{ orderLines(orderBy: [{total: DESC}]) { totalCount } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['an aggregate', '{ orderLinesAggregate { sum { total { amount } } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['the value', '{ orderLines { nodes { quantity discount total { amount } } } }', 'FORBIDDEN_FIELD'],
  ])('does not show in the total that PostgreSQL generates from it: %s', async (_, query, code) => {
    expect(codesOf(await admin.send(query))).toEqual([])
    expect(codesOf(await reader.send(query))).toEqual([code])
  })
})
