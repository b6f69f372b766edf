import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { saying } from './support/saying.ts'
import { openWriteKit, type WriteKit } from './support/write-kit.ts'

describe('deleting and restoring records', () => {
  let kit: WriteKit
  beforeAll(async () => {
    kit = await openWriteKit()
  })
  afterAll(() => kit.close())

  const one = async (module: string, input: Record<string, unknown>) => (await kit.create(kit.root, module, [input]))[0] as string

  test('moves the record to the recycle bin and back; twice is NOT_FOUND', async () => {
    const id = await one('account', { name: 'Bin', code: 'BIN' })
    await kit.remove(kit.root, 'account', [{ id }])
    expect(await kit.row('account', id)).toMatchObject({ version: 2, name: 'Bin' })
    expect((await kit.row('account', id)).deleted_at).not.toBeNull()
    await expect(kit.remove(kit.root, 'account', [{ id }])).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(kit.update(kit.root, 'account', [{ id, input: { name: 'X' } }])).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await kit.restore(kit.root, 'account', [{ id }])
    expect(await kit.row('account', id)).toMatchObject({ version: 3, deleted_at: null })
    await expect(kit.restore(kit.root, 'account', [{ id }])).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const events = await kit.rows<{ operation: string }>('SELECT operation FROM outbox WHERE record_id = $1 ORDER BY sequence', [id])
    expect(events.map(({ operation }) => operation)).toEqual(['CREATED', 'DELETED', 'RESTORED'])
    await expect(kit.remove(kit.root, 'account', [{ id }, { id }])).rejects.toMatchObject({ code: 'NOT_FOUND', details: { path: ['input', 1] } })
    await expect(kit.remove(kit.root, 'account', [{ id, ifVersion: 1 }])).rejects.toMatchObject({ code: 'VERSION_CONFLICT' })
  })

  test('restrict names module and count, to those who may read them', async () => {
    const account = await one('account', { name: 'Busy' })
    const orders = await kit.create(kit.root, 'order', [{ account: { id: account } }, { account: { id: account } }])
    const before = await kit.counts()
    await expect(kit.remove(kit.root, 'account', [{ id: account }])).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      details: { issues: [{ path: ['input', 0], code: 'RESTRICTED', message: saying('2 orders') }] },
    })
    expect(await kit.counts()).toEqual(before)
    const blind = await kit.principal(await kit.user('Blind'), { modules: { order: { READ: null } } })
    const error = await kit.remove(blind, 'account', [{ id: account }]).catch((failure) => failure)
    expect(error.code).toBe('VALIDATION_FAILED')
    expect(error.message).toContain('Other records')
    expect(error.message).not.toMatch(/order|2/)
    // At the end of the operation nothing restricts any more.
    await kit.run(kit.root, async (changes) => {
      await changes.delete(kit.registry.module('account'), [{ id: account }], { pathOf: () => ['id'] })
      await changes.delete(
        kit.registry.module('order'),
        orders.map((id) => ({ id })),
        { pathOf: () => ['id'] },
      )
    })
    expect((await kit.row('account', account)).deleted_at).not.toBeNull()
  })

  test('cascade takes children along and restore brings back just those; clear empties references with history', async () => {
    const account = await one('account', { name: 'Parent' })
    const product = await one('product', { name: 'P', price: { amount: '2', currency: 'USD' } })
    const contact = await one('contact', { name: 'C', account: { id: account } })
    const order = await one('order', { account: { id: account }, contact: { id: contact } })
    const line = { order: { id: order }, product: { id: product }, unitPrice: { amount: '2', currency: 'USD' } }
    const [first, second, third] = (await kit.create(kit.root, 'orderLine', [line, line, line])) as [string, string, string]
    const task = await one('task', { title: 'T', related: { id: order } })
    await kit.remove(kit.root, 'orderLine', [{ id: third }])
    kit.takeStatements()
    await kit.remove(kit.root, 'order', [{ id: order }])
    expect(kit.takeStatements().length).toBeLessThanOrEqual(12)
    const sets = new Set<unknown>()
    for (const [module, id] of [
      ['order', order],
      ['orderLine', first],
      ['orderLine', second],
    ] as const) {
      const row = await kit.row(module, id)
      expect(row.deleted_at).not.toBeNull()
      sets.add(row.change_set_id)
    }
    expect(sets.size).toBe(1)
    expect(await kit.row('task', task)).toMatchObject({ related_id: null, version: 2 })
    expect(await kit.rows('SELECT changes FROM record_history WHERE record_id = $1 AND version = 2', [task])).toEqual([
      { changes: { related_id: { before: order, after: null } } },
    ])
    await expect(kit.restore(kit.root, 'orderLine', [{ id: first }])).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      details: { issues: [{ code: 'PARENT_DELETED' }] },
    })
    await kit.restore(kit.root, 'order', [{ id: order }])
    expect(await kit.row('orderLine', first)).toMatchObject({ deleted_at: null, version: 3 })
    expect(await kit.row('orderLine', second)).toMatchObject({ deleted_at: null })
    expect((await kit.row('orderLine', third)).deleted_at).not.toBeNull()
    expect(await kit.row('task', task)).toMatchObject({ related_id: null })
    expect(await kit.row('contact', contact)).toMatchObject({ version: 1 })
  })

  test('a unique value taken in the meantime makes restore a DUPLICATE', async () => {
    const id = await one('account', { name: 'Old', code: 'UNI' })
    await kit.remove(kit.root, 'account', [{ id }])
    await one('account', { name: 'New', code: 'UNI' })
    await expect(kit.restore(kit.root, 'account', [{ id }])).rejects.toMatchObject({ code: 'DUPLICATE', details: { fields: ['code'] } })
  })

  test('an external id of a deleted record passes to the next holder', async () => {
    const id = await one('account', { name: 'Old', externalIds: [{ system: 'erp', key: 'PASS' }] })
    await kit.remove(kit.root, 'account', [{ id }])
    const next = await one('account', { name: 'New', externalIds: [{ system: 'erp', key: 'PASS' }] })
    expect(await kit.rows("SELECT record_id FROM external_id WHERE key = 'PASS'")).toEqual([{ record_id: next }])
  })

  test('nobody can refer to a record while it is being deleted', async () => {
    for (let round = 0; round < 5; round += 1) {
      const account = await one('account', { name: 'Race' })
      const [created, removed] = await Promise.allSettled([
        kit.create(kit.root, 'order', [{ account: { id: account } }]),
        kit.remove(kit.root, 'account', [{ id: account }]),
      ])
      const [row] = await kit.rows<{ orphans: number }>(
        'SELECT count(*)::int AS orphans FROM orders o JOIN accounts a ON a.id = o.account_id WHERE a.deleted_at IS NOT NULL AND o.deleted_at IS NULL AND a.id = $1',
        [account],
      )
      expect(row?.orphans).toBe(0)
      expect([created.status, removed.status]).toContain('fulfilled')
    }
  })
})
