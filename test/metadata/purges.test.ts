import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { coreModules } from '../../src/entities/index.ts'
import { findDrift } from '../../src/records/metadata/index.ts'
import { codesOf } from '../support/client.ts'
import { eventually } from '../support/guanxi-process.ts'
import { maintenanceOf, type TestMaintenance } from '../support/maintenance.ts'
import { METADATA, makeField, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('what is given up for good', () => {
  let server: TestServer
  let maintenance: TestMaintenance

  beforeAll(async () => {
    server = await startTestServer()
    maintenance = maintenanceOf(server)
  })
  afterAll(() => server?.close())

  const makeModule = (name: string, fields: readonly object[] = []) =>
    server.admin.data(METADATA.createModule, { input: { name, pluralName: `${name}s`, label: name, fields: [{ name: 'title', type: 'TEXT' }, ...fields] } })
  const deleteModule = (name: string) => server.admin.data(METADATA.deleteModule, { name })
  const drift = () => findDrift(server.app.kernel.database, coreModules())
  const tables = async (): Promise<string[]> =>
    (
      await maintenance.sql<{ name: string }>(`SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'S') AND relname ~ '^(m|l|c)_[0-9]+' ORDER BY 1`)
    ).map(({ name }) => name)

  test('modules that lead to each other go together, whichever comes first, with sequences and series', async () => {
    const before = await tables()
    // Purges come in the order of the numbers; one reference leads each way along it.
    await makeModule('harbour')
    await makeModule('boat', [
      { name: 'home', type: 'REFERENCE', reference: { module: 'harbour' } },
      { name: 'ports', type: 'REFERENCES', reference: { module: 'harbour' } },
      { name: 'registration', type: 'AUTO_NUMBER', numbering: { prefix: 'B-', padding: 3 } },
      { name: 'voyage', type: 'AUTO_NUMBER', numbering: { prefix: 'V-', padding: 3, gapless: false } },
    ])
    const back = await makeField(server.admin, { module: 'harbour', name: 'ferry', type: 'REFERENCE', reference: { module: 'boat' } })
    await server.admin.data('mutation { createBoat(input: {title: "甲"}) { boat { registration voyage } } }')
    await server.admin.data(METADATA.deleteField, { id: back.id })
    await deleteModule('boat')
    await deleteModule('harbour')
    await maintenance.purge()
    expect(await tables()).toEqual(before)
    const [series] = await maintenance.sql<{ count: number }>(
      'SELECT count(*)::int FROM auto_number_series s WHERE EXISTS (SELECT FROM custom_field f WHERE s.field_id LIKE f.id || $1)',
      ['%'],
    )
    expect(series?.count).toBe(0)
    expect(await drift()).toEqual([])
  })

  test('a field of another module that led to it goes with it, also where its column stands in an extension table', async () => {
    await makeModule('depot')
    await makeModule('stock', [])
    const fields = Array.from({ length: 200 }, (_, index) => ({ module: 'stock', name: `count${index}`, type: 'INTEGER' }))
    for (const start of [0, 100]) await server.admin.data(METADATA.createFields, { input: fields.slice(start, start + 100) })
    const field = await makeField(server.admin, { module: 'stock', name: 'depot', type: 'REFERENCE', reference: { module: 'depot' } })
    const [place] = await maintenance.sql<{ extension: number; key: string }>(
      `SELECT extension, column_name || '_fkey' AS key FROM custom_field WHERE id = $1`,
      [field.id],
    )
    expect(place?.extension).toBe(1)
    await server.admin.data(METADATA.deleteField, { id: field.id })
    await deleteModule('depot')
    await maintenance.sql(`UPDATE custom_module SET deleted_at = now() - interval '31 days' WHERE name = 'depot'`)
    await eventually(async () => {
      await maintenance.round()
      return (await maintenance.sql(`SELECT FROM custom_module WHERE name = 'depot' AND state = 'purged'`)).length === 1
    }, 20_000)
    expect(await maintenance.sql('SELECT FROM pg_constraint WHERE conname = $1', [place?.key])).toEqual([])
    expect(codesOf(await sendField(server.admin, 'restoreField', { id: field.id }))).toEqual(['NOT_FOUND'])
    expect(await drift()).toEqual([])
    // Its extension table holds nothing but the free column now, and goes with the module all the same.
    await deleteModule('stock')
    await maintenance.purge()
    expect(await drift()).toEqual([])
  })

  test('what cannot be purged keeps nothing else back', async () => {
    await makeModule('broken')
    await makeModule('sound')
    const field = await makeField(server.admin, { module: 'account', name: 'fading', type: 'TEXT' })
    await deleteModule('broken')
    await deleteModule('sound')
    await server.admin.data(METADATA.deleteField, { id: field.id })
    // Somebody makes, by hand, something that stands on the module's table.
    const [{ table } = { table: '' }] = await maintenance.sql<{ table: string }>(`SELECT table_name AS table FROM custom_module WHERE name = 'broken'`)
    await maintenance.sql(`CREATE VIEW report AS SELECT title_count.n FROM (SELECT count(*) AS n FROM ${table}) title_count`)
    for (const what of ['custom_module', 'custom_field'])
      await maintenance.sql(`UPDATE ${what} SET deleted_at = now() - interval '31 days' WHERE state = 'deleted'`)
    const states = () =>
      maintenance.sql(
        `SELECT name, state FROM custom_module WHERE name IN ('broken', 'sound') UNION ALL SELECT name, state FROM custom_field WHERE name = 'fading' ORDER BY name`,
      )
    const failures: unknown[] = []
    await eventually(async () => {
      await maintenance.round().catch((error: unknown) => failures.push(error))
      return failures.length > 0 && (await maintenance.sql('SELECT FROM custom_slot WHERE NOT cleared')).length === 0
    }, 20_000)
    expect(failures[0]).toMatchObject({ message: expect.stringContaining(`cannot drop table ${table}`) })
    expect(await states()).toEqual([
      { name: 'broken', state: 'deleted' },
      { name: 'fading', state: 'purged' },
      { name: 'sound', state: 'purged' },
    ])
    await maintenance.sql('DROP VIEW report')
    await maintenance.purge()
    expect(await drift()).toEqual([])
  })

  test('indexes and sequences that belong to nothing are told', async () => {
    await maintenance.sql('CREATE INDEX accounts_c_9999_order ON accounts (name, id)')
    await maintenance.sql('CREATE SEQUENCE c_9999_seq')
    expect(await drift()).toEqual(['the index accounts_c_9999_order belongs to no field', 'the sequence c_9999_seq belongs to no field'])
    await maintenance.sql('DROP INDEX accounts_c_9999_order')
    await maintenance.sql('DROP SEQUENCE c_9999_seq')
    expect(await drift()).toEqual([])
  })

  test('fields that lead to nothing, or are computed from nothing, are told', async () => {
    await makeModule('lost')
    const reference = await makeField(server.admin, {
      module: 'account',
      name: 'lost',
      type: 'REFERENCE',
      reference: { module: 'lost', inverseName: 'finders' },
    })
    await makeField(server.admin, { module: 'lost', name: 'found', type: 'ROLLUP', rollup: { relation: 'finders', function: 'COUNT' } })
    await maintenance.sql(`UPDATE custom_field SET parameters = jsonb_set(parameters, '{reference,moduleNumber}', '65000') WHERE id = $1`, [reference.id])
    expect(await drift()).toEqual(['field lost: the module 65000 that it leads to is missing'])
    await maintenance.sql(`UPDATE custom_field SET state = 'purged' WHERE id = $1`, [reference.id])
    expect(await drift()).toContain('field found: a field that it is computed from is missing')
  })
})
