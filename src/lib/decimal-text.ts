import { Decimal } from 'decimal.js'

/**
 * Exact decimals as text, the form in which they travel through the API and into `numeric` columns. JavaScript numbers never
 * hold one. 60 significant digits cover every product of two stored values.
 */
const Exact = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_UP, toExpNeg: -200, toExpPos: 200 })

const PLAIN = /^[+-]?(\d+(\.\d*)?|\.\d+)$/

/**
 * The one way of writing a value: no plus sign, no leading zeros, no zeros behind the last digit, `0` for minus zero.
 * Null for anything but plain decimal digits (no exponent, no NaN, no thousands separators).
 */
export function canonicalDecimal(text: string): string | null {
  if (text.length > 200 || !PLAIN.test(text)) return null
  const negative = text.startsWith('-')
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.')
  const integer = whole.replace(/^0+/, '') || '0'
  const rest = withoutZerosBehind(fraction)
  const plain = rest === '' ? integer : `${integer}.${rest}`
  return negative && plain !== '0' ? `-${plain}` : plain
}

/** Digits before and behind the point of a canonical decimal. */
export function decimalDigits(canonical: string): { integer: number; fraction: number } {
  const [whole = '', fraction = ''] = canonical.replace(/^-/, '').split('.')
  return { integer: whole === '0' ? 0 : whole.length, fraction: fraction.length }
}

export function multiplyDecimals(...values: readonly string[]): string {
  let product = new Exact(1)
  for (const value of values) product = product.times(value)
  return product.toFixed()
}

/** Rounds half away from zero, as PostgreSQL's `round(numeric, places)` does; canonical form. */
export function roundDecimal(value: string, places: number): string {
  return canonicalDecimal(new Exact(value).toDecimalPlaces(places, Decimal.ROUND_HALF_UP).toFixed()) as string
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function compareDecimals(a: string, b: string): number {
  return new Exact(a).comparedTo(b)
}

function withoutZerosBehind(digits: string): string {
  let end = digits.length
  while (digits[end - 1] === '0') end -= 1
  return digits.slice(0, end)
}
