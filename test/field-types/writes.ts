import { expect } from '@jest/globals'
import fc from 'fast-check'
import { nameOf, TESTED } from './field-types.ts'
import { type ModelRecord, madeRecord, noteChange } from './model.ts'
import type { EveryType, TestedModule } from './setup.ts'

type Values = Record<string, unknown>

/** Values of a record to write; null and left out as often as the chance has it. */
function drawValues(gen: fc.GeneratorValue, chance: number): Values {
  const values: Values = {}
  for (const each of TESTED) {
    if (!each.inputs) continue
    const dice = gen(() => fc.integer({ min: 0, max: 9 }))
    if (dice < chance) values[nameOf(each)] = gen(() => each.inputs as fc.Arbitrary<unknown>)
    else if (dice === 9) values[nameOf(each)] = null
  }
  return values
}

function drawLinks(gen: fc.GeneratorValue, known: readonly string[], users: readonly string[]): Values {
  const one = () => gen(() => fc.option(fc.constantFrom(...known)))
  return known.length === 0
    ? {}
    : { fReference: one(), fReferences: gen(() => fc.subarray([...known])), fUser: gen(() => fc.option(fc.constantFrom(...users))) }
}

/** The same as inputs of the API. */
function inputOf({ fReference, fReferences, fUser, ...values }: Values): Values {
  const one = (id: unknown) => (id === null ? null : { id })
  return {
    ...values,
    ...(fReference !== undefined && { fReference: one(fReference) }),
    ...(fUser !== undefined && { fUser: one(fUser) }),
    ...(fReferences !== undefined && { fReferences: { set: (fReferences as string[]).map((id) => ({ id })) } }),
  }
}

const DEFAULTS = Object.fromEntries(TESTED.flatMap((each) => (each.default === undefined ? [] : [[nameOf(each), each.default]])))

/** Creates one by one, in bulk and by upsert; changes one by one, in bulk and by upsert. Answers what is there then. */
export async function writeRecords(
  { server: { admin }, users }: EveryType,
  tested: TestedModule,
  gen: fc.GeneratorValue,
  scope: string,
): Promise<ModelRecord[]> {
  const { module, list, typeName, base } = tested
  const records: ModelRecord[] = []
  const ids = () => records.map(({ id }) => id)
  const fresh = (code: string) => ({ ...base, name: `名称 ${code}`, scope, runKey: code })
  const draw = (chance: number): Values => ({ ...drawValues(gen, chance), ...drawLinks(gen, ids(), users) })
  const made = (id: string, values: Values) => records.push(madeRecord(id, { ...DEFAULTS, ...values }))

  const first = draw(9)
  const { one } = await admin.data(`mutation ($input: Create${typeName}Input!) { one: create${typeName}(input: $input) { ${module} { id } } }`, {
    input: { ...fresh(`${scope}-0`), ...inputOf(first) },
  })
  made(one[module].id, first)
  const many = [0, 1, 2].map(() => draw(7))
  const { bulk } = await admin.data(`mutation ($input: [Create${typeName}Input!]!) { bulk: create${typeName}s(input: $input) { ${list} { id } } }`, {
    input: many.map((values, index) => ({ ...fresh(`${scope}-${index + 1}`), ...inputOf(values) })),
  })
  bulk[list].forEach(({ id }: { id: string }, index: number) => made(id, many[index] as Values))
  const upsert = async (code: string, input: object) => {
    const document = `mutation ($by: ${typeName}UniqueInput!, $input: Upsert${typeName}Input!) { made: upsert${typeName}(by: $by, input: $input) { created ${module} { id } } }`
    return (await admin.data(document, { by: { runKey: code }, input })).made
  }
  const upserted = draw(9)
  const { runKey: _key, ...rest } = fresh(`${scope}-4`)
  const answer = await upsert(`${scope}-4`, { ...rest, ...inputOf(upserted) })
  expect(answer.created).toBe(true)
  made(answer[module].id, upserted)

  const changed = records.slice(0, 4).map((record) => ({ record, values: draw(3) }))
  const [single, ...others] = changed as [(typeof changed)[number], ...typeof changed]
  await admin.data(`mutation ($id: ID!, $input: Update${typeName}Input!) { update${typeName}(id: $id, input: $input) { ${module} { id } } }`, {
    id: single.record.id,
    input: inputOf(single.values),
  })
  await admin.data(`mutation ($updates: [${typeName}UpdateItem!]!) { update${typeName}s(updates: $updates) { ${list} { id } } }`, {
    updates: others.slice(0, 2).map(({ record, values }) => ({ id: record.id, input: inputOf(values) })),
  })
  expect((await upsert(`${scope}-3`, inputOf(others[2]?.values ?? {}))).created).toBe(false)
  for (const { record, values } of changed) noteChange(record, values)
  // One loses all of its values, whatever was drawn.
  const emptied = records[4] as ModelRecord
  const nothing: Values = Object.fromEntries(Object.keys(upserted).map((name) => [name, name === 'fReferences' ? [] : null]))
  await admin.data(`mutation ($id: ID!, $input: Update${typeName}Input!) { update${typeName}(id: $id, input: $input) { ${module} { id } } }`, {
    id: emptied.id,
    input: inputOf(nothing),
  })
  noteChange(emptied, nothing)
  return records
}

/** Deletes one of the records and restores it; what referred to it was cleared, and stays so. */
export async function deleteAndRestore({ server: { admin } }: EveryType, tested: TestedModule, scope: string, records: readonly ModelRecord[]): Promise<void> {
  const { module, list, typeName } = tested
  const gone = records[1] as ModelRecord
  const { id } = gone
  await admin.data(`mutation ($id: ID!) { delete${typeName}(id: $id) { id } }`, { id })
  const others = records.filter((record) => record !== gone)
  const left = await admin.data(
    `query ($filter: ${typeName}Filter, $id: ID!) { list: ${list}(filter: $filter, orderBy: [{id: ASC}]) { nodes { id } } one: ${list}(filter: {id: {eq: $id}}, deleted: ONLY) { totalCount } }`,
    { filter: { scope: { eq: scope } }, id },
  )
  expect(left.list.nodes.map((node: { id: string }) => node.id)).toEqual(others.map((record) => record.id).sort())
  expect(left.one.totalCount).toBe(1)
  await admin.data(`mutation ($id: ID!) { restore${typeName}(id: $id) { ${module} { id } } }`, { id })
  for (const record of others) {
    const { fReference, fReferences } = record.values
    // Each relation is cleared by a change of its own.
    if (fReference === id) noteChange(record, { fReference: null })
    noteChange(record, { fReferences: ((fReferences ?? []) as string[]).filter((each) => each !== id) })
  }
  gone.told.push(
    { operation: 'DELETED', before: gone.values, after: { ...gone.values } },
    { operation: 'RESTORED', before: gone.values, after: { ...gone.values } },
  )
}
