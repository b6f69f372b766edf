import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { coreModulesWith, runTimeModule, runTimeTables } from '../support/run-time-fields.ts'
import { openWriteKit, type WriteKit } from '../support/write-kit.ts'

const modules = [
  ...coreModulesWith('contact', [{ name: 'badge', type: 'TEXT' }]),
  runTimeModule(1000, 'site', [
    { name: 'code', type: 'TEXT', unique: true },
    { name: 'far', type: 'TEXT', extension: 1 },
    { name: 'price', type: 'MONEY', extension: 1 },
    { name: 'steps', type: 'MULTI_SELECT', options: [{ value: 'a', label: { en: 'A' } }], extension: 2 },
    { name: 'keeper', type: 'REFERENCE', reference: { module: 'contact', onDelete: 'clear' }, extension: 2 },
    { name: 'mother', type: 'REFERENCE', reference: { module: 'site', onDelete: 'cascade' }, extension: 1 },
    { name: 'guard', type: 'REFERENCE', reference: { module: 'contact', onDelete: 'restrict' }, extension: 1 },
  ]),
]
const column = (name: string) => modules.flatMap(({ fields }) => fields).find((field) => field.id !== undefined && field.name === name)?.column as string
const idOf = (name: string) => modules.flatMap(({ fields }) => fields).find((field) => field.id !== undefined && field.name === name)?.id as string
let kit: WriteKit

beforeAll(async () => {
  kit = await openWriteKit({ modules, ddl: runTimeTables(modules) })
})
afterAll(() => kit?.close())

const one = async (input: Record<string, unknown>) => (await kit.create(kit.root, 'site', [input]))[0] as string
const extension = async (number: number, id: string) => (await kit.rows(`SELECT * FROM m_1000_x${number} WHERE id = $1`, [id]))[0]
const events = (id: string) => kit.rows<Record<string, Record<string, unknown>>>('SELECT * FROM outbox WHERE record_id = $1 ORDER BY sequence', [id])

test('a row stands only in the extensions in which the record has a value', async () => {
  const [id, bare] = await kit.create(kit.root, 'site', [{ title: '一号', far: '远', price: { amount: '2', currency: 'USD' } }, { title: 'Bare' }])
  expect(await extension(1, id as string)).toMatchObject({ [column('far')]: '远', [`${column('price')}_amount`]: '2.0000' })
  expect(await extension(2, id as string)).toBeUndefined()
  expect(await extension(1, bare as string)).toBeUndefined()
  expect((await events(id as string))[0]).toMatchObject({ before: null, after: { [column('far')]: '远', [column('title')]: '一号' } })
})

test('a change makes the row it needs, keeps the columns it does not name, and tells old and new values', async () => {
  const id = await one({ title: 'A', far: 'x', price: { amount: '1', currency: 'USD' } })
  kit.takeStatements()
  await kit.update(kit.root, 'site', [{ id, input: { far: 'y', steps: ['a'] } }])
  // The change set, the record under lock, its extensions, and what is written.
  expect(kit.takeStatements().length).toBe(4)
  expect(await extension(1, id)).toMatchObject({ [column('far')]: 'y', [`${column('price')}_amount`]: '1.0000' })
  expect(await extension(2, id)).toMatchObject({ [column('steps')]: ['a'] })
  const [, event] = await events(id)
  expect(event).toMatchObject({
    changed_fields: [idOf('far'), idOf('steps')],
    before: { [column('far')]: 'x' },
    after: { [column('far')]: 'y', [column('steps')]: ['a'] },
  })
  const history = await kit.rows<{ changes: unknown }>('SELECT changes FROM record_history WHERE record_id = $1 ORDER BY version', [id])
  expect(history[1]?.changes).toEqual({ [idOf('far')]: { before: 'x', after: 'y' }, [idOf('steps')]: { before: null, after: ['a'] } })
  await kit.update(kit.root, 'site', [{ id, input: { far: 'y' } }])
  expect(await kit.row('site', id)).toMatchObject({ version: 2 })
  await kit.update(kit.root, 'site', [{ id, input: { title: 'B' } }])
  expect((await events(id))[2]).toMatchObject({ before: { [column('far')]: 'y' }, after: { [column('far')]: 'y' } })
})

