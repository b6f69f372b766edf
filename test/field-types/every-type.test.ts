import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import pg from 'pg'
import { issuesOf } from '../support/client.ts'
import { METADATA } from '../support/metadata.ts'
import { compact } from '../support/model-values.ts'
import { PROVE } from '../support/nodes.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { moneyText, nameOf, TESTED, type TestedType } from './field-types.ts'
import { Model, type ModelRecord } from './model.ts'

/** Every field type as a custom field of a core and of a custom module, through every way to write and read, against a model in memory. */
const RUNS = PROVE ? 150 : 6
const WRITTEN = TESTED.filter(({ inputs }) => inputs !== undefined)
const SELECTION = TESTED.map((each) => `${nameOf(each)}${each.selection ?? ''}`).join(' ')

let server: TestServer
let sql: pg.Client
let users: readonly string[]

beforeAll(async () => {
  server = await startTestServer({ environment: { ORGANISATION_CURRENCY: 'CNY' } })
  sql = new pg.Client(server.database.url)
  await sql.connect()
  users = [(await server.admin.data('{ me { id } }')).me.id, (await server.addUser('Second')).id]
  await server.admin.data(METADATA.createModule, {
    input: { name: 'gadget', pluralName: 'gadgets', label: '器件', fields: [{ name: 'name', type: 'TEXT', label: '名称' }] },
  })
  for (const module of ['account', 'gadget']) {
    const input = [
      { module, name: 'scope', type: 'TEXT' },
      { module, name: 'runKey', type: 'TEXT', unique: true },
      ...TESTED.map((each) => ({ module, name: nameOf(each), type: each.type, label: `字段 ${each.type}`, ...attributesOf(each, module) })),
    ]
    for (const late of [false, true])
      await server.admin.data(METADATA.createFields, { input: input.filter(({ type }) => (type === 'FORMULA' || type === 'ROLLUP') === late) })
  }
}, 60_000)
afterAll(async () => {
  await sql?.end()
  await server?.close()
})

function attributesOf({ type, attributes, default: value }: TestedType, module: string): object {
  const reference =
    type === 'REFERENCE' ? { module, inverseName: 'fReferenceOf' } : type === 'REFERENCES' ? { module, inverseName: 'fReferencesOf' } : undefined
  return { ...attributes, ...(value !== undefined && { default: value }), ...(reference && { reference }) }
}

test('the table has every type that the API has', async () => {
  const { type } = await server.admin.data('{ type: __type(name: "FieldType") { enumValues { name } } }')
  expect(TESTED.map((each) => each.type as string).sort()).toEqual(type.enumValues.map(({ name }: { name: string }) => name).sort())
})

