import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { coreModules } from '../../src/entities/index.ts'
import { runTimeModule, runTimeTables } from '../support/run-time-fields.ts'
import { openWriteKit, type WriteKit } from '../support/write-kit.ts'

const modules = [
  ...coreModules(),
  runTimeModule(1000, 'person', [{ name: 'key', type: 'TEXT', unique: true }]),
  runTimeModule(1001, 'band', [
    { name: 'members', type: 'REFERENCES', reference: { module: 'person', onDelete: 'clear' } },
    { name: 'roadies', type: 'REFERENCES', reference: { module: 'person', onDelete: 'clear' } },
  ]),
  runTimeModule(1002, 'label', [{ name: 'artists', type: 'REFERENCES', required: true, reference: { module: 'person', onDelete: 'restrict' } }]),
  runTimeModule(1003, 'duo', [{ name: 'players', type: 'REFERENCES', reference: { module: 'person', onDelete: 'cascade' } }]),
]
const fieldOf = (name: string) => modules.flatMap(({ fields }) => fields).find((field) => field.id !== undefined && field.name === name)
const [members, artists, players] = ['members', 'artists', 'players'].map(fieldOf)
let kit: WriteKit
let a: string
let b: string
let c: string

beforeAll(async () => {
  kit = await openWriteKit({ modules, ddl: runTimeTables(modules) })
})
beforeEach(async () => {
  ;[a, b, c] = (await kit.create(kit.root, 'person', [{ title: 'A' }, { title: 'B' }, { title: 'C' }])) as [string, string, string]
})
afterAll(() => kit?.close())

const refs = (...ids: string[]) => ids.map((id) => ({ id }))
const band = async (input: Record<string, unknown> = {}) => (await kit.create(kit.root, 'band', [{ title: 'Band', ...input }]))[0] as string
const change = (id: string, value: unknown) => kit.update(kit.root, 'band', [{ id, input: { members: value } }])
const linked = async (id: string, field = members) =>
  (await kit.rows<{ id: string }>(`SELECT target_id AS id FROM ${field?.column} WHERE source_id = $1 ORDER BY 1`, [id])).map((row) => row.id)
const history = (id: string) =>
  kit.rows<{ version: number; changes: Record<string, unknown> }>('SELECT version, changes FROM record_history WHERE record_id = $1 ORDER BY version', [id])

