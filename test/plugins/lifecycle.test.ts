import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, issuesOf, type TestClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { pluginNamed, refusedStep, step, WARRANTY } from './kit.ts'

const CREATE = 'mutation ($input: CreateWarrantyClaimInput!) { createWarrantyClaim(input: $input) { warrantyClaim { id title months status version } } }'

interface AuditRow {
  readonly action: string
  readonly actor: { readonly name: string } | null
  readonly result: string
}

/** A plugin's life over the API of one server, in the order of the tests. */
describe('a plugin', () => {
  let server: TestServer
  let admin: TestClient

  beforeAll(async () => {
    server = await startTestServer({ environment: { PLUGIN_PATHS: WARRANTY } })
    admin = server.admin
  })
  afterAll(() => server?.close())

  test('is found, told of with what it asks for, and not at work before it is enabled', async () => {
    const plugin = await pluginNamed(admin, 'warranty')
    expect(plugin).toMatchObject({ name: 'warranty', version: '1.0.0', state: 'installed', lastError: null, settingsSchema: null })
    expect(plugin.capabilities).toEqual({
      modules: { account: ['READ', 'UPDATE'], opportunity: ['READ'], user: ['READ'] },
      events: ['account'],
      jobs: true,
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

  test('is disabled: what it brought is out of sight, and comes back with its data', async () => {
    expect(await step(admin, 'disablePlugin', 'warranty')).toMatchObject({ state: 'disabled' })
    expect(codesOf(await admin.send('{ warrantyClaims { totalCount } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(codesOf(await admin.send('{ accounts { nodes { warrantyUntil } } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(await step(admin, 'enablePlugin', 'warranty')).toMatchObject({ state: 'enabled' })
    const { warrantyClaims } = await admin.data('{ warrantyClaims { totalCount nodes { title } } }')
    expect(warrantyClaims.nodes.map(({ title }: { title: string }) => title)).toContain('A broken wheel')
  })
})
