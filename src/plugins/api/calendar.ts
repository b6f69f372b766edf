import { isTimeZone as isZone, localTime } from '../../lib/local-time.ts'
import { isDateText } from '../../lib/time-text.ts'

/** A day of the calendar as DATE fields hold it, `YYYY-MM-DD`, from 0001-01-01 to 9999-12-31; days compare as texts. */
export type Day = string

const [FIRST, LAST] = ['0001-01-01', '9999-12-31']
const LENGTH = 86_400_000

/** Which day it is in a time zone (IANA name) at an instant: a Date, or the RFC 3339 text that DATETIME fields hold. Throws RangeError for what is neither, and for an unknown zone. */
export function dayIn(timeZone: string, instant: Date | string): Day {
  return dayAt(localTime(timeZone, new Date(instant).getTime()))
}

/** So many days later, or earlier for a negative count. What would lie beyond the calendar is its first or last day. Throws RangeError for what is no day, or no whole count. */
export function addDays(day: Day, count: number): Day {
  if (!Number.isSafeInteger(count)) throw new RangeError(`${count} is no whole number of days`)
  return dayAt(startOf(day) + count * LENGTH)
}

/** Days from one to the other; negative where the other is earlier. Throws RangeError for what is no day. */
export function daysBetween(from: Day, to: Day): number {
  return (startOf(to) - startOf(from)) / LENGTH
}

/** The text is the IANA name of a time zone that can be computed with. For settings: `z.string().refine(isTimeZone)`. */
export function isTimeZone(name: string): boolean {
  return isZone(name)
}

/** Where the day begins in UTC, in milliseconds. */
function startOf(day: Day): number {
  if (!isDateText(day)) throw new RangeError(`${String(day).slice(0, 40)} is no day in the form YYYY-MM-DD`)
  return Date.parse(`${day}T00:00:00Z`)
}

function dayAt(time: number): Day {
  const within = Math.min(Math.max(time, startOf(FIRST)), startOf(LAST))
  return new Date(within).toISOString().slice(0, 10)
}
