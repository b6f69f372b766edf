import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { coreModules } from '../../src/entities/index.ts'
import { runTimeModule, runTimeTables } from '../support/run-time-fields.ts'
import { openWriteKit, type WriteKit } from '../support/write-kit.ts'

const modules = [
  ...coreModules(),
  runTimeModule(1000, 'part', [
    { name: 'code', type: 'TEXT', unique: true, keyUnavailable: true },
    { name: 'mail', type: 'EMAIL', unique: true },
    { name: 'serial', type: 'INTEGER', unique: true },
    { name: 'whole', type: 'REFERENCE', reference: { module: 'part', onDelete: 'clear' } },
    { name: 'pieces', type: 'REFERENCES', reference: { module: 'part', onDelete: 'clear' } },
  ]),
]
let kit: WriteKit

beforeAll(async () => {
  kit = await openWriteKit({ modules, ddl: runTimeTables(modules) })
})
afterAll(() => kit?.close())

test('nothing is found by a key whose index is not there', async () => {
  const unavailable = { code: 'UNAVAILABLE', message: expect.stringContaining('code'), details: { module: 'part', field: 'code' } }
  await kit.create(kit.root, 'part', [{ code: 'A' }])
  await expect(kit.upsert(kit.root, 'part', [{ by: { code: 'A' }, input: {} }])).rejects.toMatchObject(unavailable)
  await expect(kit.create(kit.root, 'part', [{ whole: { code: 'A' } }])).rejects.toMatchObject(unavailable)
  await expect(kit.create(kit.root, 'part', [{ pieces: { set: [{ code: 'A' }] } }])).rejects.toMatchObject(unavailable)
})

test('a change looks for no rival there, and the index decides', async () => {
  const [one, two] = (await kit.create(kit.root, 'part', [{ code: 'B' }, { code: 'C' }])) as [string, string]
  kit.takeStatements()
  await kit.update(kit.root, 'part', [{ id: one, input: { code: 'D' } }])
  expect(kit.takeStatements().length).toBe(3)
  await expect(kit.update(kit.root, 'part', [{ id: two, input: { code: 'D' } }])).rejects.toMatchObject({
    code: 'DUPLICATE',
    details: { module: 'part', fields: ['code'] },
  })
  await expect(kit.create(kit.root, 'part', [{ code: 'D' }])).rejects.toMatchObject({ code: 'DUPLICATE', details: { fields: ['code'] } })
})

test('keys of run-time fields work as those of core ones', async () => {
  const [one] = (await kit.create(kit.root, 'part', [{ mail: 'Some.One@example.com', serial: 7 }])) as [string]
  await expect(kit.create(kit.root, 'part', [{ mail: 'some.one@EXAMPLE.com' }])).rejects.toMatchObject({ code: 'DUPLICATE', details: { fields: ['mail'] } })
  expect(await kit.upsert(kit.root, 'part', [{ by: { mail: 'SOME.ONE@example.com' }, input: { title: 'x' } }])).toEqual({ ids: [one], created: [false] })
  const [other] = (await kit.create(kit.root, 'part', [{ whole: { serial: 7 }, pieces: { add: [{ mail: 'some.one@example.com' }] } }])) as [string]
  expect(Object.values(await kit.row('part', other))).toContain(one)
  await expect(kit.upsert(kit.root, 'part', [{ by: { serial: 2 ** 40 }, input: {} }])).rejects.toMatchObject({
    details: { issues: [{ path: ['upserts', 0, 'by', 'serial'] }] },
  })
})
