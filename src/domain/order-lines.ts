import { say } from '../errors/index.ts'
import type { ModuleRule, RecordImage, RuleContext } from '../records/write/index.ts'
import { moneyOf } from './money.ts'

/**
 * Keeps `order.total` equal to the sum of the order's undeleted lines, in the one currency of the order. Orders are locked while
 * their lines change, so that two writers never add up without each other's lines.
 */
export const orderLineRule: ModuleRule = {
  module: 'orderLine',
  async before(changes, context) {
    const orders = await context.images(
      'order',
      changes.map(({ after }) => after['order'] as string),
      { lock: true },
    )
    const currencies = new Map([...orders].map(([id, order]) => [id, (order['currency'] ?? null) as string | null]))
    for (const change of changes) {
      const order = change.after['order'] as string
      const price = moneyOf(change.after['unitPrice'])
      if (change.operation === 'DELETED' || !price || !orders.has(order)) continue
      const currency = currencies.get(order) ?? price.currency
      currencies.set(order, currency)
      if (price.currency !== currency)
        change.refuse('unitPrice', 'CURRENCY_MISMATCH', say`unitPrice must be in the currency of the order; this is ${price.currency}.`)
    }
  },
  after: (changes, context) =>
    keepTotals(
      changes.map(({ after }) => after),
      context,
    ),
}

async function keepTotals(lines: readonly RecordImage[], context: RuleContext): Promise<void> {
  const ids = [...new Set(lines.map((line) => line['order'] as string))]
  const [orders, totals] = [await context.images('order', ids), await context.totals('orderLine', 'order', 'total', ids)]
  const updates = ids.flatMap((id) => {
    const order = orders.get(id)
    if (!order) return []
    const total = totals.get(id)
    const currency = (order['currency'] as string | null) ?? total?.currencies[0] ?? null
    const money = { amount: total?.amount ?? '0', currency: currency ?? context.organisationCurrency, base: total?.base ?? '0.00' }
    return [{ id, values: { total: money, ...(currency !== null && { currency }) } }]
  })
  await context.derive.update('order', updates)
}