describe('links', () => {
  test('set, add, remove; what is both added and removed is there', async () => {
    const id = await band({ members: { set: refs(b, a, a) } })
    expect(await linked(id)).toEqual([a, b])
    await change(id, { add: refs(c), remove: refs(a) })
    expect(await linked(id)).toEqual([b, c])
    await change(id, { add: refs(a), remove: refs(a, b) })
    expect(await linked(id)).toEqual([a, c])
    await change(id, { set: refs(b) })
    expect(await linked(id)).toEqual([b])
    await change(id, null)
    expect(await linked(id)).toEqual([])
  })

  test('each change has its version, its history by the field, and its event; no change has none', async () => {
    const id = await band({ members: { set: refs(b, a) } })
    await change(id, { add: refs(c) })
    await change(id, { add: refs(c), remove: [] })
    await change(id, { set: refs(c, b, a) })
    await change(id, {})
    await change(id, { set: null, add: null })
    expect(await history(id)).toEqual([
      {
        version: 1,
        changes: {
          [modules.find(({ name }) => name === 'band')?.fields[0]?.id as string]: { before: null, after: 'Band' },
          [members?.id as string]: { before: null, after: [a, b] },
        },
      },
      { version: 2, changes: { [members?.id as string]: { before: [a, b], after: [a, b, c] } } },
    ])
    const events = await kit.rows<{ changed_fields: string[] }>('SELECT changed_fields FROM outbox WHERE record_id = $1 ORDER BY sequence', [id])
    expect(events[1]?.changed_fields).toEqual([members?.id])
  })

  test('members are named like single references, also by ref, and each refusal has its place', async () => {
    await kit.update(kit.root, 'person', [{ id: a, input: { key: `key ${a}`, externalIds: [{ system: 'x', key: a }] } }])
    const options = { pathOf: (index: number) => ['input', index] }
    const id = await kit.run(kit.root, async (changes) => {
      const [person] = (await changes.create(kit.registry.module('person'), [{ title: 'New', ref: 'new' }], options)).ids
      const [made] = (await changes.create(kit.registry.module('band'), [{ members: { add: [{ key: `key ${a}` }, { ref: 'new' }, { id: b }] } }], options)).ids
      expect(person).toBeDefined()
      return made as string
    })
    expect((await linked(id)).length).toBe(3)
    await change(id, { remove: [{ externalId: { system: 'x', key: a } }] })
    expect((await linked(id)).length).toBe(2)
    const issues = async (value: unknown) =>
      (await change(id, value).catch((error) => error)).details.issues.map(({ path, code }: { path: unknown[]; code: string }) => `${path.join('.')} ${code}`)
    expect(await issues({ add: [{ id: a }, { id: `${c.slice(0, 1)}f${c.slice(2)}` }] })).toEqual(['input.0.members.add.1.id NOT_FOUND'])
    expect(await issues({ set: [{ key: 'nobody' }] })).toEqual(['input.0.members.set.0.key NOT_FOUND'])
    expect(await issues({ set: [{ id }] })).toEqual(['input.0.members.set.0.id WRONG_MODULE'])
    expect(await issues({ set: [], add: [] })).toEqual(['input.0.members REFERENCES'])
    expect(await issues([])).toEqual(['input.0.members REFERENCES'])
    expect(await issues({ put: [] })).toEqual(['input.0.members.put UNKNOWN_FIELD'])
    expect(await issues({ add: a })).toEqual(['input.0.members.add LIST'])
    expect(await issues({ add: [null] })).toEqual(['input.0.members.add.0 REFERENCE'])
    expect(await issues({ add: new Array(1001).fill({ id: a }) })).toEqual(['input.0.members.add TOO_LONG'])
  })

  test('a writer names only what they may read, linked or not; what they do not see of a list stays', async () => {
    const anna = await kit.user('Anna')
    const sighted = await kit.principal(anna, { modules: { person: { READ: 'OWN' } }, scopes: { OWN: [anna] } })
    const [own] = (await kit.create(kit.root, 'person', [{ title: 'Own', owner: { id: anna } }])) as [string]
    const id = await band({ members: { set: refs(a) } })
    const version = async () => (await kit.row('band', id)).version
    for (const [member, target] of ['add', 'set', 'remove'].flatMap((each) => [a, b].map((one) => [each, one] as const))) {
      await expect(kit.update(sighted, 'band', [{ id, input: { members: { [member]: refs(own, target) } } }])).rejects.toMatchObject({
        details: { issues: [{ path: ['input', 0, 'members', member, 1, 'id'], code: 'NOT_FOUND' }] },
      })
    }
    for (const value of [{ set: [] }, null, { remove: refs(own) }]) {
      await kit.update(sighted, 'band', [{ id, input: { members: value } }])
      expect([await linked(id), await version()]).toEqual([[a], 1])
    }
    await kit.update(sighted, 'band', [{ id, input: { members: { set: refs(own) } } }])
    expect(await linked(id)).toEqual([a, own].sort())
    await kit.update(sighted, 'band', [{ id, input: { members: null } }])
    expect([await linked(id), await version()]).toEqual([[a], 3])
  })

  test('whoever changes a required list answers for what they see of it', async () => {
    const anna = await kit.user('Anna')
    const sighted = await kit.principal(anna, { modules: { person: { READ: 'OWN' } }, scopes: { OWN: [anna] } })
    const [own] = (await kit.create(kit.root, 'person', [{ title: 'Own', owner: { id: anna } }])) as [string]
    const ids = await kit.create(kit.root, 'label', [{ artists: { set: refs(own) } }, { artists: { set: refs(own, a) } }])
    for (const id of ids) {
      await expect(kit.update(sighted, 'label', [{ id, input: { artists: { remove: refs(own) } } }])).rejects.toMatchObject({
        details: { issues: [{ path: ['input', 0, 'artists'], code: 'REQUIRED' }] },
      })
      await kit.update(sighted, 'label', [{ id, input: { title: 'Other' } }])
    }
  })

  test('a stale version is a conflict over the same links, and merges with other fields', async () => {
    const id = await band({ members: { set: refs(a) } })
    await change(id, { add: refs(b) })
    const update = { id, ifVersion: 1, onConflict: 'MERGE' as const }
    await expect(kit.update(kit.root, 'band', [{ ...update, input: { members: { set: refs(c) } } }])).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
      details: { base: { members: [a] }, yours: { members: { set: [c] } }, current: { members: [a, b] } },
    })
    await kit.update(kit.root, 'band', [{ ...update, input: { members: { add: refs(b) } } }])
    await kit.update(kit.root, 'band', [{ ...update, input: { title: 'Merged', roadies: { add: refs(c) } } }])
    expect(await linked(id)).toEqual([a, b])
  })

  test('required means one at least', async () => {
    const issue = { details: { issues: [{ path: ['input', 0, 'artists'], code: 'REQUIRED' }] } }
    await expect(kit.create(kit.root, 'label', [{ title: 'L' }])).rejects.toMatchObject(issue)
    await expect(kit.create(kit.root, 'label', [{ artists: { set: [] } }])).rejects.toMatchObject(issue)
    const [id] = (await kit.create(kit.root, 'label', [{ artists: { add: refs(a) } }])) as [string]
    for (const empty of [null, { set: [] }, { remove: refs(a) }])
      await expect(kit.update(kit.root, 'label', [{ id, input: { artists: empty } }])).rejects.toMatchObject(issue)
    await kit.update(kit.root, 'label', [{ id, input: { artists: { add: refs(b), remove: refs(a) } } }])
    await kit.update(kit.root, 'label', [{ id, input: { title: 'M' } }])
    expect(await linked(id, artists)).toEqual([b])
  })
})

