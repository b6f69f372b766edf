import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/guanxi-process.ts'
import { PROVE, tell } from '../support/nodes.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import type { Probe } from './probe.ts'
import { leftOver, poolOf, warmResources } from './resources.ts'
import { type Experiment, openExperiment } from './run.ts'
import { type Supervised, supervise, troublesOf } from './server-process.ts'
import { withClient } from './world.ts'

/**
 * F10: the network between the server and PostgreSQL is cut, half-open: bytes are swallowed, and nobody closes anything. Or it stands still, and what was under
 * way arrives much later, when those who sent it have given up.
 */
const CUTS: readonly ('lost' | 'frozen')[] = PROVE ? ['lost', 'frozen', 'lost'] : ['lost']
/** Milliseconds for which it is cut. */
const AWAY = PROVE ? 60_000 : 6_000
const STATEMENT_TIMEOUT = 2_000
/** Milliseconds that a request takes at most: 5 s in the queue of the pool and 5 s for a new connection, or the statement on one that is lost, and what a busy machine adds. */
const LONGEST = 5_000 + Math.max(5_000, STATEMENT_TIMEOUT + 1_000) + (PROVE ? 1_000 : 6_000)
/** Milliseconds from the mending until all is well, and until signals and places are (their connections are given up after 15 and 11 seconds). */
const WELL = PROVE ? 10_000 : 25_000
const RESUMED = 35_000
const SEED = Number(process.env.GUANXI_SEED ?? 10)

let database: TestDatabase
let proxy: TcpProxy
let server: Supervised
let experiment: Experiment

beforeAll(async () => {
  database = await openTestDatabase()
  const { hostname, port } = new URL(database.url)
  proxy = await startTcpProxy({ host: hostname, port: Number(port || 5432) })
  const through = new URL(database.url)
  through.host = `127.0.0.1:${proxy.port}`
  server = await supervise(through.href, { STATEMENT_TIMEOUT: String(STATEMENT_TIMEOUT), DRAIN_TIMEOUT: '1000' })
  experiment = await openExperiment({ url: server.url, databaseUrl: database.url, seed: SEED, patience: 2 * LONGEST })
}, 150_000)
afterAll(async () => {
  await experiment?.close()
  await server?.stop()
  await proxy?.close()
  await database?.close()
}, 60_000)

/** What was wrong while the network was cut. */
function flawsOf({ at, health, ready, query }: Probe): string[] {
  return [
    health !== 200 && `/health answered ${health}`,
    at > STATEMENT_TIMEOUT + 2_000 && ready !== 503 && `/ready answered ${ready}`,
    query.outcome !== 'ok' && query.code !== 'UNAVAILABLE' && `a query was answered ${query.status} ${query.code}`,
    query.milliseconds > LONGEST && `a query was answered after ${Math.round(query.milliseconds)} ms`,
    ...query.flaws,
  ]
    .filter((flaw) => flaw !== false)
    .map((flaw) => `${flaw} ${Math.round(at)} ms after the cut`)
}

/** Sessions that were opened later than another moment of the database's clock, by name. */
const openedSince = (moment: Date, name: string) =>
  withClient(database.url, async (raw) => {
    const text = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $2 AND backend_start > $1`
    return (await raw.query(text, [moment, name])).rowCount
  })

const beatenSince = (moment: Date) =>
  withClient(database.url, async (raw) => (await raw.query('SELECT FROM worker_heartbeat WHERE seen_at > $1', [moment])).rowCount)

const databaseTime = () => withClient(database.url, async (raw) => (await raw.query('SELECT clock_timestamp() AS now')).rows[0].now as Date)

test(
  `the network is ${CUTS.join(', then ')} for ${AWAY / 1_000} s under load: requests end, and everything comes back by itself`,
  async () => {
    const { world, history } = experiment
    const { pid } = server.current
    const before = await warmResources(server.url, pid, world)
    const flaws: string[] = []
    const recoveries: number[] = []
    const resumed: number[] = []
    const waits: number[] = []
    await experiment.begin()
    for (const kind of CUTS) {
      await experiment.work(30)
      const cutAt = await databaseTime()
      history.note(`the network is ${kind}`)
      if (kind === 'lost') proxy.lose()
      else proxy.freeze()
      const down = experiment.probe(2 * LONGEST)
      await new Promise((resolve) => setTimeout(resolve, AWAY))
      await down.stop()
      if (kind === 'lost') proxy.mend()
      else proxy.thaw()
      history.note('the network is there again')
      const mendedAt = await databaseTime()
      const began = performance.now()
      const up = experiment.probe(2 * LONGEST)
      recoveries.push(await up.well(WELL))
      await up.stop()
      for (const { health, query } of up.probes) flaws.push(...(health === 200 ? [] : [`/health answered ${health}`]), ...query.flaws)
      flaws.push(...down.probes.flatMap(flawsOf))
      waits.push(...down.probes.map(({ query }) => query.milliseconds))
      await eventually(async () => (await openedSince(cutAt, 'guanxi-signals')) === 1, RESUMED)
      await eventually(async () => (await openedSince(cutAt, 'guanxi-stamper')) === 1, RESUMED)
      await eventually(async () => beatenSince(mendedAt), RESUMED)
      resumed.push(performance.now() - began)
    }
    await experiment.work(30)
    await experiment.end()
    const figures = experiment.figures()
    const longest = Math.max(...waits, ...experiment.run().workload.requests.map(({ milliseconds }) => milliseconds))
    tell(
      `F10: no request took longer than ${Math.round(longest)} ms, well again after ${recoveries.map(Math.round).join(', ')} ms, signals, places and jobs after ${resumed.map(Math.round).join(', ')} ms; ${figures.text}`,
    )
    expect(server.current.pid).toBe(pid)
    // What is lost on the way stays open on the side of the database until it hears nothing for 30 s.
    const left = await leftOver(before, pid, world, { connections: PROVE, within: PROVE ? 60_000 : 30_000 })
    await experiment.expectSound([...flaws, ...server.troubles, ...left])
    expect(figures.disturbed).toBeGreaterThan(0)
    expect(longest).toBeLessThan(LONGEST)
    await eventually(async () => (await poolOf(server.url)).waiting === 0)
  },
  CUTS.length * (AWAY + 120_000) + 90_000,
)

test('told to stop while the network is cut, it ends', async () => {
  proxy.lose()
  const began = performance.now()
  const { code, stdout } = await server.stop()
  // DRAIN_TIMEOUT twice, for requests and jobs, and 5 s for the rest.
  expect(performance.now() - began).toBeLessThan(PROVE ? 8_000 : 14_000)
  // The queue's library writes a trace to standard error when it cannot give back its last job; that is all that is said.
  expect(troublesOf({ code, stdout, stderr: '' })).toEqual([])
  expect(code).toBe(0)
}, 30_000)
