import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf } from '../support/client.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { type NodeProcess, startNode } from '../support/nodes.ts'
import { eventually, pluginFolder, pluginNamed, refusedStep, step } from './kit.ts'

const PLUGIN = (say: string) =>
  `modules: [{ name: 'sharedThing', pluralName: 'sharedThings', nameField: 'title', fields: [{ name: 'title', type: 'TEXT' }] }],
   capabilities: { modules: { account: ['READ'] }, events: ['account'], jobs: true },
   guards: [{ module: 'account', run(changes) { for (const change of changes) if (change.after.name === 'refuse') change.refuse('name', 'NO', '${say}') } }],
   events: [{ name: 'count', modules: ['account'], on: ['CREATED'], run: (events, context) => context.once((records) => records.create('sharedThing', events.map(({ id }) => ({ title: id })))) }],`
const MANIFEST = { capabilities: { modules: { account: ['READ'] }, events: ['account'], jobs: true } }
const THINGS = '{ sharedThings { totalCount } }'
const CREATE = 'mutation ($name: String!) { createAccount(input: {name: $name}) { account { id } } }'

/** Several processes on one database: what is done with a plugin on one holds on all, or the answer says why it cannot. */
describe('plugins on two processes', () => {
  const [here, there] = [pluginFolder(), pluginFolder()]
  let database: TestDatabase
  let first: NodeProcess
  let second: NodeProcess
  const start = (path: string, environment: object = {}) => startNode(database.url, { environment: { PLUGIN_PATHS: path, GUANXI_ROLE: 'all', ...environment } })
  const write = (folder: ReturnType<typeof pluginFolder>, version: string) =>
    folder.write({ name: 'shared', version, manifest: MANIFEST, definition: PLUGIN(version) })

  beforeAll(async () => {
    database = await openTestDatabase()
    first = await start(write(here, '1.0.0'))
    second = await start(there.root)
  }, 120_000)
  afterAll(async () => {
    await second?.close()
    await first?.close()
    await database?.close()
    here.remove()
    there.remove()
  })

  test('a plugin that a live process has not is not enabled, and the process is named', async () => {
    const error = await refusedStep(first.admin, 'enablePlugin', 'shared')
    expect(error?.extensions.code).toBe('VALIDATION_FAILED')
    expect(error?.message).toContain(String(second.pid))
    expect((await pluginNamed(first.admin, 'shared')).state).toBe('installed')
    expect(codesOf(await first.admin.send(THINGS))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    await second.close()
    second = await start(write(there, '1.0.0'))
  }, 60_000)

  test('enabling, disabling and upgrading on one holds on both when it is answered', async () => {
    for (let round = 0; round < 3; round += 1) {
      await step(first.admin, 'enablePlugin', 'shared')
      for (const node of [first, second]) {
        expect((await node.admin.data(THINGS)).sharedThings.totalCount).toBe(0)
        expect(codesOf(await node.admin.send(CREATE, { name: 'refuse' }))).toEqual(['VALIDATION_FAILED'])
      }
      await step(second.admin, 'disablePlugin', 'shared')
      for (const node of [first, second]) expect(codesOf(await node.admin.send(THINGS))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    }
    await step(first.admin, 'enablePlugin', 'shared')
    write(here, '1.1.0')
    expect((await refusedStep(first.admin, 'upgradePlugin', 'shared'))?.message).toContain('has not version 1.1.0')
    write(there, '1.1.0')
    await step(first.admin, 'upgradePlugin', 'shared')
    for (const node of [first, second]) {
      const { errors } = await node.admin.send(CREATE, { name: 'refuse' })
      expect(errors[0]?.message).toBe('1.1.0')
    }
  }, 90_000)

  test('a handler of events takes effect once for each event, whichever process is killed', async () => {
    for (let index = 0; index < 40; index += 1) {
      await first.admin.data(CREATE, { name: `account ${index}` })
      if (index === 20) process.kill(second.pid, 'SIGKILL')
    }
    await eventually(async () => (await first.admin.data(THINGS)).sharedThings.totalCount >= 40, 50_000)
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect((await first.admin.data(THINGS)).sharedThings.totalCount).toBe(40)
    await second.close()
  }, 90_000)

  test('a process without the code serves, says so, and lets nothing past the hooks', async () => {
    second = await start(here.root)
    expect((await second.admin.data(THINGS)).sharedThings.totalCount).toBe(40)
    expect(codesOf(await second.admin.send(CREATE, { name: 'past the hook' }))).toEqual(['PLUGIN_UNAVAILABLE'])
    await first.admin.data(CREATE, { name: 'fine' })
    const shown = await pluginNamed(first.admin, 'shared')
    expect(shown.state).toBe('enabled')
    expect(shown.lastError).toContain(String(second.pid))
    await second.close()
  }, 60_000)

  test('where no process has the code any more, the plugin is out of service and the server serves', async () => {
    await first.close()
    here.write({ name: 'shared', version: '1.1.0', manifest: MANIFEST, prelude: `throw new Error('broken by hand')` })
    first = await start(`${here.root}/shared`)
    await eventually(async () => (await pluginNamed(first.admin, 'shared')).state === 'quarantined')
    expect((await pluginNamed(first.admin, 'shared')).lastError).toContain('broken by hand')
    await eventually(async () => codesOf(await first.admin.send(THINGS))[0] === 'GRAPHQL_VALIDATION_FAILED')
    await first.admin.data(CREATE, { name: 'refuse' })
    write(here, '1.1.0')
    await step(first.admin, 'enablePlugin', 'shared')
    expect((await first.admin.data(THINGS)).sharedThings.totalCount).toBeGreaterThanOrEqual(40)
  }, 60_000)

  test('after a restart with a later version alone, that is in service, and a data migration has run', async () => {
    await first.close()
    here.write({
      name: 'shared',
      version: '1.2.0',
      manifest: MANIFEST,
      definition: `${PLUGIN('1.2.0')} lifecycle: { onUpgrade: (from, { records }) => records.change((changes) => changes.create('sharedThing', [{ title: 'from ' + from }])) }`,
    })
    first = await start(`${here.root}/shared`)
    await eventually(async () => (await pluginNamed(first.admin, 'shared')).version === '1.2.0', 20_000)
    expect((await first.admin.send(CREATE, { name: 'refuse' })).errors[0]?.message).toBe('1.2.0')
    await eventually(async () => (await first.admin.data('{ sharedThings(filter: {title: {eq: "from 1.1.0"}}) { totalCount } }')).sharedThings.totalCount === 1)
  }, 60_000)

  test('a process that is killed while a plugin begins leaves nothing half done: another one, or the next, takes the step again', async () => {
    // A process is held up, to be killed, unless its environment says otherwise.
    const held = (what: string) =>
      `if (!process.env.BEGINS_AT_ONCE) { await context.records.change((changes) => changes.create('cutThing', [{ title: '${what}' }])); await new Promise((resolve) => setTimeout(resolve, 60_000)) }`
    const definition = (version: string) => `
      modules: [{ name: 'cutThing', pluralName: 'cutThings', nameField: 'title', fields: [{ name: 'title', type: 'TEXT' }] }],
      migrations: [{ name: 'once${version[0]}', run: ({ once }) => once((records) => records.create('cutThing', [{ title: 'migration ${version[0]}' }])) }],
      lifecycle: {
        onEnable: async (context) => { ${held('enable began')} await context.records.change((changes) => changes.create('cutThing', [{ title: 'enabled' }])) },
        onUpgrade: async (from, context) => { ${held('upgrade began')} await context.records.change((changes) => changes.create('cutThing', [{ title: 'upgraded from ' + from }])) },
      },`
    const cut = pluginFolder()
    const titles = async () =>
      (await second.admin.data('{ cutThings(first: 100, orderBy: [{title: ASC}]) { nodes { title } } }')).cutThings.nodes.map(
        ({ title }: { title: string }) => title,
      )
    const has = async (title: string) => (await titles().catch(() => [])).includes(title)
    try {
      const path = cut.write({ name: 'cut', definition: definition('1.0.0') })
      await first.close()
      await second.close()
      first = await start(path)
      second = await start(path, { BEGINS_AT_ONCE: '1' })
      const asked = step(first.admin, 'enablePlugin', 'cut').catch(() => {})
      await eventually(() => has('enable began'), 20_000)
      process.kill(first.pid, 'SIGKILL')
      await asked
      await eventually(() => has('enabled'), 20_000)
      expect(await titles()).toEqual(['enable began', 'enabled', 'migration 1'])

      first = await start(path)
      cut.write({ name: 'cut', version: '2.0.0', definition: definition('2.0.0') })
      const asking = step(first.admin, 'upgradePlugin', 'cut').catch(() => {})
      await eventually(() => has('upgrade began'), 20_000)
      process.kill(first.pid, 'SIGKILL')
      process.kill(second.pid, 'SIGKILL')
      await asking
      second = await start(path, { BEGINS_AT_ONCE: '1' })
      await eventually(() => has('upgraded from 1.0.0'), 20_000)
      expect(await titles()).toEqual(['enable began', 'enabled', 'migration 1', 'migration 2', 'upgrade began', 'upgraded from 1.0.0'])
      expect(await pluginNamed(second.admin, 'cut')).toMatchObject({ state: 'enabled', version: '2.0.0' })
    } finally {
      cut.remove()
    }
  }, 120_000)
})
