import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { coreRules } from '../src/domain/index.ts'
import { openWriteKit, type WriteKit } from './support/write-kit.ts'

describe('orders and their lines', () => {
  let kit: WriteKit
  let account: string
  let product: string
  beforeAll(async () => {
    kit = await openWriteKit({ rules: coreRules, max: 20 })
    account = (await kit.create(kit.root, 'account', [{ name: 'Customer' }]))[0] as string
    product = (await kit.create(kit.root, 'product', [{ name: 'Thing' }]))[0] as string
    await kit.create(kit.root, 'exchangeRate', [{ currency: 'EUR', rate: '1.1', validFrom: '2020-01-01' }])
  })
  afterAll(() => kit.close())

  const order = async (input: Record<string, unknown> = {}) => (await kit.create(kit.root, 'order', [{ account: { id: account }, ...input }]))[0] as string
  const line = (id: string, amount = '1', more: Record<string, unknown> = {}) => ({
    order: { id },
    product: { id: product },
    unitPrice: { amount, currency: 'USD' },
    ...more,
  })

  /** Orders whose total is not the sum of their lines, by the database's own arithmetic. */
  const wrong = () =>
    kit.rows(`SELECT o.id FROM orders o LEFT JOIN LATERAL (SELECT coalesce(sum(l.total_amount), 0) AS amount, coalesce(sum(l.total_base), 0) AS base, count(DISTINCT l.total_currency) AS currencies, min(l.total_currency) AS currency
      FROM order_lines l WHERE l.order_id = o.id AND l.deleted_at IS NULL) s ON true
      WHERE o.deleted_at IS NULL AND (o.total_amount IS DISTINCT FROM s.amount OR o.total_base IS DISTINCT FROM s.base OR s.currencies > 1 OR s.currency <> o.total_currency OR s.currency <> o.currency)`)

  test('an order and its three lines are one operation; an error in the last line leaves nothing', async () => {
    const make = (last: Record<string, unknown>) =>
      kit.run(kit.root, async (changes) => {
        const options = { pathOf: (index: number) => ['input', index] }
        const { ids } = await changes.create(kit.registry.module('order'), [{ account: { id: account }, ref: 'o' }], options)
        const lines = [{ quantity: '2' }, { discount: '0.15' }, last].map((more) => ({
          order: { ref: 'o' },
          product: { id: product },
          unitPrice: { amount: '9.99', currency: 'USD' },
          ...more,
        }))
        await changes.create(kit.registry.module('orderLine'), lines, options)
        return ids[0] as string
      })
    const id = await make({ quantity: '0.5' })
    // 19.98 + 8.49 + 5.00, each line rounded for itself.
    expect(await kit.row('order', id)).toMatchObject({ total_amount: 33.47, total_currency: 'USD', currency: 'USD', version: 2 })
    const before = await kit.counts()
    await expect(make({ quantity: '-1' })).rejects.toMatchObject({ details: { issues: [{ path: ['input', 2, 'quantity'], code: 'TOO_SMALL' }] } })
    expect(await kit.counts()).toEqual(before)
    const [history] = await kit.rows('SELECT changes FROM record_history WHERE module_number = 15 ORDER BY record_id DESC LIMIT 1')
    expect(history).toMatchObject({ changes: { total: { before: null, after: { amount: '5.00', currency: 'USD' } } } })
  })

  test('a thousand lines over many orders are a handful of statements', async () => {
    const orders = await kit.create(
      kit.root,
      'order',
      Array.from({ length: 100 }, () => ({ account: { id: account } })),
    )
    kit.takeStatements()
    await kit.create(
      kit.root,
      'orderLine',
      Array.from({ length: 1000 }, (_, index) => line(orders[index % 100] as string, `${index}.99`)),
    )
    expect(kit.takeStatements().length).toBeLessThanOrEqual(10)
    expect(await wrong()).toEqual([])
  })

  test('all lines have the order’s currency', async () => {
    const euro = { unitPrice: { amount: '5', currency: 'EUR' } }
    const id = await order()
    expect(await kit.row('order', id)).toMatchObject({ currency: null, total_amount: 0, total_currency: 'USD' })
    await expect(kit.create(kit.root, 'orderLine', [line(id, '1', euro), line(id)])).rejects.toMatchObject({
      details: { issues: [{ path: ['input', 1, 'unitPrice'], code: 'CURRENCY_MISMATCH' }] },
    })
    const [first] = await kit.create(kit.root, 'orderLine', [line(id, '1', euro)])
    expect(await kit.row('order', id)).toMatchObject({ currency: 'EUR', total_amount: 5, total_currency: 'EUR', total_base: 5.5 })
    await expect(kit.create(kit.root, 'orderLine', [line(id)])).rejects.toMatchObject({ details: { issues: [{ code: 'CURRENCY_MISMATCH' }] } })
    await expect(kit.update(kit.root, 'order', [{ id, input: { currency: 'USD' } }])).rejects.toMatchObject({
      details: { issues: [{ path: ['input', 0, 'currency'], code: 'CURRENCY_MISMATCH' }] },
    })
    await kit.remove(kit.root, 'orderLine', [{ id: first as string }])
    await kit.update(kit.root, 'order', [{ id, input: { currency: 'USD' } }])
    expect(await kit.row('order', id)).toMatchObject({ currency: 'USD', total_amount: 0, total_currency: 'USD' })
    await expect(kit.restore(kit.root, 'orderLine', [{ id: first as string }])).rejects.toMatchObject({ details: { issues: [{ code: 'CURRENCY_MISMATCH' }] } })
    await expect(order({ currency: 'EURO' })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
    await expect(order({ total: { amount: '1', currency: 'USD' } })).rejects.toMatchObject({ details: { issues: [{ code: 'READ_ONLY' }] } })
  })

  test('an order that an upsert takes out of the recycle bin has its lines again, and keeps to the rules', async () => {
    const id = await order()
    await kit.create(kit.root, 'orderLine', [line(id, '5')])
    await kit.remove(kit.root, 'order', [{ id }])
    await expect(kit.upsert(kit.root, 'order', [{ by: { id }, input: { currency: 'ZZZ' } }])).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
    await kit.upsert(kit.root, 'order', [{ by: { id }, input: { carrier: 'Ship' } }])
    expect(await kit.row('order', id)).toMatchObject({ carrier: 'Ship', total_amount: 5, deleted_at: null })
    expect(await kit.rows('SELECT deleted_at FROM order_lines WHERE order_id = $1', [id])).toEqual([{ deleted_at: null }])
    expect(await wrong()).toEqual([])
  })

  test('many writers on one order never lose a line', async () => {
    const id = await order()
    await Promise.all(Array.from({ length: 20 }, (_, index) => kit.create(kit.root, 'orderLine', [line(id, `${index + 1}`)])))
    expect(await kit.row('order', id)).toMatchObject({ total_amount: 210 })
    expect(await wrong()).toEqual([])
  })

  test('whatever happens to lines and orders, totals equal their lines', async () => {
    const price = fc.integer({ min: 0, max: 999_999 }).map((cents) => (cents / 100).toFixed(2))
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('add' as const),
        price,
        quantity: fc.integer({ min: 0, max: 5000 }).map((n) => (n / 1000).toString()),
        discount: fc.constantFrom('0', '0.05', '0.15', '0.25', '1'),
      }),
      fc.record({ kind: fc.constant('change' as const), pick: fc.nat(), price }),
      fc.record({ kind: fc.constant('delete' as const), pick: fc.nat() }),
      fc.record({ kind: fc.constant('restore' as const), pick: fc.nat() }),
      fc.record({ kind: fc.constant('bin' as const) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const id = await order()
        const live: string[] = []
        const gone: string[] = []
        for (const action of steps) {
          if (action.kind === 'add')
            live.push(
              (await kit.create(kit.root, 'orderLine', [line(id, action.price, { quantity: action.quantity, discount: action.discount })]))[0] as string,
            )
          else if (action.kind === 'bin') {
            await kit.remove(kit.root, 'order', [{ id }])
            await kit.restore(kit.root, 'order', [{ id }])
          } else {
            const from = action.kind === 'restore' ? gone : live
            const at = from.length > 0 ? action.pick % from.length : -1
            const target = from[at]
            if (target === undefined) continue
            if (action.kind === 'change')
              await kit.update(kit.root, 'orderLine', [{ id: target, input: { unitPrice: { amount: action.price, currency: 'USD' } } }])
            else {
              from.splice(at, 1)
              if (action.kind === 'delete') gone.push((await kit.remove(kit.root, 'orderLine', [{ id: target }]))[0] as string)
              else live.push((await kit.restore(kit.root, 'orderLine', [{ id: target }]))[0] as string)
            }
          }
          expect(await wrong()).toEqual([])
        }
      }),
      { numRuns: 15 },
    )
  })
})
