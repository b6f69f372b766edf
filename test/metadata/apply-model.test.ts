import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { contentOf } from '../support/content.ts'
import { METADATA } from '../support/metadata.ts'
import { PROVE } from '../support/nodes.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** States that are applied one after another. Columns of what they remove stay taken, and a formula is indexed only in the module's own table. */
const STATES = PROVE ? 40 : 10

interface Field {
  readonly name: string
  readonly [member: string]: unknown
}
interface Module {
  readonly name: string
  readonly fields: readonly Field[]
  readonly [member: string]: unknown
}

const CUSTOM = ['alpha', 'beta'] as const
/** Where the references of each module lead; no name of a list is taken by two that lead to the same module. */
const LEADS = { account: 'alpha', contact: 'account', alpha: 'contact', beta: 'alpha' } as const
type ModuleName = keyof typeof LEADS
const MODULES = Object.keys(LEADS) as ModuleName[]

const labels = fc.constantFrom(
  undefined,
  [{ locale: 'en', text: 'One' }],
  [
    { locale: 'en', text: 'Two' },
    { locale: 'zh-CN', text: '二' },
  ],
)
const common = { position: fc.nat(40), labels, helps: fc.constantFrom(undefined, [], [{ locale: 'zh-CN', text: '帮助' }]), indexed: fc.boolean() }

const textField = (name: string) =>
  fc
    .record({
      name: fc.constant(name),
      type: fc.constantFrom('TEXT', 'TEXT', 'EMAIL'),
      ...common,
      required: fc.boolean(),
      unique: fc.boolean(),
      searchable: fc.boolean(),
      sensitivity: fc.constantFrom('none', 'personal'),
      // In English letters each: that is an address as well as a text.
      default: fc.constantFrom(undefined, 'a@example.com'),
      aliases: fc.constantFrom(undefined, [], [`${name}Old`], [`${name}Old`, `${name}Older`]),
    })
    // A unique field takes no default.
    .map((field) => (field.unique ? { ...field, default: undefined } : field))
const numberField = (name: string) =>
  fc.record({ name: fc.constant(name), type: fc.constantFrom('INTEGER', 'DECIMAL', 'RATING'), ...common, default: fc.constantFrom(undefined, 1, 3) })
const flagField = fc.record({ name: fc.constant('flag'), type: fc.constant('BOOLEAN'), ...common, default: fc.constantFrom(undefined, true, false) })
const choiceField = fc
  .shuffledSubarray(['a', '乙', 'c'], { minLength: 3 })
  .chain((values) =>
    fc.record({ name: fc.constant('choice'), type: fc.constant('SELECT'), ...common, options: fc.constant(values.map((value) => ({ value, label: value }))) }),
  )
const countField = fc.record({
  name: fc.constant('count'),
  type: fc.constant('AUTO_NUMBER'),
  unique: fc.boolean(),
  numbering: fc.constant({ prefix: 'N', padding: 3 }),
})

/** Computed from what is there, in an order that differs from state to state. */
const formulas = (numbers: readonly string[], texts: readonly string[]): fc.Arbitrary<Field[]> =>
  fc
    .tuple(
      fc.shuffledSubarray(['f1', 'f2', 'f3', 'f4'], { minLength: 0 }),
      fc.array(fc.tuple(fc.nat(3), fc.nat(20), fc.nat(5)), { minLength: 4, maxLength: 4 }),
    )
    .map(([names, choices]) => {
      const known: string[] = [...numbers]
      return names.map((name, index): Field => {
        const [shape, pick, position] = choices[index] as [number, number, number]
        const operand = known[pick % Math.max(1, known.length)]
        const text = texts[pick % Math.max(1, texts.length)]
        if (shape === 3 && text !== undefined) return { name, type: 'FORMULA', position, formula: `${text} & "!"` }
        known.push(name)
        const expression = operand === undefined ? '1 + 1' : shape === 0 ? `${operand} + 1` : shape === 1 ? `${operand} * ${operand}` : `round(${operand}, 1)`
        return { name, type: 'FORMULA', position, formula: expression, indexed: shape === 0 }
      })
    })

