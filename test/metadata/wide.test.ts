import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { codesOf } from '../support/client.ts'
import { METADATA } from '../support/metadata.ts'
import { PROVE, tell } from '../support/nodes.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const TEXTS = 300
const OTHERS = ['INTEGER', 'DATE', 'BOOLEAN', 'DECIMAL'] as const
const MOST = 500
/** Records that one mutation makes, and how often it is sent. */
const AT_ONCE = PROVE ? 200 : 40
const TIMES = PROVE ? 5 : 1

/** 32 characters, of three bytes each for every other record, so that rows are as long as they may be. */
const textOf = (record: number, field: number): string => {
  const head = `${String(record).padStart(5, '0')}-${String(field).padStart(3, '0')}-`
  return head + (record % 2 === 0 ? '海' : 'x').repeat(32 - head.length)
}

describe('a module with 500 custom fields, 300 texts of 32 characters among them', () => {
  let server: TestServer
  const texts = Array.from({ length: TEXTS }, (_, index) => `text${index}`)
  const others = Array.from({ length: MOST - TEXTS }, (_, index) => ({ name: `other${index}`, type: OTHERS[index % OTHERS.length] as (typeof OTHERS)[number] }))
  const fields = [...texts.map((name) => ({ name, type: 'TEXT' })), ...others]
  const selection = fields.map(({ name }) => name).join(' ')
  const last = texts.at(-1) as string
  const textsOf = (record: number) => Object.fromEntries(texts.map((name, index) => [name, textOf(record, index)]))
  const COUNT = AT_ONCE * TIMES

  beforeAll(async () => {
    server = await startTestServer()
    await server.admin.data(METADATA.createModule, { input: { name: 'sheet', pluralName: 'sheets', label: '表', fields: fields.slice(0, 1) } })
    for (let start = 1; start < MOST; start += 100) {
      const input = fields.slice(start, start + 100).map((field) => ({ module: 'sheet', ...field }))
      await server.admin.data(METADATA.createFields, { input })
    }
  }, 60_000)
  afterAll(() => server?.close())

  test('takes no further field, and says why', async () => {
    const answer = await server.admin.send(METADATA.createField, { input: { module: 'sheet', name: 'tooMany', type: 'TEXT' } })
    expect(codesOf(answer)).toEqual(['LIMIT_EXCEEDED'])
    expect(answer.errors[0]?.extensions['limit']).toBe(MOST)
  })

  test('creates, lists, filters, orders, groups, changes, deletes and restores', async () => {
    const began = performance.now()
    for (let time = 0; time < TIMES; time += 1) {
      const input = Array.from({ length: AT_ONCE }, (_, index) => {
        const record = time * AT_ONCE + index
        return { ...textsOf(record), other0: record % 7, other1: '2024-02-29', other2: record % 2 === 0, other3: '0.5' }
      })
      const { createSheets } = await server.admin.data('mutation ($input: [CreateSheetInput!]!) { createSheets(input: $input) { sheets { id text0 } } }', {
        input,
      })
      expect(createSheets.sheets).toHaveLength(AT_ONCE)
    }
    const created = performance.now()
    const { sheets } = await server.admin.data(`{ sheets(first: ${AT_ONCE}, orderBy: [{text0: ASC}]) { totalCount nodes { id ${selection} } } }`)
    const listed = performance.now()
    tell(
      `${COUNT} records of ${TEXTS} texts: created in ${(created - began).toFixed(0)} ms, ${AT_ONCE} listed with all fields in ${(listed - created).toFixed(0)} ms`,
    )
    expect(sheets.totalCount).toBe(COUNT)
    for (const [record, node] of sheets.nodes.entries()) {
      const { id: _, ...values } = node
      expect(values).toEqual({
        ...Object.fromEntries(others.map(({ name }) => [name, null])),
        ...textsOf(record),
        other0: record % 7,
        other1: '2024-02-29',
        other2: record % 2 === 0,
        other3: '0.5',
      })
    }
    const found = await server.admin.data(
      `query ($text: String, $part: String) {
        equal: sheets(filter: {${last}: {eq: $text}}) { nodes { text0 ${last} } }
        part: sheets(filter: {${last}: {contains: $part}, other2: {eq: true}}) { totalCount }
        down: sheets(first: 3, orderBy: [{${last}: DESC}]) { nodes { ${last} } }
        groups: sheetsAggregate(groupBy: [{other0: true}]) { key count }
        sums: sheetsAggregate { sum { other3 } max { other1 } }
      }`,
      { text: textOf(3, TEXTS - 1), part: '海海' },
    )
    expect(found.equal.nodes).toEqual([{ text0: textOf(3, 0), [last]: textOf(3, TEXTS - 1) }])
    expect(found.part.totalCount).toBe(COUNT / 2)
    expect(found.down.nodes).toEqual([1, 2, 3].map((back) => ({ [last]: textOf(COUNT - back, TEXTS - 1) })))
    expect(found.groups.map(({ count }: { count: number }) => count).reduce((sum: number, count: number) => sum + count)).toBe(COUNT)
    expect(found.sums).toEqual([{ sum: { other3: String(COUNT / 2) }, max: { other1: '2024-02-29' } }])

    const [{ id }] = sheets.nodes
    const changed = Object.fromEntries(texts.map((name, index) => [name, textOf(99_998, index)]))
    await server.admin.data('mutation ($id: ID!, $input: UpdateSheetInput!) { updateSheet(id: $id, input: $input) { sheet { version } } }', {
      id,
      input: changed,
    })
    await server.admin.data(`mutation { deleteSheet(id: "${id}") { id } }`)
    expect((await server.admin.data('{ sheets { totalCount } }')).sheets.totalCount).toBe(COUNT - 1)
    await server.admin.data(`mutation { restoreSheet(id: "${id}") { sheet { id } } }`)
    const { sheet } = await server.admin.data(`{ sheet(id: "${id}") { ${texts.join(' ')} history(first: 3) { nodes { changes { field } } } } }`)
    const { history, ...values } = sheet
    expect(values).toEqual(changed)
    expect(Math.max(...history.nodes.map(({ changes }: { changes: unknown[] }) => changes.length))).toBeGreaterThanOrEqual(TEXTS)
  }, 120_000)

  test('a default that fills a field of an extension table stands in events with all other values', async () => {
    const { createSheets } = await server.admin.data('mutation ($input: [CreateSheetInput!]!) { createSheets(input: $input) { sheets { id } } }', {
      input: [{ text0: 'a', text299: 'b', other199: '1.5' }, { text0: 'c' }],
    })
    const [full, empty] = createSheets.sheets.map(({ id }: { id: string }) => id)
    const found = await server.admin.data('{ customFields(module: "sheet") { id name } }')
    const { id } = found.customFields.find(({ name }: { name: string }) => name === last)
    await server.admin.data(METADATA.updateField, { id, input: { required: true, default: '满' } })
    const client = new pg.Client(server.database.url)
    await client.connect()
    const { rows: events } = await client.query('SELECT record_id, version::int, before, after FROM outbox WHERE record_id = ANY($1) ORDER BY sequence', [
      [full, empty],
    ])
    const { rows: columns } = await client.query('SELECT name, column_name AS column, extension FROM custom_field WHERE name = ANY($1)', [
      ['text0', last, 'other199'],
    ])
    await client.end()
    const column = (name: string): string => columns.find((each) => each.name === name).column
    expect(columns.find(({ name }) => name === last).extension).toBeGreaterThan(0)
    const ofEmpty = events.filter(({ record_id }) => record_id === empty)
    expect(ofEmpty.map(({ version }) => version)).toEqual([1, 2])
    expect(events.filter(({ record_id }) => record_id === full)).toHaveLength(1)
    const [, { before, after }] = ofEmpty
    expect([before.version, before[column('text0')], before[column(last)] ?? null]).toEqual([1, 'c', null])
    expect([after.version, after[column('text0')], after[column(last)]]).toEqual([2, 'c', '满'])
  })
})
