import { LRUCache } from 'lru-cache'

/*
 * Times of day in a time zone. A local time is written as the milliseconds that a clock in UTC which shows the same would stand at, so that days and months can be counted with
 * `Date.UTC`; it is no instant.
 */

const CLOCKS = new LRUCache<string, Intl.DateTimeFormat>({ max: 500 })

const DAY = 86_400_000

/** The text is the IANA name of a time zone that can be computed with. */
export function isTimeZone(name: string): boolean {
  try {
    clockOf(name)
    return true
  } catch {
    return false
  }
}

/** What a clock in the zone shows at an instant. */
export function localTime(timeZone: string, instant: number): number {
  const parts: Record<string, number> = {}
  for (const { type, value } of clockOf(timeZone).formatToParts(instant)) parts[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((instant % 1000) + 1000) % 1000)
}

/**
 * When a clock in the zone shows this. Of two such instants (the clock is set back) the first; a time that the clock leaves out (it is set forward) is as much later as
 * the clock is set forward by (RFC 5545 §3.3.5).
 */
export function instantOf(timeZone: string, local: number): number {
  const [before, after] = [local - DAY, local + DAY].map((near) => localTime(timeZone, near) - near) as [number, number]
  const candidates = before === after ? [local - before] : [local - before, local - after].sort((a, b) => a - b)
  return candidates.find((instant) => localTime(timeZone, instant) === local) ?? local - before
}

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = CLOCKS.get(timeZone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  CLOCKS.set(timeZone, made)
  return made
}
