import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compact } from '../support/model-values.ts'
import { PROVE } from '../support/nodes.ts'
import { compareAggregates, compareGroups } from './compare-aggregates.ts'
import { compareFilters, compareOrders } from './compare-filters.ts'
import { compareRecords } from './compare-records.ts'
import { nameOf, TESTED } from './field-types.ts'
import { Model, type ModelRecord } from './model.ts'
import { type EveryType, MODULES, startEveryType } from './setup.ts'
import { deleteAndRestore, writeRecords } from './writes.ts'

/** Every field type as a custom field of a core and of a custom module, through every way to write and read, against a model in memory. */
const RUNS = PROVE ? 150 : 6

let everyType: EveryType
beforeAll(async () => {
  everyType = await startEveryType()
}, 60_000)
afterAll(() => everyType?.close())

test('the table has every type that the API has', async () => {
  const { type } = await everyType.server.admin.data('{ type: __type(name: "FieldType") { enumValues { name } } }')
  expect(TESTED.map((each) => each.type as string).sort()).toEqual(type.enumValues.map(({ name }: { name: string }) => name).sort())
})

/** A model that knows the database's order of all texts that occur or are asked for. */
async function modelOf(records: readonly ModelRecord[]): Promise<Model> {
  const plain = new Model(records, [])
  const texts = new Set<string>(
    TESTED.filter(({ family }) => family === 'text' || family === 'phone').flatMap((each) =>
      (plain.all(each) as string[]).concat(fc.sample(each.inputs ?? fc.constant(''), { numRuns: 60, seed: 1 }) as string[]),
    ),
  )
  for (const text of [...texts]) texts.add(compact(text))
  const { rows } = await everyType.sql.query<{ text: string }>('SELECT v AS text FROM unnest($1::text[]) v ORDER BY v', [[...texts]])
  return new Model(
    records,
    rows.map(({ text }) => text),
  )
}

describe.each(MODULES)('$module', (tested) => {
  test(
    'is written, read, filtered, ordered, grouped, counted, told in the history, deleted and restored like the model',
    async () => {
      let runs = 0
      const told = new Map<string, Set<string>>(TESTED.map((each) => [nameOf(each), new Set()]))
      const property = fc.asyncProperty(fc.gen(), async (gen) => {
        runs += 1
        const scope = `${tested.module} ${runs}`
        const records = await writeRecords(everyType, tested, gen, scope)
        await compareRecords(everyType, tested, scope, records, new Model(records, []))
        const model = await modelOf(records)
        await compareFilters(everyType, tested, gen, scope, records, model)
        await compareOrders(everyType, tested, scope, model)
        await compareGroups(everyType, tested, scope, model)
        await compareAggregates(everyType, tested, scope, model)
        await deleteAndRestore(everyType, tested, scope, records)
        await compareRecords(everyType, tested, scope, records, model)
        for (const { changes } of records.flatMap((record) => model.history(record)))
          for (const [field, { before, after }] of Object.entries(changes)) told.get(field)?.add(`${kindOf(before)} to ${kindOf(after)}`)
      })
      await fc.assert(property, { numRuns: RUNS, seed: PROVE ? undefined : 20, endOnFailure: true })
      // No type may have been left out of the histories that were compared.
      const missing = TESTED.filter(({ inputs, family }) => inputs !== undefined || family === 'one' || family === 'many').flatMap((each) =>
        ['nothing to something', 'something to another', 'something to nothing']
          .filter((step) => !told.get(nameOf(each))?.has(step.replace('another', 'something')))
          .map((step) => `${each.type}: ${step}`),
      )
      expect(missing).toEqual([])
    },
    PROVE ? 900_000 : 60_000,
  )
})

const kindOf = (value: unknown) => (value === null || (Array.isArray(value) && value.length === 0) ? 'nothing' : 'something')
