import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { coreModules } from '../../src/entities/index.ts'
import type { FieldMetadata } from '../../src/entities/metadata.ts'
import { adoptFields, findDrift, upgradeConflicts } from '../../src/records/metadata/index.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** The core modules of a later version: accounts have one more field. */
const later = (field: FieldMetadata) => coreModules().map((module) => (module.name === 'account' ? { ...module, fields: [...module.fields, field] } : module))
const CHANNEL: FieldMetadata = { name: 'channel', type: 'TEXT', label: { en: 'Channel' }, column: 'channel' }

describe('an upgrade that brings a field which stands already', () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
    await server.admin.data('mutation { createRole(input: {key: "wary", name: "Wary", newFields: READ}) { role { key } } }')
    await makeField(server.admin, { module: 'account', name: 'channel', type: 'TEXT', indexed: true })
    await server.admin.data('mutation { createRole(input: {key: "late", name: "Late", newFields: NONE}) { role { key } } }')
    await server.admin.data('mutation { createAccount(input: {name: "One", type: "customer", channel: "展会"}) { account { id } } }')
    await server.admin.data(
      'mutation { createRole(input: {key: "hides", name: "Hides", grants: [{module: "account", actions: [READ], scope: ALL}], fields: [{module: "account", field: "channel", access: HIDDEN}]}) { role { key } } }',
    )
  })
  afterAll(() => server?.close())

  test('stops before it migrates and proposes a rename where the types differ', async () => {
    const { database } = server.app.kernel
    const conflicts = await upgradeConflicts(database, later({ ...CHANNEL, type: 'INTEGER' }))
    expect(conflicts).toEqual([expect.stringContaining('rename it, e.g. to channelCustom')])
    expect(await upgradeConflicts(database, coreModules())).toEqual([])
  })

  test('stops where it brings a hand-written member, or a field where a list stands', async () => {
    const { database } = server.app.kernel
    const withMember = coreModules().map((module) => (module.name === 'account' ? { ...module, members: ['channel'] } : module))
    expect(await upgradeConflicts(database, withMember)).toEqual([expect.stringContaining('rename it, e.g. to channelCustom')])
    const field = await makeField(server.admin, { module: 'task', name: 'place', type: 'REFERENCE', reference: { module: 'account', inverseName: 'chores' } })
    expect(await upgradeConflicts(database, coreModules())).toEqual([])
    expect(await upgradeConflicts(database, later({ ...CHANNEL, name: 'chores' }))).toEqual([expect.stringContaining('The list account.chores')])
    await server.admin.data(METADATA.deleteField, { id: field.id })
  })

  test('stops where a module of its name stands', async () => {
    await server.admin.data(METADATA.createModule, { input: { name: 'gadget', pluralName: 'gadgets' } })
    const modules = coreModules().map((module) =>
      module.name === 'tag' ? { ...module, number: 900, name: 'gadget', pluralName: 'gadgets', table: 'gadgets' } : module,
    )
    expect(await upgradeConflicts(server.app.kernel.database, modules)).toEqual([expect.stringContaining('The module gadget')])
    await server.admin.data(METADATA.deleteModule, { name: 'gadget' })
  })

  test('adopts it with its values, and what roles say of it, where name and type are the same', async () => {
    const { database } = server.app.kernel
    const modules = later(CHANNEL)
    expect(await upgradeConflicts(database, modules)).toEqual([])
    await database.query({ text: 'ALTER TABLE accounts ADD COLUMN channel text', purpose: 'platform' })
    expect(await database.transaction((transaction) => adoptFields(transaction, modules))).toEqual(['account.channel'])
    expect(await database.query({ text: 'SELECT channel FROM accounts', purpose: 'platform' })).toEqual([{ channel: '展会' }])
    // Said of the field itself, or of all fields made later; a role that was told so when the field stood has said nothing of it.
    const said = `SELECT r.key, f.access FROM role_field f JOIN role r ON r.id = f.role_id WHERE f.field_id = 'account.channel' ORDER BY r.key`
    expect(await database.query({ text: said, purpose: 'platform' })).toEqual([
      { key: 'hides', access: 'HIDDEN' },
      { key: 'wary', access: 'READ' },
    ])
    expect(await findDrift(database, modules)).toEqual([])
    expect(await database.transaction((transaction) => adoptFields(transaction, modules))).toEqual([])
  })
})
