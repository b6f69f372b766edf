import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parse, validate } from 'graphql'
import { coreModules } from '../../src/entities/index.ts'
import type { FieldMetadata, ModuleMetadata } from '../../src/entities/metadata.ts'
import { buildRegistry } from '../../src/records/registry/index.ts'
import { buildSchema } from '../../src/schema/build/index.ts'
import { lostNames, mentions } from '../../src/schema/execute/lost-names.ts'
import { Revalidation, VALIDATION_OPTIONS } from '../../src/schema/execute/revalidation.ts'
import type { Runtime } from '../../src/schema/operation.ts'
import { NO_RESOLVERS, NO_STATIC } from '../schema-build/hand-made.ts'
import { PROVE } from '../support/nodes.ts'
import { runTimeField, runTimeModule } from '../support/run-time-fields.ts'

/** What may stand under one name: fields of several types, some with lists on other modules. */
const VARIANTS: readonly Omit<Partial<FieldMetadata>, 'name'>[] = [
  { type: 'TEXT' },
  { type: 'TEXT', unique: true },
  { type: 'TEXT', unique: true, keyUnavailable: true },
  { type: 'TEXT', readOnly: true },
  { type: 'TEXT', createOnly: true },
  { type: 'TEXT', required: true, label: { en: 'Needed' } },
  { type: 'INTEGER' },
  { type: 'DECIMAL' },
  { type: 'MONEY' },
  { type: 'DATE' },
  { type: 'JSON' },
  { type: 'MULTI_SELECT', options: [{ value: 'A', label: { en: 'A' } }] },
  { type: 'REFERENCE', reference: { module: 'account', onDelete: 'clear' } },
  { type: 'REFERENCE', reference: { module: 'account', onDelete: 'clear', inverseName: 'deals' } },
  { type: 'REFERENCE', reference: { module: 'contact', onDelete: 'clear', inverseName: 'deals' } },
  { type: 'REFERENCE', reference: { module: '*', onDelete: 'clear' } },
  { type: 'REFERENCES', reference: { module: 'account', onDelete: 'clear', inverseName: 'allDeals' } },
  { type: 'REFERENCES', reference: { module: 'reminder', onDelete: 'clear' } },
]
const NAMES = ['first', 'second', 'third']

interface State {
  readonly exists: boolean
  /** By name; -1: there is no such field. */
  readonly fields: readonly number[]
  /** The field `first` was `second` once; only where there is no field of that name. */
  readonly renamed: boolean
}

const STATE: fc.Arbitrary<State> = fc.record({
  exists: fc.integer({ max: 9, min: 0 }).map((draw) => draw > 0),
  fields: fc.tuple(...NAMES.map(() => fc.oneof(fc.constant(-1), fc.nat({ max: VARIANTS.length - 1 })))),
  renamed: fc.boolean(),
})

function runtimeOf({ exists, fields, renamed }: State, version: number): Runtime {
  const lists = new Set<string>()
  const made = NAMES.flatMap((name, index) => {
    const variant = VARIANTS[fields[index] as number]
    if (!variant) return []
    const { inverseName, ...reference } = variant.reference ?? { module: '', onDelete: 'clear' as const }
    // Two fields cannot make the same list.
    const taken = inverseName !== undefined && lists.has(`${reference.module}.${inverseName}`)
    if (inverseName !== undefined) lists.add(`${reference.module}.${inverseName}`)
    const aliases = index === 0 && renamed && fields[1] === -1 ? { aliases: ['second'] } : {}
    return [{ ...(variant as { type: 'TEXT' }), name, ...aliases, ...(taken && { reference }) }]
  })
  const custom: ModuleMetadata[] = exists ? [runTimeModule(1000, 'deal', [])] : []
  const modules = [...coreModules(), ...custom].map((module) =>
    module.name === (exists ? 'deal' : 'ticket') ? { ...module, fields: [...module.fields, ...made.map(runTimeField)] } : module,
  )
  const registry = buildRegistry(modules, version)
  return { version, registry, schema: buildSchema({ registry, staticSchema: NO_STATIC, resolvers: NO_RESOLVERS }) }
}

