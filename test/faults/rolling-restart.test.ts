import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Balancer, startBalancer } from '../support/balancer.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually, temporaryDirectory } from '../support/guanxi-process.ts'
import { drawnCases, PROVE, tell } from '../support/nodes.ts'
import { exchange } from './exchange.ts'
import { leftOver, warmResources } from './resources.ts'
import { type Experiment, ORDINARY, openExperiment } from './run.ts'
import { freePort, type ServerProcess, startServerProcess, troublesOf } from './server-process.ts'
import { withClient } from './world.ts'

/** F2: two processes behind a balancer are told to stop by SIGTERM, one after the other, and others take their places. */
const ROUNDS = drawnCases(1, 1, 5)
/** Milliseconds from SIGTERM to the end: what is promised, and what a busy machine gets. */
const EXIT = PROVE ? 10_000 : 20_000
const SEED = Number(process.env.GUANXI_SEED ?? 2)

let database: TestDatabase
let directories: Awaited<ReturnType<typeof temporaryDirectory>>[]
let ports: number[]
let nodes: ServerProcess[]
let balancer: Balancer
let experiment: Experiment

function start(index: number, environment: Readonly<Record<string, string>> = {}): ServerProcess {
  const { path } = directories[index] as (typeof directories)[number]
  return startServerProcess({ databaseUrl: database.url, port: ports[index] as number, directory: path, environment })
}

beforeAll(async () => {
  database = await openTestDatabase()
  directories = [await temporaryDirectory(), await temporaryDirectory()]
  ports = [await freePort(), await freePort()]
  nodes = []
  // One after the other: the first start may have to build, and makes the administrator.
  for (const index of [0, 1]) {
    nodes.push(start(index))
    await nodes[index]?.ready()
  }
  balancer = await startBalancer(ports)
  experiment = await openExperiment({ url: balancer.url, databaseUrl: database.url, seed: SEED })
}, 150_000)
afterAll(async () => {
  await experiment?.close()
  await balancer?.close()
  for (const node of nodes ?? []) {
    node.signal('SIGKILL')
    await node.finished
  }
  for (const directory of directories ?? []) await directory.remove()
  await database?.close()
}, 60_000)

test(
  'a rolling restart fails no request, and followers go on',
  async () => {
    const { world, history, followers } = experiment
    const before = await warmResources(nodes[1]?.url as string, nodes[1]?.pid as number, world)
    const troubles: string[] = []
    const exits: number[] = []
    await experiment.begin()
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const index of [0, 1]) {
        await experiment.work(25)
        const began = performance.now()
        history.note(`SIGTERM to ${index}`)
        nodes[index]?.signal('SIGTERM')
        const finished = await (nodes[index] as ServerProcess).finished
        exits.push(performance.now() - began)
        history.note(`${index} ended`)
        troubles.push(...troublesOf(finished))
        if (finished.code !== 0) troubles.push(`exit code ${finished.code}`)
        nodes[index] = start(index)
        await nodes[index].ready()
      }
    }
    await experiment.work(25)
    await experiment.end()
    const { requests } = experiment.run().workload
    const failed = requests.filter(({ status, code }) => status !== 200 || (code !== undefined && !ORDINARY.has(code)))
    const closes = followers.flatMap((follower) => follower.closes)
    tell(
      `F2: ${exits.length} restarts, exits after ${exits.map(Math.round).join(', ')} ms; ${requests.length} requests, ${failed.length} failed; sockets closed by ${closes}; ${experiment.figures().text}`,
    )
    await experiment.expectSound([
      ...troubles,
      ...failed.map(({ status, code, detail }) => `failed: ${status} ${code} ${JSON.stringify(detail)}`),
      ...(await leftOver(before, nodes[1]?.pid as number, world)),
    ])
    // Each follower was on one of them, and after that on the other one, at the latest.
    expect(closes.length).toBeGreaterThanOrEqual(followers.length * ROUNDS)
    expect(closes.filter((code) => code !== 1001 && code !== 1012)).toEqual([])
    expect(Math.max(...exits)).toBeLessThan(EXIT)
  },
  ROUNDS * 120_000 + 90_000,
)

/** A request that waits for a row which somebody else holds. */
async function stuck(work: (node: ServerProcess, answer: ReturnType<typeof exchange>) => Promise<void>, environment = {}): Promise<void> {
  const { world } = experiment
  const [actor] = world.actors
  const id = actor?.shared[0] as string
  nodes[0]?.signal('SIGTERM')
  await nodes[0]?.finished
  const node = start(0, environment)
  nodes[0] = node
  await node.ready()
  await withClient(database.url, async (raw) => {
    await raw.query('BEGIN')
    const { rows } = await raw.query('SELECT version FROM accounts WHERE id = $1 FOR UPDATE', [id])
    const answer = exchange({
      url: node.url,
      token: actor?.token as string,
      query: 'mutation ($id: ID!) { updateAccount(id: $id, input: { description: "stuck" }) { changeSetId } }',
      variables: { id },
      requestId: 'stuck',
      patience: 60_000,
    })
    await eventually(
      async () => (await raw.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`)).rowCount === 1,
    )
    await work(node, answer)
    await raw.query('ROLLBACK')
    // Its session finds out that nobody is there any more, and commits nothing.
    await eventually(async () => {
      const { rowCount } = await raw.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%accounts%' AND state <> 'idle' AND pid <> pg_backend_pid()`,
      )
      return rowCount === 0
    })
    expect((await raw.query('SELECT version FROM accounts WHERE id = $1', [id])).rows).toEqual(rows)
  })
}

test('a second SIGTERM ends a process at once that waits for a request', async () => {
  await stuck(async (node, answer) => {
    node.signal('SIGTERM')
    // So long it is the same Ctrl-C, come through npm once more.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    const began = performance.now()
    node.signal('SIGTERM')
    expect((await node.finished).code).toBe(130)
    expect(performance.now() - began).toBeLessThan(PROVE ? 500 : 3_000)
    expect((await answer).outcome).toBe('unknown')
  })
}, 60_000)

test('a request that does not end keeps a process no longer than DRAIN_TIMEOUT and a little', async () => {
  await stuck(
    async (node, answer) => {
      const began = performance.now()
      node.signal('SIGTERM')
      const { code, stderr } = await node.finished
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(performance.now() - began).toBeLessThan(10_000)
      expect((await answer).outcome).toBe('unknown')
    },
    { DRAIN_TIMEOUT: '1000' },
  )
}, 60_000)