describe('targets that are deleted', () => {
  test('clear ends the links, as a change of the holder', async () => {
    const [id, other] = [await band({ members: { set: refs(a, b) } }), await band({ members: { set: refs(b) } })]
    await kit.remove(kit.root, 'person', [{ id: a }, { id: b }])
    expect([await linked(id), await linked(other)]).toEqual([[], []])
    expect((await history(id)).at(-1)).toEqual({ version: 2, changes: { [members?.id as string]: { before: [a, b], after: [] } } })
    await kit.restore(kit.root, 'person', [{ id: a }])
    expect(await linked(id)).toEqual([])
  })

  test('restrict refuses, unless the holder goes too', async () => {
    const [id] = (await kit.create(kit.root, 'label', [{ artists: { set: refs(a, b) } }])) as [string]
    await expect(kit.remove(kit.root, 'person', [{ id: b }])).rejects.toMatchObject({ details: { issues: [{ code: 'RESTRICTED' }] } })
    await kit.remove(kit.root, 'label', [{ id }])
    await kit.remove(kit.root, 'person', [{ id: a }, { id: b }])
    await expect(kit.restore(kit.root, 'label', [{ id }])).rejects.toMatchObject({ details: { issues: [{ code: 'PARENT_DELETED' }] } })
    await kit.restore(kit.root, 'person', [{ id: b }])
    await kit.restore(kit.root, 'label', [{ id }])
    // The link to the other one is left alone, and is no value.
    expect(await linked(id, artists)).toEqual([a, b].sort())
    await expect(kit.update(kit.root, 'label', [{ id, input: { artists: { remove: refs(b) } } }])).rejects.toMatchObject({
      details: { issues: [{ code: 'REQUIRED' }] },
    })
    await kit.update(kit.root, 'label', [{ id, input: { artists: { set: refs(c) } } }])
    expect(await linked(id, artists)).toEqual([a, c].sort())
    await kit.update(kit.root, 'label', [{ id, input: { artists: { remove: refs(a) } } }])
    expect(await linked(id, artists)).toEqual([c])
  })

  test('cascade takes the holders along, and brings them back when all that they hang on is there', async () => {
    const [both, first] = (await kit.create(kit.root, 'duo', [{ players: { set: refs(a, b) } }, { players: { set: refs(a) } }])) as [string, string]
    await kit.remove(kit.root, 'person', [{ id: a }, { id: b }])
    const deleted = async (id: string) => (await kit.row('duo', id)).deleted_at !== null
    expect([await deleted(both), await deleted(first)]).toEqual([true, true])
    await expect(kit.restore(kit.root, 'duo', [{ id: both }])).rejects.toMatchObject({ details: { issues: [{ code: 'PARENT_DELETED' }] } })
    await kit.restore(kit.root, 'person', [{ id: a }])
    expect([await deleted(both), await deleted(first)]).toEqual([true, false])
    await kit.restore(kit.root, 'person', [{ id: b }])
    expect(await deleted(both)).toBe(false)
    expect(await linked(both, players)).toEqual([a, b].sort())
  })

  test('of one who links and one who deletes at once, one waits for the other', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [target] = (await kit.create(kit.root, 'person', [{ title: 'T' }])) as [string]
      const id = await band()
      await Promise.allSettled([change(id, { add: refs(target) }), kit.remove(kit.root, 'person', [{ id: target }])])
      const [person] = await kit.rows<{ gone: boolean }>('SELECT deleted_at IS NOT NULL AS gone FROM m_1000 WHERE id = $1', [target])
      if (person?.gone) expect(await linked(id)).toEqual([])
    }
  })
})

test('a thousand records with links take a bounded number of statements', async () => {
  const people = await kit.create(
    kit.root,
    'person',
    Array.from({ length: 50 }, (_, index) => ({ title: `P${index}` })),
  )
  const some = (index: number) => refs(...[0, 7, 23].map((step) => people[(index + step) % 50] as string))
  kit.takeStatements()
  const ids = await kit.create(
    kit.root,
    'band',
    Array.from({ length: 1000 }, (_, index) => ({ title: `B${index}`, members: { set: some(index) }, roadies: { add: some(index + 1) } })),
  )
  expect(kit.takeStatements().length).toBeLessThanOrEqual(4)
  await kit.update(
    kit.root,
    'band',
    ids.map((id, index) => ({ id, input: index % 2 ? { members: { add: some(index + 3), remove: some(index) } } : { roadies: { set: [] } } })),
  )
  expect(kit.takeStatements().length).toBeLessThanOrEqual(6)
  expect((await linked(ids[1] as string)).length).toBe(3)
})

test('upsert links on create and on change alike', async () => {
  const by = { externalId: { system: 'x', key: 'band' } }
  const { ids } = await kit.upsert(kit.root, 'band', [{ by, input: { members: { set: refs(a) } } }])
  await kit.upsert(kit.root, 'band', [{ by, input: { members: { add: refs(b) } } }])
  expect(await linked(ids[0] as string)).toEqual([a, b])
})
