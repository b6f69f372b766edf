import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { TestClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { pluginFolder, pluginNamed, refusedStep, step } from './kit.ts'

const FIELDS = '{ __type(name: "FleetCar") { fields { name } } }'

/** A field that leads to another plugin's records exists while that plugin does. */
describe('a field that is there only while another plugin is', () => {
  const folder = pluginFolder()
  let server: TestServer
  let admin: TestClient
  let car: string

  const fieldNames = async (): Promise<string[]> => (await admin.data(FIELDS)).__type.fields.map(({ name }: { name: string }) => name)
  const makeDepot = async (): Promise<string> =>
    (await admin.data('mutation { createDepotSite(input: {name: "North"}) { depotSite { id } } }')).createDepotSite.depotSite.id

  beforeAll(async () => {
    const fleet = folder.write({
      name: 'fleet',
      manifest: { dependsOn: { depot: { version: '^1.0.0', optional: true } }, capabilities: { modules: { account: ['READ'] } } },
      definition: `modules: [{ name: 'fleetCar', pluralName: 'fleetCars', fields: [{ name: 'name', type: 'TEXT', required: true },
          { name: 'site', type: 'REFERENCE', whenPlugin: 'depot', reference: { module: 'depotSite', inverseName: 'cars' } }] }],
        fields: [{ module: 'account', name: 'fleetSite', type: 'REFERENCE', whenPlugin: 'depot', reference: { module: 'depotSite' } }]`,
    })
    // They ask for each other, and can do without each other.
    const depot = folder.write({
      name: 'depot',
      manifest: { dependsOn: { fleet: { version: '^1.0.0', optional: true } } },
      definition: `modules: [{ name: 'depotSite', pluralName: 'depotSites', fields: [{ name: 'name', type: 'TEXT', required: true },
          { name: 'first', type: 'REFERENCE', whenPlugin: 'fleet', reference: { module: 'fleetCar' } }] }]`,
    })
    const hasty = folder.write({
      name: 'hasty',
      definition: `modules: [{ name: 'hastyThing', pluralName: 'hastyThings', fields: [{ name: 'name', type: 'TEXT' }, { name: 'site', type: 'TEXT', whenPlugin: 'depot' }] }]`,
    })
    server = await startTestServer({ environment: { PLUGIN_PATHS: [fleet, depot, hasty].join(',') } })
    admin = server.admin
    await step(admin, 'enablePlugin', 'fleet')
    car = (await admin.data('mutation { createFleetCar(input: {name: "Van"}) { fleetCar { id } } }')).createFleetCar.fleetCar.id
  })
  afterAll(async () => {
    await server?.close()
    folder.remove()
  })

  test('comes with it, goes with it, and keeps its values meanwhile', async () => {
    expect(await fieldNames()).not.toContain('site')
    await step(admin, 'enablePlugin', 'depot')
    expect(await fieldNames()).toContain('site')
    const site = await makeDepot()
    const UPDATE = 'mutation ($id: ID!, $site: ID!) { updateFleetCar(id: $id, input: {site: {id: $site}}) { fleetCar { site { name } } } }'
    await admin.data(UPDATE, { id: car, site })
    await admin.data('mutation ($id: ID!, $car: ID!) { updateDepotSite(id: $id, input: {first: {id: $car}}) { changeSetId } }', { id: site, car })
    await step(admin, 'disablePlugin', 'depot')
    expect(await fieldNames()).not.toContain('site')
    // The other plugin is upgraded, switched off and on without it: the field waits.
    await step(admin, 'disablePlugin', 'fleet')
    await step(admin, 'enablePlugin', 'fleet')
    expect(await fieldNames()).not.toContain('site')
    await step(admin, 'enablePlugin', 'depot')
    expect(await admin.data('query ($id: ID!) { fleetCar(id: $id) { name site { name first { name } cars { totalCount } } } }', { id: car })).toEqual({
      fleetCar: { name: 'Van', site: { name: 'North', first: { name: 'Van' }, cars: { totalCount: 1 } } },
    })
    const account = (
      await admin.data('mutation ($site: ID!) { createAccount(input: {name: "A", fleetSite: {id: $site}}) { account { fleetSite { name } } } }', { site })
    ).createAccount.account
    expect(account).toEqual({ fleetSite: { name: 'North' } })
  }, 60_000)

  test('is given up with the records that it leads to, and made anew', async () => {
    await step(admin, 'uninstallPlugin', 'depot')
    await step(admin, 'purgePlugin', 'depot')
    expect(await fieldNames()).not.toContain('site')
    await step(admin, 'enablePlugin', 'depot')
    expect(await admin.data('query ($id: ID!) { fleetCar(id: $id) { name site { name } } }', { id: car })).toEqual({ fleetCar: { name: 'Van', site: null } })
    expect(await pluginNamed(admin, 'fleet')).toMatchObject({ state: 'enabled', lastError: null })
  }, 60_000)

  test('waits for an optional dependency alone', async () => {
    const refused = await refusedStep(admin, 'enablePlugin', 'hasty')
    expect(JSON.stringify(refused?.extensions['issues'])).toContain('hastyThing.site waits for the plugin depot, which is no optional dependency')
  })
})