describe.each([
  ['account', 'accounts', { type: 'customer' }],
  ['gadget', 'gadgets', {}],
] as const)('%s', (module, list, base) => {
  const typeName = module.charAt(0).toUpperCase() + module.slice(1)
  let runs = 0

  /** Operators of every filter input, by field, from the schema. */
  async function operators(): Promise<ReadonlyMap<string, readonly string[]>> {
    const { type } = await server.admin.data(`{ type: __type(name: "${typeName}Filter") { inputFields { name type { name kind inputFields { name } } } } }`)
    return new Map(
      type.inputFields.map(({ name, type: input }: { name: string; type: { inputFields: { name: string }[] | null } }) => [
        name,
        input.inputFields?.map((each) => each.name) ?? [],
      ]),
    )
  }

  /** Values of a record to write; null and left out as often as the chance has it. */
  function drawValues(gen: fc.GeneratorValue, chance: number): Record<string, unknown> {
    const values: Record<string, unknown> = {}
    for (const each of WRITTEN) {
      const dice = gen(() => fc.integer({ min: 0, max: 9 }))
      if (dice < chance) values[nameOf(each)] = gen(() => each.inputs as fc.Arbitrary<unknown>)
      else if (dice === 9) values[nameOf(each)] = null
    }
    return values
  }

  function drawLinks(gen: fc.GeneratorValue, known: readonly string[]): Record<string, unknown> {
    const one = () => gen(() => fc.option(fc.constantFrom(...known)))
    return known.length === 0
      ? {}
      : { fReference: one(), fReferences: gen(() => fc.subarray([...known])), fUser: gen(() => fc.option(fc.constantFrom(...users))) }
  }

  /** The same as inputs of the API. */
  function inputOf({ fReference, fReferences, fUser, ...values }: Record<string, unknown>): Record<string, unknown> {
    const one = (id: unknown) => (id === null ? null : { id })
    return {
      ...values,
      ...(fReference !== undefined && { fReference: one(fReference) }),
      ...(fUser !== undefined && { fUser: one(fUser) }),
      ...(fReferences !== undefined && { fReferences: { set: (fReferences as string[]).map((id) => ({ id })) } }),
    }
  }

  const defaults = Object.fromEntries(TESTED.flatMap((each) => (each.default === undefined ? [] : [[nameOf(each), each.default]])))

  /** Creates one by one, in bulk and by upsert; changes one by one, in bulk and by upsert. Answers what is there then. */
  async function write(gen: fc.GeneratorValue, scope: string): Promise<ModelRecord[]> {
    const records: ModelRecord[] = []
    const made = (id: string, values: Record<string, unknown>) => records.push({ id, values: { ...defaults, ...values } })
    const fresh = (code: string) => ({ ...base, name: `名称 ${code}`, scope, runKey: code })
    const ids = () => records.map(({ id }) => id)
    const first = { ...drawValues(gen, 9) }
    made(
      (
        await server.admin.data(`mutation ($input: Create${typeName}Input!) { made: create${typeName}(input: $input) { ${module} { id } } }`, {
          input: { ...fresh(`${scope}-0`), ...inputOf(first) },
        })
      ).made[module].id,
      first,
    )
    const many = [0, 1, 2].map(() => ({ ...drawValues(gen, 7), ...drawLinks(gen, ids()) }))
    const { made: bulk } = await server.admin.data(
      `mutation ($input: [Create${typeName}Input!]!) { made: create${typeName}s(input: $input) { ${list} { id } } }`,
      { input: many.map((values, index) => ({ ...fresh(`${scope}-${index + 1}`), ...inputOf(values) })) },
    )
    bulk[list].forEach(({ id }: { id: string }, index: number) => made(id, many[index] as Record<string, unknown>))
    const upsert = (code: string, input: object) =>
      server.admin.data(
        `mutation ($by: ${typeName}UniqueInput!, $input: Upsert${typeName}Input!) { made: upsert${typeName}(by: $by, input: $input) { created ${module} { id } } }`,
        { by: { runKey: code }, input },
      )
    const upserted = { ...drawValues(gen, 5), ...drawLinks(gen, ids()) }
    const { runKey: _key, ...rest } = fresh(`${scope}-4`)
    const { made: answer } = await upsert(`${scope}-4`, { ...rest, ...inputOf(upserted) })
    expect(answer.created).toBe(true)
    made(answer[module].id, upserted)

    const change = (record: ModelRecord, values: Record<string, unknown>) => Object.assign(record.values, values)
    const [one, two, three, four] = records as [ModelRecord, ModelRecord, ModelRecord, ModelRecord]
    const changes = [one, two, three, four].map(() => ({ ...drawValues(gen, 3), ...drawLinks(gen, ids()) })) as [object, object, object, object] as Record<
      string,
      unknown
    >[]
    await server.admin.data(`mutation ($id: ID!, $input: Update${typeName}Input!) { update${typeName}(id: $id, input: $input) { ${module} { id } } }`, {
      id: one.id,
      input: inputOf(changes[0] ?? {}),
    })
    await server.admin.data(`mutation ($updates: [${typeName}UpdateItem!]!) { update${typeName}s(updates: $updates) { ${list} { id } } }`, {
      updates: [two, three].map(({ id }, index) => ({ id, input: inputOf(changes[index + 1] ?? {}) })),
    })
    expect((await upsert(`${scope}-3`, inputOf(changes[3] ?? {}))).made.created).toBe(false)
    ;[one, two, three, four].forEach((record, index) => change(record, changes[index] ?? {}))
    return records
  }

  /** All records of the run as they are answered; numbers that the server gave are noted in the model. */
  async function compareAll(scope: string, records: readonly ModelRecord[], model: Model): Promise<void> {
    const { all } = await server.admin.data(
      `query ($filter: ${typeName}Filter) { all: ${list}(filter: $filter, orderBy: [{id: ASC}]) { nodes { id ${SELECTION} } } }`,
      {
        filter: { scope: { eq: scope } },
      },
    )
    const nodes = new Map(all.nodes.map((node: { id: string }) => [node.id, sorted(node)]))
    expect(nodes.size).toBe(records.length)
    for (const record of records) {
      const node = nodes.get(record.id) as Record<string, unknown>
      if (record.values['fAutoNumber'] === undefined) expect(node['fAutoNumber']).toMatch(/^编号-\d{4,}$/)
      record.values['fAutoNumber'] ??= node['fAutoNumber']
      expect(node).toEqual(sorted({ id: record.id, ...Object.fromEntries(TESTED.map((each) => [nameOf(each), model.answer(each, record)])) }))
    }
  }

  /** Operands for one operator: values that occur, and others. */
  function operandOf(gen: fc.GeneratorValue, each: TestedType, operator: string, records: readonly ModelRecord[]): unknown {
    const ids = each.type === 'USER' ? users : records.map(({ id }) => id)
    if (each.family === 'one') return { id: { eq: gen(() => fc.constantFrom(...ids)) } }
    if (each.family === 'many') return { id: { in: gen(() => fc.subarray([...ids])) } }
    if (operator === 'isNull' || operator === 'isEmpty') return gen(() => fc.boolean())
    if (operator === 'currency') return { eq: gen(() => fc.constantFrom('CNY', 'USD')) }
    const numbers = records.flatMap(({ values }) => values[nameOf(each)] ?? [])
    const known =
      each.type === 'AUTO_NUMBER'
        ? fc.constantFrom(...(numbers as string[]))
        : each.family === 'number' && !each.inputs
          ? fc.integer({ min: -9, max: 19 }).map(String)
          : (each.inputs as fc.Arbitrary<unknown>)
    const operand = each.family === 'money' ? known.map((value) => (value as { amount: string }).amount) : known
    if (each.family === 'list') return gen(() => operand)
    if (operator === 'in' || operator === 'notIn') return gen(() => fc.array(operand, { maxLength: 3 }))
    if (!['contains', 'startsWith', 'endsWith'].includes(operator)) return gen(() => operand)
    const letters = [...String(gen(() => operand))]
    const start = gen(() => fc.nat({ max: letters.length }))
    return letters.slice(start, start + gen(() => fc.integer({ min: 0, max: 3 }))).join('')
  }

  async function compareFilters(gen: fc.GeneratorValue, scope: string, records: readonly ModelRecord[], model: Model): Promise<void> {
    const known = await operators()
    const conditions = TESTED.flatMap((each) => (known.get(nameOf(each)) ?? []).map((operator) => ({ each, operator })))
    for (const each of TESTED) expect([each.type, (known.get(nameOf(each)) ?? []).length > 0]).toEqual([each.type, each.family !== null])
    // The filter of a single relation is the whole filter of what it leads to.
    const asked = conditions
      .filter(({ each, operator }) => each.family !== 'one' || operator === 'id')
      .map((condition) => ({ ...condition, operand: operandOf(gen, condition.each, condition.operator, records) }))
    for (let start = 0; start < asked.length; start += 40) {
      const group = asked.slice(start, start + 40)
      const data = await server.admin.data(
        `query (${group.map((_, index) => `$f${index}: ${typeName}Filter`)}) { ${group.map((_, index) => `f${index}: ${list}(filter: $f${index}, orderBy: [{id: ASC}]) { nodes { id } }`).join(' ')} }`,
        Object.fromEntries(
          group.map(({ each, operator, operand }, index) => [
            `f${index}`,
            { scope: { eq: scope }, [nameOf(each)]: each.family === 'one' ? operand : { [operator]: operand } },
          ]),
        ),
      )
      for (const [index, { each, operator, operand }] of group.entries()) {
        const ids = records
          .filter((record) => model.matches(each, operator, operand, record))
          .map(({ id }) => id)
          .sort()
        expect([each.type, operator, operand, data[`f${index}`].nodes.map(({ id }: { id: string }) => id)]).toEqual([each.type, operator, operand, ids])
      }
    }
  }

  async function compareOrders(scope: string, model: Model): Promise<void> {
    const orders = TESTED.filter(({ sortable }) => sortable).flatMap((each) => (['ASC', 'DESC'] as const).map((direction) => ({ each, direction })))
    const data = await server.admin.data(
      `query ($filter: ${typeName}Filter) { ${orders.map(({ each, direction }, index) => `o${index}: ${list}(filter: $filter, orderBy: [{${nameOf(each)}: ${direction}}]) { nodes { id } }`).join(' ')} }`,
      { filter: { scope: { eq: scope } } },
    )
    for (const [index, { each, direction }] of orders.entries()) {
      expect([each.type, direction, data[`o${index}`].nodes.map(({ id }: { id: string }) => id)]).toEqual([
        each.type,
        direction,
        model.ordered(each, direction).map(({ id }) => id),
      ])
    }
    const { type } = await server.admin.data(`{ type: __type(name: "${typeName}OrderBy") { inputFields { name } } }`)
    const names = new Set(type.inputFields.map(({ name }: { name: string }) => name))
    for (const each of TESTED) expect([each.type, names.has(nameOf(each))]).toEqual([each.type, each.sortable === true || each.family === 'one'])
  }

  async function compareGroups(scope: string, model: Model): Promise<void> {
    const groups = TESTED.filter(({ groupable }) => groupable)
    const dated = (each: TestedType) => each.family === 'day' || each.family === 'instant'
    const data = await server.admin.data(
      `query ($filter: ${typeName}Filter) { ${groups.map((each, index) => `g${index}: ${list}Aggregate(filter: $filter, groupBy: [{${nameOf(each)}: ${dated(each) ? 'YEAR' : 'true'}}]) { key count }`).join(' ')} }`,
      { filter: { scope: { eq: scope } } },
    )
    for (const [index, each] of groups.entries()) {
      const answered = new Map(
        data[`g${index}`].map(({ key, count }: { key: Record<string, unknown>; count: number }) => [JSON.stringify(key[nameOf(each)]), count]),
      )
      const counts = model.counts(each, (answer) => {
        if (answer === null) return null
        if (dated(each)) return `${String(answer).slice(0, 4)}-01-01`
        return each.family === 'phone' ? (answer as { e164: string }).e164 : answer
      })
      expect([each.type, answered]).toEqual([each.type, counts])
    }
  }

  async function compareAggregates(scope: string, model: Model): Promise<void> {
    const numbers = TESTED.filter(({ family }) => family === 'number' || family === 'money')
    const dates = TESTED.filter(({ family }) => family === 'day' || family === 'instant')
    const members = (of: readonly TestedType[]) => of.map((each) => `${nameOf(each)}${each.family === 'money' ? '{ amount currency }' : ''}`).join(' ')
    const { all } = await server.admin.data(
      `query ($filter: ${typeName}Filter) { all: ${list}Aggregate(filter: $filter) { count sum { ${members(numbers)} } avg { ${members(numbers)} } min { ${members([...numbers, ...dates])} } max { ${members([...numbers, ...dates])} } } }`,
      { filter: { scope: { eq: scope } } },
    )
    const [answer] = all
    const money = (each: TestedType, value: Decimal) => (each.family === 'money' ? { amount: moneyText(value), currency: 'CNY' } : null)
    for (const each of numbers) {
      const values = model.all(each) as Decimal[]
      const Exact = Decimal.clone({ precision: 60 })
      const sum = values.reduce((total, value) => total.plus(value.toFixed()), new Exact(0))
      const average = values.length === 0 ? null : sum.div(values.length).toDecimalPlaces(each.family === 'money' ? 4 : 6, Decimal.ROUND_HALF_UP)
      const whole = ['INTEGER', 'RATING', 'DURATION'].includes(each.type)
      const told = (value: Decimal | null, number: boolean) => (value === null ? null : (money(each, value) ?? (number ? value.toNumber() : value.toFixed())))
      const least = values.length === 0 ? null : Decimal.min(...values)
      const most = values.length === 0 ? null : Decimal.max(...values)
      const name = nameOf(each)
      expect([each.type, answer.sum[name], answer.avg[name], answer.min[name], answer.max[name]]).toEqual([
        each.type,
        told(values.length === 0 ? null : sum, false),
        told(average, false),
        told(least, whole),
        told(most, whole),
      ])
    }
    for (const each of dates) {
      const values = model.all(each) as number[]
      const told = (value: number) => (values.length === 0 ? null : new Date(value).toISOString().slice(0, each.family === 'day' ? 10 : 24))
      expect([each.type, answer.min[nameOf(each)], answer.max[nameOf(each)]]).toEqual([each.type, told(Math.min(...values)), told(Math.max(...values))])
    }
  }

  test(
    'is written, read, filtered, ordered, grouped, counted, told in the history, deleted and restored like the model',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.gen(), async (gen) => {
          runs += 1
          const scope = `${module} ${runs}`
          const records = await write(gen, scope)
          const early = new Model(records, [])
          await compareAll(scope, records, early)
          const texts = new Set<string>(
            TESTED.filter(({ family }) => family === 'text' || family === 'phone').flatMap((each) =>
              (early.all(each) as string[]).concat(fc.sample(each.inputs ?? fc.constant(''), { numRuns: 60, seed: 1 }) as string[]),
            ),
          )
          for (const text of [...texts]) texts.add(compact(text))
          const { rows } = await sql.query<{ text: string }>('SELECT v AS text FROM unnest($1::text[]) v ORDER BY v', [[...texts]])
          const model = new Model(
            records,
            rows.map((row) => row.text),
          )
          await compareFilters(gen, scope, records, model)
          await compareOrders(scope, model)
          await compareGroups(scope, model)
          await compareAggregates(scope, model)
          const { id } = records[1] as ModelRecord
          await server.admin.data(`mutation ($id: ID!) { delete${typeName}(id: $id) { id } }`, { id })
          const others = records.filter((record) => record.id !== id)
          const gone = await server.admin.data(
            `query ($filter: ${typeName}Filter, $id: ID!) { list: ${list}(filter: $filter, orderBy: [{id: ASC}]) { nodes { id } } one: ${list}(filter: {id: {eq: $id}}, deleted: ONLY) { totalCount } }`,
            { filter: { scope: { eq: scope } }, id },
          )
          expect(gone.list.nodes.map((node: { id: string }) => node.id)).toEqual(others.map((record) => record.id).sort())
          expect(gone.one.totalCount).toBe(1)
          await server.admin.data(`mutation ($id: ID!) { restore${typeName}(id: $id) { ${module} { id } } }`, { id })
          // A deleted record was cleared from what referred to it, and does not come back there.
          for (const { values } of others) {
            if (values['fReference'] === id) values['fReference'] = null
            values['fReferences'] = ((values['fReferences'] ?? []) as string[]).filter((each) => each !== id)
          }
          await compareAll(scope, records, model)
        }),
        { numRuns: RUNS, seed: PROVE ? undefined : 20, endOnFailure: true },
      )
    },
    PROVE ? 900_000 : 60_000,
  )

  test('the history tells what was there before and after each change', async () => {
    const record = { ...base, name: '历史' }
    const { made } = await server.admin.data(`mutation ($input: Create${typeName}Input!) { made: create${typeName}(input: $input) { ${module} { id } } }`, {
      input: record,
    })
    const { id } = made[module]
    for (const each of WRITTEN) {
      const [input] = fc
        .sample(each.inputs as fc.Arbitrary<unknown>, { numRuns: 20, seed: 3 })
        .filter((value) => JSON.stringify(value) !== JSON.stringify(each.default) && JSON.stringify(value) !== '[]')
      const change = (value: unknown) =>
        server.admin.data(`mutation ($id: ID!, $input: Update${typeName}Input!) { update${typeName}(id: $id, input: $input) { ${module} { version } } }`, {
          id,
          input: { [nameOf(each)]: value },
        })
      await change(input)
      await change(null)
      const { one } = await server.admin.data(
        `query ($id: ID!) { one: ${module}(id: $id) { ${nameOf(each)}${each.selection ?? ''} history(first: 2) { nodes { changes { field before after } } } } }`,
        { id },
      )
      const told = one.history.nodes.map(({ changes }: { changes: object[] }) => changes.filter((entry) => (entry as { field: string }).field === nameOf(each)))
      expect([each.type, told]).toEqual([
        each.type,
        [[{ field: nameOf(each), before: expect.anything(), after: null }], [{ field: nameOf(each), before: each.default ?? null, after: told[0][0].before }]],
      ])
    }
  })

  test('what is not a value of its type is refused and changes nothing', async () => {
    const create = `mutation ($input: Create${typeName}Input!) { made: create${typeName}(input: $input) { ${module} { id } } }`
    const { made } = await server.admin.data(create, { input: { ...base, name: '不变' } })
    const { id } = made[module]
    const read = () => server.admin.data(`query ($id: ID!) { one: ${module}(id: $id) { version ${SELECTION} } total: ${list} { totalCount } }`, { id })
    const before = await read()
    for (const each of TESTED) {
      for (const [input, code] of each.refused ?? []) {
        const value = { [nameOf(each)]: input }
        const created = await server.admin.send(create, { input: { ...base, name: '不变', ...value } })
        expect([each.type, issuesOf(created).map((issue) => issue.split(': ')[1])]).toEqual([each.type, [code]])
        const updated = await server.admin.send(
          `mutation ($id: ID!, $input: Update${typeName}Input!) { update${typeName}(id: $id, input: $input) { ${module} { id } } }`,
          { id, input: value },
        )
        expect([each.type, issuesOf(updated).map((issue) => issue.split(': ')[1])]).toEqual([each.type, [code]])
      }
    }
    expect(await read()).toEqual(before)
  })
})

/** With the members of to-many relations in the order of their ids: the newest record comes first there, whatever was linked first. */
function sorted(node: object): object {
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) => {
      const nodes = (value as { nodes?: { id: string }[] } | null)?.nodes
      return [name, nodes ? { nodes: [...nodes].sort((a, b) => (a.id < b.id ? -1 : 1)) } : value]
    }),
  )
}
