const DAY = 86_400_000

/** The day of an instant in a time zone, `YYYY-MM-DD`. */
export function dayOf(instant: string, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date(instant))
}

/** So many days later. */
export function addDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10)
}

/** Days from one to the other; negative where the other is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY)
}

/** The latest of the days that are given; null for none. */
export function latest(...days: readonly (string | null | undefined)[]): string | null {
  return days.reduce<string | null>((found, day) => (day && (found === null || day > found) ? day : found), null)
}

/** Noon of the day in UTC: the same day in nearly all time zones. */
export function noonOf(day: string): string {
  return `${day}T12:00:00.000Z`
}
