import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { codesOf } from '../support/client.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { METADATA } from '../support/metadata.ts'
import { drawnCases, type Held, type NodeProcess, percentile, startNode, tell } from '../support/nodes.ts'
import { prepareSteadyLoad, startSteadyLoad } from '../support/steady-load.ts'
import { pluginFolder, step } from './kit.ts'

/** How often the plugin is enabled, upgraded, disabled and uninstalled. */
const ROUNDS = drawnCases(2, 4, 30)
const CLIENTS = 2

/** What may be under way by chance at each of two looks. One leak in a life is more in the full proof. */
const SLACK = 4

const folder = pluginFolder()
let database: TestDatabase
let first: NodeProcess
let second: NodeProcess

const write = (patch: number) =>
  folder.write({
    name: 'busy',
    version: `1.0.${patch}`,
    manifest: { capabilities: { modules: { contact: ['READ'] }, events: ['contact'], jobs: true } },
    prelude: `
      import { Query, Resolver } from 'guanxi/type-graphql'
      class Busy { busyClass() { return 'class' } }
      Query(() => String)(Busy.prototype, 'busyClass', Object.getOwnPropertyDescriptor(Busy.prototype, 'busyClass'))
      Resolver()(Busy)`,
    definition: `
      modules: [{ name: 'busyThing', pluralName: 'busyThings', nameField: 'title', fields: [{ name: 'title', type: 'TEXT' }, { name: 'contact', type: 'REFERENCE', reference: { module: 'contact', inverseName: 'busyThings' } }] }],
      fields: [{ module: 'contact', name: 'busy', type: 'INTEGER' }],
      computed: [{ module: 'contact', name: 'busyWord', type: 'String', description: 'x', needs: ['name'], load: async (records) => records.map(() => 'busy') }],
      guards: [{ module: 'contact', run() {} }],
      events: [{ name: 'follow', modules: ['contact'], run: async () => {} }],
      jobs: [{ name: 'tick', cron: '* * * * *', run: async () => {} }],
      timers: [{ name: 'later', module: 'contact', at: () => '2100-01-01', run: async () => {} }],
      graphql: { resolvers: [Busy], types: 'type BusyPart { a: Int } extend type Query { busyPart: BusyPart }', Query: { busyPart: () => ({ a: ${patch} }) } },
      validations: [{ module: 'contact', field: 'name', code: 'NEVER', check: () => null }],`,
  })

beforeAll(async () => {
  const path = write(0)
  database = await openTestDatabase()
  const environment = { PLUGIN_PATHS: path, GUANXI_ROLE: 'all', COUNT_HELD: '1' }
  first = await startNode(database.url, { environment })
  second = await startNode(database.url, { environment, deaf: true })
  const { schemaVersion } = (await first.admin.data(METADATA.createField, { input: { module: 'account', name: 'steady', type: 'TEXT' } })).answer
  await second.admin.send('{ schemaVersion }', {}, { headers: { 'x-min-schema-version': String(schemaVersion) } })
  await prepareSteadyLoad(first.admin)
}, 120_000)
afterAll(async () => {
  await Promise.all([first, second].map((node) => node?.close()))
  await database?.close()
  folder.remove()
})

/** What both processes and the database hold that could have come from the plugin. */
async function heldBy() {
  const nodes = [await first.held(), await second.held()]
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    const { rows } = await client.query<{ connections: number; jobs: number; followers: number }>(`SELECT
      (SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database()) AS connections,
      (SELECT count(*)::int FROM graphile_worker._private_jobs WHERE key LIKE 'plugin busy %') AS jobs,
      (SELECT count(*)::int FROM follower WHERE name LIKE 'plugin busy %') AS followers`)
    const { __schema } = await first.admin.data('{ __schema { types { name } } }')
    return { nodes, ...(rows[0] as (typeof rows)[number]), types: __schema.types.length as number }
  } finally {
    await client.end()
  }
}

// The second process hears no signal: what it knows, it knows by looking.
test(
  `a plugin lives ${ROUNDS} lives under load: nothing fails that does not touch it, what does gets a clear code, and nothing is left`,
  async () => {
    await step(first.admin, 'enablePlugin', 'busy')
    await step(first.admin, 'disablePlugin', 'busy')
    await step(first.admin, 'uninstallPlugin', 'busy')
    const memory = await Promise.all([first.memory(), second.memory()])
    const atFirst = await heldBy()
    const load = startSteadyLoad([first, second].flatMap(({ admin }) => Array.from({ length: CLIENTS }, () => admin)))
    const touching: string[] = []
    let over = false
    const touch = (async () => {
      while (!over) {
        for (const node of [first, second])
          touching.push(
            codesOf(await node.admin.send('{ busyThings { nodes { title } } busyPart { a } busyClass contacts(first: 1) { nodes { busy busyWord } } }'))[0] ??
              'ok',
          )
        await delay(50)
      }
    })()
    await delay(2_000)
    const before = load.take()
    for (let round = 1; round <= ROUNDS; round += 1) {
      await step(first.admin, 'enablePlugin', 'busy')
      write(round)
      await step(second.admin, 'upgradePlugin', 'busy')
      await step(first.admin, 'disablePlugin', 'busy')
      await step(second.admin, 'enablePlugin', 'busy')
      await step(first.admin, 'uninstallPlugin', 'busy')
    }
    const during = load.take()
    over = true
    await Promise.all([load.stop(), touch])
    const [p99Before, p99During] = [before, during].map((times) => percentile(times, 0.99)) as [number, number]
    const after = await Promise.all([first.memory(), second.memory()])
    const left = await heldBy()
    tell(
      `${ROUNDS * 5} steps of a plugin under load: ${load.requests} requests, ${load.failures.length} failed; p99 ${p99Before.toFixed(1)} ms before, ${p99During.toFixed(1)} ms during; ` +
        `heap ${memory.map(({ heap }) => (heap / 1e6).toFixed(1)).join(' and ')} MB before, ${after.map(({ heap }) => (heap / 1e6).toFixed(1)).join(' and ')} MB after`,
    )
    expect(load.failures).toEqual([])
    expect([...new Set(touching)].sort()).toEqual(expect.arrayContaining(['GRAPHQL_VALIDATION_FAILED', 'ok']))
    expect(touching.filter((code) => !['ok', 'GRAPHQL_VALIDATION_FAILED', 'SCHEMA_CHANGED', 'PLUGIN_UNAVAILABLE'].includes(code))).toEqual([])
    for (const { schemas } of after) expect(schemas).toBeLessThanOrEqual(3)
    tell(`held at first ${JSON.stringify(atFirst)}, and at the end ${JSON.stringify(left)}`)
    for (const [index, { timers, sockets, listeners, decorated }] of left.nodes.entries()) {
      const before = atFirst.nodes[index] as Held
      expect(timers).toBeLessThanOrEqual(before.timers + SLACK)
      // Clients keep theirs open for a while.
      expect(sockets).toBeLessThanOrEqual(before.sockets + 2 * SLACK)
      expect([listeners, decorated]).toEqual([before.listeners, before.decorated])
    }
    expect(left.connections).toBeLessThanOrEqual(atFirst.connections + SLACK)
    expect(left.jobs).toBeLessThanOrEqual(Math.max(atFirst.jobs, 4))
    expect([left.followers, left.types]).toEqual([atFirst.followers, atFirst.types])
  },
  120_000 + ROUNDS * 60_000,
)
