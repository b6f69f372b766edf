import { expect } from '@jest/globals'
import fc from 'fast-check'
import { nameOf, TESTED, type TestedType } from './field-types.ts'
import type { Model, ModelRecord } from './model.ts'
import type { EveryType, TestedModule } from './setup.ts'

/** Operators of every filter input, by field, from the schema. */
async function operatorsOf({ server }: EveryType, { typeName }: TestedModule): Promise<ReadonlyMap<string, readonly string[]>> {
  const { type } = await server.admin.data(`{ type: __type(name: "${typeName}Filter") { inputFields { name type { name kind inputFields { name } } } } }`)
  return new Map(
    type.inputFields.map(({ name, type: input }: { name: string; type: { inputFields: { name: string }[] | null } }) => [
      name,
      input.inputFields?.map((each) => each.name) ?? [],
    ]),
  )
}

/** Operands for one operator: values that occur, and others. */
function operandOf({ users }: EveryType, gen: fc.GeneratorValue, each: TestedType, operator: string, records: readonly ModelRecord[]): unknown {
  const ids = each.type === 'USER' ? users : records.map(({ id }) => id)
  if (each.family === 'one') return { id: { eq: gen(() => fc.constantFrom(...ids)) } }
  if (each.family === 'many') return { id: { in: gen(() => fc.subarray([...ids])) } }
  if (operator === 'isNull' || operator === 'isEmpty') return gen(() => fc.boolean())
  if (operator === 'currency') return { eq: gen(() => fc.constantFrom('CNY', 'USD', 'JPY')) }
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

export async function compareFilters(
  everyType: EveryType,
  tested: TestedModule,
  gen: fc.GeneratorValue,
  scope: string,
  records: readonly ModelRecord[],
  model: Model,
): Promise<void> {
  const { server } = everyType
  const { list, typeName } = tested
  const known = await operatorsOf(everyType, tested)
  const conditions = TESTED.flatMap((each) => (known.get(nameOf(each)) ?? []).map((operator) => ({ each, operator })))
  for (const each of TESTED) expect([each.type, (known.get(nameOf(each)) ?? []).length > 0]).toEqual([each.type, each.family !== null])
  // The filter of a single relation is the whole filter of what it leads to.
  const asked = conditions
    .filter(({ each, operator }) => each.family !== 'one' || operator === 'id')
    .map((condition) => ({ ...condition, operand: operandOf(everyType, gen, condition.each, condition.operator, records) }))
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

export async function compareOrders({ server }: EveryType, { list, typeName }: TestedModule, scope: string, model: Model): Promise<void> {
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
