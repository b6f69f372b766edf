import { say } from '../errors/index.ts'
import { CURRENCY_CODES } from '../lib/currencies.ts'
import type { ModuleRule } from '../records/write/index.ts'

/** A rate is one of an ISO 4217 currency other than the organisation's own, whose rate is always 1. */
export const exchangeRateRule: ModuleRule = {
  module: 'exchangeRate',
  before(changes, { organisationCurrency }) {
    for (const change of changes) {
      const { currency } = change.after
      if (change.operation !== 'CREATED' || typeof currency !== 'string') continue
      if (!CURRENCY_CODES.has(currency))
        change.refuse('currency', 'CURRENCY', say`currency: ${JSON.stringify(currency)} is not an ISO 4217 currency code such as "EUR".`)
      else if (currency === organisationCurrency)
        change.refuse('currency', 'OWN_CURRENCY', say`${currency} is the organisation's own currency; its rate is always 1.`)
    }
  },
}
