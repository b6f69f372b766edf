import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { changeField, METADATA, makeField } from '../support/metadata.ts'
import { type NodeProcess, PROVE, percentile, startNode, tell } from '../support/nodes.ts'
import { prepareSteadyLoad, startSteadyLoad } from '../support/steady-load.ts'

const FIELDS = PROVE ? 100 : 6
const CLIENTS = 3
/** Milliseconds of load before the first change, and between two. */
const BEFORE = PROVE ? 20_000 : 2_000
const BETWEEN = 250

describe('two processes under a steady load, one of which no signal reaches', () => {
  let database: TestDatabase
  let told: NodeProcess
  let deaf: NodeProcess

  beforeAll(async () => {
    database = await openTestDatabase()
    told = await startNode(database.url, { redisUrl: process.env.TEST_REDIS_URL })
    deaf = await startNode(database.url, { deaf: true })
    const { schemaVersion } = (await told.admin.data(METADATA.createField, { input: { module: 'account', name: 'steady', type: 'TEXT' } })).answer
    await deaf.admin.send('{ schemaVersion }', {}, { headers: { 'x-min-schema-version': String(schemaVersion) } })
    await prepareSteadyLoad(told.admin)
  }, 60_000)
  afterAll(async () => {
    await Promise.all([told, deaf].map((node) => node?.close()))
    await database?.close()
  })

  test(
    `${FIELDS} fields are added, renamed and deleted: no request fails or is answered wrongly`,
    async () => {
      const load = startSteadyLoad([told, deaf].flatMap(({ admin }) => Array.from({ length: CLIENTS }, () => admin)))
      await delay(1_000)
      load.take()
      await delay(BEFORE)
      const before = load.take()
      for (let index = 0; index < FIELDS; index += 1) {
        const { id } = await makeField(told.admin, {
          module: 'account',
          name: `added${index}`,
          type: index % 2 === 0 ? 'TEXT' : 'INTEGER',
          indexed: index % 4 === 0,
        })
        await delay(BETWEEN)
        await changeField(told.admin, id, { name: `renamed${index}`, label: `改名 ${index}` })
        await delay(BETWEEN)
        await told.admin.data(METADATA.deleteField, { id })
        await delay(BETWEEN)
      }
      const during = load.take()
      await load.stop()
      const [p99Before, p99During] = [before, during].map((times) => percentile(times, 0.99)) as [number, number]
      tell(
        `${FIELDS * 3} changes under load: ${load.requests} requests, ${load.failures.length} failed; p99 ${p99Before.toFixed(1)} ms before, ${p99During.toFixed(1)} ms during; ` +
          `p50 ${percentile(before, 0.5).toFixed(1)} and ${percentile(during, 0.5).toFixed(1)} ms; longest ${Math.max(...during).toFixed(0)} ms`,
      )
      expect(load.failures).toEqual([])
      expect(during.length).toBeGreaterThan(FIELDS * 20)
      if (PROVE) expect(p99During).toBeLessThanOrEqual(3 * p99Before)
    },
    BEFORE + FIELDS * 6_000 + 60_000,
  )
})
