import { say } from '../errors/index.ts'
import type { ModuleRule } from '../records/write/index.ts'
import { moneyOf } from './money.ts'

/**
 * While an opportunity has line items, its `amount` is their sum, in one currency. When the last one goes, the amount stays as it
 * is and can be set by hand again.
 */
export const opportunityLineItemRule: ModuleRule = {
  module: 'opportunityLineItem',
  async before(changes, context) {
    const ids = changes.map(({ after }) => after['opportunity'] as string)
    await context.images('opportunity', ids, { lock: true })
    const written = changes.filter(({ operation }) => operation !== 'DELETED')
    const others = await context.related(
      'opportunityLineItem',
      'opportunity',
      written.map(({ after }) => after['opportunity'] as string),
    )
    const own = new Set(changes.map(({ id }) => id))
    const currencies = new Map<string, string>()
    for (const [id, lines] of others) {
      const stays = lines.find((line) => !own.has(line['id'] as string))
      const price = moneyOf(stays?.['unitPrice'])
      if (price) currencies.set(id, price.currency)
    }
    for (const change of written) {
      const [opportunity, price] = [change.after['opportunity'] as string, moneyOf(change.after['unitPrice'])]
      if (!price) continue
      const currency = currencies.get(opportunity) ?? price.currency
      currencies.set(opportunity, currency)
      if (price.currency !== currency)
        change.refuse(
          'unitPrice',
          'CURRENCY_MISMATCH',
          say`unitPrice must be in ${currency} like the opportunity's other line items; this is ${price.currency}.`,
        )
    }
  },
  async after(changes, context) {
    const totals = await context.totals(
      'opportunityLineItem',
      'opportunity',
      'total',
      changes.map(({ after }) => after['opportunity'] as string),
    )
    await context.derive.update(
      'opportunity',
      [...totals].map(([id, { amount, base, currencies }]) => ({ id, values: { amount: { amount, base, currency: currencies[0] as string } } })),
    )
  },
}
