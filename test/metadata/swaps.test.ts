import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { type NodeProcess, PROVE, startNode, tell } from '../support/nodes.ts'

const SWAPS = PROVE ? 1_000 : 30
/** Swaps before memory is measured: caches fill, code is compiled. */
const WARM_UP = PROVE ? 100 : 6
const GROWTH = 10 * 1024 * 1024
/** Schemas alive: the one that is served, and what requests under way and the collector's own delay may hold. */
const ALIVE = 3

describe('one process through many versions of its schema', () => {
  let database: TestDatabase
  let node: NodeProcess

  beforeAll(async () => {
    database = await openTestDatabase()
    node = await startNode(database.url)
  }, 60_000)
  afterAll(async () => {
    await node?.close()
    await database?.close()
  })

  test(
    `${SWAPS} swaps leave at most ${ALIVE} schemas alive, with documents executed and a subscription open all the time`,
    async () => {
      const { admin } = node
      const field = await makeField(admin, { module: 'account', name: 'turning', type: 'TEXT' })
      let told = 0
      const end = admin
        .socket()
        .subscribe({ query: 'subscription { schemaChanged { schemaVersion } }' }, { next: () => (told += 1), error: () => {}, complete: () => {} })
      /** A change, then known and new documents over both transports, an error of validation, an introspection, a mutation. */
      const turn = async (round: number): Promise<void> => {
        await admin.data(METADATA.updateField, { id: field.id, input: { label: `第 ${round} 次` } })
        const name = `n${round % 50}`
        await admin.data('mutation ($name: String!) { createAccount(input: {name: $name}, dryRun: true) { account { name } } }', { name })
        await admin.data('query Known { accounts(first: 1) { nodes { name turning } } }')
        await admin.data(`query Mixed { me { email } accounts(first: 1, filter: {turning: {eq: "${name}"}}) { nodes { ${name}: turning owner { name } } } }`)
        await admin.send('{ accounts { nodes { name turning } } __type(name: "Account") { fields { name } } }', {}, { transport: 'ws' })
        await admin.send('{ accounts { nodes { missing } } }', {}, { transport: round % 2 === 0 ? 'ws' : 'http' })
      }
      for (let round = 0; round < WARM_UP; round += 1) await turn(round)
      const before = await node.memory()
      for (let round = 0; round < SWAPS; round += 1) await turn(round)
      const after = await node.memory()
      end()
      const growth = after.heap - before.heap
      tell(
        `${after.swaps - before.swaps} swaps: ${after.schemas} schemas alive, heap ${(after.heap / 2 ** 20).toFixed(1)} MB, grown by ${(growth / 2 ** 20).toFixed(1)} MB`,
      )
      expect(after.swaps - before.swaps).toBeGreaterThanOrEqual(SWAPS)
      expect(told).toBeGreaterThan(SWAPS / 2)
      expect(after.schemas).toBeLessThanOrEqual(ALIVE)
      if (PROVE) expect(growth).toBeLessThanOrEqual(GROWTH)
    },
    SWAPS * 1_000 + 60_000,
  )
})
