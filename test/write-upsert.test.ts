import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { openWriteKit, type WriteKit } from './support/write-kit.ts'

describe('upserting records', () => {
  let kit: WriteKit
  beforeAll(async () => {
    kit = await openWriteKit()
  })
  afterAll(() => kit.close())

  const keys = [
    { name: 'a unique field', by: { code: 'PARALLEL' }, where: "code = 'PARALLEL'" },
    {
      name: 'an external id',
      by: { externalId: { system: 'erp', key: 'P' } },
      where: "id IN (SELECT record_id FROM external_id WHERE system = 'erp' AND key = 'P')",
    },
    { name: 'an id', by: { id: '018f0000-0000-7000-8000-000000000003' }, where: "id = '018f0000-0000-7000-8000-000000000003'" },
  ]
  for (const { name, by, where } of keys) {
    test(`fifty at once by ${name} make one record`, async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, index) => kit.upsert(kit.root, 'account', [{ by, input: { name: `Writer ${index}` } }])),
      )
      expect(outcomes.filter(({ created }) => created[0]).length).toBe(1)
      expect(new Set(outcomes.map(({ ids }) => ids[0])).size).toBe(1)
      const rows = await kit.rows<{ id: string; version: number }>(`SELECT id, version FROM accounts WHERE ${where}`)
      expect(rows).toEqual([{ id: outcomes[0]?.ids[0], version: 50 }])
      const versions = await kit.rows<{ version: number }>('SELECT version FROM record_history WHERE record_id = $1 ORDER BY version', [rows[0]?.id])
      expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
    })
  }

  test('fifty at once that write other unique values too never refuse each other', async () => {
    const input = { name: 'Same', code: 'SAME-CODE' }
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => kit.upsert(kit.root, 'account', [{ by: { externalId: { system: 'erp', key: 'SAME' } }, input }])),
    )
    expect(outcomes.filter(({ created }) => created[0]).length).toBe(1)
    expect(await kit.rows("SELECT version FROM accounts WHERE code = 'SAME-CODE'")).toEqual([{ version: 1 }])
  })

  test('a thousand, half of them new, in a handful of statements', async () => {
    const inputs = (from: number) =>
      Array.from({ length: 1000 }, (_, index) => ({ by: { code: `B-${from + index}` }, input: { name: `Name ${from + index}` } }))
    expect((await kit.upsert(kit.root, 'account', inputs(0))).created.every(Boolean)).toBe(true)
    kit.takeStatements()
    const { created, ids } = await kit.upsert(
      kit.root,
      'account',
      inputs(500).map((item) => ({ ...item, input: { ...item.input, region: 'CN' } })),
    )
    expect(kit.takeStatements().length).toBeLessThanOrEqual(5)
    expect(created).toEqual(Array.from({ length: 1000 }, (_, index) => index >= 500))
    expect(await kit.row('account', ids[0] as string)).toMatchObject({ code: 'B-500', version: 2, region: 'CN' })
    expect(await kit.row('account', ids[999] as string)).toMatchObject({ code: 'B-1499', version: 1, region: 'CN' })
  })

  test('a key twice in one batch creates once and updates after', async () => {
    const { ids, created } = await kit.upsert(kit.root, 'account', [
      { by: { code: 'TW' }, input: { name: 'First' } },
      { by: { code: 'TW' }, input: { name: 'Second' } },
      { by: { code: 'TX' }, input: { name: 'Other' } },
    ])
    expect(created).toEqual([true, false, true])
    expect(ids[0]).toBe(ids[1])
    expect(await kit.row('account', ids[0] as string)).toMatchObject({ name: 'Second', version: 2 })
  })

  test('one record under two kinds of keys is changed twice', async () => {
    const [id] = await kit.create(kit.root, 'account', [{ name: 'Two keys', code: 'TK' }])
    const { ids } = await kit.upsert(kit.root, 'account', [
      { by: { code: 'TK' }, input: { region: 'A' } },
      { by: { id: id as string }, input: { region: 'B' } },
    ])
    expect(ids).toEqual([id, id])
    expect(await kit.row('account', id as string)).toMatchObject({ region: 'B', version: 3 })
  })

  test('required and defaults apply on create alone; `by` is written', async () => {
    await expect(kit.upsert(kit.root, 'account', [{ by: { code: 'REQ' }, input: {} }])).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      details: { issues: [{ path: ['upserts', 0, 'input', 'name'], code: 'REQUIRED' }] },
    })
    const { ids } = await kit.upsert(kit.root, 'account', [{ by: { code: 'REQ' }, input: { name: 'N', type: 'partner' } }])
    await kit.upsert(kit.root, 'account', [{ by: { code: 'REQ' }, input: { region: 'US' } }])
    expect(await kit.row('account', ids[0] as string)).toMatchObject({ name: 'N', type: 'partner', code: 'REQ', region: 'US', version: 2 })
  })

  test('a deleted match comes back with the changes, as one version', async () => {
    const [id] = await kit.create(kit.root, 'account', [{ name: 'Was here', code: 'BACK' }])
    await kit.remove(kit.root, 'account', [{ id: id as string }])
    const { ids, created } = await kit.upsert(kit.root, 'account', [{ by: { code: 'BACK' }, input: { name: 'Is here' } }])
    expect({ ids, created }).toEqual({ ids: [id], created: [false] })
    expect(await kit.row('account', id as string)).toMatchObject({ name: 'Is here', version: 3, deleted_at: null })
    expect(await kit.rows('SELECT operation, changes FROM record_history WHERE record_id = $1 AND version = 3', [id])).toMatchObject([
      { operation: 'RESTORED', changes: { name: { after: 'Is here' } } },
    ])
    await Promise.all(Array.from({ length: 10 }, () => kit.remove(kit.root, 'account', [{ id: id as string }]).catch(() => {})))
    const many = await Promise.all(Array.from({ length: 20 }, () => kit.upsert(kit.root, 'account', [{ by: { code: 'BACK' }, input: { name: 'Again' } }])))
    expect(new Set(many.map((outcome) => outcome.ids[0]))).toEqual(new Set([id]))
  })

  test('an invisible match is a DUPLICATE that does not say which record', async () => {
    const [id] = await kit.create(kit.root, 'account', [{ name: 'Secret', code: 'HID', externalIds: [{ system: 'erp', key: 'HID' }] }])
    const user = await kit.user('Rep')
    const rep = await kit.principal(user, { actions: { READ: 'OWN', UPDATE: 'OWN' }, scopes: { OWN: [user] } })
    for (const by of [{ code: 'HID' }, { externalId: { system: 'erp', key: 'HID' } }, { id: id as string }]) {
      const error = await kit.upsert(rep, 'account', [{ by, input: { name: 'Mine' } }]).catch((failure) => failure)
      expect(error).toMatchObject({ code: 'DUPLICATE', details: { issues: [{ path: ['upserts', 0, 'by', Object.keys(by)[0]] }] } })
      if (!('id' in by)) expect(JSON.stringify([error.message, error.details])).not.toContain(id)
    }
    expect(await kit.row('account', id as string)).toMatchObject({ name: 'Secret', version: 1 })
  })

  test('rights: create without update, update without create, restore', async () => {
    const user = await kit.user('Limited')
    await kit.create(kit.root, 'account', [{ name: 'There', code: 'L-1' }])
    const creator = await kit.principal(user, { modules: { account: { UPDATE: null } } })
    expect((await kit.upsert(creator, 'account', [{ by: { code: 'L-2' }, input: { name: 'New' } }])).created).toEqual([true])
    await expect(kit.upsert(creator, 'account', [{ by: { code: 'L-1' }, input: { name: 'X' } }])).rejects.toMatchObject({ code: 'FORBIDDEN' })
    const editor = await kit.principal(user, { modules: { account: { CREATE: null, RESTORE: null } } })
    await kit.upsert(editor, 'account', [{ by: { code: 'L-1' }, input: { name: 'X' } }])
    await expect(kit.upsert(editor, 'account', [{ by: { code: 'L-3' }, input: { name: 'X' } }])).rejects.toMatchObject({ code: 'FORBIDDEN' })
    const [gone] = await kit.create(kit.root, 'account', [{ name: 'Gone', code: 'L-4' }])
    await kit.remove(kit.root, 'account', [{ id: gone as string }])
    const both = ['L-1', 'L-4'].map((code) => ({ by: { code }, input: { name: 'Y' } }))
    await expect(kit.upsert(editor, 'account', both)).rejects.toMatchObject({
      code: 'FORBIDDEN',
      message: 'Your roles do not allow you to restore this account.',
      details: { action: 'RESTORE', path: ['upserts', 1, 'input'] },
    })
    const restorer = await kit.principal(user, { actions: { RESTORE: 'OWN' }, scopes: { OWN: [user] } })
    await expect(kit.upsert(restorer, 'account', [{ by: { code: 'L-4' }, input: { name: 'X' } }])).rejects.toMatchObject({ code: 'FORBIDDEN' })
    const neither = await kit.principal(user, { modules: { account: { CREATE: null, UPDATE: null } } })
    await expect(kit.upsert(neither, 'account', [])).rejects.toMatchObject({ code: 'FORBIDDEN' })
  })

  test('a key in a hidden field is as unknown as any; a read-only number cannot be made up', async () => {
    const user = await kit.user('Blind')
    const blind = await kit.principal(user, { fields: { 'account.code': 'HIDDEN' } })
    await expect(kit.upsert(blind, 'account', [{ by: { code: 'B-1' }, input: { name: 'X' } }])).rejects.toMatchObject({
      details: { issues: [{ path: ['upserts', 0, 'by', 'code'], code: 'UNKNOWN_FIELD' }] },
    })
    await expect(kit.upsert(kit.root, 'account', [{ by: { codex: 'B-1' }, input: { name: 'X' } }])).rejects.toMatchObject({
      details: { issues: [{ code: 'UNKNOWN_FIELD' }] },
    })
    await expect(kit.upsert(kit.root, 'ticket', [{ by: { number: 'T-777' }, input: { subject: 'X' } }])).rejects.toMatchObject({
      details: { issues: [{ code: 'READ_ONLY' }] },
    })
  })

  test('another unique value that is taken is a DUPLICATE of that field', async () => {
    await kit.create(kit.root, 'account', [{ name: 'Holder', code: 'TAKEN' }])
    const before = await kit.counts()
    await expect(
      kit.upsert(kit.root, 'account', [{ by: { externalId: { system: 'erp', key: 'free' } }, input: { name: 'N', code: 'TAKEN' } }]),
    ).rejects.toMatchObject({ code: 'DUPLICATE', details: { fields: ['code'] } })
    expect(await kit.counts()).toEqual(before)
  })

  test('an external id as key and in the input is one', async () => {
    const id = { system: 'erp', key: 'BOTH' }
    const { ids } = await kit.upsert(kit.root, 'account', [{ by: { externalId: id }, input: { name: 'N', externalIds: [id, { system: 'shop', key: 'S' }] } }])
    expect(await kit.rows('SELECT system, key FROM external_id WHERE record_id = $1 ORDER BY 1', [ids[0]])).toEqual([id, { system: 'shop', key: 'S' }])
    expect(await kit.rows("SELECT changes->'external_ids' AS ids FROM record_history WHERE record_id = $1", [ids[0]])).toEqual([
      { ids: { before: [], after: [id, { system: 'shop', key: 'S' }] } },
    ])
  })

  test('ifVersion on upsert', async () => {
    const { ids } = await kit.upsert(kit.root, 'account', [{ by: { code: 'IFV' }, input: { name: 'N' } }])
    await kit.upsert(kit.root, 'account', [{ by: { code: 'IFV' }, input: { name: 'M' }, ifVersion: 1 }])
    await expect(kit.upsert(kit.root, 'account', [{ by: { code: 'IFV' }, input: { name: 'O' }, ifVersion: 1 }])).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
      details: { id: ids[0] },
    })
    await expect(kit.upsert(kit.root, 'account', [{ by: { code: 'IFV-2' }, input: { name: 'O' }, ifVersion: 1 }])).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
    })
  })
})
