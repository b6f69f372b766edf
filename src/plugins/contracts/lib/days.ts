/** A day of the calendar, `YYYY-MM-DD`; days compare as texts. */
export type Day = string

const CLOCKS = new Map<string, Intl.DateTimeFormat>()

/** Which day it is in the zone. */
export function dayIn(timeZone: string, instant: Date): Day {
  const clock = CLOCKS.get(timeZone) ?? new Intl.DateTimeFormat('en-CA', { timeZone, calendar: 'iso8601', year: 'numeric', month: '2-digit', day: '2-digit' })
  CLOCKS.set(timeZone, clock)
  const parts = new Map(clock.formatToParts(instant).map(({ type, value }) => [type, value]))
  return `${parts.get('year')?.padStart(4, '0')}-${parts.get('month')}-${parts.get('day')}`
}

export function addDays(day: Day, count: number): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10)
}

/** So many months later; the last day of a month stays the last day, so that a year of months ends where it began. */
export function addMonths(day: Day, count: number): Day {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  const isLast = date === lastOf(year, month)
  const months = year * 12 + (month - 1) + count
  const [newYear, newMonth] = [Math.floor(months / 12), (months % 12) + 1]
  const last = lastOf(newYear, newMonth)
  return `${pad(newYear, 4)}-${pad(newMonth, 2)}-${pad(isLast ? last : Math.min(date, last), 2)}`
}

function lastOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

function pad(value: number, length: number): string {
  return String(value).padStart(length, '0')
}
