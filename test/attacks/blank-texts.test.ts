import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { isBlank } from '../../src/lib/text-checks.ts'
import { BLANK_PATTERN } from '../../src/records/metadata/fill-values.ts'
import { issuesOf, TRANSPORTS } from '../support/client.ts'
import { changeField, makeField, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Texts that show nothing where a value is demanded. */
const BLANKS: Readonly<Record<string, string>> = {
  nothing: '',
  spaces: '   ',
  'tabs and lines': '\t\r\n',
  'a space of another script': '\u3000\u00a0',
  'characters without a width': '\u200b\u200d\u2060\ufeff',
  'a letter that shows nothing': '\u3164',
  'marks of direction': '\u202e\u2066\u2069',
  tags: '\u{e0041}\u{e007f}',
}

let server: TestServer
let raw: pg.Client

/** Everything that writes of accounts leave. */
const state = async () =>
  (
    await raw.query(`SELECT (SELECT json_agg(json_build_array(id, name, version) ORDER BY id) FROM accounts) AS rows,
      (SELECT count(*) FROM record_history) AS history, (SELECT count(*) FROM outbox) AS outbox`)
  ).rows[0]

beforeAll(async () => {
  server = await startTestServer()
  raw = new pg.Client(server.database.url)
  await raw.connect()
})
afterAll(async () => {
  await raw?.end()
  await server?.close()
})

describe.each(TRANSPORTS)('over %s', (transport) => {
  const send = (query: string, variables: object) => server.admin.send(query, { ...variables }, { transport })
  let id: string

  beforeAll(async () => {
    id = (await server.admin.data(`mutation { createAccount(input: {name: "There ${transport}"}) { account { id } } }`)).createAccount.account.id
  })

  test.each(Object.entries(BLANKS))('%s is no name of a record, however it is written', async (_, name) => {
    const before = await state()
    const by = { externalId: { system: 'erp', key: `blank ${transport}` } }
    const refused = [
      await send('mutation ($name: String!) { createAccount(input: {name: $name}) { account { id } } }', { name }),
      await send('mutation ($id: ID!, $name: String!) { updateAccount(id: $id, input: {name: $name}) { account { id } } }', { id, name }),
      await send('mutation ($by: AccountUniqueInput!, $name: String!) { upsertAccount(by: $by, input: {name: $name}) { account { id } } }', { by, name }),
    ]
    expect(refused.map(issuesOf)).toEqual(refused.map(() => ['input.name: REQUIRED']))
    const several = await send('mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { accounts { id } } }', {
      input: [{ name: 'Good' }, { name }],
    })
    expect(issuesOf(several)).toEqual(['input.1.name: REQUIRED'])
    expect(await state()).toEqual(before)
  })

  test('what shows something stays as it was written', async () => {
    for (const name of [' x ', '\u200bx', '.', '0', '👩\u200d🚀', '\u2800']) {
      const { data } = await send('mutation ($name: String!) { createAccount(input: {name: $name}) { account { name } } }', { name })
      expect(data.createAccount.account.name).toBe(name)
    }
  })

  test('a blank may stand where nothing is demanded', async () => {
    const { errors } = await send('mutation ($id: ID!) { updateAccount(id: $id, input: {description: " "}) { account { id } } }', { id })
    expect(errors).toEqual([])
  })
})

test('a condition that demands a text is not met by a blank', async () => {
  await makeField(server.admin, { module: 'contact', name: 'remedy', type: 'LONG_TEXT', requiredWhen: 'jobTitle = "lost"' })
  const create = (remedy: string | null) =>
    server.admin.send('mutation ($remedy: String) { createContact(input: {name: "C", jobTitle: "lost", remedy: $remedy}) { contact { remedy } } }', { remedy })
  for (const blank of [null, ...Object.values(BLANKS)]) expect(issuesOf(await create(blank))).toEqual(['input.remedy: REQUIRED'])
  expect((await create('call')).errors).toEqual([])
})

describe('a field that becomes required later', () => {
  const input = { module: 'lead', name: 'motto', type: 'TEXT' }

  test('finds the blanks that stand there, which no default replaces', async () => {
    const { id } = await makeField(server.admin, input)
    const values = ['good', ' ', '\u200b', null]
    const ids: string[] = []
    for (const motto of values) {
      const { createLead } = await server.admin.data('mutation ($motto: String) { createLead(input: {name: "L", motto: $motto}) { lead { id } } }', { motto })
      ids.push(createLead.lead.id)
    }
    const mottos = async () => (await server.admin.data('{ leads(orderBy: [{createdAt: ASC}]) { nodes { motto version } } }')).leads.nodes
    const before = await mottos()
    for (const change of [{ required: true }, { required: true, default: 'filled' }]) {
      const refused = await sendField(server.admin, 'updateField', { id, input: change })
      expect(issuesOf(refused)).toEqual(['input.required: EMPTY'])
      expect(refused.errors[0]?.extensions['issues']).toMatchObject([
        { message: '2 records have a blank text in motto, which no default replaces. Change them first.' },
      ])
    }
    expect(await mottos()).toEqual(before)
    for (const lead of ids.slice(1, 3))
      await server.admin.data('mutation ($id: ID!) { updateLead(id: $id, input: {motto: null}) { lead { id } } }', { id: lead })
    await changeField(server.admin, id, { required: true, default: 'filled' })
    expect((await mottos()).map(({ motto }: { motto: string }) => motto)).toEqual(['good', 'filled', 'filled', 'filled'])
  })

  test('takes no blank default', async () => {
    const refused = await sendField(server.admin, 'createField', { input: { ...input, name: 'saying', required: true, default: '\u3000' } })
    expect(issuesOf(refused)).toEqual(['input.default: REQUIRED'])
  })
})

test('a blank that was there before stands in nobody’s way, until the field is written', async () => {
  const { createAccount } = await server.admin.data('mutation { createAccount(input: {name: "Old"}) { account { id } } }')
  const { id } = createAccount.account
  await raw.query(`UPDATE accounts SET name = ' ' WHERE id = $1`, [id])
  const update = (values: object) =>
    server.admin.send('mutation ($id: ID!, $input: UpdateAccountInput!) { updateAccount(id: $id, input: $input) { account { name description } } }', {
      id,
      input: values,
    })
  expect((await update({ description: 'told' })).data.updateAccount.account).toEqual({ name: ' ', description: 'told' })
  expect(issuesOf(await update({ name: '  ' }))).toEqual(['input.name: REQUIRED'])
  expect((await update({ name: 'New' })).data.updateAccount.account.name).toBe('New')
})

test('the database finds the same blanks', async () => {
  const { rows } = await raw.query(
    `SELECT n FROM (SELECT generate_series(1, 131071) UNION ALL SELECT generate_series(x'e0000'::int, x'e2000'::int)) AS s (n)
     WHERE n NOT BETWEEN x'd800'::int AND x'dfff'::int AND chr(n) ~ $1 ORDER BY n`,
    [BLANK_PATTERN],
  )
  const own: number[] = []
  for (let code = 1; code <= 0xe2000; code += 1) {
    if (code === 0x20000) code = 0xe0000
    if ((code < 0xd800 || code > 0xdfff) && isBlank(String.fromCodePoint(code))) own.push(code)
  }
  expect(rows.map(({ n }) => n)).toEqual(own)
  expect((await raw.query('SELECT $2 ~ $1 AS empty, $3 ~ $1 AS lines', [BLANK_PATTERN, '', ' \n\nx'])).rows).toEqual([{ empty: true, lines: false }])
})