/** A document for each place in which a name, or a type made of fields, can stand. */
function documentsFor(one: string): string[] {
  const many = `${one}s`
  const Type = one.charAt(0).toUpperCase() + one.slice(1)
  const places = (name: string, selection: string): string[] => [
    `{ ${many} { nodes { ${name}${selection} } } }`,
    `{ node(id: "x") { ... on ${Type} { ${name}${selection} } } }`,
    `{ ${many}(filter: {${name}: {isNull: true}}) { totalCount } }`,
    `{ ${many}(filter: {${name}: {some: {name: {eq: "x"}}}}) { totalCount } }`,
    `{ ${many}(filter: {${name}: {name: {eq: "x"}}}) { totalCount } }`,
    `{ ${many}(orderBy: [{${name}: ASC}]) { totalCount } }`,
    `{ ${many}Aggregate(groupBy: [{${name}: true}]) { count } }`,
    ...['sum', 'avg', 'min', 'max'].map((part) => `{ ${many}Aggregate { ${part} { ${name}${selection} } } }`),
    `{ ${many}Aggregate(orderBy: [{sum: {${name}: DESC}}]) { count } }`,
    `query Q($value: String!) { ${one}By(by: {${name}: $value}) { id } }`,
    ...['"x"', '1', '{id: "x"}', '{add: [{id: "x"}]}', '["A"]'].flatMap((value) => [
      `mutation { create${Type}(input: {${name}: ${value}}) { changeSetId } }`,
      `mutation { update${Type}(id: "x", input: {${name}: ${value}}) { changeSetId } }`,
    ]),
  ]
  return [
    ...NAMES.flatMap((name) => ['', ' { id }', ' { amount }', ' { totalCount }'].flatMap((selection) => places(name, selection))),
    `{ ${many} { nodes { id } } }`,
    ...['sum', 'avg', 'min', 'max'].map((part) => `{ ${many}Aggregate { ${part} { __typename } } }`),
    `query Q($order: ${Type}AggregateNumberOrderBy!) { ${many}Aggregate(orderBy: [{sum: $order}]) { count } }`,
    `query Q($filter: ${Type}Filter) { ${many}(filter: $filter) { totalCount } }`,
    `mutation M($input: Create${Type}Input!) { create${Type}(input: $input) { ${one} { id } } }`,
    ...['deals', 'allDeals'].flatMap((list) =>
      ['account', 'contact'].flatMap((module) => [
        `{ ${module}s { nodes { ${list} { totalCount nodes { id } } } } }`,
        `{ ${module}s(filter: {${list}: {some: {id: {eq: "x"}}}}) { totalCount } }`,
        `query Q($list: ${Type}ListFilter) { ${module}s(filter: {${list}: $list}) { totalCount } }`,
      ]),
    ),
  ]
}

const DOCUMENTS = ['deal', 'ticket'].flatMap(documentsFor).map((text) => parse(text))

describe('a document that was valid before a change of the schema', () => {
  test('is told to fit the later schema exactly where graphql-js finds it valid', () => {
    let kept = 0
    let refused = 0
    fc.assert(
      fc.property(STATE, STATE, (earlier, later) => {
        const before = runtimeOf(earlier, 1)
        const after = runtimeOf(later, 2)
        const revalidation = new Revalidation()
        revalidation.prepare(before, after)
        const lost = lostNames(before, after)
        for (const document of DOCUMENTS) {
          if (validate(before.schema, document, undefined, VALIDATION_OPTIONS).length > 0) continue
          const flaw = validate(after.schema, document, undefined, VALIDATION_OPTIONS)[0]?.message ?? null
          expect(revalidation.flaw(document, before.schema, after)).toBe(flaw)
          if (flaw !== null) refused += 1
          else if (lost !== null && !mentions(document, lost)) kept += 1
        }
      }),
      { numRuns: PROVE ? 300 : 25 },
    )
    expect(kept).toBeGreaterThan(100)
    expect(refused).toBeGreaterThan(10)
  }, 120_000)

  test('is not looked at again where nothing that it names is gone', () => {
    const before = runtimeOf({ exists: true, fields: [0, 0, 2], renamed: false }, 1)
    const after = runtimeOf({ exists: true, fields: [5, -1, 1], renamed: true }, 2)
    expect(lostNames(before, after)).toEqual(new Set(['third']))
    const gone = runtimeOf({ exists: false, fields: [-1, -1, -1], renamed: false }, 2)
    expect(lostNames(before, gone)).toBeNull()
    expect(lostNames(gone, before)).toEqual(new Set())
  })
})
