/** Digits that are kept behind the point. */
const SCALE = 10
const ONE = 10n ** BigInt(SCALE)

/** A decimal text as a whole number of its tenth decimal place: exact, unlike floating point. */
export function unitsOf(text: unknown): bigint {
  const match = /^(-?)(\d*)(?:\.(\d*))?$/.exec(String(text ?? '0'))
  if (!match) throw new Error(`${String(text).slice(0, 40)} is no decimal`)
  const [, sign, whole, fraction = ''] = match
  const units = BigInt(whole || '0') * ONE + BigInt(fraction.slice(0, SCALE).padEnd(SCALE, '0'))
  return sign === '-' ? -units : units
}

/** `part` of `whole` in percent, half up; 100 only where nothing is missing. `whole` is more than 0. */
export function percentOf(part: bigint, whole: bigint): number {
  if (part >= whole) return 100
  const percent = Number((200n * part + whole) / (2n * whole))
  return Math.min(99, Math.max(0, percent))
}

/** rate × minutes / 60, to two digits, halves away from zero. `rate` is no less than 0. */
export function costOf(rate: string, minutes: number): string {
  const cents = 60n * (ONE / 100n)
  const rounded = (2n * unitsOf(rate) * BigInt(minutes) + cents) / (2n * cents)
  return `${rounded / 100n}.${String(rounded % 100n).padStart(2, '0')}`
}

/** Sum of decimal texts with at most four digits behind the point. */
export function sumOf(texts: readonly string[]): string {
  const sum = texts.reduce((total, text) => total + unitsOf(text), 0n) / 10n ** BigInt(SCALE - 4)
  return `${sum / 10_000n}.${String(sum % 10_000n).padStart(4, '0')}`
}
