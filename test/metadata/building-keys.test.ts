import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectForMaintenance, type MaintenanceConnection } from '../../src/records/metadata/index.ts'
import { codesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { eventually } from '../support/guanxi-process.ts'
import { makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** More rows than a change indexes under its own locks. */
const ROWS = 21_000
/** Advisory lock of the one who builds indexes (records/metadata/maintenance.ts). */
const MAINTENANCE_LOCK = 7_203_114_733

describe('a key whose index is still being built', () => {
  let server: TestServer
  let sql: MaintenanceConnection

  beforeAll(async () => {
    server = await startTestServer()
    sql = await connectForMaintenance(server.database.url)
    await sql.query(
      `INSERT INTO products (id, name, active) SELECT (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-00000000000d')::uuid, 'Product ' || n, true FROM generate_series(1, ${ROWS}) n`,
    )
    // As if another node were at it, for as long as the test looks.
    await sql.query('SELECT pg_advisory_lock($1)', [MAINTENANCE_LOCK])
    expect((await makeField(server.admin, { module: 'product', name: 'barcode', type: 'TEXT', unique: true, indexed: true, searchable: true })).state).toBe(
      'building',
    )
  }, 60_000)
  afterAll(async () => {
    await sql?.close()
    await server?.close()
  })

  const KEYS = [
    '{ productBy(by: {barcode: "690-1"}) { id } }',
    'mutation { upsertProduct(by: {barcode: "690-1"}, input: {name: "Tea"}) { created product { barcode } } }',
    'mutation { upsertProducts(upserts: [{by: {barcode: "690-1"}, input: {name: "Tea"}}]) { changeSetId } }',
    'mutation { createProduct(input: {name: "Pot"}) { changeSetId } upsertProduct(by: {barcode: "690-1"}, input: {name: "Tea"}) { changeSetId } }',
  ]

  test('answers UNAVAILABLE wherever it is used as a key, and changes nothing', async () => {
    const before = await contentOf(server.database.url)
    for (const document of KEYS) {
      const answer = await server.admin.send(document)
      expect([document, codesOf(answer)]).toEqual([document, ['UNAVAILABLE']])
      expect([document, answer.errors[0]?.extensions.retryable, answer.errors[0]?.message.includes('barcode')]).toEqual([document, true, true])
    }
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('is read, written, filtered and ordered by like every other field meanwhile', async () => {
    const { createProduct } = await server.admin.data('mutation { createProduct(input: {name: "Cup", barcode: "690-2"}) { product { id barcode } } }')
    expect(createProduct.product.barcode).toBe('690-2')
    const { products } = await server.admin.data('{ products(filter: {barcode: {eq: "690-2"}}, orderBy: [{barcode: ASC}]) { nodes { name } totalCount } }')
    expect(products).toEqual({ nodes: [{ name: 'Cup' }], totalCount: 1 })
  })

  test('is one as soon as the index stands', async () => {
    await sql.query('SELECT pg_advisory_unlock($1)', [MAINTENANCE_LOCK])
    // The next change wakes whoever builds; without one it comes by itself within half a minute.
    await makeField(server.admin, { module: 'account', name: 'other', type: 'TEXT' })
    await eventually(async () => {
      const { customFields } = await server.admin.data('{ customFields(module: "product") { name state } }')
      return customFields[0].state === 'ready'
    }, 20_000)
    await eventually(async () => codesOf(await server.admin.send(KEYS[0] as string)).join() === 'NOT_FOUND', 5_000)
    const upsert = async () => (await server.admin.data(KEYS[1] as string)).upsertProduct
    expect(await upsert()).toEqual({ created: true, product: { barcode: '690-1' } })
    expect(await upsert()).toEqual({ created: false, product: { barcode: '690-1' } })
    expect((await server.admin.data('{ productBy(by: {barcode: "690-2"}) { name } }')).productBy).toEqual({ name: 'Cup' })
    expect(codesOf(await server.admin.send('mutation { createProduct(input: {name: "x", barcode: "690-2"}) { changeSetId } }'))).toEqual(['DUPLICATE'])
  }, 60_000)
})
