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

  /** Everybody's answer is data or a refusal; a defect would be INTERNAL. */
  const EXPECTED = new Set(['', 'VALIDATION_FAILED', 'LIMIT_EXCEEDED'])
  const CREATE = 'mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id values } } }'

  test.each(Object.entries(HOSTILE))('%s is kept as it is or refused with nothing changed, and PostgreSQL is never told nonsense', async (_what, text) => {
    const { rows: before } = await sql.query('SELECT count(*)::int AS tables FROM pg_tables')
    let kept = 0
    for (const [place, input] of Object.entries(places(text))) {
      const content = await contentOf(server.database.url)
      const answer = await sendField(server.admin, 'createField', { input })
      expect([place, EXPECTED.has(codesOf(answer).join())]).toEqual([place, true])
      if (codesOf(answer).length > 0) {
        expect([place, await contentOf(server.database.url)]).toEqual([place, content])
        continue
      }
      kept += 1
      expect(place).not.toBe('name')
      const { id } = answer.data.answer.field
      // It comes back as it went in.
      const { exportMetadata } = await server.admin.data('{ exportMetadata }')
      const field = exportMetadata.flatMap(({ fields }: { fields: { name: string }[] }) => fields).find(({ name }: { name: string }) => name === input.name)
      const english = (labels?: { locale: string; text: string }[]) => labels?.find(({ locale }) => locale === 'en')?.text
      const found: Readonly<Record<string, unknown>> = {
        label: english(field.labels),
        labels: field.labels?.find(({ locale }: { locale: string }) => locale === 'zh-CN')?.text,
        help: english(field.helps),
        'option value': field.options?.[0].value,
        'option label': english(field.options?.[0].labels),
        'default of an option': field.default,
        prefix: field.numbering?.prefix,
        default: field.default,
        'default of JSON': field.default && Object.keys(field.default)[0],
        inverseLabel: english(field.reference?.inverseLabels),
        pattern: field.pattern,
        formula: field.formula && JSON.parse(field.formula),
        'formula as it is': field.formula,
        requiredWhen: field.requiredWhen && JSON.parse(field.requiredWhen.slice('name = '.length)),
      }
      expect([place, found[place]]).toEqual([place, text])
      // A record with it is written, read, filtered and grouped.
      const record = await server.admin.send(CREATE, {
        input: { name: '受害者', type: 'customer', ...(place === 'option value' && { [input.name as string]: text }) },
      })
      expect([place, record.errors]).toEqual([place, []])
      const value = record.data.createAccount.account.values[input.name as string]
      if (place.startsWith('default') || place === 'option value')
        expect([place, value]).toEqual([place, place === 'default of JSON' ? { [text]: [text] } : text])
      if (place === 'prefix') expect([place, value]).toEqual([place, `${text}001`])
      await server.admin.data(METADATA.deleteField, { id })
    }
    expect(kept).toBeGreaterThan(8)
    expect((await sql.query('SELECT count(*)::int AS tables FROM pg_tables')).rows).toEqual(before)
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
  })

  test.each(Object.entries(REFUSED))('%s is refused everywhere with the place, and changes nothing', async (_what, text) => {
    const content = await contentOf(server.database.url)
    const { pattern: _, ...others } = places(text)
    for (const [place, input] of Object.entries(others)) {
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
