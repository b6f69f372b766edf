import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { issuesOf } from '../support/client.ts'
import { changeField, METADATA, makeField, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('rules of a field', () => {
  let server: TestServer
  let raw: pg.Client
  /** How far the clock of the server is ahead of the database's, in milliseconds. */
  let ahead = 0

  beforeAll(async () => {
    server = await startTestServer({ now: () => new Date(Date.now() + ahead) })
    raw = new pg.Client({ connectionString: server.database.url })
    await raw.connect()
  })
  afterAll(async () => {
    await raw?.end()
    await server?.close()
  })

  const create = async (input: string): Promise<string> => {
    const { createAccount } = await server.admin.data(`mutation { createAccount(input: {name: "One", type: "customer"${input}}) { account { id } } }`)
    return createAccount.account.id
  }
  const rename = (id: string, name: string) => server.admin.send(`mutation { updateAccount(id: "${id}", input: {name: "${name}"}) { account { name } } }`)

  test('a national phone number is read as one of the organisation’s country, whoever reads it', async () => {
    await raw.query(`INSERT INTO setting (key, value) VALUES ('organisation.country', '"DE"') ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`)
    const national = '030 901820'
    const phone = { raw: national, e164: '+4930901820' }
    const hotline = await makeField(server.admin, { module: 'account', name: 'hotline', type: 'TEXT' })
    const id = await create(`, hotline: "${national}"`)
    await changeField(server.admin, hotline.id, { type: 'PHONE' })
    // The default fills what is there, by the field's own change and by its making, and what is made later.
    await changeField(server.admin, hotline.id, { default: national, required: true })
    await makeField(server.admin, { module: 'account', name: 'switchboard', type: 'PHONE', default: national, required: true })
    const late = await makeField(server.admin, { module: 'account', name: 'late', type: 'PHONE' })
    await changeField(server.admin, late.id, { default: national, required: true })
    const other = await create('')
    const { accounts } = await server.admin.data(
      `{ accounts(filter: {hotline: {eq: "+4930901820"}, late: {eq: "${national}"}}) { nodes { id hotline { raw e164 } switchboard { raw e164 } late { raw e164 } } } }`,
    )
    expect(accounts.nodes).toEqual([other, id].map((each) => ({ id: each, hotline: phone, switchboard: phone, late: phone })))
    await raw.query(`DELETE FROM setting WHERE key = 'organisation.country'`)
    const chinese = await makeField(server.admin, { module: 'account', name: 'chinese', type: 'TEXT' })
    await server.admin.data(`mutation { updateAccount(id: "${id}", input: {chinese: "010 6234 5678"}) { changeSetId } }`)
    await changeField(server.admin, chinese.id, { type: 'PHONE' })
    const { account } = await server.admin.data(`{ account(id: "${id}") { chinese { e164 } } }`)
    expect(account.chinese.e164).toBe('+861062345678')
  })

  test('a field that is demanded where the system makes records, too, needs a default', async () => {
    for (const module of ['reminder', 'timer', 'delivery', 'ticketStatusChange', 'opportunityStageChange']) {
      const { errors } = await server.admin.send(METADATA.createField, { input: { module, name: 'demanded', type: 'TEXT', required: true } })
      expect([module, errors[0]?.extensions['issues']]).toEqual([module, [expect.objectContaining({ path: ['input', 'required'], code: 'NEEDS_DEFAULT' })]])
    }
    const { id } = await makeField(server.admin, { module: 'reminder', name: 'demanded', type: 'TEXT', required: true, default: 'none' })
    await server.admin.data(METADATA.deleteField, { id })
  })

  test('a record that was there before a field was required stands in nobody’s way, whatever the clock said when it was made', async () => {
    ahead = 60_000
    const early = await create('')
    ahead = 0
    const field = await makeField(server.admin, { module: 'account', name: 'demanded', type: 'TEXT', required: true })
    expect((await rename(early, 'Changed')).data).toEqual({ updateAccount: { account: { name: 'Changed' } } })
    expect(issuesOf(await server.admin.send('mutation { createAccount(input: {name: "New", type: "customer"}) { changeSetId } }'))).toEqual([
      'input.demanded: REQUIRED',
    ])
    // Deleted and restored, it demands anew, of those that come from now on.
    await server.admin.data(METADATA.deleteField, { id: field.id })
    ahead = 120_000
    const later = await create('')
    ahead = 0
    await server.admin.data(METADATA.restoreField, { id: field.id })
    expect((await rename(later, 'Changed too')).errors).toEqual([])
    await server.admin.data(METADATA.deleteField, { id: field.id })
  })

  test('a record that came while the change was worked out stands in nobody’s way either', async () => {
    await raw.query('BEGIN')
    await raw.query('LOCK TABLE custom_slot IN ACCESS EXCLUSIVE MODE')
    const field = makeField(server.admin, { module: 'account', name: 'awaited', type: 'TEXT', required: true })
    // The change has its time by now, and looks for a place for its columns.
    await untilAwaited('custom_slot')
    const id = await create('')
    await raw.query('COMMIT')
    await field
    expect((await rename(id, 'Changed')).errors).toEqual([])
  })

  async function untilAwaited(table: string): Promise<void> {
    for (;;) {
      const { rows } = await raw.query('SELECT FROM pg_locks WHERE relation = $1::regclass AND NOT granted', [`public.${table}`])
      if (rows.length > 0) return
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }

  test('options are limited as far as they can be chosen, and no field becomes unchangeable by those that are retired', async () => {
    const options = (from: number, count: number) => Array.from({ length: count }, (_, index) => ({ value: `o${from + index}` }))
    const field = await makeField(server.admin, { module: 'account', name: 'choice', type: 'SELECT', options: options(0, 1000) })
    for (const from of [1000, 2000, 3000, 4000]) await changeField(server.admin, field.id, { options: options(from, 1000) })
    // 5,000 with the retired ones.
    const { field: relabelled } = await changeField(server.admin, field.id, { label: 'Choice' })
    expect((relabelled as unknown as { options: { retired: boolean }[] }).options.filter(({ retired }) => !retired)).toHaveLength(1000)
    const refused = await sendField(server.admin, 'updateField', { id: field.id, input: { options: options(5000, 1) } })
    expect(issuesOf(refused)).toEqual(['input.options: LIMIT'])
    expect(refused.errors[0]?.message).toContain('5001 options; it may have 5000')
    // Retired ones can come back.
    await changeField(server.admin, field.id, { options: options(0, 1000) })
    expect(issuesOf(await sendField(server.admin, 'updateField', { id: field.id, input: { options: options(0, 1001) } }))).toEqual(['input.options: LIMIT'])
    expect(await create(', awaited: "-", choice: "o7"')).toBeDefined()
  }, 60_000)
})