test('in a batch each record changes its own columns alone', async () => {
  const [a, b, c] = await kit.create(kit.root, 'site', [{ title: 'A', far: '1' }, { title: 'B', far: '2' }, { title: 'C' }])
  await kit.update(kit.root, 'site', [
    { id: a as string, input: { far: '3' } },
    { id: b as string, input: { price: { amount: '5', currency: 'USD' } } },
    { id: c as string, input: { title: 'D' } },
  ])
  expect(await extension(1, a as string)).toMatchObject({ [column('far')]: '3', [`${column('price')}_amount`]: null })
  expect(await extension(1, b as string)).toMatchObject({ [column('far')]: '2', [`${column('price')}_amount`]: '5.0000' })
  expect(await extension(1, c as string)).toBeUndefined()
})

test('twenty writers of one extension column lose nothing: each reads what the one before has committed', async () => {
  const id = await one({ title: 'Counter', far: '' })
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      kit.run(kit.root, async (changes) => {
        const options = { pathOf: () => ['input'] }
        await changes.update(kit.registry.module('site'), [{ id, input: { far: `${index}` } }], options)
      }),
    ),
  )
  const history = await kit.rows<{ changes: Record<string, { before: unknown; after: unknown }> }>(
    'SELECT changes FROM record_history WHERE record_id = $1 ORDER BY version',
    [id],
  )
  const values = history.map(({ changes }) => changes[idOf('far')])
  for (const [index, value] of values.entries()) if (index > 0) expect(value?.before).toBe(values[index - 1]?.after)
  const told = await events(id)
  for (const [index, event] of told.entries()) if (index > 0) expect(event.before?.[column('far')]).toBe(told[index - 1]?.after?.[column('far')])
})

test('upsert, conflicts, the recycle bin and references know the extensions', async () => {
  const [contact, guard] = await kit.create(kit.root, 'contact', [{ name: 'Keeper' }, { name: 'Guard' }])
  const mother = await one({ title: 'Mother', code: 'M', far: 'old' })
  const child = await one({ title: 'Child', mother: { code: 'M' }, keeper: { id: contact }, guard: { id: guard } })
  await kit.upsert(kit.root, 'site', [{ by: { code: 'M' }, input: { far: 'new' } }])
  await expect(kit.update(kit.root, 'site', [{ id: mother, ifVersion: 1, input: { far: 'mine' } }])).rejects.toMatchObject({
    code: 'VERSION_CONFLICT',
    details: { base: { far: 'old' }, current: { far: 'new' }, yours: { far: 'mine' } },
  })
  await kit.update(kit.root, 'site', [{ id: mother, ifVersion: 1, onConflict: 'MERGE', input: { steps: ['a'] } }])
  await expect(kit.remove(kit.root, 'contact', [{ id: guard as string }])).rejects.toMatchObject({ details: { issues: [{ code: 'RESTRICTED' }] } })
  await kit.remove(kit.root, 'contact', [{ id: contact as string }])
  expect(await extension(2, child)).toMatchObject({ [column('keeper')]: null })
  await kit.remove(kit.root, 'site', [{ id: mother }])
  expect(await kit.row('site', child)).toMatchObject({ deleted_at: expect.any(String) })
  expect((await events(mother)).at(-1)).toMatchObject({ operation: 'DELETED', after: { [column('far')]: 'new' } })
  await kit.restore(kit.root, 'site', [{ id: mother }])
  expect(await kit.row('site', child)).toMatchObject({ deleted_at: null })
  expect(await extension(1, child)).toMatchObject({ [column('mother')]: mother })
})

test('modules without extensions need no statement for them', async () => {
  const [id] = await kit.create(kit.root, 'contact', [{ name: 'C', badge: 'x' }])
  kit.takeStatements()
  await kit.update(kit.root, 'contact', [{ id: id as string, input: { badge: 'y' } }])
  expect(kit.takeStatements().length).toBe(3)
})
