const MINUTE = 60_000
const DAY = 1_440 * MINUTE

/** Moments around the time of loading, as the API takes them. */
export interface Calendar {
  /** Day at a distance from today, `YYYY-MM-DD`. */
  day(offset: number): string
  /** A time of that day in UTC, minutes after midnight. */
  at(offset: number, minutes: number): string
  /** A moment from now, to the second. */
  inMinutes(minutes: number): string
  /** The moment some minutes after another. */
  after(moment: string, minutes: number): string
}

export function createCalendar(now: Date): Calendar {
  const midnight = Math.floor(now.getTime() / DAY) * DAY
  const text = (milliseconds: number) => new Date(milliseconds).toISOString()
  return {
    day: (offset) => text(midnight + offset * DAY).slice(0, 10),
    at: (offset, minutes) => text(midnight + offset * DAY + minutes * MINUTE),
    inMinutes: (minutes) => text(Math.floor(now.getTime() / 1_000) * 1_000 + minutes * MINUTE),
    after: (moment, minutes) => text(Date.parse(moment) + minutes * MINUTE),
  }
}