const fieldsOf = (module: ModuleName): fc.Arbitrary<Field[]> => {
  const target = LEADS[module]
  const some = <T extends Field>(field: fc.Arbitrary<T>) => fc.option(field as fc.Arbitrary<Field>, { nil: undefined, freq: 2 })
  // Lists change names, also with each other.
  const lists = fc.constantFrom([`${module}One`, `${module}Two`], [`${module}Two`, `${module}One`], [`${module}Two`, undefined])
  const stored = fc.tuple(
    some(textField('t1')),
    some(textField('t2')),
    some(numberField('n1')),
    some(numberField('n2')),
    some(flagField),
    some(choiceField),
    some(countField),
  )
  return fc
    .tuple(stored, lists, fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean()))
    .chain(([plain, [one, two], [hasOne, hasTwo, counts, demands]]) => {
      const there = plain.filter((field) => field !== undefined)
      const names = (prefix: string) => there.filter(({ name }) => name.startsWith(prefix)).map(({ name }) => name)
      const reference = (name: string, type: string, inverseName: string | undefined): Field => ({
        name,
        type,
        position: 7,
        reference: { module: target, inverseName },
      })
      const leading = [...(hasOne ? [reference('lead', 'REFERENCE', one)] : []), ...(hasTwo ? [reference('links', 'REFERENCES', two)] : [])]
      const rollup: Field[] = hasTwo && counts ? [{ name: 'linked', type: 'ROLLUP', position: 1, rollup: { relation: 'links', function: 'COUNT' } }] : []
      return formulas(names('n'), names('t')).map((computed) => {
        const condition = computed.find(({ formula }) => String(formula).includes('+'))
        const demanded = there.map((field) =>
          demands && condition && field.name === 't2' ? { ...field, required: false, requiredWhen: `${condition.name} > 3` } : field,
        )
        return [...computed, ...rollup, ...demanded, ...leading]
      })
    })
}

const state: fc.Arbitrary<Module[]> = fc
  .tuple(fc.subarray([...CUSTOM]), ...MODULES.map(fieldsOf), fc.constantFrom('plain', 'event'), labels)
  .map(([present, ...rest]) => {
    const kind = rest.at(-2) as string
    const texts = rest.at(-1) as Module['labels']
    const all = rest.slice(0, MODULES.length) as Field[][]
    const isThere = (name: string) => name === 'account' || name === 'contact' || (present as string[]).includes(name)
    return MODULES.filter(isThere).map((name): Module => {
      const fields = (all[MODULES.indexOf(name)] as Field[]).filter((field) => {
        const target = (field['reference'] as { module: string } | undefined)?.module ?? (field.name === 'linked' ? LEADS[name] : undefined)
        return target === undefined || isThere(target)
      })
      if (name === 'account' || name === 'contact') return { name, fields }
      const named = fields.find((field) => field['type'] === 'TEXT')?.name ?? 'id'
      return { name, pluralName: `${name}s`, kind, pluralLabels: texts, nameField: named, fields }
    })
  })

/** Everything that a state can leave out, said: so that it does not depend on what was there before. */
const explicit = (modules: readonly Module[]): Module[] =>
  modules.map(({ fields, ...module }, index) => ({
    position: index + 1,
    labels: [{ locale: 'en', text: module.name }],
    ...module,
    ...(module['pluralLabels'] === undefined && { pluralLabels: [{ locale: 'en', text: 'Many' }] }),
    fields: fields.map((field, place) => ({
      searchable: false,
      ...field,
      // No two alike: their order would be that in which they were made.
      position: Number(field['position'] ?? 0) * 50 + place,
      labels: field['labels'] ?? [{ locale: 'en', text: field.name }],
      helps: field['helps'] ?? [],
      aliases: field['aliases'] ?? [],
    })),
  }))
const applicable = (modules: readonly Module[]) =>
  explicit(modules).map(({ position, labels: texts, pluralLabels, ...module }) =>
    module['pluralName'] === undefined ? module : { position, labels: texts, pluralLabels, ...module },
  )

describe('any state after any other', () => {
  let walker: TestServer
  let fresh: TestServer

  beforeAll(async () => {
    walker = await startTestServer()
    fresh = await startTestServer()
  })
  afterAll(async () => {
    await walker?.close()
    await fresh?.close()
  })

  const exported = async (server: TestServer) => (await server.admin.data('{ exportMetadata }')).exportMetadata
  const apply = async (server: TestServer, input: unknown, dryRun = false) => (await server.admin.data(METADATA.apply, { input, dryRun })).answer

  test(`is what it would be on an empty installation; its plan tells it and changes nothing (${STATES} states)`, async () => {
    let applied = 0
    await fc.assert(
      fc.asyncProperty(state, async (modules) => {
        const input = applicable(modules)
        const before = await contentOf(walker.database.url)
        const dry = await apply(walker, input, true)
        expect(dry.plan.flatMap(({ issues }: { issues: unknown[] }) => issues)).toEqual([])
        expect(await contentOf(walker.database.url)).toEqual(before)
        const { plan } = await apply(walker, input)
        // Indexes are named after columns, which a dry run does not give away.
        expect(plan).toEqual(dry.plan)
        applied += plan.length
        await apply(fresh, [])
        await apply(fresh, input)
        const result = await exported(walker)
        expect(result).toEqual(await exported(fresh))
        expect((await apply(walker, input)).plan).toEqual([])
        expect((await apply(walker, result)).plan).toEqual([])
      }),
      { numRuns: STATES, endOnFailure: true },
    )
    expect(applied).toBeGreaterThan(STATES)
  }, 600_000)
})
