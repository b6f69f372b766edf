import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { issuesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { METADATA, makeField, sendField } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('a module that fields of others are made of', () => {
  let server: TestServer
  let fields: Record<string, string>

  beforeAll(async () => {
    server = await startTestServer()
    const members = [
      { name: 'plate', type: 'TEXT' },
      { name: 'price', type: 'DECIMAL' },
      { name: 'keeper', type: 'REFERENCE', reference: { module: 'account', inverseName: 'vehicles' } },
    ]
    await server.admin.data(METADATA.createModule, { input: { name: 'vehicle', pluralName: 'vehicles', label: 'Vehicle', fields: members } })
    const made = async (input: { readonly name: string } & Record<string, unknown>) => [
      input.name,
      (await makeField(server.admin, { module: 'account', ...input })).id,
    ]
    fields = Object.fromEntries([
      await made({ name: 'favourites', type: 'REFERENCES', reference: { module: 'vehicle' } }),
      await made({ name: 'fleet', type: 'ROLLUP', rollup: { relation: 'vehicles', function: 'SUM', field: 'price' } }),
      await made({ name: 'liked', type: 'ROLLUP', rollup: { relation: 'favourites', function: 'COUNT' } }),
      await made({ name: 'worth', type: 'FORMULA', formula: 'fleet * 2' }),
      await made({ name: 'twice', type: 'FORMULA', formula: 'worth + 1' }),
      await made({ name: 'apart', type: 'FORMULA', formula: 'name' }),
    ])
  })
  afterAll(() => server?.close())

  const NEEDED = [
    ['formula', 'account.twice'],
    ['formula', 'account.worth'],
    ['reference', 'account.favourites'],
    ['rollup', 'account.fleet'],
    ['rollup', 'account.liked'],
  ]

  test('tells the roles whose conditions look at its records', async () => {
    const grants = [{ module: 'account', actions: ['READ', 'UPDATE'], scope: 'ALL', where: { vehicles: { some: { plate: { eq: 'A 1' } } } } }]
    await server.admin.data(ROLES.create, { input: { key: 'garage', name: 'Garage', grants } })
    const { answer } = await server.admin.data(METADATA.deleteModule, { name: 'vehicle', dryRun: true })
    const roles = (answer.dependents as { kind: string; name: string }[]).filter(({ kind, name }) => kind === 'role' && name === 'garage')
    expect(roles).toEqual([expect.objectContaining({ detail: 'its condition decides about READ UPDATE', blocking: false })])
  })

  test('tells them on a dry run, however far they stand, and is not deleted before them', async () => {
    const before = await contentOf(server.database.url)
    const { answer } = await server.admin.data(METADATA.deleteModule, { name: 'vehicle', dryRun: true })
    const blocking = (answer.dependents as { kind: string; name: string; blocking: boolean }[]).filter((dependent) => dependent.blocking)
    expect(blocking.map(({ kind, name }) => [kind, name]).sort()).toEqual(NEEDED)
    const refused = await sendField(server.admin, 'deleteModule', { name: 'vehicle' })
    expect(issuesOf(refused)).toEqual(['name: IN_USE'])
    for (const [kind, name] of NEEDED) expect(refused.errors[0]?.message).toContain(`${kind} ${name}`)
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('goes together with another module that is made of it, in one state', async () => {
    for (const name of ['twice', 'worth', 'liked', 'fleet', 'favourites']) await server.admin.data(METADATA.deleteField, { id: fields[name] })
    const members = [{ name: 'vehicle', type: 'REFERENCE', reference: { module: 'vehicle', inverseName: 'services' } }]
    await server.admin.data(METADATA.createModule, { input: { name: 'service', pluralName: 'services', label: 'Service', fields: members } })
    await makeField(server.admin, { module: 'vehicle', name: 'serviced', type: 'ROLLUP', rollup: { relation: 'services', function: 'COUNT' } })
    expect(issuesOf(await sendField(server.admin, 'deleteModule', { name: 'service' }))).toEqual(['name: IN_USE'])
    const { answer } = await server.admin.data(METADATA.apply, { input: [] })
    expect(answer.plan.map(({ action, module, field }: Record<string, string>) => `${action} ${module}.${field}`)).toEqual(
      expect.arrayContaining(['REMOVE vehicle.null', 'REMOVE service.null']),
    )
    // Each comes back alone, with what it is made of as far as that is there.
    const names = async (module: string) =>
      (await server.admin.data(`{ module(name: "${module}") { fields { name } } }`)).module.fields.map(({ name }: { name: string }) => name)
    await server.admin.data(METADATA.restoreModule, { name: 'vehicle' })
    expect(await names('vehicle')).not.toContain('serviced')
    await server.admin.data(METADATA.restoreModule, { name: 'service' })
    expect(await names('vehicle')).toContain('serviced')
    expect(await names('service')).toContain('vehicle')
  })

  test('a computed field is not restored while what it is made of is deleted', async () => {
    const refused = await sendField(server.admin, 'restoreField', { id: fields.worth })
    expect(issuesOf(refused)).toEqual(['id: INPUT_DELETED'])
    expect(refused.errors[0]?.message).toBe('worth is computed from a field that is deleted. Restore that first.')
    await server.admin.data(METADATA.restoreField, { id: fields.fleet })
    await server.admin.data(METADATA.restoreField, { id: fields.worth })
  })
})
