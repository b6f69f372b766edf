import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type MortalPostgres, startMortalPostgres } from '../support/mortal-postgres.ts'
import { drawnCases, PROVE, tell } from '../support/nodes.ts'
import type { Probe } from './probe.ts'
import { leftOver, warmResources } from './resources.ts'
import { type Experiment, openExperiment } from './run.ts'
import { type Supervised, supervise } from './server-process.ts'

/** F7: PostgreSQL is killed, postmaster and children, by `kill -9`, and started again after a while. */
const KILLS = drawnCases(1, 2, 5)
/** Milliseconds for which it is away. */
const AWAY = PROVE ? 8_000 : 2_500
/** Milliseconds until a refusal, and from PostgreSQL's return until all is well again: what is promised, and what a busy machine gets. */
const REFUSED = PROVE ? 2_000 : 5_000
const WELL = PROVE ? 5_000 : 20_000
/** Milliseconds for which `/ready` keeps what it found. */
const KEPT = 1_000
const SEED = Number(process.env.GUANXI_SEED ?? 7)

let postgres: MortalPostgres
let server: Supervised
let experiment: Experiment

beforeAll(async () => {
  postgres = await startMortalPostgres()
  server = await supervise(postgres.url)
  experiment = await openExperiment({ url: server.url, databaseUrl: postgres.url, seed: SEED })
}, 150_000)
afterAll(async () => {
  await experiment?.close()
  await server?.stop()
  await postgres?.close()
}, 60_000)

/** What was wrong while the database was away. */
function flawsOf({ at, health, ready, query }: Probe): string[] {
  return [
    health !== 200 && `/health answered ${health}`,
    at > KEPT + REFUSED && ready !== 503 && `/ready answered ${ready}`,
    query.outcome === 'ok' && 'records were answered',
    query.outcome !== 'ok' && (query.status !== 503 || query.code !== 'UNAVAILABLE') && `a query was answered ${query.status} ${query.code}`,
    query.milliseconds > REFUSED && `a query was answered after ${Math.round(query.milliseconds)} ms`,
    ...query.flaws,
  ]
    .filter((flaw) => flaw !== false)
    .map((flaw) => `${flaw} ${Math.round(at)} ms after PostgreSQL was gone`)
}

test(
  `PostgreSQL killed ${KILLS} times under load: the server stays, says so, and goes on`,
  async () => {
    const { world, history } = experiment
    const { pid } = server.current
    const before = await warmResources(server.url, pid, world)
    const recoveries: number[] = []
    const refusals: number[] = []
    const flaws: string[] = []
    let notReady = 0
    await experiment.begin()
    for (let kills = 0; kills < KILLS; kills += 1) {
      await experiment.work(30)
      history.note('PostgreSQL killed')
      await postgres.kill()
      const down = experiment.probe(10_000)
      await new Promise((resolve) => setTimeout(resolve, AWAY))
      await down.stop()
      flaws.push(...down.probes.flatMap(flawsOf))
      refusals.push(...down.probes.map(({ query }) => query.milliseconds))
      notReady += down.probes.filter(({ ready }) => ready === 503).length
      await postgres.start()
      history.note('PostgreSQL is there again')
      const up = experiment.probe(10_000)
      recoveries.push(await up.well(WELL))
      await up.stop()
      flaws.push(...up.probes.flatMap(({ health, query }) => [...(health === 200 ? [] : [`/health answered ${health}`]), ...query.flaws]))
    }
    await experiment.work(30)
    await experiment.end()
    const figures = experiment.figures()
    tell(`F7: refused within ${Math.round(Math.max(...refusals))} ms, well again after ${recoveries.map(Math.round).join(', ')} ms; ${figures.text}`)
    expect(server.current.pid).toBe(pid)
    expect(notReady).toBeGreaterThan(0)
    await experiment.expectSound([...flaws, ...server.troubles, ...(await leftOver(before, pid, world))])
    expect(figures.disturbed).toBeGreaterThan(0)
  },
  KILLS * 60_000 + 90_000,
)
