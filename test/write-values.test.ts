import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type CountryCode, getCountryCallingCode } from 'libphonenumber-js'
import { coreModules } from '../src/entities/index.ts'
import type { FieldMetadata } from '../src/entities/metadata.ts'
import { canonicalDecimal, compareDecimals, multiplyDecimals, roundDecimal } from '../src/lib/decimal-text.ts'
import { codePoints } from '../src/lib/text-checks.ts'
import { canonicalDateTime, isDateText } from '../src/lib/time-text.ts'
import type { FieldDefinition } from '../src/records/registry/definition.ts'
import { buildRegistry } from '../src/records/registry/index.ts'
import { handlingOf, pauseBefore } from '../src/records/write/sqlstates.ts'
import { coerceValue } from '../src/records/write/values.ts'

const DEFAULTS = { currency: 'USD', country: 'CN' }
const base = buildRegistry(coreModules(), 1).module('account').fields.get('name') as FieldDefinition

/** The value, or the codes of its issues. */
function coerce(type: FieldMetadata['type'], value: unknown, more: Partial<FieldDefinition> = {}): unknown {
  const { required: _, ...rest } = base
  const codes: string[] = []
  const result = coerceValue({ ...rest, name: 'x', type, ...more }, value, DEFAULTS, (code) => {
    codes.push(code)
    return undefined
  })
  return codes.length > 0 ? codes : result
}

