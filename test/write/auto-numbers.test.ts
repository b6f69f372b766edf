import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { coreModules } from '../../src/entities/index.ts'
import { runTimeModule, runTimeTables } from '../support/run-time-fields.ts'
import { openWriteKit, type WriteKit } from '../support/write-kit.ts'

const modules = [
  ...coreModules(),
  runTimeModule(1000, 'paper', [
    { name: 'yearly', type: 'AUTO_NUMBER', numbering: { prefix: 'P-', padding: 3, perYear: true, gapless: true } },
    { name: 'loose', type: 'AUTO_NUMBER', unique: true, numbering: { prefix: 'L', padding: 2, gapless: false } },
  ]),
]
const column = (name: string) => modules.at(-1)?.fields.find((field) => field.name === name)?.column as string
let now = new Date('2026-12-31T23:59:59.999Z')
let kit: WriteKit

beforeAll(async () => {
  kit = await openWriteKit({ modules, ddl: runTimeTables(modules), now: () => now })
})
afterAll(() => kit?.close())

const papers = (inputs: Record<string, unknown>[]) => kit.create(kit.root, 'paper', inputs)
const numbers = async (field: string, ids: readonly string[]) => Promise.all(ids.map(async (id) => (await kit.row('paper', id))[column(field)]))

test('a yearly series begins anew each year (UTC), and never meets a number that somebody chose', async () => {
  const first = await papers([{}, { yearly: 'P-2026-007' }, {}, { yearly: 'P-2027-002' }, { yearly: 'P-2025-900' }, { yearly: 'P-008' }])
  expect(await numbers('yearly', first)).toEqual(['P-2026-008', 'P-2026-007', 'P-2026-009', 'P-2027-002', 'P-2025-900', 'P-008'])
  now = new Date('2027-01-01T00:00:00.000Z')
  expect(await numbers('yearly', await papers([{}, {}]))).toEqual(['P-2027-003', 'P-2027-004'])
})

test('a gapless series has no gap after a failure and none among rivals', async () => {
  now = new Date('2030-05-05T00:00:00.000Z')
  await expect(papers([{}, { nonsense: 1 }])).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
  await expect(papers([{ loose: 'X' }, { loose: 'X' }])).rejects.toMatchObject({ code: 'DUPLICATE' })
  const made = (await Promise.all(Array.from({ length: 12 }, () => papers([{}, {}, {}])))).flat()
  const expected = Array.from({ length: 36 }, (_, index) => `P-2030-${String(index + 1).padStart(3, '0')}`)
  expect((await numbers('yearly', made)).sort()).toEqual(expected)
})

test('a loose series takes from a sequence: numbers are different, and nobody waits for an open transaction', async () => {
  const [one] = await numbers('loose', await papers([{}]))
  const options = { pathOf: () => ['input'] }
  const other = await kit.run(kit.root, async (changes) => {
    const { ids } = await changes.create(kit.registry.module('paper'), [{ yearly: 'own' }], options)
    const [beside] = await numbers('loose', await papers([{ yearly: 'beside' }]))
    expect(beside).not.toBe(one)
    return ids
  })
  expect(new Set([one, ...(await numbers('loose', other))]).size).toBe(2)
  expect(one).toMatch(/^L\d{2,}$/)
})

test('a chosen number moves the sequence on, near or far, and never back', async () => {
  const next = async () => Number(((await numbers('loose', await papers([{ yearly: 'x' }])))[0] as string).slice(1))
  const start = await next()
  expect(await numbers('loose', await papers([{ loose: `L${start + 100}` }, {}]))).toEqual([`L${start + 100}`, `L${start + 101}`])
  await papers([{ loose: 'L5000000' }])
  expect(await next()).toBe(5_000_001)
  await papers([{ loose: 'L77777' }, { loose: 'no number' }])
  expect(await next()).toBe(5_000_002)
  // Importers at once: whoever is last, the greatest number stays.
  const chosen = [9_000_000, 8_000_000, 9_500_000, 8_500_000]
  await Promise.all(chosen.map((number) => papers([{ loose: `L${number}`, yearly: 'x' }])))
  expect(await next()).toBe(9_500_001)
})
