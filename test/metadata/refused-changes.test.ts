import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { coreModules } from '../../src/entities/index.ts'
import { findDrift } from '../../src/records/metadata/index.ts'
import { issuesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { changeField, METADATA, makeField, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

describe('a change that stored values stand against', () => {
  let server: TestServer
  let raw: pg.Client
  let ids: string[]

  beforeAll(async () => {
    server = await startTestServer()
    raw = new pg.Client({ connectionString: server.database.url })
    await raw.connect()
    const { createAccounts } = await server.admin.data(
      'mutation { createAccounts(input: [{name: "One", type: "customer"}, {name: "Two", type: "customer"}, {name: "Three", type: "customer"}]) { accounts { id } } }',
    )
    ids = createAccounts.accounts.map(({ id }: { id: string }) => id)
  })
  afterAll(async () => {
    await raw?.end()
    await server?.close()
  })

  const set = (field: string, values: readonly unknown[]) =>
    server.admin.data('mutation ($updates: [AccountUpdateItem!]!) { updateAccounts(updates: $updates) { changeSetId } }', {
      updates: values.map((value, index) => ({ id: ids[index], input: { [field]: value } })),
    })

  const valuesOf = async (field: string) => {
    const { accounts } = await server.admin.data(`{ accounts(orderBy: [{createdAt: ASC}]) { nodes { id ${field} } } }`)
    const byId = new Map(accounts.nodes.map((node: Record<string, unknown>) => [node['id'], node[field]]))
    return ids.map((id) => byId.get(id))
  }

  /** Refused with this issue, of which the message has all these parts, and nothing is changed; a dry run says the same. */
  const refuses = async (id: string, input: object, issue: string, ...parts: readonly string[]) => {
    const before = await contentOf(server.database.url)
    for (const dryRun of [true, false]) {
      const answer = await sendField(server.admin, 'updateField', { id, input, dryRun })
      expect(issuesOf(answer)).toEqual([issue])
      for (const part of parts) expect(answer.errors[0]?.message).toContain(part)
    }
    expect(await contentOf(server.database.url)).toEqual(before)
  }

  test('keys are judged by what values become', async () => {
    const number = await makeField(server.admin, { module: 'account', name: 'number', type: 'TEXT', unique: true })
    await set('number', ['7', '07', '8'])
    await refuses(number.id, { type: 'INTEGER' }, 'input.type: DUPLICATES', 'As INTEGER, number would have 1 value that several records share', '"7", "07"')
    const mail = await makeField(server.admin, { module: 'account', name: 'mail', type: 'TEXT' })
    await set('mail', ['a@example.com', 'A@Example.com'])
    await refuses(mail.id, { type: 'EMAIL', unique: true }, 'input.unique: DUPLICATES', '"a@example.com"', '"A@Example.com"')
    // What is deleted takes no key.
    const deleted = ids[1] as string
    await server.admin.data(`mutation { deleteAccount(id: "${deleted}") { id } }`)
    await changeField(server.admin, number.id, { type: 'INTEGER' })
    await changeField(server.admin, mail.id, { type: 'EMAIL', unique: true })
    const { accountBy } = await server.admin.data('{ accountBy(by: {mail: "a@example.com"}) { id number } }')
    expect(accountBy).toEqual({ id: ids[0], number: 7 })
    await set('number', [70])
    await set('mail', ['z@example.com'])
    await server.admin.data(`mutation { restoreAccount(id: "${deleted}") { changeSetId } }`)
  })

  test('how many values several records share is told', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'shared', type: 'TEXT' })
    await set('shared', ['k', 'k', 'l'])
    await refuses(field.id, { unique: true }, 'input.unique: DUPLICATES', 'shared has 1 value that several records share, such as "k"')
  })

  test('a key that a rival gave twice between the check and the lock', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'raced', type: 'TEXT' })
    await set('raced', ['a', 'b'])
    const { rows } = await raw.query('SELECT column_name AS column FROM custom_field WHERE id = $1', [field.id])
    const before = await valuesOf('raced')
    await raw.query('BEGIN')
    await raw.query(`UPDATE accounts SET ${rows[0].column} = 'a', version = version + 1 WHERE id = $1`, [ids[1]])
    const answer = sendField(server.admin, 'updateField', { id: field.id, input: { unique: true } })
    await waitingForLock()
    await raw.query('COMMIT')
    const refused = await answer
    expect(issuesOf(refused)).toEqual(['input.unique: DUPLICATES'])
    expect(refused.errors[0]?.message).toContain('raced has')
    expect(await valuesOf('raced')).toEqual(['a', 'a', before[2]])
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
  })

  /** Waits until a change waits for the table; a try takes 150 ms. */
  async function waitingForLock(): Promise<void> {
    for (;;) {
      const { rows } = await raw.query(`SELECT FROM pg_locks WHERE relation = 'public.accounts'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted`)
      if (rows.length > 0) return
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }

  test('texts that are longer than the field may hold, or than an index takes', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'motto', type: 'TEXT', maxLength: 4000, searchable: false })
    await set('motto', ['关'.repeat(601), '𠮷'.repeat(600), 'x'.repeat(3000)])
    await refuses(
      field.id,
      { maxLength: 600, indexed: true },
      'input.maxLength: TOO_LONG',
      '2 records have more than 600 characters in motto',
      '"xxxx',
      '"关关',
    )
    await refuses(field.id, { maxLength: 2000 }, 'input.maxLength: TOO_LONG', '1 record has more than 2000 characters')
    await changeField(server.admin, field.id, { maxLength: 3000 })
    // Four bytes a character, and still short enough for an index.
    await set('motto', ['short', '𠮷'.repeat(600), null])
    await changeField(server.admin, field.id, { maxLength: 600, indexed: true })
    expect((await valuesOf('motto'))[1]).toBe('𠮷'.repeat(600))
    await changeField(server.admin, field.id, { indexed: false, maxLength: 4000 })
    await set('motto', ['x'.repeat(3500)])
    await server.admin.data(`mutation { deleteAccount(id: "${ids[0]}") { id } }`)
    // An index takes what is in the recycle bin, a limit of length does not mind it.
    await refuses(field.id, { maxLength: 600, indexed: true }, 'input.maxLength: TOO_LONG', '1 record has', 'recycle bin')
    await changeField(server.admin, field.id, { maxLength: 600 })
    await refuses(field.id, { indexed: true }, 'input.indexed: TOO_LONG', '1 record has')
    await server.admin.data(`mutation { restoreAccount(id: "${ids[0]}") { changeSetId } }`)
  })

  test('an index of a formula whose values do not fit', async () => {
    await makeField(server.admin, { module: 'account', name: 'essay', type: 'TEXT', maxLength: 4000, searchable: false })
    await set('essay', [Array.from({ length: 1200 }, (_, index) => String.fromCharCode(0x4e00 + ((index * 7919) % 20000))).join('')])
    const formula = await makeField(server.admin, { module: 'account', name: 'all', type: 'FORMULA', formula: 'concat(essay, essay)' })
    const before = await contentOf(server.database.url)
    const refused = await sendField(server.admin, 'updateField', { id: formula.id, input: { indexed: true } })
    expect(issuesOf(refused)).toEqual(['input.indexed: TOO_LONG'])
    expect(refused.errors[0]?.message).toContain('account.all')
    const { errors } = await server.admin.send(METADATA.createField, {
      input: { module: 'account', name: 'more', type: 'FORMULA', formula: 'concat(essay, essay)', indexed: true },
    })
    expect(errors[0]?.extensions['issues']).toMatchObject([{ path: ['input', 'indexed'], code: 'TOO_LONG' }])
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('records without a link, where a list is to be required', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'partners', type: 'REFERENCES', reference: { module: 'contact' } })
    const { createContacts } = await server.admin.data('mutation { createContacts(input: [{name: "A"}, {name: "B"}]) { contacts { id } } }')
    const [kept, gone] = createContacts.contacts
    await server.admin.data('mutation ($updates: [AccountUpdateItem!]!) { updateAccounts(updates: $updates) { changeSetId } }', {
      updates: [
        { id: ids[0], input: { partners: { set: [{ id: kept.id }, { id: gone.id }] } } },
        { id: ids[1], input: { partners: { set: [{ id: kept.id }] } } },
      ],
    })
    await refuses(field.id, { required: true }, 'input.required: EMPTY', '1 record has no value in partners')
    await server.admin.data(`mutation { updateAccount(id: "${ids[2]}", input: {partners: {set: [{id: "${kept.id}"}]}}) { changeSetId } }`)
    await changeField(server.admin, field.id, { required: true })
    expect(issuesOf(await server.admin.send(`mutation { updateAccount(id: "${ids[2]}", input: {partners: {set: []}}) { changeSetId } }`))).toEqual([
      'input.partners: REQUIRED',
    ])
    await changeField(server.admin, field.id, { required: false })
    await server.admin.data(`mutation { updateAccount(id: "${ids[2]}", input: {partners: {set: [{id: "${gone.id}"}]}}) { changeSetId } }`)
    // A link to a record in the recycle bin is none.
    await raw.query('UPDATE contacts SET deleted_at = now() WHERE id = $1', [gone.id])
    await refuses(field.id, { required: true }, 'input.required: EMPTY', '1 record has no value in partners')
    await server.admin.data(METADATA.deleteField, { id: field.id })
  })

  test('a dry run tells what depends on the field and what would be, and changes nothing', async () => {
    const field = await makeField(server.admin, { module: 'account', name: 'heads', type: 'TEXT', indexed: true })
    await makeField(server.admin, { module: 'account', name: 'same', type: 'FORMULA', formula: 'heads' })
    await set('heads', ['12', 'many', '7'])
    await refuses(field.id, { type: 'INTEGER' }, 'input.type: CONVERSION', '1 value does not convert to INTEGER, such as "many"')
    await makeField(server.admin, { module: 'account', name: 'halves', type: 'FORMULA', formula: 'number(heads) / 2' })
    await set('heads', ['12', '30', '7'])
    // `number()` takes no number.
    await refuses(field.id, { type: 'INTEGER' }, 'input: DEPENDENT', 'account.halves would no longer hold')
    const before = await contentOf(server.database.url)
    for (const input of [{ type: 'EMAIL' }, { required: true, default: '1' }, { type: 'LONG_TEXT', indexed: false }, { name: 'headCount', unique: true }]) {
      const answer = await server.admin.send(METADATA.updateField, { id: field.id, input, dryRun: true })
      if ('type' in input && input.type === 'EMAIL') expect(issuesOf(answer)).toEqual(['input.type: CONVERSION'])
      else {
        expect(answer.errors).toEqual([])
        const { dependents, field: would } = (answer.data as { answer: { dependents: { kind: string; name: string }[]; field: object } }).answer
        expect(would).toMatchObject({ id: field.id, ...('name' in input ? { name: 'headCount', unique: true, aliases: ['heads'] } : {}) })
        expect(dependents.map(({ kind, name }) => (kind === 'index' ? kind : `${kind} ${name}`))).toEqual([
          'formula account.same',
          'formula account.halves',
          'index',
          'index',
          'operation (without a name)',
        ])
      }
      expect(await contentOf(server.database.url)).toEqual(before)
    }
    expect(await valuesOf('heads')).toEqual(['12', '30', '7'])
    expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
  })
})
