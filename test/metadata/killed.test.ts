import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { coreModules } from '../../src/entities/index.ts'
import { findDrift } from '../../src/records/metadata/index.ts'
import { copyTestDatabase, type TestDatabase } from '../support/database.ts'
import { changesSince, databaseState } from '../support/database-state.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { carryOut, type MetadataKit, openMetadata } from '../support/metadata-kit.ts'
import { PROVE, tell } from '../support/nodes.ts'
import { startTestServer } from '../support/server.ts'
import { watchStatements } from '../support/statement-events.mjs'
import { createVictims, type Point } from '../support/victim.ts'

type Change = readonly unknown[]

const victims = createVictims()

/** What every change begins with. */
let base: TestDatabase
/** The same with indexes to build, a key to validate and a column to empty. */
let unfinished: TestDatabase
/** The same with a field and a module whose time in the recycle bin is over. */
let expired: TestDatabase
/** Ids of the base's fields by their names. */
const ids: Record<string, string> = {}

const FIELDS: readonly (Readonly<Record<string, unknown>> & { readonly name: string })[] = [
  { name: 'plain', type: 'TEXT' },
  { name: 'strict', type: 'TEXT', required: true, default: '-', indexed: true },
  { name: 'hidden', type: 'TEXT', required: true, default: '-', indexed: true, searchable: true },
  { name: 'partners', type: 'REFERENCES', reference: { module: 'contact', inverseName: 'partnerOf' } },
  { name: 'serial', type: 'AUTO_NUMBER', numbering: { gapless: false } },
  { name: 'keeper', type: 'REFERENCE', reference: { module: 'contact', inverseName: 'keeps' } },
]
const moduleOf = (name: string) => ({
  name,
  pluralName: `${name}s`,
  fields: [
    { name: 'title', type: 'TEXT' },
    { name: 'second', type: 'TEXT' },
    { name: 'items', type: 'REFERENCES', reference: { module: 'product', inverseName: `${name}sOf` } },
    { name: 'place', type: 'REFERENCE', reference: { module: 'account' } },
  ],
})

beforeAll(async () => {
  const { admin, app, database } = await startTestServer()
  base = database
  // Names of columns as long as each other stand in the same order wherever rows are told as JSON, however many numbers a killed change has used up.
  await query(base.url, `SELECT setval('custom_column_number', 1000)`)
  await admin.data('mutation { createAccounts(input: [{name: "云南", type: "customer"}, {name: "四川", type: "customer"}]) { changeSetId } }')
  for (const input of FIELDS) ids[input.name] = (await makeField(admin, { module: 'account', ...input })).id
  await admin.data('mutation { createAccount(input: {name: "贵州", type: "customer", plain: "甲", strict: "乙", hidden: "丙"}) { account { id } } }')
  for (const name of ['shed', 'chest']) {
    await admin.data(METADATA.createModule, { input: moduleOf(name) })
    await admin.data(`mutation { create${name.charAt(0).toUpperCase()}${name.slice(1)}(input: {title: "箱"}) { changeSetId } }`)
  }
  for (const name of ['hidden', 'partners', 'serial']) await admin.data(METADATA.deleteField, { id: ids[name] })
  await admin.data(METADATA.deleteModule, { name: 'chest' })
  await admin.close()
  await app.close()
  unfinished = await copyTestDatabase(base)
  await onDatabase(unfinished.url, async (kit) => {
    await carryOut(kit, ['purgeField', { id: ids.hidden }])
    await carryOut(kit, ['updateField', { id: ids.plain }, { unique: true, indexed: true }])
    await carryOut(kit, ['createFields', [{ module: 'contact', name: 'sponsor', type: 'REFERENCE', reference: { module: 'account' } }]])
  })
  // As it is where the table has too many rows for a change to index them itself.
  const indexes = await query<{ name: string }>(unfinished.url, `UPDATE custom_index SET state = 'building' WHERE field_id = '${ids.plain}' RETURNING name`)
  expect(indexes.length).toBeGreaterThanOrEqual(2)
  await query(unfinished.url, `DROP INDEX ${indexes.map(({ name }) => name).join(', ')}`)
  expired = await copyTestDatabase(base)
  for (const table of ['custom_field', 'custom_module'])
    await query(expired.url, `UPDATE ${table} SET deleted_at = now() - interval '31 days' WHERE state = 'deleted'`)
}, 60_000)
afterAll(async () => {
  victims.close()
  for (const database of [base, unfinished, expired]) await database?.close()
})

