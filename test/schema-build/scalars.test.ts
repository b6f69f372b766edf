import { describe, expect, it } from '@jest/globals'
import { type GraphQLScalarType, parseValue } from 'graphql'
import { DateScalar, DateTimeScalar, DecimalScalar, JsonScalar } from '../../src/schema/build/index.ts'

const literal = (scalar: GraphQLScalarType, text: string, variables = {}) => scalar.parseLiteral(parseValue(text), variables)

describe('DateTime', () => {
  it.each([
    ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
    ['2026-01-31T09:30:00.5Z', '2026-01-31T09:30:00.500Z'],
    ['2026-01-31T09:30:00.123456+08:00', '2026-01-31T01:30:00.123Z'],
    ['2026-01-31t09:30:00z', '2026-01-31T09:30:00.000Z'],
    ['2024-02-29T23:59:59-23:59', '2024-03-01T23:58:59.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('reads %s as %s', (text, utc) => {
    expect(DateTimeScalar.parseValue(text)).toBe(utc)
    expect(literal(DateTimeScalar, JSON.stringify(text))).toBe(utc)
  })

  it.each([
    '2026-01-31',
    '2026-01-31T09:30:00',
    '2026-01-31 09:30:00Z',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-31T24:00:00Z',
    '2026-01-31T09:60:00Z',
    '2026-06-30T23:59:60Z',
    '2026-01-31T09:30:00+24:00',
    '2026-01-31T09:30:00.0000000001Z',
    '0000-12-31T23:59:59Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '+010000-01-01T00:00:00Z',
    '',
    1769851800000,
    null,
    {},
  ])('refuses %p', (value) => {
    expect(() => DateTimeScalar.parseValue(value)).toThrow(/^DateTime must be RFC 3339 text/)
  })

  it('refuses literals of other kinds', () => {
    expect(() => literal(DateTimeScalar, '1769851800000')).toThrow(/^DateTime must be/)
  })

  it('passes the text of PostgreSQL and formats dates of hand-written operations', () => {
    expect(DateTimeScalar.serialize('2026-01-31T09:30:00.000Z')).toBe('2026-01-31T09:30:00.000Z')
    expect(DateTimeScalar.serialize(new Date(0))).toBe('1970-01-01T00:00:00.000Z')
    expect(() => DateTimeScalar.serialize(new Date(Number.NaN))).toThrow('DateTime cannot represent')
    expect(() => DateTimeScalar.serialize(0)).toThrow('DateTime cannot represent')
  })
})

describe('Date', () => {
  it.each(['2026-01-31', '2024-02-29', '2000-02-29', '0001-01-01', '9999-12-31'])('reads %s', (text) => {
    expect(DateScalar.parseValue(text)).toBe(text)
    expect(literal(DateScalar, `"${text}"`)).toBe(text)
    expect(DateScalar.serialize(text)).toBe(text)
  })

  it.each([
    '2026-02-29',
    '1900-02-29',
    '2026-04-31',
    '2026-00-10',
    '2026-01-00',
    '0000-01-01',
    '26-01-31',
    '2026-1-31',
    '2026-01-31T00:00:00Z',
    ' 2026-01-31',
    20260131,
    null,
  ])('refuses %p', (value) => {
    expect(() => DateScalar.parseValue(value)).toThrow(/^Date must be a day of the calendar/)
  })

  it('refuses a JavaScript Date: its day depends on a zone', () => {
    expect(() => DateScalar.serialize(new Date(0))).toThrow('Date cannot represent')
  })
})

describe('Decimal', () => {
  const long = '12345678901234567890123456789.000000000000000000000000000001'

  it.each(['0', '-0', '1.50', '1234567890123456789012345678901234567890', long, '-0.000000000000000000001'])('keeps the digits of %s', (text) => {
    expect(DecimalScalar.parseValue(text)).toBe(text)
    expect(literal(DecimalScalar, `"${text}"`)).toBe(text)
    expect(literal(DecimalScalar, text)).toBe(text)
    expect(DecimalScalar.serialize(text)).toBe(text)
  })

  it.each([
    ['1.5e3', '1500'],
    ['1.50e1', '15.0'],
    ['-12e-3', '-0.012'],
    ['1E+2', '100'],
    ['0.00e5', '0'],
  ])('writes %s out as %s', (text, plain) => {
    expect(literal(DecimalScalar, text)).toBe(plain)
    expect(DecimalScalar.parseValue(text)).toBe(plain)
  })

  it.each(['', ' 1', '1 ', '1.', '.5', '+1', '01', '1,5', '1_000', 'NaN', 'Infinity', '-Infinity', '0x10', '１', '1e999', '1e', '9'.repeat(201)])(
    'refuses the text %p',
    (text) => {
      expect(() => DecimalScalar.parseValue(text)).toThrow(/^Decimal must be a decimal number/)
    },
  )

  it('takes numbers only while a double keeps them exactly', () => {
    expect(DecimalScalar.parseValue(12.5)).toBe('12.5')
    expect(DecimalScalar.parseValue(123456789012345)).toBe('123456789012345')
    expect(DecimalScalar.parseValue(1e-7)).toBe('0.0000001')
    for (const value of [1234567890123456, 0.1 + 0.2, 1e300 / 3, Number.NaN, Number.POSITIVE_INFINITY, true, null, {}, [1]]) {
      expect(() => DecimalScalar.parseValue(value)).toThrow(/^Decimal must be/)
    }
    expect(() => literal(DecimalScalar, 'true')).toThrow(/^Decimal must be/)
  })

  it('writes numbers of hand-written operations without an exponent', () => {
    expect(DecimalScalar.serialize(1e21)).toBe('1000000000000000000000')
    expect(DecimalScalar.serialize(10n)).toBe('10')
    expect(() => DecimalScalar.serialize(Number.NaN)).toThrow('Decimal cannot represent')
  })

  it('shortens what it repeats', () => {
    expect(() => DecimalScalar.parseValue('9'.repeat(100_000))).toThrow(expect.objectContaining({ message: expect.stringMatching(/^.{0,250}$/) }))
  })
})

describe('JSON', () => {
  it('reads any value', () => {
    expect(literal(JsonScalar, '{a: [1, 2.5, "x", true, null, $v], b: {}}', { v: { deep: 1 } })).toEqual({ a: [1, 2.5, 'x', true, null, { deep: 1 }], b: {} })
    expect(JsonScalar.parseValue('text')).toBe('text')
    expect(JsonScalar.serialize({ a: 1 })).toEqual({ a: 1 })
    expect(JsonScalar.serialize(null)).toBeNull()
  })

  it('lets no input reach a prototype', () => {
    const value = literal(JsonScalar, '{__proto__: {admin: true}, constructor: 1}') as Record<string, unknown>
    expect(Object.getPrototypeOf(value)).toBeNull()
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined()
  })

  it('refuses values too deep to be written safely, and does not fall over them', () => {
    let deep: unknown = 0
    for (let level = 0; level < 100_000; level++) deep = [deep]
    expect(() => JsonScalar.parseValue(deep)).toThrow('JSON must not be nested deeper than 64 levels.')
    expect(() => literal(JsonScalar, `${'['.repeat(65)}${']'.repeat(65)}`)).toThrow('JSON must not be nested deeper than 64 levels.')
    expect(() => literal(JsonScalar, '[$v]', { v: JSON.parse(`${'['.repeat(64)}1${']'.repeat(64)}`) })).toThrow('64 levels')
    expect(literal(JsonScalar, `${'['.repeat(64)}${']'.repeat(64)}`)).toBeDefined()
  })

  it('refuses numbers that no double holds', () => {
    expect(() => literal(JsonScalar, '1e999')).toThrow('A number inside JSON must fit a double')
  })

  it('refuses what JSON cannot hold', () => {
    for (const value of [undefined, () => 1, 10n, Symbol('x')]) expect(() => JsonScalar.serialize(value)).toThrow('JSON cannot represent')
  })
})
