import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { codesOf } from '../support/client.ts'
import { METADATA } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const TEXTS = 300
const PER_CALL = 100
/** 32 characters of three bytes each. */
const textOf = (number: number) => String(number).padStart(3, '0').padEnd(32, '海')
const names = Array.from({ length: TEXTS }, (_, index) => `text${index}`)

describe(`${TEXTS} required texts with a default`, () => {
  let server: TestServer

  const query = async (text: string, values: unknown[] = []) => {
    const client = new pg.Client(server.database.url)
    await client.connect()
    try {
      return (await client.query(text, values)).rows
    } finally {
      await client.end()
    }
  }

  beforeAll(async () => {
    server = await startTestServer()
    await server.admin.data(METADATA.createModule, { input: { name: 'form', pluralName: 'forms', fields: [{ name: 'name', type: 'TEXT' }] } })
    // One record is there before the first of them, one before the last hundred.
    await server.admin.data('mutation { createForm(input: {name: "first"}) { form { id } } }')
    for (let start = 0; start < TEXTS; start += PER_CALL) {
      if (start + PER_CALL === TEXTS) await server.admin.data('mutation { createForm(input: {name: "second"}) { form { id } } }')
      const input = names
        .slice(start, start + PER_CALL)
        .map((name, index) => ({ module: 'form', name, type: 'TEXT', required: true, searchable: false, default: textOf(start + index) }))
      await server.admin.data(METADATA.createFields, { input })
    }
  }, 60_000)
  afterAll(() => server?.close())

  const defaults = Object.fromEntries(names.map((name, index) => [name, textOf(index)]))

  test('stand in tables whose rows fit a page, and fill what was there before', async () => {
    const tables = await query(
      `SELECT extension, count(*)::int AS columns FROM custom_field f JOIN custom_module m ON m.number = f.module_number WHERE m.name = 'form' GROUP BY 1 ORDER BY 1`,
    )
    expect(tables).toEqual([
      { extension: 0, columns: 200 },
      { extension: 1, columns: 101 },
    ])
    const { forms } = await server.admin.data(`{ forms(orderBy: [{createdAt: ASC}]) { nodes { name version ${names.join(' ')} } } }`)
    expect(forms.nodes).toEqual([
      { name: 'first', version: 1, ...defaults },
      { name: 'second', version: 1, ...defaults },
    ])
  })

  test('creates, changes, lists and filters', async () => {
    const { createForms } = await server.admin.data('mutation ($input: [CreateFormInput!]!) { createForms(input: $input) { forms { id name text299 } } }', {
      input: [{ name: 'third' }, { name: 'fourth', ...Object.fromEntries(names.map((name, index) => [name, textOf(index + 500)])) }],
    })
    expect(createForms.forms.map(({ text299 }: { text299: string }) => text299)).toEqual([textOf(299), textOf(799)])
    const [{ id }] = createForms.forms
    const changed = Object.fromEntries(names.map((name, index) => [name, textOf(index + 400)]))
    const { updateForm } = await server.admin.data(
      `mutation ($id: ID!, $input: UpdateFormInput!) { updateForm(id: $id, input: $input) { form { ${names.join(' ')} } } }`,
      { id, input: changed },
    )
    expect(updateForm.form).toEqual(changed)
    const { forms } = await server.admin.data('query ($text: String) { forms(filter: {text299: {eq: $text}}) { nodes { name } } }', { text: textOf(699) })
    expect(forms.nodes).toEqual([{ name: 'third' }])
    expect(codesOf(await server.admin.send('mutation ($id: ID!) { updateForm(id: $id, input: {text299: null}) { form { id } } }', { id }))).toEqual([
      'VALIDATION_FAILED',
    ])
  })

  test('of many records a default beside the full table is refused with the way out, and nothing changes', async () => {
    await query(`INSERT INTO m_1000 (id, created_by, updated_by, created_at, updated_at, change_set_id, version)
      SELECT gen_random_uuid(), created_by, updated_by, '2020-01-01', updated_at, change_set_id, 1 FROM m_1000, generate_series(1, 5000)`)
    const input = { module: 'form', name: 'late', type: 'TEXT', required: true, default: 'x' }
    const answer = await server.admin.send(METADATA.createField, { input })
    expect(codesOf(answer)).toEqual(['LIMIT_EXCEEDED'])
    expect(answer.errors[0]?.message).toContain('Make late without required')
    await server.admin.data(METADATA.createField, { input: { ...input, required: false } })
  })

  test('numbers that must stand in the own table are refused once it is full, with the reason', async () => {
    const numbers = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({ module: 'form', name: `number${from + index}`, type: 'AUTO_NUMBER', searchable: false }))
    await server.admin.data(METADATA.createFields, { input: numbers(0, 50) })
    const answer = await server.admin.send(METADATA.createFields, { input: numbers(50, 1) })
    expect(codesOf(answer)).toEqual(['LIMIT_EXCEEDED'])
    expect(answer.errors[0]?.message).toContain('no room for another unique or AUTO_NUMBER field')
    await server.admin.data('mutation { createForm(input: {name: "fifth"}) { form { id } } }')
  })
})
