import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { coreModules } from '../../src/entities/index.ts'
import { findDrift } from '../../src/records/metadata/index.ts'
import { codesOf, issuesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { METADATA, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Texts that end a literal, an identifier, a comment or a parameter where one is put together carelessly, or that fit no column. */
const HOSTILE: Readonly<Record<string, string>> = {
  'a quote': `O'Neil`,
  'two quotes': `''; --`,
  'a statement': `'; DROP TABLE accounts; --`,
  'a statement behind an identifier': `"; DROP TABLE custom_field; --`,
  'a backslash at the end': `x\\`,
  'a backslash before a quote': `\\'; DROP TABLE accounts; --`,
  'a dollar quote': `$$; DROP TABLE accounts; $$`,
  parameters: `$1 $2 $99`,
  'a comment': `/* */ -- `,
  'a format': `%s %I %L %%`,
  'JSON in JSON': `{"x": "\\u0000"} "}`,
  'right to left': `\u202egnp.exe\u202c \u200f\u2066x\u2069`,
  'beyond the basic plane': `𠮷野家 😀 👩‍👩‍👧`,
  'a line separator': `a\u2028b\u2029c`,
  markup: `<script>alert(1)</script>`,
  'a template': `\${process.env.PATH} {{x}}`,
  'the end of a description': `""" type Query { x: Int }`,
}
/** What no text may hold: PostgreSQL stores neither, UTF-8 has no form for the second. */
const REFUSED: Readonly<Record<string, string>> = { NUL: 'a\u0000b', 'half a surrogate pair': 'a\ud800b', 'the other half': '\udfffb' }

describe('hostile texts in descriptions of fields', () => {
  let server: TestServer
  let sql: pg.Client

  beforeAll(async () => {
    server = await startTestServer()
    sql = new pg.Client(server.database.url)
    await sql.connect()
  })
  afterAll(async () => {
    await sql?.end()
    await server?.close()
  })

  let made = 0
  /** Every place of a description that takes a text. */
  const places = (text: string): Readonly<Record<string, Record<string, unknown>>> => {
    made += 1
    const base = { module: 'account', name: `field${made}x` }
    const select = { ...base, type: 'SELECT' }
    return {
      label: { ...base, name: `a${base.name}`, type: 'TEXT', label: text },
      labels: { ...base, name: `b${base.name}`, type: 'TEXT', labels: [{ locale: 'zh-CN', text }] },
      help: { ...base, name: `c${base.name}`, type: 'TEXT', help: text },
      'option value': { ...select, name: `d${base.name}`, options: [{ value: text }] },
      'option label': { ...select, name: `e${base.name}`, options: [{ value: 'x', label: text }] },
      'default of an option': { ...select, name: `f${base.name}`, options: [{ value: text }], default: text, required: true },
      prefix: { ...base, name: `g${base.name}`, type: 'AUTO_NUMBER', numbering: { prefix: text, padding: 3 } },
      default: { ...base, name: `h${base.name}`, type: 'TEXT', default: text, required: true, indexed: true },
      'default of JSON': { ...base, name: `i${base.name}`, type: 'JSON', default: { [text]: [text] } },
      inverseLabel: { ...base, name: `j${base.name}`, type: 'REFERENCE', reference: { module: 'contact', inverseName: `j${base.name}`, inverseLabel: text } },
      pattern: { ...base, name: `k${base.name}`, type: 'TEXT', pattern: text },
      formula: { ...base, name: `l${base.name}`, type: 'FORMULA', formula: JSON.stringify(text) },
      'formula as it is': { ...base, name: `m${base.name}`, type: 'FORMULA', formula: text },
      requiredWhen: { ...base, name: `n${base.name}`, type: 'TEXT', requiredWhen: `name = ${JSON.stringify(text)}` },
      name: { ...base, name: text, type: 'TEXT' },
    }
  }

  /** A defect of ours, such as a statement that PostgreSQL cannot parse, would be INTERNAL. */
  const EXPECTED = new Set(['', 'VALIDATION_FAILED'])
  const tables = async () => (await sql.query('SELECT count(*)::int AS count FROM pg_tables')).rows

  test.each(Object.entries(HOSTILE))('%s is kept as it is or refused with nothing changed', async (_what, text) => {
    const content = await contentOf(server.database.url)
    const kept = new Map<string, Record<string, unknown>>()
    for (const [place, input] of Object.entries(places(text))) {
      const codes = codesOf(await sendField(server.admin, 'createField', { input, dryRun: true })).join()
      expect([place, EXPECTED.has(codes)]).toEqual([place, true])
      if (codes === '') kept.set(place, input)
      else expect([place, codesOf(await sendField(server.admin, 'createField', { input }))]).toEqual([place, [codes]])
    }
    expect(await contentOf(server.database.url)).toEqual(content)
    expect([kept.has('name'), kept.size > 8]).toEqual([false, true])

    // Beside a record that is there already, so that defaults are filled in by a statement too.
    const module = `target${made}z`
    const typeName = `T${module.slice(1)}`
    const before = await tables()
    await server.admin.data(METADATA.createModule, {
      input: {
        name: module,
        pluralName: `${module}s`,
        fields: [
          { name: 'title', type: 'TEXT' },
          { name: 'name', type: 'TEXT' },
        ],
      },
    })
    const create = `mutation ($input: Create${typeName}Input!) { made: create${typeName}(input: $input) { ${module} { values } } }`
    await server.admin.data(create, { input: { title: '旧' } })
    await server.admin.data(METADATA.createFields, { input: [...kept.values()].map((input) => ({ ...input, module })) })
    const { exportMetadata } = await server.admin.data('{ exportMetadata }')
    const described = exportMetadata.find(({ name }: { name: string }) => name === module).fields as Record<string, unknown>[]
    const chosen = kept.get('option value')?.name as string
    const fresh = (await server.admin.data(create, { input: { title: '新', ...(chosen && { [chosen]: text }) } })).made[module].values
    const [old] = (await server.admin.data(`{ all: ${module}s(filter: {title: {eq: "旧"}}) { nodes { values } } }`)).all.nodes
    for (const [place, { name }] of kept) {
      expect([place, toldBy(place, described.find((field) => field.name === name) ?? {})]).toEqual([place, text])
      const values = [old.values[name as string], fresh[name as string]]
      if (place === 'default' || place === 'default of an option') expect([place, values]).toEqual([place, [text, text]])
      if (place === 'default of JSON') expect([place, values[1]]).toEqual([place, { [text]: [text] }])
      if (place === 'option value') expect([place, values]).toEqual([place, [null, text]])
      if (place === 'prefix') expect([place, values[1]]).toEqual([place, expect.stringContaining(text)])
      if (place === 'formula') expect([place, values]).toEqual([place, [text, text]])
    }
    // Found by it, and by nothing that it could mean to SQL.
    if (chosen) {
      const counts = await server.admin.data(
        `query ($text: String!) { one: ${module}s(filter: {${chosen}: {eq: $text}}) { totalCount } groups: ${module}sAggregate(groupBy: [{${chosen}: true}]) { key count } }`,
        { text },
      )
      expect([counts.one.totalCount, counts.groups]).toEqual([1, expect.arrayContaining([{ key: { [chosen]: text }, count: 1 }])])
    }
    await server.admin.data(METADATA.deleteModule, { name: module })
    // The module's own table, and nothing less.
    expect(await tables()).toEqual([{ count: before[0].count + 1 }])
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
  })

  test.each(Object.entries(REFUSED))('%s is refused everywhere with the place, and changes nothing', async (_what, text) => {
    const content = await contentOf(server.database.url)
    for (const [place, input] of Object.entries(places(text))) {
      const answer = await sendField(server.admin, 'createField', { input })
      expect([place, codesOf(answer)]).toEqual([place, ['VALIDATION_FAILED']])
      expect([place, issuesOf(answer).every((issue) => issue.startsWith('input.'))]).toEqual([place, true])
    }
    expect(await contentOf(server.database.url)).toEqual(content)
  })

  test.each(Object.entries(HOSTILE))('%s in names and labels of modules', async (_what, text) => {
    const content = await contentOf(server.database.url)
    for (const input of [
      { name: text, pluralName: 'things' },
      { name: 'thing', pluralName: text },
      { name: 'thing', pluralName: 'things', nameField: text },
    ])
      expect(codesOf(await sendField(server.admin, 'createModule', { input }))).toEqual(['VALIDATION_FAILED'])
    expect(await contentOf(server.database.url)).toEqual(content)
    const { answer } = await server.admin.data(METADATA.createModule, {
      input: { name: `thing${made}y`, pluralName: `thing${made}ys`, label: text, pluralLabel: text },
    })
    made += 1
    const { customModules } = await server.admin.data('{ customModules { name label } }')
    expect(customModules).toContainEqual({ name: answer.module.name, label: text })
    await server.admin.data(METADATA.deleteModule, { name: answer.module.name })
  })
})

type Labels = readonly { readonly locale: string; readonly text: string }[] | undefined
const english = (labels: Labels) => labels?.find(({ locale }) => locale === 'en')?.text

/** The text of a place as the exported description has it. */
// biome-ignore lint/suspicious/noExplicitAny: the export is JSON, whose form the test is about
function toldBy(place: string, field: any): unknown {
  switch (place) {
    case 'label':
      return english(field.labels)
    case 'labels':
      return (field.labels as Labels)?.find(({ locale }) => locale === 'zh-CN')?.text
    case 'help':
      return english(field.helps)
    case 'option value':
      return field.options[0].value
    case 'option label':
      return english(field.options[0].labels)
    case 'prefix':
      return field.numbering.prefix
    case 'default of JSON':
      return Object.keys(field.default)[0]
    case 'inverseLabel':
      return english(field.reference.inverseLabels)
    case 'formula':
      return JSON.parse(field.formula)
    case 'formula as it is':
      return field.formula
    case 'requiredWhen':
      return JSON.parse(field.requiredWhen.slice('name = '.length))
    default:
      return field[place === 'default of an option' ? 'default' : place]
  }
}
