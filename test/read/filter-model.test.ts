import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { codesOf, issuesOf } from '../support/client.ts'
import { loadReadData } from '../support/read-data.ts'
import { CARRIERS, carry, type Draw, FilterGenerator } from '../support/read-filter.ts'
import { familyOf, type ModelFilter, operatorsOf, ReadModel } from '../support/read-model.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Filters answer what a plain in-memory reading of the rules answers. */
let server: TestServer
let model: ReadModel
let generator: FilterGenerator

beforeAll(async () => {
  server = await startTestServer({ environment: { ORGANISATION_CURRENCY: 'CNY' } })
  await loadReadData(server)
  model = await ReadModel.load(server.database.url)
  generator = new FilterGenerator(model)
}, 60_000)

afterAll(() => server?.close())

const LISTED = ['account', 'contact', 'order', 'orderLine', 'product', 'ticket', 'reminder'] as const

function expectedIds(moduleName: string, filter: ModelFilter): string[] {
  const module = model.registry.module(moduleName)
  return model
    .rows(moduleName)
    .filter((row) => model.matches(filter, row, module))
    .map(({ id }) => id)
}

async function answeredIds(moduleName: string, filter: ModelFilter): Promise<string[]> {
  const { pluralName, typeName } = model.registry.module(moduleName)
  const data = await server.admin.data(`query ($filter: ${typeName}Filter) { list: ${pluralName}(filter: $filter, first: 500) { nodes { id } } }`, { filter })
  return data.list.nodes.map(({ id }: { id: string }) => id).sort()
}

describe('a random filter', () => {
  for (const moduleName of ['account', 'contact', 'order', 'orderLine'] as const) {
    test(`on ${moduleName} lists and counts what the model does, however it is carried`, async () => {
      const module = model.registry.module(moduleName)
      await fc.assert(
        fc.asyncProperty(fc.gen(), fc.constantFrom(...CARRIERS), async (gen, carrier) => {
          const draw: Draw = (arbitrary) => gen(() => arbitrary)
          const filter = generator.filter(draw, module, 3)
          const { head, argument, variables } = carry(carrier, filter, module, model.registry)
          const source = `${head} { list: ${module.pluralName}(filter: ${argument}, first: 500) { totalCount nodes { id } } }`
          const { list } = await server.admin.data(source, variables)
          const ids = list.nodes.map(({ id }: { id: string }) => id).sort()
          expect({ filter, ids, total: list.totalCount }).toEqual({ filter, ids: expectedIds(moduleName, filter), total: ids.length })
        }),
        { numRuns: 80, seed: 7, interruptAfterTimeLimit: 10_000 },
      )
    })
  }
})

describe('every operator of every field', () => {
  for (const moduleName of LISTED) {
    test(`of ${moduleName}`, async () => {
      const module = model.registry.module(moduleName)
      const draws = fc.sample(
        fc.gen().map((gen) => {
          const draw: Draw = (arbitrary) => gen(() => arbitrary)
          return generator.fields(module).flatMap((field) => {
            const operators = operatorsOf(familyOf(field) as never).filter((operator) => field.name !== 'id' || operator !== 'isNull')
            return operators.map((operator): ModelFilter => ({ [field.name]: { [operator]: generator.operand(draw, field, operator) } }))
          })
        }),
        { numRuns: 1, seed: 11 },
      )
      const filters = draws.flat()
      for (let start = 0; start < filters.length; start += 40) {
        const group = filters.slice(start, start + 40)
        const lists = group.map((_, index) => `f${index}: ${module.pluralName}(filter: $f${index}, first: 500) { nodes { id } }`)
        const data = await server.admin.data(
          `query (${group.map((_, index) => `$f${index}: ${module.typeName}Filter`)}) { ${lists.join(' ')} }`,
          Object.fromEntries(group.map((filter, index) => [`f${index}`, filter])),
        )
        for (const [index, filter] of group.entries()) {
          const ids = data[`f${index}`].nodes.map(({ id }: { id: string }) => id).sort()
          expect({ filter, ids }).toEqual({ filter, ids: expectedIds(moduleName, filter) })
        }
      }
    })
  }
})

