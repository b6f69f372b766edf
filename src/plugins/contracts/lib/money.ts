/** An amount as records hold it. */
export interface Money {
  /** Decimal text. */
  readonly amount: string
  /** ISO 4217. */
  readonly currency: string
}

/** The amount of a record's MONEY field; null where there is none, or whoever asks may not read it. */
export function moneyOf(value: unknown): Money | null {
  const money = value as Partial<Money> | null | undefined
  return typeof money?.amount === 'string' && typeof money.currency === 'string' ? { amount: money.amount, currency: money.currency } : null
}
