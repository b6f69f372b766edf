import { instantOf, localTime } from '../lib/local-time.ts'
import type { StoredReminderRule } from './reminder-rules.ts'

/** When a rule reminds of a date. */
export interface Moment {
  /** Of which year, for a rule that comes again every year. */
  readonly year?: number
  readonly due: number
  /** The date itself, as an instant. */
  readonly date: number
}

type Timing = Pick<StoredReminderRule, 'offsetDays' | 'offsetMinutes' | 'at' | 'yearly' | 'leapDay'>

const DAY = 86_400_000

/** Time of day of dates that have none. */
const MORNING = '09:00'

/**
 * When a rule reminds of a value, a DATE or DATETIME as the API has it, on the clock of a zone; null where that would be outside of the years that are kept.
 * Of a yearly rule the next time after `now`.
 */
export function momentOf(timing: Timing, value: string, timeZone: string, now: number): Moment | null {
  if (!timing.yearly) return kept(place(timing, clockOf(timing, value, timeZone), timeZone))
  const year = new Date(localTime(timeZone, now)).getUTCFullYear()
  for (const each of [year - 1, year, year + 1, year + 2]) {
    const moment = momentIn(timing, value, timeZone, each)
    if (moment && moment.due > now) return moment
  }
  // A date that is still far away.
  const first = Number(value.slice(0, 4))
  return first > year ? (momentIn(timing, value, timeZone, first) ?? momentIn(timing, value, timeZone, first + 1)) : null
}

/** Likewise, of a yearly rule in one year; null before the date itself. */
export function momentIn(timing: Timing, value: string, timeZone: string, year: number): Moment | null {
  const clock = clockOf(timing, value, timeZone)
  const begin = new Date(clock)
  if (year < begin.getUTCFullYear()) return null
  const leaps = begin.getUTCMonth() === 1 && begin.getUTCDate() === 29 && !isLeap(year)
  const [month, day] = !leaps ? [begin.getUTCMonth(), begin.getUTCDate()] : timing.leapDay === 'mar_1' ? [2, 1] : [1, 28]
  const moment = kept(place(timing, Date.UTC(year, month, day) + (((clock % DAY) + DAY) % DAY), timeZone))
  return moment && { ...moment, year }
}

/** What the clock shows at the date, or is to show. */
function clockOf({ at }: Timing, value: string, timeZone: string): number {
  const clock = value.length === 10 ? Date.parse(`${value}T${at ?? MORNING}:00Z`) : localTime(timeZone, Date.parse(value))
  if (value.length === 10 || at === null) return clock
  return clock - (((clock % DAY) + DAY) % DAY) + Date.parse(`1970-01-01T${at}:00Z`)
}

/** Days are counted on the calendar, minutes by the clock that never stops. */
function place({ offsetDays, offsetMinutes }: Timing, clock: number, timeZone: string): Moment {
  return { due: instantOf(timeZone, clock + offsetDays * DAY) + offsetMinutes * 60_000, date: instantOf(timeZone, clock) }
}

function kept(moment: Moment): Moment | null {
  const year = new Date(moment.due).getUTCFullYear()
  return year >= 1900 && year <= 9998 ? moment : null
}

function isLeap(year: number): boolean {
  return new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1
}
