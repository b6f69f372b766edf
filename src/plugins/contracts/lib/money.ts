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

/** Amounts are added in units of the tenth decimal, of which none is lost. */
const DECIMALS = 10

/** A decimal text as a whole number of those units. */
export function unitsOf(amount: string): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount) ?? []
  const units = BigInt(whole + fraction.padEnd(DECIMALS, '0').slice(0, DECIMALS))
  return sign === '-' ? -units : units
}

/** Units as a decimal text with two decimals at least, and no zeros behind those. */
export function amountOf(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(DECIMALS + 1, '0')
  let fraction = digits.slice(-DECIMALS)
  while (fraction.length > 2 && fraction.endsWith('0')) fraction = fraction.slice(0, -1)
  return `${units < 0n ? '-' : ''}${digits.slice(0, -DECIMALS)}.${fraction}`
}

export function sumOf(amounts: readonly string[]): bigint {
  return amounts.reduce((sum, amount) => sum + unitsOf(amount), 0n)
}