async function query<Row = unknown>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

async function onDatabase<T>(url: string, work: (kit: MetadataKit) => Promise<T>): Promise<T> {
  const kit = await openMetadata(url)
  try {
    return await work(kit)
  } finally {
    await kit.close()
  }
}

const driftOf = (url: string) => onDatabase(url, (kit) => findDrift(kit.database, coreModules()))

/** Work on a copy that is dropped afterwards. */
async function onCopy<T>(source: TestDatabase, work: (url: string) => Promise<T>): Promise<T> {
  const copy = await copyTestDatabase(source)
  try {
    return await work(copy.url)
  } finally {
    await copy.close()
  }
}

/** What a change that nobody disturbs makes of its base, and the number of its statements' events. */
async function undisturbed(source: TestDatabase, change: Change): Promise<{ before: readonly string[]; changes: readonly string[]; events: number }> {
  const before = await databaseState(source.url)
  return onCopy(source, async (url) => {
    let events = 0
    await onDatabase(url, async (kit) => {
      const stop = watchStatements(() => (events += 1))
      await carryOut(kit, change).finally(stop)
    })
    const changes = changesSince(before, await databaseState(url))
    expect(changes.length).toBeGreaterThan(0)
    expect(await driftOf(url)).toEqual([])
    return { before, changes, events }
  })
}

let drawn = 0
/**
 * In a proof each statement of a change while it is on its way (what is there when it was answered is there when the next one is on its way); else one
 * event somewhere in it, another one for each change.
 */
function pointsOf(events: number): number[] {
  if (PROVE) return Array.from({ length: Math.ceil(events / 2) }, (_, index) => 2 * index + 1)
  drawn += 1
  return [Math.max(1, Math.ceil(((drawn * 0.618) % 1) * events))]
}

/** In a proof two at a time: a victim is a process that starts anew. */
async function inLanes<T>(all: readonly T[], work: (lane: readonly T[]) => Promise<void>): Promise<void> {
  const lanes = PROVE ? 2 : 1
  await Promise.all(Array.from({ length: lanes }, (_, lane) => work(all.filter((_point, index) => index % lanes === lane))))
}

const CHANGES: readonly (readonly [string, () => Change])[] = [
  [
    'fields made',
    () => [
      'createFields',
      (
        [
          ['TEXT', { unique: true, indexed: true }],
          ['MONEY', { indexed: true }],
          ['INTEGER', { required: true, default: 7 }],
          ['REFERENCE', { reference: { module: 'contact', inverseName: 'made' } }],
          ['REFERENCES', { reference: { module: 'product', inverseName: 'madeOf' } }],
          ['AUTO_NUMBER', { numbering: { gapless: false } }],
        ] as const
      ).map(([type, more], index) => ({ module: 'account', name: `made${index}`, type, ...more })),
    ],
  ],
  ['a module made', () => ['createModule', { ...moduleOf('thing'), kind: 'document' }]],
  [
    'a field renamed, of another type, required with a default',
    () => ['updateField', { id: ids.plain }, { name: 'other', type: 'LONG_TEXT', required: true, default: 'x' }],
  ],
  ['a field made unique', () => ['updateField', { id: ids.plain }, { unique: true, indexed: true, help: '帮助' }]],
  ['a field deleted', () => ['deleteField', { id: ids.strict }]],
  ['a field restored', () => ['restoreField', { id: ids.hidden }]],
  ['a field purged', () => ['purgeField', { id: ids.hidden }]],
  ['a many-to-many field purged', () => ['purgeField', { id: ids.partners }]],
  ['a numbering field purged', () => ['purgeField', { id: ids.serial }]],
  ['a module changed', () => ['updateModule', 'shed', { labels: [{ locale: 'zh-CN', text: '棚' }], nameField: 'second' }]],
  ['a module deleted', () => ['deleteModule', 'shed']],
  ['a module restored', () => ['restoreModule', { name: 'chest' }]],
  [
    'a state applied',
    () => [
      'apply',
      [
        {
          name: 'shed',
          pluralName: 'sheds',
          fields: [
            { name: 'caption', was: 'title', type: 'TEXT' },
            { name: 'size', type: 'DECIMAL' },
          ],
        },
        { ...moduleOf('crate'), pluralLabel: 'Crates' },
        { name: 'account', fields: [{ name: 'strict', type: 'TEXT' }] },
      ],
    ],
  ],
]

