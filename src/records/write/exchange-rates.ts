import { multiplyDecimals, roundDecimal } from '../../lib/decimal-text.ts'
import type { Session } from './session.ts'
import { StatementBuilder } from './statement.ts'

/** Today's rates into the organisation's currency, read once a change set and only when another currency is written. */
export class ExchangeRates {
  readonly #organisationCurrency: string
  #rates: ReadonlyMap<string, string> | null = null

  constructor(organisationCurrency: string) {
    this.#organisationCurrency = organisationCurrency
  }

  /** Makes sure that `convert` can answer for these currencies; at most one statement. */
  async load(session: Session, currencies: Iterable<string>): Promise<void> {
    if (this.#rates !== null) return
    const foreign = [...currencies].some((currency) => currency !== this.#organisationCurrency)
    if (foreign) this.#rates = await readRates(session)
  }

  /** A rate was written in this change set: later conversions read anew. */
  forget(): void {
    this.#rates = null
  }

  /** Amount in the organisation's currency, to four places; null where no rate is valid today. */
  convert(amount: string, currency: string): string | null {
    if (currency === this.#organisationCurrency) return roundDecimal(amount, 4)
    const rate = this.#rates?.get(currency)
    return rate === undefined ? null : roundDecimal(multiplyDecimals(amount, rate), 4)
  }
}

async function readRates(session: Session): Promise<ReadonlyMap<string, string>> {
  const builder = new StatementBuilder(session.registry)
  const table = builder.secured(session.registry.module('exchangeRate'), 'READ', session.unrestricted, 'x')
  const today = builder.bind(session.at.slice(0, 10), 'date')
  const rows = await session.transaction.query<{ currency: string; rate: string }>(
    builder.statement(
      `SELECT DISTINCT ON (x.currency) x.currency, x.rate::text AS rate FROM ${table.from} WHERE x.deleted_at IS NULL AND x.valid_from <= ${today} ORDER BY x.currency, x.valid_from DESC, x.id DESC`,
    ),
  )
  return new Map(rows.map(({ currency, rate }) => [currency, rate]))
}
