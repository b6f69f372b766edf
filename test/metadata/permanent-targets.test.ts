import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createDataSource } from '../../src/records/data-source.ts'
import { migrate } from '../../src/records/migrations/migrate.ts'
import { maintenanceOf, type TestMaintenance } from '../support/maintenance.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const STEP = 'PermanentTargets0000000000009'

describe('a database whose references and rights point at modules by name', () => {
  let server: TestServer
  let maintenance: TestMaintenance

  beforeAll(async () => {
    server = await startTestServer()
    maintenance = maintenanceOf(server)
  })
  afterAll(() => server?.close())

  const makeModule = (name: string) => server.admin.data(METADATA.createModule, { input: { name, pluralName: `${name}s`, label: name } })
  const deleteModule = (name: string) => server.admin.data(METADATA.deleteModule, { name })
  const references = () =>
    maintenance.sql<{ name: string; number: number }>(
      `SELECT name, (parameters #>> '{reference,moduleNumber}')::int AS number FROM custom_field WHERE parameters ? 'reference' ORDER BY name`,
    )
  const rights = async () => [
    ...(await maintenance.sql(`SELECT module, actions, scope FROM role_grant WHERE role_id = (SELECT id FROM role WHERE key = 'crew') ORDER BY 1`)),
    ...(await maintenance.sql(`SELECT module, field_id, access FROM role_field WHERE role_id = (SELECT id FROM role WHERE key = 'crew') ORDER BY 1, 2`)),
  ]

  test('is migrated to numbers: a foreign key tells which module of a name is meant', async () => {
    const reference = (name: string, type: string, module: string) => makeField(server.admin, { module: 'account', name, type, reference: { module } })
    await makeModule('ship')
    for (const [name, type] of Object.entries({ oldShip: 'REFERENCE', oldShips: 'REFERENCES' })) {
      const { id } = await reference(name, type, 'ship')
      await server.admin.data(METADATA.deleteField, { id })
    }
    await deleteModule('ship')
    await makeModule('ship')
    await makeModule('dock')
    await reference('newShip', 'REFERENCE', 'ship')
    await reference('newShips', 'REFERENCES', 'ship')
    await reference('parentAccount', 'REFERENCE', 'account')
    await reference('anything', 'REFERENCE', '*')
    await server.admin.data(`mutation { createRole(input: {key: "crew", name: "Crew",
      grants: [{module: "account", actions: [READ], scope: ALL}, {module: "dock", actions: [READ], scope: ALL}, {module: "ship", actions: [READ], scope: OWN}],
      fields: [{module: "dock", field: "*", access: READ}, {module: "dock", field: "owner", access: HIDDEN}, {module: "ship", field: "name", access: READ}]}) { role { key } } }`)
    await deleteModule('dock')
    const before = { references: await references(), rights: await rights() }
    const targets = new Map(before.references.map(({ name, number }) => [name, number]))
    expect(targets.get('oldShip')).toBe(targets.get('oldShips'))
    expect(targets.get('newShip')).toBe(targets.get('newShips'))
    expect(targets.get('newShip')).toBeGreaterThan(targets.get('oldShip') as number)
    expect([targets.get('parentAccount'), targets.get('anything')]).toEqual([null, null])

    // As the version before has it, with rights on a module that is gone.
    await maintenance.sql(`UPDATE custom_field SET parameters = parameters #- '{reference,moduleNumber}'`)
    await maintenance.sql(
      `UPDATE role_field r SET module = m.name, field_id = CASE WHEN starts_with(r.field_id, r.module || '.') THEN m.name || substr(r.field_id, length(r.module) + 1) ELSE r.field_id END
         FROM custom_module m WHERE m.number::text = r.module`,
    )
    await maintenance.sql('UPDATE role_grant r SET module = m.name FROM custom_module m WHERE m.number::text = r.module')
    await maintenance.sql(
      `INSERT INTO custom_module (id, number, name, plural_name, label, plural_label, table_name, name_field, state, created_at)
       VALUES (gen_random_uuid(), 1900, 'gone', 'gones', '{}', '{}', 'm_1900', 'id', 'purged', now())`,
    )
    await maintenance.sql(`INSERT INTO role_grant SELECT id, 'gone', '{READ}', 'ALL' FROM role WHERE key = 'crew'`)
    expect((await rights()).map(({ module }) => module)).toEqual(['account', 'dock', 'gone', 'ship', 'dock', 'dock', 'ship'])
    await maintenance.sql('DELETE FROM typeorm_migration WHERE name = $1', [STEP])
    await maintenance.sql('DELETE FROM schema_version WHERE name = $1', [STEP])

    const dataSource = await createDataSource({ url: server.database.url, max: 2 }).initialize()
    try {
      expect(await migrate(dataSource)).toEqual([STEP])
    } finally {
      await dataSource.destroy()
    }
    expect({ references: await references(), rights: await rights() }).toEqual(before)
    const { accounts } = await server.admin.data('{ accounts { nodes { newShip { id } newShips { totalCount } } } }')
    expect(accounts.nodes).toEqual([])
  })
})
