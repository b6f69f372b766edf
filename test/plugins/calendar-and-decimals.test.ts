import { describe, expect, test } from '@jest/globals'
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { addDays, dayIn, daysBetween, decimalOf, isTimeZone, sumOfUnits, UNITS_OF_ONE, unitsOf } from '../../src/plugins/api/index.ts'

/** Days of the calendar counted one by one from 0001-01-01, by the Gregorian rule alone. */
function dayNumber(day: string): number {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  const before = year - 1
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const months = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].slice(0, month - 1)
  return 365 * before + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) + months.reduce((sum, days) => sum + days, 0) + date - 1
}

const LAST = dayNumber('9999-12-31')
const pad = (value: number, length: number) => String(value).padStart(length, '0')
const DAY = fc
  .tuple(fc.integer({ min: 1, max: 9_999 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 31 }))
  .map(([year, month, date]) => `${pad(year, 4)}-${pad(month, 2)}-${pad(Math.min(date, month === 2 ? 28 : [4, 6, 9, 11].includes(month) ? 30 : 31), 2)}`)

describe('days', () => {
  test('are counted as the calendar does, and end with it', () => {
    fc.assert(
      fc.property(DAY, fc.oneof(fc.integer({ min: -5_000, max: 5_000 }), fc.integer({ min: -4_000_000, max: 4_000_000 })), (day, count) => {
        const later = addDays(day, count)
        const expected = Math.min(Math.max(dayNumber(day) + count, 0), LAST)
        expect([later, dayNumber(later)]).toEqual([expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/), expected])
        expect(daysBetween(day, later)).toBe(expected - dayNumber(day))
        expect(later < day).toBe(expected < dayNumber(day))
      }),
    )
    expect([addDays('2024-02-28', 1), addDays('2023-02-28', 1), addDays('1900-02-28', 1), addDays('2000-02-28', 1)]).toEqual([
      '2024-02-29',
      '2023-03-01',
      '1900-03-01',
      '2000-02-29',
    ])
    expect([addDays('0001-01-02', -9), addDays('9999-12-30', 9)]).toEqual(['0001-01-01', '9999-12-31'])
    for (const text of ['2026-02-30', '2026-2-3', '2026-02-03T00:00:00Z', '', '10000-01-01']) {
      expect(() => addDays(text, 1)).toThrow(RangeError)
      expect(() => daysBetween('2026-01-01', text)).toThrow(RangeError)
    }
    for (const count of [0.5, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => addDays('2026-01-01', count)).toThrow(RangeError)
  })

  /** Zones with a fixed offset (in the tz database the sign is turned round), and one of a quarter of an hour, without summer time since 1986. */
  const OFFSETS = new Map<string, number>([
    ...Array.from({ length: 13 }, (_, hours): [string, number] => [`Etc/GMT+${hours}`, -60 * hours]),
    ...Array.from({ length: 15 }, (_, hours): [string, number] => [`Etc/GMT-${hours}`, 60 * hours]),
    ['Asia/Kathmandu', 345],
  ])

  test('are those of the zone, at every instant', () => {
    const instant = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2199, 11, 31) })
    fc.assert(
      fc.property(fc.constantFrom(...OFFSETS.keys()), instant, (zone, time) => {
        const day = new Date(time + 60_000 * (OFFSETS.get(zone) as number)).toISOString().slice(0, 10)
        expect([dayIn(zone, new Date(time)), dayIn(zone, new Date(time).toISOString())]).toEqual([day, day])
      }),
    )
    // Where clocks are set forward and back, from the announcements: New York on 2026-03-08 and 2026-11-01, Lord Howe by half an hour; Samoa left out 2011-12-30.
    for (const [zone, at, day] of [
      ['Asia/Shanghai', '2026-03-31T16:30:00Z', '2026-04-01'],
      ['America/Los_Angeles', '2026-03-31T06:30:00Z', '2026-03-30'],
      ['America/New_York', '2026-03-08T04:59:59Z', '2026-03-07'],
      ['America/New_York', '2026-03-09T03:59:59Z', '2026-03-08'],
      ['America/New_York', '2026-03-09T04:00:00Z', '2026-03-09'],
      ['America/New_York', '2026-11-02T04:59:59.999Z', '2026-11-01'],
      ['America/New_York', '2026-11-02T05:00:00Z', '2026-11-02'],
      ['Australia/Lord_Howe', '2026-01-01T12:59:59Z', '2026-01-01'],
      ['Australia/Lord_Howe', '2026-01-01T13:00:00Z', '2026-01-02'],
      ['Pacific/Apia', '2011-12-30T09:59:59Z', '2011-12-29'],
      ['Pacific/Apia', '2011-12-30T10:00:00Z', '2011-12-31'],
    ] as const)
      expect([zone, at, dayIn(zone, at)]).toEqual([zone, at, day])
    expect(() => dayIn('Asia/Nowhere', new Date())).toThrow(RangeError)
    for (const instantText of ['yesterday', '']) expect(() => dayIn('UTC', instantText)).toThrow(RangeError)
    expect([isTimeZone('Asia/Shanghai'), isTimeZone('UTC'), isTimeZone('Asia/Nowhere'), isTimeZone('')]).toEqual([true, true, false, false])
  })
})

