import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { coreModules } from '../../src/entities/index.ts'
import { connectForMaintenance, findDrift, type MaintenanceConnection } from '../../src/records/metadata/index.ts'
import { codesOf } from '../support/client.ts'
import { eventually } from '../support/guanxi-process.ts'
import { maintenanceOf } from '../support/maintenance.ts'
import { METADATA, makeField, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** More rows than a change indexes under its own locks. */
const ROWS = 21_000

describe('what a change leaves for later', () => {
  let server: TestServer
  let sql: MaintenanceConnection

  beforeAll(async () => {
    server = await startTestServer()
    sql = await connectForMaintenance(server.database.url)
    await sql.query(
      `INSERT INTO products (id, name, active) SELECT (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-00000000000d')::uuid, 'Product ' || n, true FROM generate_series(1, ${ROWS}) n`,
    )
  })
  afterAll(async () => {
    await sql?.close()
    await server?.close()
  })

  const stateOf = async (name: string) => {
    const { customFields } = await server.admin.data('{ customFields(module: "product") { name state failure } }')
    return customFields.find((field: { name: string }) => field.name === name) as { state: string; failure: string | null }
  }
  const whenReady = (name: string) => eventually(async () => (await stateOf(name)).state === 'ready', 20_000)

  test('indexes of a large table are built beside normal work; keys and search wait for them', async () => {
    const field = await makeField(server.admin, { module: 'product', name: 'barcode', type: 'TEXT', unique: true })
    expect(['building', 'ready']).toContain(field.state)
    await whenReady('barcode')
    const upsert = 'mutation { upsertProduct(by: {barcode: "690-1"}, input: {name: "Tea"}) { created product { id barcode } } }'
    const { upsertProduct } = await server.admin.data(upsert)
    expect(upsertProduct).toMatchObject({ created: true, product: { barcode: '690-1' } })
    expect((await server.admin.data(upsert)).upsertProduct.created).toBe(false)
    const { products } = await server.admin.data('{ products(search: "690-1") { totalCount } }')
    expect(products.totalCount).toBe(1)
    const [index] = await sql.query<{ valid: boolean }>(
      `SELECT bool_and(i.indisvalid) AS valid FROM pg_index i JOIN custom_index c ON i.indexrelid = to_regclass('public.' || c.name)`,
    )
    expect(index?.valid).toBe(true)
  })

  test('a unique index that meets duplicates fails visibly and leaves no invalid index', async () => {
    const field = await makeField(server.admin, { module: 'product', name: 'lot', type: 'TEXT' })
    await server.admin.data('mutation { createProducts(input: [{name: "A", lot: "x"}, {name: "B", lot: "y"}]) { changeSetId } }')
    // Between the check and the build somebody writes a duplicate, past the pipeline.
    await server.admin.data(METADATA.updateField, { id: field.id, input: { indexed: false } })
    await sql.query(
      `INSERT INTO custom_index (name, field_id, kind, table_name, definition, state) SELECT 'products_' || column_name || '_key', id, 'unique', 'products',
         'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS products_' || column_name || '_key ON public.products (' || column_name || ') WHERE deleted_at IS NULL', 'building'
       FROM custom_field WHERE id = $1`,
      [field.id],
    )
    const [{ column } = { column: '' }] = await sql.query<{ column: string }>('SELECT column_name AS column FROM custom_field WHERE id = $1', [field.id])
    await sql.query(`UPDATE products SET ${column} = 'x' WHERE name = 'B'`)
    await server.app.engine.refresh()
    await maintainNow()
    expect(await stateOf('lot')).toEqual({ name: 'lot', state: 'failed', failure: 'Several records share a value.' })
    const left = await sql.query('SELECT 1 FROM pg_class WHERE relname = $1', [`products_${column}_key`])
    expect(left).toEqual([])
  })

  test('an index that was cut off in its making is made anew', async () => {
    const field = await makeField(server.admin, { module: 'product', name: 'shelf', type: 'INTEGER', indexed: true })
    await whenReady('shelf')
    const [{ name } = { name: '' }] = await sql.query<{ name: string }>('SELECT name FROM custom_index WHERE field_id = $1', [field.id])
    // A build that fails leaves an invalid index of its name, as one that is cut off does.
    await sql.query(`DROP INDEX ${name}`)
    await expect(sql.query(`CREATE UNIQUE INDEX CONCURRENTLY ${name} ON products (active)`)).rejects.toThrow('could not create unique index')
    await sql.query(`UPDATE custom_index SET state = 'building' WHERE name = $1`, [name])
    await maintainNow()
    const [index] = await sql.query<{ valid: boolean }>(`SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass('public.' || $1)`, [name])
    expect(index?.valid).toBe(true)
  })

  test('columns of a purged field are emptied and taken by the next field of the type, which sees nothing of the old data', async () => {
    const field = await makeField(server.admin, { module: 'product', name: 'secret', type: 'TEXT', searchable: false })
    await sql.query(`UPDATE products SET ${await columnOf(field.id)} = 'confidential'`)
    await server.admin.data(METADATA.deleteField, { id: field.id })
    await server.admin.data(METADATA.purgeField, { id: field.id })
    await eventually(async () => (await sql.query('SELECT 1 FROM custom_slot WHERE NOT cleared')).length === 0, 20_000)
    const next = await makeField(server.admin, { module: 'product', name: 'open', type: 'TEXT', searchable: false })
    expect(await columnOf(next.id)).toBe(await columnOf(field.id))
    const { products } = await server.admin.data('{ products(filter: {open: {isNull: false}}) { totalCount } }')
    expect(products.totalCount).toBe(0)
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
  })

  test('a deleted field whose time is over is purged', async () => {
    const field = await makeField(server.admin, { module: 'product', name: 'fading', type: 'TEXT' })
    await server.admin.data(METADATA.deleteField, { id: field.id })
    await sql.query(`UPDATE custom_field SET deleted_at = now() - interval '31 days' WHERE id = $1`, [field.id])
    await maintainNow()
    expect(codesOf(await sendField(server.admin, 'restoreField', { id: field.id }))).toEqual(['NOT_FOUND'])
  })

  test('a deleted module can be restored with its records, and is gone with them after its time', async () => {
    await server.admin.data(METADATA.createModule, {
      input: {
        name: 'crate',
        pluralName: 'crates',
        fields: [
          { name: 'label', type: 'TEXT' },
          { name: 'items', type: 'REFERENCES', reference: { module: 'product' } },
        ],
      },
    })
    await server.admin.data('mutation { createCrate(input: {label: "箱"}) { crate { id } } }')
    await server.admin.data(METADATA.deleteModule, { name: 'crate' })
    expect(codesOf(await server.admin.send('{ crates { totalCount } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    await server.admin.data(METADATA.restoreModule, { name: 'crate' })
    expect((await server.admin.data('{ crates { nodes { label } } }')).crates.nodes).toEqual([{ label: '箱' }])
    await server.admin.data(METADATA.deleteModule, { name: 'crate' })
    await sql.query(`UPDATE custom_module SET deleted_at = now() - interval '31 days'`)
    await maintainNow()
    expect(codesOf(await sendField(server.admin, 'restoreModule', { name: 'crate' }))).toEqual(['NOT_FOUND'])
    expect(await sql.query(`SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^(m|l)_[0-9]+$'`)).toEqual([])
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
  })

  const columnOf = async (id: string) => (await sql.query<{ column: string }>('SELECT column_name AS column FROM custom_field WHERE id = $1', [id]))[0]?.column

  /** One round of the work that the server also does by itself every now and then. */
  async function maintainNow(): Promise<void> {
    // Another round may be under way: it holds the lock, and does the same.
    await eventually(async () => {
      await maintenanceOf(server).round()
      const [left] = await sql.query<{ work: boolean }>(
        `SELECT EXISTS (SELECT FROM custom_index WHERE state = 'building') OR EXISTS (SELECT FROM custom_slot WHERE NOT cleared)
           OR EXISTS (SELECT FROM custom_field WHERE state = 'deleted' AND deleted_at < now() - interval '30 days') AS work`,
      )
      return left?.work === false
    })
  }
})