describe('a change whose process is killed leaves the old state or the new one, by whether it came to its commit', () => {
  test.each(CHANGES)(
    '%s',
    async (what, changeOf) => {
      const change = changeOf()
      const { before, changes, events } = await undisturbed(base, change)
      const outcomes = { old: 0, new: 0 }

      /** Kills at the points in turn while the copy stays as it was: that what was killed can be done again is a part of it. Answers the points left. */
      const killOn = async (url: string, points: readonly Point[]): Promise<readonly Point[]> => {
        for (const [index, at] of points.entries()) {
          const end = await victims.killAt(url, change, at)
          const left = changesSince(before, await databaseState(url))
          const isNew = left.length > 0
          // Between the two PostgreSQL may have got the commit or not.
          if (!end.events.includes('sent COMMIT')) expect({ at, left }).toEqual({ at, left: [] })
          else if (isNew || end.events.includes('answered COMMIT')) expect({ at, left }).toEqual({ at, left: changes })
          expect(await driftOf(url)).toEqual([])
          if (end.killed) outcomes[isNew ? 'new' : 'old'] += 1
          if (isNew) return points.slice(index + 1)
        }
        return []
      }
      await inLanes<Point>([...pointsOf(events), 'answered COMMIT'], async (lane) => {
        for (let left = lane; left.length > 0; ) {
          const points = left
          left = await onCopy(base, (url) => killOn(url, points))
        }
      })
      if (PROVE) tell(`${what}: killed at ${events / 2} statements, old ${outcomes.old} times, new ${outcomes.new} times`)
      expect(outcomes.old).toBeGreaterThan(0)
      expect(outcomes.new).toBeGreaterThan(0)
    },
    PROVE ? 1_200_000 : 60_000,
  )
})

describe('work beside the requests whose process is killed is finished by the next round', () => {
  test.each([
    ['indexes, keys and emptied columns', () => unfinished],
    ['fields and modules whose time is over', () => expired],
  ] as const)(
    '%s',
    async (what, sourceOf) => {
      const source = sourceOf()
      const { before, changes, events } = await undisturbed(source, ['maintain'])
      let halves = 0
      const killOn = (at: Point) =>
        onCopy(source, async (url) => {
          await victims.killAt(url, ['maintain'], at)
          expect({ at, drift: await driftOf(url) }).toEqual({ at, drift: [] })
          const left = changesSince(before, await databaseState(url))
          if (left.length > 0 && left.length < changes.length) halves += 1
          for (let rounds = 0; await onDatabase(url, (kit) => kit.maintain()); rounds += 1) expect(rounds).toBeLessThan(3)
          expect({ at, finished: changesSince(before, await databaseState(url)) }).toEqual({ at, finished: changes })
        })
      await inLanes(pointsOf(events), async (lane) => {
        for (const at of lane) await killOn(at)
      })
      if (PROVE) {
        tell(`${what}: killed at ${events / 2} statements, ${halves} times with something done and something left`)
        expect(halves).toBeGreaterThan(0)
      }
    },
    PROVE ? 1_200_000 : 60_000,
  )
})
