import type { CountryCode } from 'libphonenumber-js'

/** ISO 3166-1 codes of the countries that Northwind names. */
const CODES: Readonly<Record<string, CountryCode>> = {
  Argentina: 'AR',
  Australia: 'AU',
  Austria: 'AT',
  Belgium: 'BE',
  Brazil: 'BR',
  Canada: 'CA',
  Denmark: 'DK',
  Finland: 'FI',
  France: 'FR',
  Germany: 'DE',
  Ireland: 'IE',
  Italy: 'IT',
  Japan: 'JP',
  Mexico: 'MX',
  Netherlands: 'NL',
  Norway: 'NO',
  Poland: 'PL',
  Portugal: 'PT',
  Singapore: 'SG',
  Spain: 'ES',
  Sweden: 'SE',
  Switzerland: 'CH',
  UK: 'GB',
  USA: 'US',
  Venezuela: 'VE',
}

export function countryCode(country: string): CountryCode | null {
  return CODES[country] ?? null
}

/** ISO 3166-2 code where the source names a state by its letters, the country's code otherwise. */
export function regionCode(country: string, region: string | null): string | null {
  const code = countryCode(country)
  const lettered = code === 'US' || code === 'CA' || code === 'BR'
  return lettered && region !== null && /^[A-Z]{2}$/.test(region) ? `${code}-${region}` : code
}
