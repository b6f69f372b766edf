import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { runGuanxi, temporaryDirectory } from '../support/guanxi-process.ts'
import { drawnCases, PROVE, percentile, tell } from '../support/nodes.ts'
import { randomNumbers } from '../support/small-world.ts'
import { checkTables } from './checker.ts'
import { leftOver, warmResources } from './resources.ts'
import { type Experiment, openExperiment } from './run.ts'
import { type Supervised, supervise } from './server-process.ts'
import { withClient } from './world.ts'

/** F1: the process is killed by `kill -9` at any moment, and started again by a supervisor. */
const KILLS = drawnCases(2, 3, 10)
/** Milliseconds from a kill until the next process is ready: what is promised on a quiet machine, and what a busy one gets. */
const READY = PROVE ? 3_000 : 60_000
const SEED = Number(process.env.GUANXI_SEED ?? 1)

let database: TestDatabase
let server: Supervised
let experiment: Experiment

beforeAll(async () => {
  database = await openTestDatabase()
  server = await supervise(database.url)
  experiment = await openExperiment({ url: server.url, databaseUrl: database.url, seed: SEED })
}, 120_000)
afterAll(async () => {
  await experiment?.close()
  await server?.stop()
  await database?.close()
}, 60_000)

test(
  `killed ${KILLS} times under load: nothing that was answered is lost, nothing stands twice`,
  async () => {
    const { world, history } = experiment
    const before = await warmResources(server.url, server.current.pid, world)
    const random = randomNumbers(SEED)
    const times: number[] = []
    await experiment.begin()
    for (let kills = 0; kills < KILLS; kills += 1) {
      await experiment.work(30)
      await new Promise((resolve) => setTimeout(resolve, random() * 1_000))
      history.note('kill -9')
      times.push(await server.kill())
      history.note('ready')
    }
    await experiment.work(30)
    await experiment.end()
    const figures = experiment.figures()
    tell(`F1: ready after ${times.map(Math.round).join(', ')} ms (median ${Math.round(percentile(times, 0.5))}); ${figures.text}`)
    await experiment.expectSound([...server.troubles, ...(await leftOver(before, server.current.pid, world))])
    // It was hit.
    expect(figures.disturbed).toBeGreaterThan(0)
    expect(Math.max(...times)).toBeLessThan(READY)
  },
  KILLS * 60_000 + 90_000,
)

test('the chain of the audit is whole', async () => {
  const directory = await temporaryDirectory()
  const environment = { DATABASE_URL: database.url, GUANXI_SECRET: 'a secret of tests that is long enough for anybody' }
  try {
    expect(await runGuanxi(directory.path, 'audit verify', environment).finished).toMatchObject({ code: 0, stderr: '' })
  } finally {
    await directory.remove()
  }
}, 30_000)

/** What somebody could have done to the tables, and who must notice. */
const HARMS: readonly (readonly [text: string, invariants: readonly string[]])[] = [
  [`UPDATE accounts SET size = size + 1 WHERE id = (SELECT record_id FROM outbox WHERE operation = 'UPDATED' AND module_number = 3 LIMIT 1)`, ['I4', 'I5']],
  ['DELETE FROM outbox WHERE position = (SELECT max(position) FROM outbox WHERE module_number = 16)', ['I1', 'I3', 'I6']],
  [
    `INSERT INTO outbox (module_number, record_id, version, operation, changed_fields, before, after, change_set_id, at)
     SELECT module_number, record_id, version, operation, changed_fields, before, after, change_set_id, at FROM outbox
     WHERE module_number = 16 ORDER BY position DESC LIMIT 1`,
    ['I1', 'I2', 'I5', 'I6'],
  ],
  [`UPDATE change_set SET request_id = 'nobody' WHERE id = (SELECT change_set_id FROM outbox ORDER BY position DESC LIMIT 1)`, ['I1', 'I3']],
  [`DELETE FROM record_history WHERE module_number = 16`, ['I6']],
]

test.each(HARMS)('the checker sees what is wrong: %s', async (text, invariants) => {
  await withClient(database.url, async (raw) => {
    await raw.query('BEGIN')
    expect((await raw.query(text)).rowCount).toBeGreaterThan(0)
    const found = Object.entries(await checkTables(raw, experiment.run())).flatMap(([name, flaws]) => (flaws.length > 0 ? [name] : []))
    expect(found).toEqual(invariants)
    await raw.query('ROLLBACK')
  })
})
