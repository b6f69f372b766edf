import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { coreModules } from '../../src/entities/index.ts'
import { buildIndexes } from '../../src/records/metadata/build-indexes.ts'
import { connectForMaintenance, findDrift, type MaintenanceConnection } from '../../src/records/metadata/index.ts'
import { codesOf } from '../support/client.ts'
import { changeField, METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** More rows than a change indexes under its own locks. */
const ROWS = 21_000
/** What `maintenance.ts` takes. While a test holds it, the server builds nothing by itself. */
const MAINTENANCE_LOCK = 7_203_114_733

describe('indexes that are built beside normal work', () => {
  let server: TestServer
  let sql: MaintenanceConnection

  beforeAll(async () => {
    server = await startTestServer()
    sql = await connectForMaintenance(server.database.url)
    await sql.query(
      `INSERT INTO products (id, name, active) SELECT (lpad(to_hex(n), 8, '0') || '-0000-7000-8000-00000000000d')::uuid, 'Product ' || n, true FROM generate_series(1, ${ROWS}) n`,
    )
  })
  beforeEach(async () => void (await sql.query('SELECT pg_advisory_lock($1)', [MAINTENANCE_LOCK])))
  afterEach(async () => void (await sql.query('SELECT pg_advisory_unlock_all()')))
  afterAll(async () => {
    await sql?.close()
    await server?.close()
  })

  /** Builds what is pending; `before` and `after` are called around the statement that makes an index, with its name. */
  async function build(meanwhile: { before?: (name: string) => Promise<unknown>; after?: (name: string) => Promise<unknown> } = {}): Promise<void> {
    const connection = await connectForMaintenance(server.database.url)
    const watched: MaintenanceConnection = {
      close: connection.close,
      query: async (text, values) => {
        const name = /^CREATE (?:UNIQUE )?INDEX CONCURRENTLY IF NOT EXISTS (\S+)/.exec(text)?.[1]
        if (name) await meanwhile.before?.(name)
        const rows = await connection.query(text, values)
        if (name) await meanwhile.after?.(name)
        // Rows are of whatever type the caller names.
        return rows as never
      },
    }
    try {
      await buildIndexes({ announce: async () => void (await server.app.engine.refresh()) }, watched)
    } finally {
      await connection.close()
    }
  }
  const indexOf = async (id: string) => {
    const [row] = await sql.query<{ name: string; state: string; attempts: number }>('SELECT name, state, attempts FROM custom_index WHERE field_id = $1', [id])
    return row
  }
  const standing = async (name = '') =>
    (
      await sql.query<{ definition: string }>('SELECT pg_get_indexdef(indexrelid) AS definition FROM pg_index WHERE indexrelid = to_regclass($1)', [
        `public.${name}`,
      ])
    ).map(({ definition }) => definition)
  const makeKey = (name: string) => makeField(server.admin, { module: 'product', name, type: 'TEXT', unique: true, searchable: false })
  const bothTake = (name: string, value: string) =>
    server.admin.send(`mutation { createProducts(input: [{name: "A", ${name}: "${value}"}, {name: "B", ${name}: "${value}"}]) { changeSetId } }`)
  const drift = () => findDrift(server.app.kernel.database, coreModules())

  test('one that nobody wants any more, after others have taken their time, is not built', async () => {
    const first = await makeKey('batch')
    const second = await makeKey('charge')
    const waiting = [await indexOf(first.id), await indexOf(second.id)].map((index) => index?.name)
    const built: string[] = []
    const meanwhile = async (name: string) => {
      built.push(name)
      if (built.length > 1) return
      const other = [first, second][1 - waiting.indexOf(name)]
      await changeField(server.admin, other?.id ?? '', { unique: false })
    }
    await build({ after: meanwhile })
    expect(built).toHaveLength(1)
    const [kept, dropped] = built[0] === waiting[0] ? ['batch', 'charge'] : ['charge', 'batch']
    expect(codesOf(await bothTake(kept, 'x'))).toEqual(['DUPLICATE'])
    expect(codesOf(await bothTake(dropped, 'x'))).toEqual([])
    expect(await drift()).toEqual([])
  })

  test('one whose field is changed in the moment before it is built is dropped again', async () => {
    const field = await makeKey('crop')
    const name = (await indexOf(field.id))?.name
    await build({ before: () => changeField(server.admin, field.id, { unique: false }) })
    expect(await standing(name)).toEqual([])
    expect(codesOf(await bothTake('crop', 'x'))).toEqual([])
    expect(await drift()).toEqual([])
  })

  test('one of a formula that is changed meanwhile is built from the formula that holds', async () => {
    const field = await makeField(server.admin, { module: 'product', name: 'length', type: 'FORMULA', formula: 'length(name)', indexed: true })
    const index = await indexOf(field.id)
    await build({ before: () => changeField(server.admin, field.id, { formula: 'length(name) + 7' }) })
    expect(await indexOf(field.id)).toMatchObject({ name: index?.name, state: 'building' })
    expect(await standing(index?.name)).toEqual([])
    await build()
    expect(await indexOf(field.id)).toMatchObject({ state: 'ready' })
    expect((await standing(index?.name))[0]).toContain('7')
    expect(await drift()).toEqual([])
  })

  test('one that a long transaction is in the way of is tried again, as often as it takes', async () => {
    const field = await makeKey('pallet')
    await sql.query('UPDATE custom_index SET attempts = 4 WHERE field_id = $1', [field.id])
    const dump = new pg.Client(server.database.url)
    await dump.connect()
    try {
      // Such as a dump: it holds its snapshot and changes nothing.
      await dump.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
      await dump.query('SELECT count(*) FROM users')
      await build()
      expect(await indexOf(field.id)).toMatchObject({ state: 'building', attempts: 4 })
      const { customFields } = await server.admin.data('{ customFields(module: "product") { name state failure } }')
      expect(customFields).toContainEqual({ name: 'pallet', state: 'building', failure: null })
      expect(codesOf(await server.admin.send('mutation { upsertProduct(by: {pallet: "P1"}, input: {name: "Tea"}) { created } }'))).toEqual(['UNAVAILABLE'])
    } finally {
      await dump.end()
    }
    await build()
    expect(await indexOf(field.id)).toMatchObject({ state: 'ready' })
    expect(await drift()).toEqual([])
  })

  test('one that PostgreSQL refuses is given up after some attempts, and leaves nothing', async () => {
    const field = await makeField(server.admin, { module: 'product', name: 'carton', type: 'TEXT', searchable: false })
    const [{ column } = { column: '' }] = await sql.query<{ column: string }>('SELECT column_name AS column FROM custom_field WHERE id = $1', [field.id])
    const name = `products_${column}_order`
    await sql.query(
      `INSERT INTO custom_index (name, field_id, kind, table_name, definition, state)
       VALUES ($1, $2, 'order', 'products', $3, 'building')`,
      [name, field.id, `CREATE INDEX CONCURRENTLY IF NOT EXISTS ${name} ON public.products ((1 / (length(name) - length(name))))`],
    )
    for (let attempt = 1; attempt < 5; attempt += 1) {
      await build()
      expect(await indexOf(field.id)).toMatchObject({ state: 'building', attempts: attempt })
    }
    await build()
    const { customFields } = await server.admin.data('{ customFields(module: "product") { name state failure } }')
    expect(customFields).toContainEqual({ name: 'carton', state: 'failed', failure: 'PostgreSQL refused it (22012).' })
    expect(await standing(name)).toEqual([])
    await server.admin.data(METADATA.deleteField, { id: field.id })
  })
})
