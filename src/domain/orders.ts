import { listed, say } from '../errors/index.ts'
import { CURRENCY_CODES } from '../lib/currencies.ts'
import type { ModuleRule } from '../records/write/index.ts'

/**
 * An order's `currency` is an ISO 4217 code that all its lines share: as given, else the first line's. Its `total` starts at zero
 * and is kept by the rule of its lines.
 */
export const orderRule: ModuleRule = {
  module: 'order',
  async before(changes, context) {
    const moved = changes.filter((change) => change.operation === 'CREATED' || (change.operation !== 'DELETED' && change.changes('currency')))
    const lines = await context.totals(
      'orderLine',
      'order',
      'total',
      moved.filter(({ operation }) => operation === 'UPDATED').map(({ id }) => id),
    )
    for (const change of moved) {
      const currency = (change.after['currency'] ?? null) as string | null
      if (currency !== null && !CURRENCY_CODES.has(currency)) {
        change.refuse('currency', 'CURRENCY', say`currency: ${JSON.stringify(currency)} is not an ISO 4217 currency code such as "CNY".`)
        continue
      }
      const held = lines.get(change.id)
      if (held?.currencies.some((other) => other !== currency)) {
        change.refuse(
          'currency',
          'CURRENCY_MISMATCH',
          say`currency must stay ${listed(held.currencies)}: the order's lines are in it. Change or delete them first.`,
        )
      } else if (!held) change.set('total', { amount: '0', currency: currency ?? context.organisationCurrency })
    }
  },
}
