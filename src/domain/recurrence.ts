import { say } from '../errors/index.ts'
import { instantOf, localTime } from '../lib/local-time.ts'
import { type Recurrence, RecurrenceError, readRecurrence } from './recurrence-rule.ts'

/*
 * Which times a recurrence rule names. They are found on the clock of the zone and only then become instants, so that "every day at nine" stays at nine when the clock is
 * set forward or back. Each one is found from the one before: every time lies in a period that the interval hits, and has the day and time of day that the rule leaves to its beginning.
 */

/** A place in a series of times. */
export interface Occurrence {
  /** Counts from 1, the beginning of the series, whether or not the rule names it. */
  readonly number: number
  /** What the zone's clock shows, as `localTime` has it; of an hourly rule the instant. */
  readonly time: number
}

const DAY = 86_400_000
const HOUR = 3_600_000

/** A rule that names nothing for so long names nothing. */
const HORIZON = 40 * 366 * DAY

/** Where a series stands whose first time is this instant. */
export function firstOccurrence({ frequency }: Recurrence, timeZone: string, instant: number): Occurrence {
  return { number: 1, time: frequency === 'HOURLY' ? instant : localTime(timeZone, instant) }
}

/** The instant at which it is due. */
export function occurrenceInstant({ frequency }: Recurrence, timeZone: string, { time }: Occurrence): number {
  return frequency === 'HOURLY' ? time : instantOf(timeZone, time)
}

/** The time after this one; null where the series ends with it. */
export function nextOccurrence(rule: Recurrence, timeZone: string, { number, time }: Occurrence): Occurrence | null {
  if (rule.count !== undefined && number >= rule.count) return null
  const next = rule.frequency === 'HOURLY' ? time + rule.interval * HOUR : nextTime(rule, time)
  if (next === undefined) return null
  const found = { number: number + 1, time: next }
  return isPastUntil(rule, timeZone, found) ? null : found
}

/** Throws RecurrenceError for a rule that can never name a time after its beginning. */
export function checkRecurrence(text: string, timeZone: string, instant: number): Recurrence {
  const rule = readRecurrence(text)
  const isEndless = rule.count === undefined && rule.until === undefined
  if (isEndless && nextOccurrence(rule, timeZone, firstOccurrence(rule, timeZone, instant)) === null)
    throw new RecurrenceError(say`names no time within 40 years after the first one`)
  return rule
}

function isPastUntil(rule: Recurrence, timeZone: string, occurrence: Occurrence): boolean {
  const { until } = rule
  if (until === undefined) return false
  const instant = occurrenceInstant(rule, timeZone, occurrence)
  return instant > (until.local ? instantOf(timeZone, until.time) : until.time)
}

function nextTime(rule: Recurrence, time: number): number | undefined {
  const begin = new Date(time)
  const times = timesOfDay(rule, begin)
  for (let period = periodOf(rule, begin); period.first <= time + HORIZON; period = periodAfter(rule, period)) {
    const found = rule.positions === undefined ? firstBehind(rule, period, times, begin) : placedBehind(rule, period, times, begin)
    if (found !== undefined) return found
  }
  return undefined
}

/** The first time of a period that is later than `begin`. */
function firstBehind(rule: Recurrence, period: Period, times: readonly number[], begin: Date): number | undefined {
  const today = Date.UTC(begin.getUTCFullYear(), begin.getUTCMonth(), begin.getUTCDate())
  for (let day = Math.max(period.first, today); day < period.end; day += DAY) {
    if (!isNamed(rule, new Date(day), begin)) continue
    const found = times.find((each) => day + each > begin.getTime())
    if (found !== undefined) return day + found
  }
  return undefined
}

/** Likewise of the times that stand at the rule's places in the period. */
function placedBehind(rule: Recurrence, period: Period, times: readonly number[], begin: Date): number | undefined {
  const named: number[] = []
  for (let day = period.first; day < period.end; day += DAY) if (isNamed(rule, new Date(day), begin)) for (const each of times) named.push(day + each)
  const chosen = (rule.positions ?? []).flatMap((place) => named.at(place > 0 ? place - 1 : place) ?? []).sort((a, b) => a - b)
  return chosen.find((each) => each > begin.getTime())
}

