import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  buildClientSchema,
  type GraphQLObjectType,
  type GraphQLSchema,
  getIntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql'
import { OTHER_VARIABLES } from '../../scripts/references/other-variables.mjs'
import { SETTINGS } from '../../src/config/settings.ts'
import { ERROR_CODES, ISSUE_CODES } from '../../src/errors/index.ts'
import { codeSpans, namesOf, tableBelow } from '../support/page-names.ts'
import { readPage } from '../support/pages.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { fileText, sourceFiles } from '../support/source-tree.ts'

/** The reference in docs/api against what a running server tells an administrator of itself. */
let server: TestServer
let schema: GraphQLSchema
beforeAll(async () => {
  server = await startTestServer()
  schema = buildClientSchema(await server.admin.data(getIntrospectionQuery()))
}, 60_000)
afterAll(() => server?.close())

const MODULES = readdirSync(new URL('../../docs/api/modules/', import.meta.url)).map((name) => `docs/api/modules/${name}`)
const ALL_PAGES = { operations: 'docs/api/operations.md', types: 'docs/api/types.md', pattern: 'docs/api/pattern.md' }

const headings = (page: string): string[] => [...readPage(page).matchAll(/^### `(\w+)`$/gm)].map(([, name]) => name as string)
/** Names of a row of the first table of a module's page: its queries, mutations or subscription. */
const rowOf = (page: string, row: string): string[] => namesOf(new RegExp(`^\\| ${row} \\| (.*) \\|$`, 'm').exec(readPage(page))?.[1] ?? '')
const typesOf = (page: string): string[] => namesOf(readPage(page).split('\n## Types\n')[1] ?? '')
const fieldsOf = (type: GraphQLObjectType | null | undefined): string[] => Object.keys(type?.getFields() ?? {})

/** The part of a page below `### `name``. */
function sectionOf(page: string, name: string): string {
  const [, below = ''] = readPage(page).split(`\n### \`${name}\`\n`)
  return below.split(/\n##+ /)[0] as string
}

/** Names of what a schema has and does not describe. */
function silentIn(served: GraphQLSchema): string[] {
  const silent: string[] = []
  const note = (name: string, { description }: { readonly description?: string | null | undefined }): void => {
    if (!description) silent.push(name)
  }
  for (const type of Object.values(served.getTypeMap()).filter(({ name }) => !name.startsWith('__'))) {
    note(type.name, type)
    if (isEnumType(type)) for (const value of type.getValues()) note(`${type.name}.${value.name}`, value)
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue
    for (const field of Object.values(type.getFields())) {
      note(`${type.name}.${field.name}`, field)
      if ('args' in field) for (const argument of field.args) note(`${type.name}.${field.name}(${argument.name})`, argument)
    }
  }
  return silent
}

test('every type, field, argument, input and value has a description', () => {
  expect(silentIn(schema)).toEqual([])
})

describe('the reference of the API', () => {
  test('has every root field, and no others', () => {
    const served = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap(fieldsOf)
    const written = [
      ...headings(ALL_PAGES.operations),
      ...MODULES.flatMap((page) => ['queries', 'mutations', 'subscription'].flatMap((row) => rowOf(page, row))),
    ]
    expect(written.sort()).toEqual(served.sort())
    expect(served.length).toBeGreaterThan(400)
  })

  test('has every named type, and no others', () => {
    const served = Object.keys(schema.getTypeMap()).filter((name) => !name.startsWith('__') && !['Query', 'Mutation', 'Subscription'].includes(name))
    const written = [...headings(ALL_PAGES.types), ...MODULES.flatMap(typesOf)]
    expect(written.sort()).toEqual(served.sort())
  })

  test('has every member of the types that it spells out, and every argument', () => {
    const missing: string[] = []
    for (const page of [ALL_PAGES.types, ALL_PAGES.pattern])
      for (const name of headings(page)) {
        const type = schema.getType(name)
        const members =
          isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)
            ? Object.keys(type.getFields())
            : isEnumType(type)
              ? type.getValues().map((value) => value.name)
              : []
        const rows = [...sectionOf(page, name).matchAll(/^\| `(\w+)`/gm)].map(([, member]) => member as string)
        if (type && JSON.stringify(rows) !== JSON.stringify(members)) missing.push(`${page}: ${name}`)
      }
    for (const page of [ALL_PAGES.operations, ALL_PAGES.pattern])
      for (const name of headings(page)) {
        const [field] = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) => type?.getFields()[name] ?? [])
        const rows = [...sectionOf(page, name).matchAll(/^\| `(\w+)`/gm)].map(([, member]) => member as string)
        if (field && JSON.stringify(rows) !== JSON.stringify(field.args.map((argument) => argument.name))) missing.push(`${page}: arguments of ${name}`)
      }
    expect(missing).toEqual([])
  })

  for (const page of MODULES)
    test(`${page} has every field of the module with its labels, kind and whether it is required`, async () => {
      const name = page.split('/').at(-1)?.replace('.md', '')
      const { module } = await server.admin.data(
        `query ($name: String!) { module(name: $name) { fields { name type required unique zh: label(locale: "zh-CN") label filterable sortable groupable } } }`,
        { name },
      )
      const rows = tableBelow(page, '## Fields').map(([field = '', , type, notes = '', uses = '', label, zh]) => ({
        name: namesOf(field)[0],
        type,
        required: notes.split(', ').includes('required'),
        unique: notes.split(', ').includes('unique'),
        label,
        zh,
        filterable: uses.includes('filter'),
        sortable: uses.includes('order'),
        groupable: uses.includes('group'),
      }))
      const others = rowOf(page, 'fields that others have, too')
      const told = (module.fields as { name: string }[]).filter((field) => !others.includes(field.name))
      expect(rows).toEqual(told)
      expect(rows.length).toBeGreaterThan(0)
    })
})

