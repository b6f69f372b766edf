import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, issuesOf, type TestClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { pluginFolder, pluginNamed, refusedStep, step, WARRANTY } from './kit.ts'

const CREATE = 'mutation ($input: CreateWarrantyClaimInput!) { createWarrantyClaim(input: $input) { warrantyClaim { id title months status version } } }'

interface AuditRow {
  readonly action: string
  readonly actor: { readonly name: string } | null
  readonly result: string
}

/** A plugin's life over the API of one server, in the order of the tests. */
describe('a plugin', () => {
  const folder = pluginFolder()
  let server: TestServer
  let admin: TestClient

  beforeAll(async () => {
    const unhurried = folder.write({ name: 'unhurried', prelude: 'await new Promise((resolve) => setTimeout(resolve, 5200))' })
    server = await startTestServer({ environment: { PLUGIN_PATHS: `${WARRANTY},${unhurried}` } })
    admin = server.admin
  })
  afterAll(async () => {
    await server?.close()
    folder.remove()
  })

  test('is found, told of with what it asks for, and not at work before it is enabled', async () => {
    const plugin = await pluginNamed(admin, 'warranty')
    expect(plugin).toMatchObject({ name: 'warranty', version: '1.0.0', state: 'installed', lastError: null, settingsSchema: null })
    expect(plugin.capabilities).toEqual({
      modules: { account: ['READ', 'UPDATE'], opportunity: ['READ'], user: ['READ'] },
      events: ['account'],
      jobs: true,
      routes: true,
      system: true,
    })
    expect(codesOf(await admin.send('{ warrantyClaims { totalCount } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
  })

  test('is the affair of administrators alone', async () => {
    const { client } = await server.addUser('Sally Rep', 'sales_rep')
    expect(codesOf(await client.send('{ plugins { name } }'))).toEqual(['FORBIDDEN'])
    for (const mutation of ['enablePlugin', 'disablePlugin', 'upgradePlugin', 'uninstallPlugin', 'purgePlugin'])
      expect((await refusedStep(client, mutation, 'warranty'))?.extensions.code).toBe('FORBIDDEN')
    expect((await refusedStep(server.anonymous, 'enablePlugin', 'warranty'))?.extensions.code).toBe('UNAUTHENTICATED')
    expect((await pluginNamed(admin, 'warranty')).state).toBe('installed')
  })

  test('that has never been enabled is neither disabled nor uninstalled, upgraded or purged, and stays installed', async () => {
    for (const mutation of ['disablePlugin', 'uninstallPlugin', 'upgradePlugin', 'purgePlugin']) {
      const error = await refusedStep(admin, mutation, 'warranty')
      expect([mutation, error?.extensions.code, error?.message]).toEqual([mutation, 'VALIDATION_FAILED', expect.stringContaining('has never been enabled')])
    }
    expect((await pluginNamed(admin, 'warranty')).state).toBe('installed')
  })

  test('is enabled while the server runs: its modules and fields are served, and its hooks judge', async () => {
    expect(await step(admin, 'enablePlugin', 'warranty')).toEqual({ name: 'warranty', state: 'enabled', version: '1.0.0', lastError: null })
    const made = await admin.data('{ warrantyClaims { nodes { title months createdBy { name } } } }')
    expect(made.warrantyClaims.nodes).toEqual([{ title: 'made at the beginning', months: 12, createdBy: { name: 'Plugin warranty' } }])
    const { createWarrantyClaim } = await admin.data(CREATE, { input: { title: 'A broken wheel' } })
    expect(createWarrantyClaim.warrantyClaim).toMatchObject({ title: 'A broken wheel', months: 12, status: 'open', version: 1 })
    const refused = await admin.send(CREATE, { input: { title: 'ab', months: 99 } })
    expect(issuesOf(refused).sort()).toEqual(['input.months: TOO_LONG', 'input.title: TOO_SHORT'])
    expect(await admin.data('{ accounts { nodes { warrantyUntil openClaims } } }')).toEqual({ accounts: { nodes: [] } })
  })

  test('whose code loads for longer than an operation waits for rights and schema to settle, is enabled all the same', async () => {
    expect(await step(admin, 'enablePlugin', 'unhurried')).toEqual({ name: 'unhurried', state: 'enabled', version: '1.0.0', lastError: null })
  }, 60_000)

  test('stands in the audit', async () => {
    const { auditLog } = await admin.data('{ auditLog(first: 200) { nodes { action actor { name } result } } }')
    const actions = auditLog.nodes.map(({ action, actor, result }: AuditRow) => `${action} ${actor?.name} ${result}`)
    expect(actions).toEqual(
      expect.arrayContaining([
        'plugin.enable Administrator ok',
        'plugin.serviceUser System ok',
        'plugin.asSystem Plugin warranty ok',
        'plugin.asSystem Administrator ok',
      ]),
    )
  })

  test('goes by the role of its service user, which administrators may narrow for good', async () => {
    const { roles } = await admin.data('{ roles { key grants { module actions } } }')
    const granted = (all: { key: string; grants: { module: string; actions: string[] }[] }[]) =>
      all
        .find(({ key }) => key === 'plugin_warranty')
        ?.grants.map(({ module }) => module)
        .sort()
    expect(granted(roles)).toEqual(['account', 'opportunity', 'user', 'warrantyClaim'])
    const grants = [{ module: 'warrantyClaim', actions: ['CREATE', 'READ'], scope: 'ALL' }]
    await admin.data('mutation ($grants: [RoleGrantInput!]!) { updateRole(key: "plugin_warranty", input: {grants: $grants}) { role { key } } }', { grants })
    await step(admin, 'disablePlugin', 'warranty')
    await step(admin, 'enablePlugin', 'warranty')
    expect(granted((await admin.data('{ roles { key grants { module actions } } }')).roles)).toEqual(['warrantyClaim'])
  })

  test('is disabled: what it brought is out of sight, and comes back with its data', async () => {
    expect(await step(admin, 'disablePlugin', 'warranty')).toMatchObject({ state: 'disabled' })
    expect(codesOf(await admin.send('{ warrantyClaims { totalCount } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(codesOf(await admin.send('{ accounts { nodes { warrantyUntil } } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(await step(admin, 'enablePlugin', 'warranty')).toMatchObject({ state: 'enabled' })
    const { warrantyClaims } = await admin.data('{ warrantyClaims { totalCount nodes { title } } }')
    expect(warrantyClaims.nodes.map(({ title }: { title: string }) => title)).toContain('A broken wheel')
  })

  test('keeps its data when it is uninstalled, until it is purged', async () => {
    expect((await refusedStep(admin, 'purgePlugin', 'warranty'))?.message).toMatch(/Uninstall it first/)
    expect(await step(admin, 'uninstallPlugin', 'warranty')).toMatchObject({ state: 'uninstalled' })
    expect(codesOf(await admin.send('{ warrantyClaims { totalCount } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(await step(admin, 'enablePlugin', 'warranty')).toMatchObject({ state: 'enabled' })
    expect((await admin.data('{ warrantyClaims { totalCount } }')).warrantyClaims.totalCount).toBe(5)
    await step(admin, 'uninstallPlugin', 'warranty')
    expect(await step(admin, 'purgePlugin', 'warranty')).toMatchObject({ name: 'warranty', state: 'installed' })
    const { customModules, customFields, roles } = await admin.data(
      '{ customModules(deleted: true) { name } customFields(deleted: true) { name } roles { key } }',
    )
    expect([customModules, customFields]).toEqual([[], []])
    expect(roles.map(({ key }: { key: string }) => key)).not.toContain('plugin_warranty')
    expect(await step(admin, 'enablePlugin', 'warranty')).toMatchObject({ state: 'enabled' })
    expect((await admin.data('{ warrantyClaims { totalCount } }')).warrantyClaims.totalCount).toBe(1)
  })
})

const MODULE = (fields: string) =>
  `modules: [{ name: 'growingThing', pluralName: 'growingThings', nameField: 'title', fields: [{ name: 'title', type: 'TEXT' }${fields}] }]`
const VERSIONS: Readonly<Record<string, string>> = {
  '1.0.0': `${MODULE(", { name: 'size', type: 'INTEGER' }, { name: 'gone', type: 'TEXT' }")}, computed: [{ module: 'growingThing', name: 'word', type: 'String', description: 'x', needs: ['title'], load: async (records) => records.map(() => version) }]`,
  '1.1.0': `${MODULE(", { name: 'size', type: 'DECIMAL' }, { name: 'colour', type: 'TEXT', default: 'green' }")},
    computed: [{ module: 'growingThing', name: 'word', type: 'String', description: 'x', needs: ['title'], load: async (records) => records.map(() => version) }],
    migrations: [{ name: 'colourAll', run: (context) => context.once(async (records) => {
      const all = await records.find('growingThing')
      await records.update('growingThing', all.map(({ id, title }) => ({ id, values: { colour: 'red ' + title } })))
    }) }],
    lifecycle: { onUpgrade: (from, { records }) => records.change((changes) => changes.create('growingThing', [{ title: 'from ' + from }])) }`,
  '2.0.0': `${MODULE(", { name: 'size', type: 'DECIMAL' }")}, graphql: { types: 'type Money { x: Int } extend type Query { growX: Money }', Query: { growX: () => null } }`,
}

describe('an upgrade', () => {
  const folder = pluginFolder()
  let server: TestServer
  const write = (version: string) =>
    folder.write({
      name: 'growing',
      version,
      prelude: `import { version } from './part.js'`,
      definition: VERSIONS[version] as string,
      files: { 'part.js': `export const version = '${version}'\n` },
    })

  beforeAll(async () => {
    server = await startTestServer({ environment: { PLUGIN_PATHS: write('1.0.0') } })
    await step(server.admin, 'enablePlugin', 'growing')
  })
  afterAll(async () => {
    await server?.close()
    folder.remove()
  })

  test('brings new code, fields and data while the server runs, and what leaves can be seen no more', async () => {
    const { admin } = server
    await admin.data('mutation { createGrowingThing(input: {title: "oak", size: 7, gone: "x"}) { changeSetId } }')
    expect((await admin.data('{ growingThings { nodes { word } } }')).growingThings.nodes).toEqual([{ word: '1.0.0' }])
    expect((await refusedStep(admin, 'upgradePlugin', 'growing'))?.message).toMatch(/1\.0\.0 is what this server finds/)
    write('1.1.0')
    expect((await refusedStep(admin, 'enablePlugin', 'growing'))?.message).toMatch(/Call upgradePlugin for 1\.1\.0/)
    expect(await step(admin, 'upgradePlugin', 'growing')).toMatchObject({ state: 'enabled', version: '1.1.0' })
    const { growingThings } = await admin.data('{ growingThings(orderBy: [{title: ASC}]) { nodes { title size colour word } } }')
    expect(growingThings.nodes).toEqual([
      { title: 'from 1.0.0', size: null, colour: 'green', word: '1.1.0' },
      { title: 'oak', size: '7', colour: 'red oak', word: '1.1.0' },
    ])
    expect(codesOf(await admin.send('{ growingThings { nodes { gone } } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
  })

  test('that does not fit changes nothing', async () => {
    const { admin } = server
    write('2.0.0')
    expect((await refusedStep(admin, 'upgradePlugin', 'growing'))?.message).toMatch(/type Money, which is taken/)
    expect(await pluginNamed(admin, 'growing')).toMatchObject({ state: 'enabled', version: '1.1.0', available: '2.0.0' })
    expect((await admin.data('{ growingThings { nodes { word } } }')).growingThings.nodes[0]).toEqual({ word: '1.1.0' })
  })

  test('that fails at its upgrade is out of service, and is told again of the version before when it is enabled', async () => {
    const { admin } = server
    const write = (version: string, definition: string) =>
      folder.write({
        name: 'growing',
        version,
        prelude: `const version = '${version}'`,
        definition: `${VERSIONS['1.1.0']?.replace(/lifecycle: .*/, '')} ${definition}`,
      })
    write('1.2.0', `lifecycle: { onUpgrade() { throw new Error('not yet') } }`)
    expect((await refusedStep(admin, 'upgradePlugin', 'growing'))?.extensions.code).toBe('PLUGIN_UNAVAILABLE')
    expect(await pluginNamed(admin, 'growing')).toMatchObject({ state: 'quarantined', version: '1.2.0', lastError: 'It failed at upgrade: not yet' })
    write(
      '1.3.0',
      `lifecycle: { onUpgrade: (from, { records }) => records.change((changes) => changes.create('growingThing', [{ title: 'mended since ' + from }])), onEnable() { throw new Error('it was enabled before') } }`,
    )
    expect(await step(admin, 'enablePlugin', 'growing')).toMatchObject({ state: 'enabled', version: '1.3.0' })
    expect((await admin.data('{ growingThings(filter: {title: {startsWith: "mended"}}) { nodes { title } } }')).growingThings.nodes).toEqual([
      { title: 'mended since 1.1.0' },
    ])
  })
})