describe('what is empty', () => {
  const all = () => model.rows('account').length
  const count = (filter: ModelFilter) => answeredIds('account', filter).then(({ length }) => length)

  test('is not equal to anything, and so is found by ne, notIn and not', async () => {
    const empty = await count({ industry: { isNull: true } })
    expect(empty).toBeGreaterThan(0)
    expect(await count({ industry: { ne: 'retail' } })).toBe(all() - (await count({ industry: { eq: 'retail' } })))
    expect(await count({ industry: { notIn: ['retail', 'finance'] } })).toBe(all() - (await count({ industry: { in: ['retail', 'finance'] } })))
    expect(await count({ not: { industry: { eq: 'retail' } } })).toBe(await count({ industry: { ne: 'retail' } }))
    expect(await count({ not: { annualRevenue: { gt: '1' } } })).toBe(all() - (await count({ annualRevenue: { gt: '1' } })))
    expect(await count({ not: { parent: { name: { contains: 'a' } } } })).toBe(all() - (await count({ parent: { name: { contains: 'a' } } })))
  })

  test('as a list matches nothing, as a conjunction everything', async () => {
    expect(await count({ industry: { in: [] } })).toBe(0)
    expect(await count({ or: [] })).toBe(0)
    expect(await count({ not: { or: [] } })).toBe(all())
    expect(await count({ industry: { notIn: [] } })).toBe(all())
    expect(await count({ tags: { hasAny: [] } })).toBe(0)
    expect(await count({ tags: { hasAll: [] } })).toBe(all())
    expect(await count({ tags: { hasNone: [] } })).toBe(all())
    for (const filter of [{}, { and: [] }, { name: {} }, { contacts: {} }, { not: { not: {} } }]) expect(await count(filter)).toBe(all())
  })

  test('as a relation: no related record, or none outside the recycle bin', async () => {
    const owner = model.registry.module('account').fields.get('owner')
    const without = model.rows('account').filter((row) => !model.related(owner as never, row)).length
    expect(await count({ owner: { id: { isNull: true } } })).toBe(without)
    expect(await count({ owner: { id: { isNull: false } } })).toBe(all() - without)
    expect(await count({ owner: {} })).toBe(all() - without)
    expect(await count({ not: { owner: {} } })).toBe(without)
  })

  test('as a list of related records: none and every hold, some does not', async () => {
    const childless = expectedIds('account', { contacts: { none: {} } })
    expect(childless.length).toBeGreaterThan(0)
    expect(await answeredIds('account', { contacts: { none: {} } })).toEqual(childless)
    expect(await answeredIds('account', { contacts: { every: { name: { eq: 'nobody' } } } })).toEqual(childless)
    expect(await count({ contacts: { some: { or: [] } } })).toBe(0)
  })
})

describe('null where a value belongs', () => {
  const REFUSED: readonly [filter: string, path: string][] = [
    ['{name: {eq: null}}', 'filter.name.eq'],
    ['{name: null}', 'filter.name'],
    ['{name: {contains: null}}', 'filter.name.contains'],
    ['{industry: {in: null}}', 'filter.industry.in'],
    ['{industry: {isNull: null}}', 'filter.industry.isNull'],
    ['{not: null}', 'filter.not'],
    ['{and: null}', 'filter.and'],
    ['{owner: null}', 'filter.owner'],
    ['{owner: {name: {eq: null}}}', 'filter.owner.name.eq'],
    ['{contacts: null}', 'filter.contacts'],
    ['{contacts: {some: null}}', 'filter.contacts.some'],
    ['{contacts: {none: {name: {ne: null}}}}', 'filter.contacts.none.name.ne'],
    ['{tags: {hasAny: null}}', 'filter.tags.hasAny'],
    ['{annualRevenue: {gt: null}}', 'filter.annualRevenue.gt'],
    ['{annualRevenue: {currency: {eq: null}}}', 'filter.annualRevenue.currency.eq'],
    ['{or: [{name: {eq: "x"}}, {name: {eq: null}}]}', 'filter.or.1.name.eq'],
  ]
  for (const [filter, path] of REFUSED) {
    test(`is refused with its path: ${filter}`, async () => {
      const literal = await server.admin.send(`{ accounts(filter: ${filter}) { totalCount } }`)
      expect([codesOf(literal), issuesOf(literal), literal.data]).toEqual([['VALIDATION_FAILED'], [`${path}: NULL`], { accounts: null }])
      const json = JSON.parse(filter.replaceAll(/(\w+):/g, '"$1":'))
      const variable = await server.admin.send('query ($filter: AccountFilter) { accounts(filter: $filter) { totalCount } }', { filter: json })
      expect(issuesOf(variable)).toEqual([`${path}: NULL`])
    })
  }

  for (const [type, operator] of [
    ['String', 'name: {eq: $value}'],
    ['String', 'name: {contains: $value}'],
    ['[String!]', 'industry: {in: $value}'],
    ['Boolean', 'industry: {isNull: $value}'],
    ['ID', 'owner: {id: {eq: $value}}'],
    ['AccountFilter', 'not: $value'],
    ['UserFilter', 'owner: $value'],
  ] as const) {
    test(`is refused in a variable, and a variable left out is no condition: ${operator}`, async () => {
      const source = `query ($value: ${type}) { accounts(filter: {${operator}}) { totalCount } }`
      const nothing = async () => {
        const answer = await server.admin.send(source, { value: null })
        expect([codesOf(answer), answer.data]).toEqual([['VALIDATION_FAILED'], { accounts: null }])
      }
      await nothing()
      expect((await server.admin.send(source)).errors).toEqual([])
      await nothing()
    })
  }
})

test('a variable inside a list is an item of it, and null there refuses the operation', async () => {
  const source = 'query ($one: String = "retail") { accounts(filter: {industry: {in: [$one]}}) { nodes { industry } } }'
  const { accounts } = await server.admin.data(source)
  expect(new Set(accounts.nodes.map(({ industry }: { industry: string }) => industry))).toEqual(new Set(['retail']))
  const refused = await server.admin.send(source, { one: null })
  expect(refused.errors).toHaveLength(1)
  expect(refused.data?.accounts ?? null).toBeNull()
})