describe('the reference of the plugins that come with the product', () => {
  const PLUGINS = ['contracts', 'projects']
  const pageOf = (plugin: string): string => `docs/api/plugins/${plugin}.md`
  const textOf = (plugin: string): string => readPage(pageOf(plugin))
  const rootsOf = (served: GraphQLSchema): string[] => [served.getQueryType(), served.getMutationType(), served.getSubscriptionType()].flatMap(fieldsOf)
  let before: readonly string[]
  let enabled: GraphQLSchema
  beforeAll(async () => {
    before = rootsOf(schema)
    for (const plugin of PLUGINS) await server.admin.data('mutation ($name: String!) { enablePlugin(name: $name) { plugin { state } } }', { name: plugin })
    enabled = buildClientSchema(await server.admin.data(getIntrospectionQuery()))
  }, 60_000)

  test('describes all that they add', () => {
    expect(silentIn(enabled)).toEqual([])
  })

  test('has every root field that they add, and no others', () => {
    const added = rootsOf(enabled).filter((name) => !before.includes(name))
    const written = PLUGINS.flatMap((plugin) => [
      ...[...textOf(plugin).matchAll(/ Root fields: (.*)\.$/gm)].flatMap(([, names]) => namesOf(names as string)),
      ...[...textOf(plugin).matchAll(/^ {2}(\w+)\($/gm)].map(([, name]) => name as string),
    ])
    expect(written.sort()).toEqual(added.sort())
    expect(added.length).toBeGreaterThan(100)
  })

  for (const plugin of PLUGINS)
    test(`has every field of ${plugin}, in its own modules and in those of others`, () => {
      const page = textOf(plugin)
      const modules = [...page.matchAll(/^## .* \(`(\w+)`\)$/gm)].map(([heading, name]) => [heading, name as string] as const)
      expect(modules.length).toBeGreaterThan(4)
      for (const [heading, name] of modules) {
        const type = enabled.getType(name.charAt(0).toUpperCase() + name.slice(1)) as GraphQLObjectType
        const [section = ''] = (page.split(`${heading}\n`)[1] ?? '').split('\n## ')
        const rows = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, field]) => field as string)
        expect([name, rows.filter((field) => !(field in type.getFields()))]).toEqual([name, []])
      }
      for (const heading of ['## Fields in other modules', '## Computed members'])
        for (const [module = '', field = ''] of tableBelow(pageOf(plugin), heading)) {
          const name = namesOf(module)[0] as string
          const type = enabled.getType(name.charAt(0).toUpperCase() + name.slice(1)) as GraphQLObjectType
          expect([name, Object.keys(type.getFields())]).toEqual([name, expect.arrayContaining(namesOf(field))])
        }
    })
})

test('names in capitals that pages name are settings, variables, codes, kinds of fields or values of enums', () => {
  const known = new Set<string>([
    ...SETTINGS.map(({ name }) => name),
    ...OTHER_VARIABLES.map(({ name }) => name),
    ...Object.keys(ERROR_CODES),
    ...Object.keys(ISSUE_CODES),
    ...Object.values(schema.getTypeMap()).flatMap((type) => (isEnumType(type) ? type.getValues().map(({ name }) => name) : [])),
    ...headings('docs/plugins/api.md'),
    ...['contracts', 'projects'].flatMap((plugin) => tableBelow(`docs/plugins/${plugin}.md`, '## Codes of issues').flatMap(([code = '']) => namesOf(code))),
  ])
  /** Settings that an example has for itself. */
  const ofExample = (page: string, span: string): boolean =>
    /^examples\/[\w-]+\//.test(page) && sourceFiles(dirname(page)).some((file) => fileText(file).includes(`process.env.${span}`))
  const unknown = [...codeSpans()].filter(([page, span]) => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(span) && !known.has(span) && !ofExample(page, span))
  expect(unknown.map(([page, span]) => `${page}: ${span}`)).toEqual([])
})
