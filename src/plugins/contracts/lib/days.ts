import type { Day } from '../../api/index.ts'

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
