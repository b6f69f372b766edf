import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { codesOf, type TestClient } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { databaseStructure } from '../support/database-state.ts'
import { eventually } from '../support/guanxi-process.ts'
import { type METADATA, makeField, sendField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Members that belong to the record or the field and not to the caller's JSON. */
const STOLEN: Readonly<Record<string, unknown>> = {
  id: '01a22580-d8a3-7000-9b15-258b95800003',
  version: 999,
  createdAt: '2001-01-01T00:00:00Z',
  updatedAt: '2001-01-01T00:00:00Z',
  deletedAt: '2001-01-01T00:00:00Z',
  createdBy: { id: '00000000-0000-7000-8000-000000000001' },
  ownerId: '00000000-0000-7000-8000-000000000001',
  owner_id: '00000000-0000-7000-8000-000000000001',
  scope_id: null,
  teamId: null,
  name: 'stolen',
  creditLimit: { amount: '1', currency: 'USD' },
  passwordHash: 'x',
  roles: ['admin'],
}
/** Members of a stored field or module that no description has. */
const STORED: Readonly<Record<string, unknown>> = {
  id: '01a22580-d8a3-7000-9b15-258b95800003',
  moduleNumber: 1,
  column: 'name',
  column_name: 'name',
  extension: 7,
  state: 'deleted',
  number: 3,
  table: 'users',
  tableName: 'users',
  ownerPlugin: 'x',
  keyUnavailable: true,
  readOnly: true,
  createOnly: true,
  system: true,
}

describe('members of JSON that nobody asked for', () => {
  let server: TestServer
  let sql: pg.Client
  let rep: { readonly id: string; readonly client: TestClient }

  beforeAll(async () => {
    server = await startTestServer()
    sql = new pg.Client(server.database.url)
    await sql.connect()
    rep = await server.addUser('Rep', 'sales_rep')
    for (const [name, more] of Object.entries({
      extra: { type: 'JSON' },
      place: { type: 'ADDRESS' },
      spot: { type: 'GEO' },
      price: { type: 'MONEY' },
      helper: { type: 'REFERENCE', reference: { module: 'contact' } },
    }))
      await makeField(server.admin, { module: 'account', name, ...more })
    // A new reference is validated beside the requests, which changes the structure.
    await eventually(async () => (await sql.query(`SELECT FROM pg_constraint WHERE contype = 'f' AND NOT convalidated`)).rows.length === 0, 35_000)
  })
  afterAll(async () => {
    await sql?.end()
    await server?.close()
  })

  const CREATE =
    'mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id version name extra owner { id } createdBy { id } createdAt deletedAt values } } }'

  test('stay inside a JSON field, on create, change and upsert, and touch nothing of the record', async () => {
    const began = new Date(Date.now() - 60_000).toISOString()
    const { createAccount } = await rep.client.data(CREATE, { input: { name: '本名', type: 'customer', extra: STOLEN } })
    const { account } = createAccount
    const whole = { version: 1, name: '本名', extra: STOLEN, owner: { id: rep.id }, createdBy: { id: rep.id }, deletedAt: null, values: { extra: STOLEN } }
    expect(account).toMatchObject(whole)
    expect(account.id).not.toBe(STOLEN.id)
    expect(account.createdAt > began).toBe(true)
    const read = async () =>
      (await rep.client.data(`{ account(id: "${account.id}") { id version name extra owner { id } createdBy { id } createdAt deletedAt } }`)).account
    await rep.client.data(`mutation ($input: UpdateAccountInput!) { updateAccount(id: "${account.id}", input: $input) { changeSetId } }`, {
      input: { extra: { ...STOLEN, again: 1 } },
    })
    expect(await read()).toMatchObject({
      version: 2,
      name: '本名',
      extra: { ...STOLEN, again: 1 },
      owner: { id: rep.id },
      createdBy: { id: rep.id },
      deletedAt: null,
    })
    await rep.client.data(`mutation ($input: UpsertAccountInput!) { upsertAccount(by: {id: "${account.id}"}, input: $input) { changeSetId } }`, {
      input: { extra: [STOLEN] },
    })
    expect(await read()).toMatchObject({ version: 3, name: '本名', extra: [STOLEN], owner: { id: rep.id }, createdAt: account.createdAt })
    const { rows } = await sql.query('SELECT name, version, owner_id, created_by, deleted_at FROM accounts WHERE id = $1', [account.id])
    expect(rows).toEqual([{ name: '本名', version: 3, owner_id: rep.id, created_by: rep.id, deleted_at: null }])
  })

  test('are unknown beside a custom field and inside of its parts: nothing is written', async () => {
    const before = await contentOf(server.database.url)
    const base = { name: 'x', type: 'customer' }
    for (const [member, value] of Object.entries(STOLEN)) {
      const inside = [
        { place: { city: 'X', [member]: value } },
        { spot: { latitude: 1, longitude: 1, [member]: value } },
        { price: { amount: '1', currency: 'USD', [member]: value } },
      ]
      // An id names whom a reference leads to; whatever else is there is no member of it.
      if (member !== 'id') inside.push({ helper: { [member]: value } } as never)
      const beside = ['name', 'creditLimit'].includes(member) ? [] : [{ [member]: value }]
      for (const more of [...inside, ...beside]) {
        const answer = await server.admin.send(CREATE, { input: { ...base, ...more } })
        expect([member, more, codesOf(answer).every((code) => code === 'GRAPHQL_VALIDATION_FAILED' || code === 'VALIDATION_FAILED'), answer.data]).toEqual([
          member,
          more,
          true,
          null,
        ])
      }
    }
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('are no part of a description of a field or a module: nothing is made', async () => {
    const before = [await contentOf(server.database.url), await databaseStructure(server.database.url)]
    const field = { name: 'never', type: 'TEXT' }
    for (const [member, value] of Object.entries(STORED)) {
      const stolen = { [member]: value }
      const attempts: readonly (readonly [keyof typeof METADATA, object])[] = [
        ['createField', { input: { module: 'account', ...field, ...stolen } }],
        ['createField', { input: { module: 'account', ...field, type: 'REFERENCE', reference: { module: 'contact', ...stolen } } }],
        ['createField', { input: { module: 'account', ...field, type: 'SELECT', options: [{ value: 'x', ...stolen }] } }],
        ['createFields', { input: [{ module: 'account', ...field, ...stolen }] }],
        ['createModule', { input: { name: 'thing', pluralName: 'things', ...stolen } }],
        ['createModule', { input: { name: 'thing', pluralName: 'things', fields: [{ ...field, ...stolen }] } }],
        ['apply', { input: [{ name: 'account', fields: [{ ...field, ...stolen }] }] }],
        ['apply', { input: [{ name: 'thing', pluralName: 'things', ...stolen }] }],
      ]
      for (const [operation, variables] of attempts)
        expect([member, operation, new Set(codesOf(await sendField(server.admin, operation, variables as never)))]).toEqual([
          member,
          operation,
          new Set(['GRAPHQL_VALIDATION_FAILED']),
        ])
    }
    expect([await contentOf(server.database.url), await databaseStructure(server.database.url)]).toEqual(before)
  })

  test('in a default are data of the record alone', async () => {
    await makeField(server.admin, { module: 'contact', name: 'preset', type: 'JSON', default: STOLEN })
    const { createContact } = await server.admin.data('mutation { createContact(input: {name: "李"}) { contact { id version name preset } } }')
    expect(createContact.contact).toEqual({ id: expect.any(String), version: 1, name: '李', preset: STOLEN })
    expect(createContact.contact.id).not.toBe(STOLEN.id)
  })
})