/** Milliseconds since midnight, ascending. */
function timesOfDay({ hours, minutes }: Recurrence, begin: Date): number[] {
  const rest = begin.getUTCSeconds() * 1_000 + begin.getUTCMilliseconds()
  return (hours ?? [begin.getUTCHours()])
    .flatMap((hour) => (minutes ?? [begin.getUTCMinutes()]).map((minute) => hour * HOUR + minute * 60_000 + rest))
    .sort((a, b) => a - b)
}

/** Days from midnight `first` until before midnight `end`. */
interface Period {
  readonly first: number
  readonly end: number
}

function periodOf({ frequency, weekStart }: Recurrence, begin: Date): Period {
  const [year, month, day] = [begin.getUTCFullYear(), begin.getUTCMonth(), begin.getUTCDate()]
  switch (frequency) {
    case 'YEARLY':
      return { first: Date.UTC(year, 0), end: Date.UTC(year + 1, 0) }
    case 'MONTHLY':
      return { first: Date.UTC(year, month), end: Date.UTC(year, month + 1) }
    case 'WEEKLY': {
      const first = Date.UTC(year, month, day - ((begin.getUTCDay() - weekStart + 7) % 7))
      return { first, end: first + 7 * DAY }
    }
    default:
      return { first: Date.UTC(year, month, day), end: Date.UTC(year, month, day + 1) }
  }
}

function periodAfter(rule: Recurrence, { first }: Period): Period {
  const { frequency, interval } = rule
  const [year, month] = [new Date(first).getUTCFullYear(), new Date(first).getUTCMonth()]
  if (frequency === 'YEARLY') return periodOf(rule, new Date(Date.UTC(year + interval, 0)))
  if (frequency === 'MONTHLY') return periodOf(rule, new Date(Date.UTC(year, month + interval)))
  const next = first + interval * (frequency === 'WEEKLY' ? 7 : 1) * DAY
  return { first: next, end: next + (frequency === 'WEEKLY' ? 7 : 1) * DAY }
}

/** The rule names the day. What it does not say, it takes from the beginning of the series. */
function isNamed(rule: Recurrence, day: Date, begin: Date): boolean {
  const { frequency, months, monthDays, weekDays } = rule
  if (months !== undefined && !months.has(day.getUTCMonth() + 1)) return false
  if (monthDays !== undefined && !monthDays.has(day.getUTCDate()) && !monthDays.has(day.getUTCDate() - daysOfMonth(day) - 1)) return false
  if (weekDays !== undefined && !isWeekDay(rule, weekDays.get(day.getUTCDay()), day)) return false
  if (monthDays !== undefined || weekDays !== undefined) return true
  if (frequency === 'WEEKLY') return day.getUTCDay() === begin.getUTCDay()
  if (frequency === 'MONTHLY') return day.getUTCDate() === begin.getUTCDate()
  if (frequency === 'YEARLY') return day.getUTCDate() === begin.getUTCDate() && (months !== undefined || day.getUTCMonth() === begin.getUTCMonth())
  return true
}

/** `places`: those of the day of the week that the date is; undefined where the rule names none. */
function isWeekDay({ frequency, months }: Recurrence, places: ReadonlySet<number> | undefined, date: Date): boolean {
  if (places === undefined || places.has(0)) return places !== undefined
  const ofYear = frequency === 'YEARLY' && months === undefined
  const [index, length] = ofYear ? [dayOfYear(date), daysOfYear(date)] : [date.getUTCDate(), daysOfMonth(date)]
  return places.has(Math.ceil(index / 7)) || places.has(-Math.ceil((length - index + 1) / 7))
}

function daysOfMonth(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
}

function dayOfYear(date: Date): number {
  return (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) - Date.UTC(date.getUTCFullYear(), 0, 0)) / DAY
}

function daysOfYear(date: Date): number {
  return (Date.UTC(date.getUTCFullYear() + 1, 0) - Date.UTC(date.getUTCFullYear(), 0)) / DAY
}
