import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { openWriteKit, type WriteKit } from './support/write-kit.ts'

describe('creating records', () => {
  let kit: WriteKit
  beforeAll(async () => {
    kit = await openWriteKit()
  })
  afterAll(() => kit.close())

  test('writes the row, its history, its event and an audit entry in one statement after the change set', async () => {
    kit.takeStatements()
    const [id] = await kit.create(kit.root, 'account', [
      { name: '北京测试', code: 'A-1', type: 'customer', tags: [], annualRevenue: { amount: '1234.5', currency: 'USD' } },
    ])
    expect(kit.takeStatements().length).toBe(2)
    const row = await kit.row('account', id as string)
    expect(row).toMatchObject({
      name: '北京测试',
      code: 'A-1',
      version: 1,
      annual_revenue_amount: 1234.5,
      annual_revenue_base: 1234.5,
      created_by: kit.root.userId,
      owner_id: null,
    })
    const [history] = await kit.rows('SELECT * FROM record_history WHERE record_id = $1', [id])
    expect(history).toMatchObject({
      version: 1,
      operation: 'CREATED',
      module_number: 3,
      changes: { name: { before: null, after: '北京测试' }, annual_revenue: { before: null, after: { amount: '1234.50', currency: 'USD' } } },
    })
    const [event] = await kit.rows('SELECT * FROM outbox WHERE record_id = $1', [id])
    expect(event).toMatchObject({ operation: 'CREATED', version: 1, position: null, before: null, after: { name: '北京测试', code: 'A-1' }, depth: 0 })
    expect((event as { changed_fields: string[] }).changed_fields).toEqual(expect.arrayContaining(['account.name', 'account.code']))
    const [audit] = await kit.rows('SELECT * FROM audit_log WHERE record_ids @> ARRAY[$1::uuid]', [id])
    expect(audit).toMatchObject({ action: 'account.create', via: 'test', result: 'ok', request_id: 'test' })
    const [set] = await kit.rows('SELECT * FROM change_set WHERE id = $1', [(row as { change_set_id: string }).change_set_id])
    expect(set).toMatchObject({ cause: 'api', actor_id: kit.root.userId })
  })
})
