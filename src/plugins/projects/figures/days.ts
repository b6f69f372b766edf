/** The latest of the days that are given; null for none. */
export function latest(...days: readonly (string | null | undefined)[]): string | null {
  return days.reduce<string | null>((found, day) => (day && (found === null || day > found) ? day : found), null)
}

/** Noon of the day in UTC: the same day in nearly all time zones. */
export function noonOf(day: string): string {
  return `${day}T12:00:00.000Z`
}