describe('values', () => {
  test('phones: each country’s example, internationally and nationally', () => {
    const examples = JSON.parse(readFileSync(new URL('./data/phones/examples.mobile.json', import.meta.url), 'utf8')) as Record<CountryCode, string>
    const entries = Object.entries(examples) as [CountryCode, string][]
    expect(entries.length).toBe(245)
    for (const [country, national] of entries) {
      const raw = `+${getCountryCallingCode(country)} ${national}`
      expect(coerce('PHONE', raw)).toEqual({ raw, e164: raw.replace(' ', '') })
    }
    expect(coerce('PHONE', '138 0013 8000')).toEqual({ raw: '138 0013 8000', e164: '+8613800138000' })
    for (const wrong of ['', 'call me', '12', '+1', '+999 12345678', '+86 1', `+${'1'.repeat(60)}`])
      expect(coerce('PHONE', wrong)).toEqual([expect.stringMatching(/^(PHONE|TOO_LONG)$/)])
  })

  test('decimals: exact, with a limit on both sides of the point', () => {
    expect(coerce('DECIMAL', '-0012.3400')).toBe('-12.34')
    expect(coerce('DECIMAL', 12.5)).toBe('12.5')
    expect(coerce('DECIMAL', '9'.repeat(28))).toBe('9'.repeat(28))
    for (const wrong of ['9'.repeat(29), '0.1234567', '1e5', 'NaN', 'Infinity', '', '1,000', '١٢', true, {}, '1'.repeat(300)])
      expect(coerce('DECIMAL', wrong)).toEqual(['DECIMAL'])
    expect(coerce('DECIMAL', '5.01', { max: '5' })).toEqual(['TOO_LARGE'])
    expect(coerce('DECIMAL', '-0.01', { min: '0' })).toEqual(['TOO_SMALL'])
    expect(coerce('PERCENT', '0.15')).toBe('0.15')
  })

  test('money', () => {
    expect(coerce('MONEY', { amount: '12.5', currency: 'CNY' })).toEqual({ amount: '12.50', currency: 'CNY' })
    expect(coerce('MONEY', { amount: '12.3456' })).toEqual({ amount: '12.3456', currency: 'USD' })
    expect(coerce('MONEY', { amount: '1'.repeat(16), currency: 'CNY' })).toEqual(['DECIMAL'])
    expect(coerce('MONEY', { amount: '1', currency: 'cny' })).toEqual(['CURRENCY'])
    expect(coerce('MONEY', { amount: '1', currency: 'XYZ' })).toEqual(['CURRENCY'])
    expect(coerce('MONEY', { currency: 'CNY' })).toEqual(['DECIMAL'])
    expect(coerce('MONEY', '12')).toEqual(['MONEY'])
  })

  test('whole numbers, ratings, booleans', () => {
    expect(coerce('INTEGER', 2_147_483_647)).toBe(2_147_483_647)
    expect(coerce('INTEGER', 2_147_483_648)).toEqual(['TOO_LARGE'])
    expect(coerce('INTEGER', 1.5)).toEqual(['INTEGER'])
    expect(coerce('INTEGER', '1')).toEqual(['INTEGER'])
    expect(coerce('RATING', 5)).toBe(5)
    expect(coerce('RATING', 0)).toEqual(['TOO_SMALL'])
    expect(coerce('DURATION', 86_400 * 365)).toBe(31_536_000)
    expect(coerce('BOOLEAN', 'true')).toEqual(['BOOLEAN'])
  })

  test('texts, options, addresses, places, JSON', () => {
    expect(coerce('TEXT', '😀'.repeat(500))).toBe('😀'.repeat(500))
    expect(coerce('TEXT', '😀'.repeat(501))).toEqual(['TOO_LONG'])
    expect(coerce('TEXT', 'a\0')).toEqual(['NUL'])
    expect(coerce('TEXT', '\udc00')).toEqual(['SURROGATE'])
    expect(coerce('TEXT', 5)).toEqual(['TEXT'])
    const options = [
      { value: 'a', label: { en: 'A' } },
      { value: 'b', label: { en: 'B' }, retired: true },
    ]
    expect(coerce('SELECT', 'a', { options })).toBe('a')
    expect(coerce('SELECT', 'c', { options })).toEqual(['OPTION'])
    expect(coerce('MULTI_SELECT', ['a', 'a', 'b'], { options })).toEqual(['a', 'b'])
    expect(coerce('MULTI_SELECT', ['a', 'z'], { options })).toEqual(['OPTION'])
    expect(coerce('ADDRESS', { city: 'X' })).toEqual({ street: null, city: 'X', state: null, postcode: null, country: null })
    expect(coerce('ADDRESS', { planet: 'X' })).toEqual(['UNKNOWN_FIELD'])
    expect(coerce('ADDRESS', { city: 'X\0' })).toEqual(['NUL'])
    expect(coerce('GEO', { latitude: 90, longitude: -180 })).toEqual({ latitude: 90, longitude: -180 })
    expect(coerce('GEO', { latitude: 91, longitude: 0 })).toEqual(['GEO'])
    expect(coerce('GEO', { latitude: 1 })).toEqual(['GEO'])
    expect(coerce('JSON', { a: ['x\0'] })).toEqual(['NUL'])
    expect(coerce('JSON', { 'x\0': 1 })).toEqual(['NUL'])
    expect(coerce('JSON', 'x'.repeat(300_000))).toEqual(['TOO_LONG'])
    let deep: unknown = 1
    for (let level = 0; level < 100; level += 1) deep = [deep]
    expect(coerce('JSON', deep)).toEqual(['TOO_DEEP'])
  })

  test('web addresses', () => {
    for (const url of ['https://example.com', 'http://例子.广告/路?a=b#c', 'HTTPS://EXAMPLE.com:8443/x']) expect(coerce('URL', url)).toBe(url)
    for (const url of [
      '',
      'example.com',
      'javascript:alert(1)',
      'ftp://a.b',
      'https://',
      'https:///x',
      'http://a b',
      'https://a\n.b',
      'data:text/html,x',
      ' https://a.b',
    ]) {
      expect(coerce('URL', url)).toEqual(['URL'])
    }
  })

  test('days and moments', () => {
    for (const day of ['2024-02-29', '0001-01-01', '9999-12-31']) expect(isDateText(day)).toBe(true)
    for (const day of ['2023-02-29', '1900-02-29', '0000-01-01', '2024-13-01', '2024-00-10', '2024-04-31', '24-01-01', '2024-1-1', ''])
      expect(isDateText(day)).toBe(false)
    expect(canonicalDateTime('2026-01-31T08:30:00+08:00')).toBe('2026-01-31T00:30:00.000Z')
    expect(canonicalDateTime('2026-01-31t08:30:00.123987z')).toBe('2026-01-31T08:30:00.123Z')
    expect(canonicalDateTime('2016-12-31T23:59:60Z')).toBe('2017-01-01T00:00:00.000Z')
    for (const moment of [
      '2026-01-31',
      '2026-01-31T08:30:00',
      '2026-02-30T08:30:00Z',
      '2026-01-31T24:00:00Z',
      '0001-01-01T00:00:00+14:00',
      '9999-12-31T23:59:59-01:00',
      'now',
    ]) {
      expect(canonicalDateTime(moment)).toBeNull()
    }
  })

  test('decimal arithmetic is exact', () => {
    const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.integer({ min: 0, max: 10 })).map(([digits, scale]) => {
      const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0')
      const point = text.length - scale
      return canonicalDecimal(`${digits < 0n ? '-' : ''}${text.slice(0, point)}${scale > 0 ? `.${text.slice(point)}` : ''}`) as string
    })
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        expect(multiplyDecimals(a, b)).toBe(multiplyDecimals(b, a))
        expect(compareDecimals(a, b)).toBe(-compareDecimals(b, a) + 0)
      }),
    )
    expect(roundDecimal('2.345', 2)).toBe('2.35')
    expect(roundDecimal('-2.345', 2)).toBe('-2.35')
    expect(codePoints('a😀b')).toBe(3)
  })

  test('what is done about each SQLSTATE', () => {
    expect(['40001', '40P01', '23505', '23503', '23502', '23514', '22003', '22021', '54000', '55P03', '57014', '42601', 'XX000'].map(handlingOf)).toEqual([
      'retry',
      'retry',
      'duplicate',
      'reference',
      'missing',
      'missing',
      'value',
      'value',
      'size',
      'unavailable',
      'unavailable',
      undefined,
      undefined,
    ])
    expect([2, 3, 4].map((attempt) => pauseBefore(attempt, () => 0.5))).toEqual([10, 20, 40])
  })
})
