import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createRecordIdFactory } from '../../src/lib/record-id.ts'
import { buildRegistry } from '../../src/records/registry/index.ts'
import { createWriter } from '../../src/records/write/index.ts'
import { coreModulesWith, runTimeTables } from '../support/run-time-fields.ts'
import { openWriteKit, type WriteKit } from '../support/write-kit.ts'

const modules = coreModulesWith('account', [{ name: 'grade', type: 'TEXT' }])
let kit: WriteKit

beforeAll(async () => {
  kit = await openWriteKit({ modules, ddl: runTimeTables(modules) })
})
afterAll(() => kit?.close())

const grade = () => modules.flatMap(({ fields }) => fields).find(({ name }) => name === 'grade')

test('the history of a run-time field is kept by its id, that of a core one by its column', async () => {
  const [id] = await kit.create(kit.root, 'account', [{ name: 'A', grade: 'one' }])
  const [row] = await kit.rows<{ changes: Record<string, unknown> }>('SELECT changes FROM record_history WHERE record_id = $1', [id])
  expect(row?.changes).toMatchObject({ name: { before: null, after: 'A' }, [grade()?.id as string]: { before: null, after: 'one' } })
  expect(row?.changes).not.toHaveProperty([grade()?.column as string])
})

test('a conflict is judged by the field, not by the column that another one had before', async () => {
  const [id] = await kit.create(kit.root, 'account', [{ name: 'A', grade: 'one' }])
  await kit.update(kit.root, 'account', [{ id: id as string, input: { grade: 'two' } }])
  // The field is purged, and another one of its type takes over the column.
  const other = { ...grade(), id: '00000000-0000-7000-8000-00000000ffff', name: 'rank' }
  const registry = buildRegistry(
    modules.map((module) => ({ ...module, fields: module.fields.map((field) => (field.name === 'grade' ? { ...field, ...other } : field)) })),
    1,
  )
  const writer = createWriter({ database: kit.database, registry: () => registry, newId: createRecordIdFactory(() => Date.now()), now: () => new Date() })
  const failure = await writer
    .run(kit.root, { requestId: 'test', cause: 'api' }, (changes) =>
      changes.update(registry.module('account'), [{ id: id as string, ifVersion: 1, input: { name: 'B' } }], { pathOf: () => ['input'] }),
    )
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'VERSION_CONFLICT', details: { base: { name: 'A', version: 1 } } })
  // What the other field held is never shown as this one's.
  expect((failure as { details: { base: object } }).details.base).not.toMatchObject({ rank: 'one' })
})
