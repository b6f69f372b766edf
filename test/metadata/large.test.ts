import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { METADATA } from '../support/metadata.ts'
import { type NodeProcess, PROVE, percentile, startNode, tell } from '../support/nodes.ts'

const MODULES = PROVE ? 100 : 10
const FIELDS = PROVE ? 40 : 10
const SWAPS = PROVE ? 30 : 3
/** Milliseconds of processor time that no swap may exceed, and that a start may take longer than with no custom module. */
const SWAP = 400
const START = 3_000
/** Milliseconds in which all of it is told as one state, and compared with one. */
const EXPORT = 2_000
const APPLY = 10_000

const TYPES = ['TEXT', 'INTEGER', 'DECIMAL', 'DATE', 'DATETIME', 'BOOLEAN', 'EMAIL', 'LONG_TEXT', 'SELECT', 'REFERENCE'] as const

const fieldOf = (index: number) => {
  const type = TYPES[index % TYPES.length]
  const options = type === 'SELECT' ? { options: ['甲', '乙', '丙'].map((label, each) => ({ value: `o${each}`, label })) } : {}
  const reference = type === 'REFERENCE' ? { reference: { module: 'account' } } : {}
  return { name: `field${index}`, type, label: `字段 ${index}`, ...options, ...reference }
}

describe(`${MODULES} custom modules of ${FIELDS} fields`, () => {
  let database: TestDatabase
  let maker: NodeProcess
  let emptyStart: number

  beforeAll(
    async () => {
      database = await openTestDatabase()
      await (await startNode(database.url)).close()
      const began = performance.now()
      maker = await startNode(database.url, { deaf: true })
      emptyStart = performance.now() - began
      for (let number = 0; number < MODULES; number += 1) {
        const input = {
          name: `thing${number}`,
          pluralName: `thing${number}s`,
          label: `东西 ${number}`,
          fields: Array.from({ length: FIELDS }, (_, index) => {
            const field = fieldOf(index)
            return 'reference' in field ? { ...field, reference: { module: 'account', inverseName: `thing${number}By${index}` } } : field
          }),
        }
        await maker.admin.data(METADATA.createModule, { input })
      }
    },
    MODULES * 6_000 + 60_000,
  )
  afterAll(async () => {
    await maker?.close()
    await database?.close()
  })

  test(`are served, a swap takes at most ${SWAP} ms of processor time and a start ${START} ms more than without`, async () => {
    const began = performance.now()
    // Neither signals nor its poll may be quicker than the measured look; the poll comes every second.
    const node = await startNode(database.url, { deaf: true })
    const start = performance.now() - began
    try {
      const last = `thing${MODULES - 1}`
      await maker.admin.data(`mutation { create${last[0]?.toUpperCase()}${last.slice(1)}(input: {field0: "值"}) { ${last} { id } } }`)
      expect(await node.admin.data(`{ ${last}s { nodes { field0 } } }`)).toEqual({ [`${last}s`]: { nodes: [{ field0: '值' }] } })
      const swaps: number[] = []
      for (let round = 0; swaps.length < SWAPS && round < SWAPS * 5; round += 1) {
        const [{ version }] = await Promise.all([maker.refresh()])
        const { answer } = await maker.admin.data(METADATA.createField, { input: { module: last, name: `late${round}`, type: 'TEXT' } })
        const { version: reached, cpu } = await node.refresh()
        expect(reached).toBe(answer.schemaVersion)
        expect(reached).toBeGreaterThan(version)
        swaps.push(cpu)
      }
      expect(await node.admin.data(`{ ${last}s { nodes { late0 } } }`)).toEqual({ [`${last}s`]: { nodes: [{ late0: null }] } })
      expect(swaps).toHaveLength(SWAPS)
      const [usual, p95, longest] = [0.5, 0.95, 1].map((share) => percentile(swaps, share)) as [number, number, number]
      tell(
        `${MODULES} modules of ${FIELDS} fields: swap ${usual.toFixed(0)} ms of processor time (median), ${p95.toFixed(0)} (p95), ${longest.toFixed(0)} at most of ${SWAPS}; ` +
          `start ${start.toFixed(0)} ms, ${emptyStart.toFixed(0)} without them`,
      )
      if (PROVE) {
        expect(longest).toBeLessThanOrEqual(SWAP)
        expect(start - emptyStart).toBeLessThanOrEqual(START)
      }
    } finally {
      await node.close()
    }
  }, 180_000)

  test('are told and applied as one state in time in proportion', async () => {
    const began = performance.now()
    const { exportMetadata } = await maker.admin.data('{ exportMetadata }')
    const told = performance.now()
    const { answer } = await maker.admin.data(METADATA.apply, { input: exportMetadata })
    const applied = performance.now()
    tell(
      `${MODULES} modules of ${FIELDS} fields: told as a state in ${(told - began).toFixed(0)} ms, found to be as it says in ${(applied - told).toFixed(0)} ms`,
    )
    expect(exportMetadata).toHaveLength(MODULES)
    expect(answer).toMatchObject({ plan: [], applied: false })
    if (PROVE) {
      expect(told - began).toBeLessThanOrEqual(EXPORT)
      expect(applied - told).toBeLessThanOrEqual(APPLY)
    }
  }, 60_000)
})
