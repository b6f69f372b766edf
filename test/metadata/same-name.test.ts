import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { coreModules } from '../../src/entities/index.ts'
import { findDrift } from '../../src/records/metadata/index.ts'
import { codesOf, issuesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { maintenanceOf, type TestMaintenance } from '../support/maintenance.ts'
import { METADATA, makeField, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

// The name of a deleted module is free. Who has it next is another module, with records, references and rights of its own.
describe('two modules that had one name after each other', () => {
  let server: TestServer
  let maintenance: TestMaintenance

  beforeAll(async () => {
    server = await startTestServer()
    maintenance = maintenanceOf(server)
  })
  afterAll(() => server?.close())

  const makeModule = async (name: string, fields: readonly object[] = []) =>
    server.admin.data(METADATA.createModule, { input: { name, pluralName: `${name}s`, label: name, fields: [{ name: 'title', type: 'TEXT' }, ...fields] } })
  const deleteModule = (name: string) => server.admin.data(METADATA.deleteModule, { name })
  const restoreModule = (name: string) => sendField(server.admin, 'restoreModule', { name })
  /** Of several deleted ones a restore brings back the one that was deleted last. */
  const restoreFirst = async (name: string) => {
    await maintenance.sql(
      `UPDATE custom_module SET deleted_at = now() + interval '1 second' WHERE number = (SELECT min(number) FROM custom_module WHERE name = $1 AND state = 'deleted')`,
      [name],
    )
    expect((await restoreModule(name)).errors).toEqual([])
  }
  const drift = () => findDrift(server.app.kernel.database, coreModules())

  test('a purge of the first takes nothing from the second: neither links nor foreign keys', async () => {
    await makeModule('vehicle')
    await deleteModule('vehicle')
    await makeModule('vehicle')
    await makeField(server.admin, { module: 'account', name: 'cars', type: 'REFERENCES', reference: { module: 'vehicle', inverseName: 'drivers' } })
    const main = await makeField(server.admin, { module: 'account', name: 'mainCar', type: 'REFERENCE', reference: { module: 'vehicle' } })
    const { createVehicle } = await server.admin.data('mutation { createVehicle(input: {title: "沪A·1"}) { vehicle { id } } }')
    const { id } = createVehicle.vehicle
    await server.admin.data(
      `mutation { createAccount(input: {name: "One", type: "customer", cars: {set: [{id: "${id}"}]}, mainCar: {id: "${id}"}}) { account { id } } }`,
    )
    await maintenance.purge()
    const { accounts } = await server.admin.data('{ accounts { nodes { cars { nodes { title } } mainCar { title } } } }')
    expect(accounts.nodes).toEqual([{ cars: { nodes: [{ title: '沪A·1' }] }, mainCar: { title: '沪A·1' } }])
    const keys = await maintenance.sql('SELECT FROM pg_constraint k JOIN custom_field f ON k.conname = f.column_name || $2 WHERE f.id = $1', [main.id, '_fkey'])
    expect(keys).toHaveLength(1)
    expect(await drift()).toEqual([])
  })

  test('a field that led to the first is not restored to lead to the second', async () => {
    await makeModule('ship')
    const field = await makeField(server.admin, { module: 'account', name: 'ship', type: 'REFERENCE', reference: { module: 'ship' } })
    await server.admin.data(METADATA.deleteField, { id: field.id })
    await deleteModule('ship')
    const waiting = await sendField(server.admin, 'restoreField', { id: field.id })
    expect(issuesOf(waiting)).toEqual(['id: TARGET_GONE'])
    expect(waiting.errors[0]?.message).toContain('the module ship, which is deleted. Restore that first.')
    await makeModule('ship')
    const before = await contentOf(server.database.url)
    const refused = await sendField(server.admin, 'restoreField', { id: field.id })
    expect(issuesOf(refused)).toEqual(['id: TARGET_GONE'])
    expect(refused.errors[0]?.message).toContain('the one that has the name now is another. Make a new field.')
    expect(await contentOf(server.database.url)).toEqual(before)
    // It comes back with the module that it led to, and with its foreign key.
    await deleteModule('ship')
    await restoreFirst('ship')
    await server.admin.data(METADATA.restoreField, { id: field.id })
    const { createShip } = await server.admin.data('mutation { createShip(input: {title: "远洋"}) { ship { id } } }')
    await server.admin.data(`mutation { createAccount(input: {name: "Two", type: "customer", ship: {id: "${createShip.ship.id}"}}) { account { id } } }`)
    await server.admin.data(METADATA.deleteField, { id: field.id })
    await deleteModule('ship')
    await maintenance.purge()
    expect(codesOf(await sendField(server.admin, 'restoreField', { id: field.id }))).toEqual(['NOT_FOUND'])
    expect(await drift()).toEqual([])
  })

  test('a field that waits for the first, required or not, does not come back with the second', async () => {
    await makeModule('dock')
    await makeModule('crane', [
      { name: 'dock', type: 'REFERENCE', required: true, reference: { module: 'dock', inverseName: 'cranes' } },
      { name: 'reason', type: 'TEXT', requiredWhen: 'not isEmpty(dock)' },
    ])
    const rollup = await makeField(server.admin, { module: 'dock', name: 'craneCount', type: 'ROLLUP', rollup: { relation: 'cranes', function: 'COUNT' } })
    await server.admin.data(METADATA.deleteField, { id: rollup.id })
    await deleteModule('crane')
    await deleteModule('dock')
    expect((await restoreModule('crane')).errors).toEqual([])
    await makeModule('dock')
    const names = async () => (await server.admin.data('{ module(name: "crane") { fields { name } } }')).module.fields.map(({ name }: { name: string }) => name)
    expect(await names()).not.toContain('dock')
    // What is not there is not demanded, and keeps its name.
    await server.admin.data('mutation { createCrane(input: {title: "K1"}) { crane { id } } }')
    expect(codesOf(await sendField(server.admin, 'createField', { input: { module: 'crane', name: 'dock', type: 'TEXT' } }))).toEqual(['DUPLICATE'])
    const list = { module: 'account', name: 'hoist', type: 'REFERENCE', reference: { module: 'crane', inverseName: 'dock' } }
    expect(codesOf(await sendField(server.admin, 'createField', { input: list }))).toEqual(['DUPLICATE'])
    const { customFields } = await server.admin.data('{ customFields(module: "crane") { id name } }')
    const hidden = customFields.find(({ name }: { name: string }) => name === 'dock')
    expect(issuesOf(await sendField(server.admin, 'updateField', { id: hidden.id, input: { label: 'Dock' } }))).toEqual(['input.reference.module: TARGET_GONE'])
    // Nor does its condition stand in anybody's way, or in a state, and it stays for the day on which the field comes back.
    const reason = customFields.find(({ name }: { name: string }) => name === 'reason')
    expect(codesOf(await sendField(server.admin, 'updateField', { id: reason.id, input: { label: 'Why' } }))).toEqual([])
    const { exportMetadata } = await server.admin.data('{ exportMetadata }')
    expect(JSON.stringify(exportMetadata)).not.toContain('[?]')
    for (const dryRun of [true, false]) expect((await server.admin.data(METADATA.apply, { input: exportMetadata, dryRun })).answer.plan).toEqual([])
    const changed = exportMetadata.map((module: { name: string; fields: { name: string }[] }) => ({
      ...module,
      fields: module.fields.map((field) => (field.name === 'reason' ? { ...field, labels: [{ locale: 'en', text: 'What for' }] } : field)),
    }))
    expect((await server.admin.data(METADATA.apply, { input: changed })).answer.plan).toHaveLength(1)
    await deleteModule('dock')
    await restoreFirst('dock')
    expect(await names()).toContain('dock')
    expect(issuesOf(await server.admin.send('mutation { createCrane(input: {title: "K2"}) { crane { id } } }'))).toEqual(['input.dock: REQUIRED'])
    const [check] = await maintenance.sql<{ count: number }>(
      `SELECT count(*)::int FROM pg_constraint WHERE conname = (SELECT column_name || '_required' FROM custom_field WHERE id = $1)`,
      [hidden.id],
    )
    expect(check?.count).toBe(1)
    const { createDock } = await server.admin.data('mutation { createDock(input: {title: "D1"}) { dock { id } } }')
    const docked = await server.admin.send(`mutation { createCrane(input: {title: "K3", dock: {id: "${createDock.dock.id}"}}) { crane { id } } }`)
    expect(issuesOf(docked)).toEqual(['input.reason: REQUIRED'])
    // Where it is purged while a field waits for it, that and what names it are given up as well.
    await deleteModule('crane')
    await deleteModule('dock')
    expect((await restoreModule('crane')).errors).toEqual([])
    await maintenance.purge()
    const { customFields: left } = await server.admin.data('{ customFields(module: "crane", deleted: true) { name requiredWhen } }')
    expect(left).toEqual(expect.arrayContaining([{ name: 'reason', requiredWhen: null }]))
    expect(left).toHaveLength(2)
    await server.admin.data('mutation { createCrane(input: {title: "K4"}) { crane { id } } }')
    await makeField(server.admin, { module: 'crane', name: 'dock', type: 'TEXT' })
    expect(await drift()).toEqual([])
  })

  test('the second inherits no rights from the first, whose own come back with it', async () => {
    await makeModule('bonus')
    await server.admin.data(`mutation { createRole(input: {key: "sales", name: "Sales", grants: [{module: "bonus", actions: [READ], scope: ALL},
      {module: "account", actions: [READ], scope: ALL}], fields: [{module: "bonus", field: "title", access: READ}, {module: "bonus", field: "owner", access: HIDDEN},
      {module: "bonus", field: "*", access: READ}]}) { role { key } } }`)
    const { id, client } = await server.addUser('Sam', 'sales')
    await server.admin.data('mutation { createBonus(input: {title: "of sales"}) { bonus { id } } }')
    const titles = async () => {
      const answer = await client.send('{ bonuss { nodes { title } } }')
      return answer.errors.length > 0 ? codesOf(answer) : answer.data?.['bonuss'].nodes.map(({ title }: { title: string }) => title)
    }
    const role = async () => {
      const { roles } = await server.admin.data('{ roles { key grants { module actions scope } fields { module field access } } }')
      return roles.find(({ key }: { key: string }) => key === 'sales')
    }
    const explained = async () =>
      (await server.admin.data(`{ explainAccess(userId: "${id}", module: "bonus", action: READ) { allowed reasons } }`)).explainAccess
    const first = await role()
    expect(first.grants).toContainEqual({ module: 'bonus', actions: ['READ'], scope: 'ALL' })
    expect(first.fields).toHaveLength(3)
    expect(first.fields).toContainEqual({ module: 'bonus', field: 'owner', access: 'HIDDEN' })
    expect(await titles()).toEqual(['of sales'])
    expect((await explained()).reasons).toContain('Role sales grants READ on bonus with the scope ALL.')

    await deleteModule('bonus')
    await makeModule('bonus')
    await server.admin.data('mutation { createBonus(input: {title: "of HR"}) { bonus { id } } }')
    expect(await titles()).toEqual(['FORBIDDEN'])
    expect(await explained()).toMatchObject({ allowed: false })
    const account = { module: 'account', actions: ['READ'], scope: 'ALL' }
    expect(await role()).toMatchObject({ grants: [account], fields: [] })
    // A role that says something of what is deleted can be given, and changed without losing that.
    const { id: other } = await server.addUser('Tom')
    await server.admin.data(`mutation { assignRole(userId: "${other}", roleKey: "sales") { user { id } } }`)
    await server.admin.data(`mutation { updateRole(key: "sales", input: {grants: [{module: "account", actions: [READ], scope: ALL},
      {module: "bonus", actions: [READ], scope: OWN}], fields: []}) { role { key } } }`)
    expect(await titles()).toEqual([])

    await deleteModule('bonus')
    await restoreFirst('bonus')
    expect(await titles()).toEqual(['of sales'])
    expect(await role()).toEqual(first)
    expect(await explained()).toMatchObject({ allowed: true })

    await deleteModule('bonus')
    await maintenance.purge()
    const [left] = await maintenance.sql<{ count: number }>(
      `SELECT (SELECT count(*) FROM role_grant WHERE module ~ '^[0-9]+$')::int + (SELECT count(*) FROM role_field WHERE module ~ '^[0-9]+$')::int AS count`,
    )
    expect(left?.count).toBe(0)
    await makeModule('bonus')
    await server.admin.data('mutation { createBonus(input: {title: "of HR again"}) { bonus { id } } }')
    expect(await titles()).toEqual(['FORBIDDEN'])
  })

  test('what a role says of a deleted field holds again when the field is restored', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'rating', type: 'INTEGER' })
    const grants = '{module: "account", actions: [READ], scope: ALL}'
    await server.admin.data(
      `mutation { createRole(input: {key: "guest", name: "Guest", grants: [${grants}], fields: [{module: "account", field: "rating", access: HIDDEN}]}) { role { key } } }`,
    )
    const { client } = await server.addUser('Gus', 'guest')
    expect(codesOf(await client.send('{ accounts { nodes { rating } } }'))).toEqual(['FORBIDDEN_FIELD'])
    await server.admin.data(METADATA.deleteField, { id: field.id })
    await server.admin.data(`mutation { updateRole(key: "guest", input: {fields: [{module: "account", field: "phone", access: READ}]}) { role { key } } }`)
    await server.admin.data(METADATA.restoreField, { id: field.id })
    expect(codesOf(await client.send('{ accounts { nodes { rating } } }'))).toEqual(['FORBIDDEN_FIELD'])
    await server.admin.data('mutation { updateRole(key: "guest", input: {fields: []}) { role { key } } }')
    expect(codesOf(await client.send('{ accounts { nodes { rating } } }'))).toEqual([])
  })

  test('are told apart by id: each can be restored, or purged before its time', async () => {
    await makeModule('mast')
    await server.admin.data('mutation { createMast(input: {title: "first"}) { mast { id } } }')
    await deleteModule('mast')
    await makeModule('mast')
    const { customModules } = await server.admin.data('{ customModules(deleted: true) { id name state } }')
    const idOf = (state: string) => customModules.find((each: { name: string; state: string }) => each.name === 'mast' && each.state === state).id
    const [first, second] = [idOf('deleted'), idOf('active')]
    expect(codesOf(await restoreModule('mast'))).toEqual(['DUPLICATE'])
    for (const [call, issues] of [
      [`restoreCustomModule(id: "${second}")`, 'id: STATE'],
      [`purgeCustomModule(id: "${second}")`, 'id: STATE'],
      ['restoreCustomModule', 'name: KEY'],
      [`restoreCustomModule(name: "mast", id: "${first}")`, 'name: KEY'],
    ])
      expect([call, issuesOf(await server.admin.send(`mutation { ${call} { schemaVersion } }`))]).toEqual([call, [issues]])
    await deleteModule('mast')
    await server.admin.data(`mutation { restoreCustomModule(id: "${first}") { module { id state } } }`)
    expect((await server.admin.data('{ masts { nodes { title } } }')).masts.nodes).toEqual([{ title: 'first' }])
    const { purgeCustomModule } = await server.admin.data(`mutation { purgeCustomModule(name: "mast") { module { id state } } }`)
    expect(purgeCustomModule.module).toEqual({ id: second, state: 'purged' })
    expect(codesOf(await server.admin.send(`mutation { restoreCustomModule(id: "${second}") { schemaVersion } }`))).toEqual(['NOT_FOUND'])
    expect((await server.admin.data('{ masts { totalCount } }')).masts.totalCount).toBe(1)
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
  })

  test('a field whose condition names one that is purged comes back without the condition', async () => {
    const input = await makeField(server.admin, { module: 'account', name: 'pressing', type: 'BOOLEAN' })
    const field = await makeField(server.admin, { module: 'account', name: 'cause', type: 'TEXT', requiredWhen: 'pressing' })
    await server.admin.data(METADATA.deleteField, { id: field.id })
    await server.admin.data(METADATA.deleteField, { id: input.id })
    await server.admin.data(METADATA.purgeField, { id: input.id })
    await server.admin.data(METADATA.restoreField, { id: field.id })
    const { customFields } = await server.admin.data('{ customFields(module: "account") { name requiredWhen } }')
    expect(customFields).toContainEqual({ name: 'cause', requiredWhen: null })
    expect(await drift()).toEqual([])
  })
})
