/** ISO 4217 codes of money that circulates, as the runtime's Unicode data knows them. */
export const CURRENCY_CODES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

/**
 * Places to which a computed amount is rounded: those of the currency's smallest coin, but never fewer than two (prices of
 * currencies without small coins still carry fractions, e.g. fuel in JPY).
 */
export function computedPlaces(currency: string): number {
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  return Math.max(2, digits)
}
