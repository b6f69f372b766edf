/** Digits behind the point that are counted in. */
const PLACES = 10

/** One, in the units of `unitsOf`: whole numbers of the tenth decimal place. */
export const UNITS_OF_ONE = 10n ** BigInt(PLACES)

/** A decimal as records hold it (`"-12.50"`) as a whole number of its tenth decimal place, to count with exactly; digits behind that are rounded, halves away from zero. Throws RangeError for what is no decimal. */
export function unitsOf(decimal: string): bigint {
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal) ?? []
  if (whole === undefined) throw new RangeError(`${String(decimal).slice(0, 40)} is no decimal`)
  const units = BigInt(whole + fraction.slice(0, PLACES).padEnd(PLACES, '0')) + ((fraction[PLACES] ?? '0') >= '5' ? 1n : 0n)
  return sign === '-' ? -units : units
}

/** The sum of decimals, in those units. */
export function sumOfUnits(decimals: readonly string[]): bigint {
  return decimals.reduce((sum, decimal) => sum + unitsOf(decimal), 0n)
}

/** Units as a decimal, with so many digits behind the point at least and no zeros behind those. */
export function decimalOf(units: bigint, leastPlaces = 0): string {
  const digits = (units < 0n ? -units : units).toString().padStart(PLACES + 1, '0')
  let fraction = digits.slice(-PLACES)
  while (fraction.length > leastPlaces && fraction.endsWith('0')) fraction = fraction.slice(0, -1)
  fraction = fraction.padEnd(leastPlaces, '0')
  return `${units < 0n ? '-' : ''}${digits.slice(0, -PLACES)}${fraction && `.${fraction}`}`
}
