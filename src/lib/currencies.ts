/** ISO 4217 codes of money that circulates, as the runtime's Unicode data knows them. */
export const CURRENCY_CODES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))
