import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'
import { pluginFolder, pluginNamed, refusedStep, step } from './kit.ts'

const READS = { modules: { account: ['READ'], depotSite: ['READ'] } }
const title = `{ name: 'title', type: 'TEXT' }`

/** Ways to build on the plugin depot, and what of them is named in the refusal. Sorted by name. */
const WAYS: Readonly<Record<string, readonly [what: string, thing: string, capabilities: object, definition: string]>> = {
  asks: ['its capabilities name depotSite', 'the module depotSite', { modules: { depotSite: ['READ'] } }, ''],
  computes: [
    'its computed field account.computesIt',
    'the field account.depotCode',
    READS,
    `computed: [{ module: 'account', name: 'computesIt', type: 'String', description: 'x', needs: ['depotCode'], load: async (all) => all.map(() => null) }],`,
  ],
  extends: ['its field depotSite.extendsIt', 'the module depotSite', READS, `fields: [{ module: 'depotSite', name: 'extendsIt', type: 'TEXT' }],`],
  follows: ['its handler watch', 'the module depotSite', { events: ['depotSite'] }, `events: [{ name: 'watch', modules: ['depotSite'], run() {} }],`],
  judges: ['a hook on depotSite', 'the module depotSite', READS, `guards: [{ module: 'depotSite', run() {} }],`],
  refers: [
    'the reference refersThing.site',
    'the module depotSite',
    {},
    `modules: [{ name: 'refersThing', pluralName: 'refersThings', nameField: 'title', fields: [${title}, { name: 'site', type: 'REFERENCE', reference: { module: 'depotSite' } }] }],`,
  ],
  steps: ['transitions of account.depotState', 'the field account.depotState', READS, `transitions: { 'account.depotState': [{ from: '*', to: 'open' }] },`],
}

/** What a plugin builds on of another one, it must say: else it is refused, with what is missing, and works once it says so. */
describe('a plugin that builds on another one', () => {
  const folder = pluginFolder()
  let server: TestServer

  const write = (name: string, version: string, dependsOn?: object): string => {
    const [, , capabilities, definition] = WAYS[name] as (typeof WAYS)[string]
    return folder.write({ name, version, manifest: { capabilities, ...(dependsOn && { dependsOn }) }, definition })
  }

  beforeAll(async () => {
    const depot = folder.write({
      name: 'depot',
      manifest: { capabilities: { modules: { account: ['READ'] } } },
      definition: `modules: [{ name: 'depotSite', pluralName: 'depotSites', nameField: 'title', fields: [${title}] }],
        fields: [{ module: 'account', name: 'depotCode', type: 'TEXT' }, { module: 'account', name: 'depotState', type: 'SELECT', options: [{ value: 'open' }] }],`,
    })
    server = await startTestServer({ environment: { PLUGIN_PATHS: [depot, ...Object.keys(WAYS).map((name) => write(name, '1.0.0'))].join(',') } })
    await step(server.admin, 'enablePlugin', 'depot')
  }, 60_000)
  afterAll(async () => {
    await server?.close()
    folder.remove()
  })

  const refusal = (name: string) =>
    `The plugin ${name} builds on ${WAYS[name]?.[1]} of the plugin depot (${WAYS[name]?.[0]}). Name depot in its dependsOn, with the versions that it is written for.`

  for (const name of Object.keys(WAYS)) {
    test(`is refused where it ${name} and does not say so`, async () => {
      expect((await refusedStep(server.admin, 'enablePlugin', name))?.message).toContain(refusal(name))
      expect((await pluginNamed(server.admin, name)).state).toBe('installed')
    })
  }

  test('is refused likewise while the other one is switched off', async () => {
    await step(server.admin, 'disablePlugin', 'depot')
    try {
      for (const name of ['judges', 'refers', 'follows']) expect((await refusedStep(server.admin, 'enablePlugin', name))?.message).toContain(refusal(name))
    } finally {
      await step(server.admin, 'enablePlugin', 'depot')
    }
  })

  test('is enabled once it says so, and the other one stays as long as it does', async () => {
    for (const name of Object.keys(WAYS)) {
      write(name, '1.0.1', { depot: '^1.0.0' })
      expect((await step(server.admin, 'enablePlugin', name)).state).toBe('enabled')
    }
    expect((await refusedStep(server.admin, 'disablePlugin', 'depot'))?.message).toMatch(/needs the plugin depot/)
  }, 60_000)
})
