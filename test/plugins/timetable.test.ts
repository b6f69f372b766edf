import { expect, test } from '@jest/globals'
import { latestMoment, parseTimetable, type Timetable } from '../../src/plugins/host/timetable.ts'

const at = (text: string) => new Date(`2026-03-${text}:00.000Z`)
const latest = (timetable: string, since: string, now: string) =>
  latestMoment(parseTimetable(timetable) as Timetable, at(since), at(now))
    ?.toISOString()
    .slice(8, 16) ?? null

test('a timetable has come to its latest moment, which is told once', () => {
  expect(latest('0 3 * * *', '10T02:59', '10T03:05')).toBe('10T03:00')
  expect(latest('0 3 * * *', '10T03:00', '10T23:59')).toBeNull()
  expect(latest('*/15 8-9 * * *', '10T00:00', '10T09:50')).toBe('10T09:45')
  expect(latest('30 12 1,15 * *', '14T13:00', '15T12:30')).toBe('15T12:30')
  // The 9th of March 2026 is a Monday; 7 is Sunday as well as 0.
  expect(latest('0 0 * * 1', '08T12:00', '09T01:00')).toBe('09T00:00')
  expect(latest('0 0 * * 7', '07T12:00', '08T01:00')).toBe('08T00:00')
  // The day of the month or that of the week, where both are said.
  expect(latest('0 0 11 * 1', '08T12:00', '09T01:00')).toBe('09T00:00')
  expect(latest('0 0 11 * 1', '10T12:00', '11T01:00')).toBe('11T00:00')
  // What nobody could run for longer than a day is not made up for.
  expect(latest('0 3 * * *', '01T00:00', '10T02:00')).toBe('09T03:00')
})

test('what is no timetable is none', () => {
  for (const text of [
    '',
    '* * * *',
    '60 * * * *',
    '* 24 * * *',
    '* * 0 * *',
    '* * * 13 *',
    '* * * * 8',
    '5-1 * * * *',
    '*/0 * * * *',
    'a * * * *',
    '1-2-3 * * * *',
    '-1 * * * *',
  ])
    expect([text, parseTimetable(text)]).toEqual([text, null])
})