describe('decimals', () => {
  /** `decimal.js` counts with digits, where the helpers count with whole numbers. */
  const Exact = Decimal.clone({ precision: 80, rounding: Decimal.ROUND_HALF_UP, toExpNeg: -80, toExpPos: 80 })
  const UNSIGNED = fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.option(fc.stringMatching(/^\d{1,14}$/)))
    .map(([whole, fraction]) => `${whole}${fraction === null ? '' : `.${fraction}`}`)
  const DECIMAL = fc.tuple(fc.constantFrom('', '-'), UNSIGNED).map(([sign, text]) => `${sign}${text}`)

  test('become whole numbers and decimals again, to the tenth digit', () => {
    fc.assert(
      fc.property(DECIMAL, fc.integer({ min: 0, max: 10 }), (text, places) => {
        const rounded = new Exact(text).toDecimalPlaces(10)
        expect(unitsOf(text).toString()).toBe(rounded.times(new Exact(10).pow(10)).plus(0).toFixed(0).replace(/^-0$/, '0'))
        const back = decimalOf(unitsOf(text), places)
        expect(new Exact(back).equals(rounded)).toBe(true)
        const digits = (back.split('.')[1] ?? '').length
        expect(digits).toBe(Math.max(places, rounded.decimalPlaces()))
        expect(back).toMatch(/^-?(0|[1-9]\d*)(\.\d+)?$/)
      }),
    )
    expect([decimalOf(0n), decimalOf(0n, 2), decimalOf(-5n), decimalOf(UNITS_OF_ONE), decimalOf(unitsOf('-0'), 2)]).toEqual([
      '0',
      '0.00',
      '-0.0000000005',
      '1',
      '0.00',
    ])
    expect([unitsOf('-1.5'), unitsOf('0.00000000005'), unitsOf('-0.00000000005'), unitsOf('0.00000000004999')]).toEqual([-15_000_000_000n, 1n, -1n, 0n])
    for (const text of ['', '1e3', '.5', '1.', '+1', ' 1', '1,5', 'NaN', '--1', '１']) expect(() => unitsOf(text)).toThrow(RangeError)
  })

  test('are added up without a loss', () => {
    fc.assert(
      fc.property(fc.array(DECIMAL, { maxLength: 20 }), (texts) => {
        const sum = texts.reduce((total, text) => total.plus(new Exact(text).toDecimalPlaces(10)), new Exact(0))
        expect(new Exact(decimalOf(sumOfUnits(texts))).equals(sum)).toBe(true)
      }),
    )
    expect(decimalOf(sumOfUnits(['0.1', '0.2', '1000000000000000.05']), 2)).toBe('1000000000000000.35')
  })
})
