/** Values that each of the five members of a timetable admits. */
export interface Timetable {
  readonly minute: ReadonlySet<number>
  readonly hour: ReadonlySet<number>
  readonly day: ReadonlySet<number>
  readonly month: ReadonlySet<number>
  readonly weekday: ReadonlySet<number>
  /** Both the day of the month and that of the week are limited: then either is enough, as cron(5) has it. */
  readonly eitherDay: boolean
}

const LIMITS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const

/** `minute hour day-of-month month day-of-week`, each `*`, numbers, ranges and steps: `0,30 8-18 * * 1-5`. Null for a text that is none. */
export function parseTimetable(text: string): Timetable | null {
  const members = text.trim().split(/\s+/)
  if (members.length !== 5) return null
  const sets = members.map((member, index) => parseMember(member, ...(LIMITS[index] as readonly [number, number])))
  const [minute, hour, day, month, weekday] = sets
  if (!minute || !hour || !day || !month || !weekday) return null
  const eitherDay = !members[2]?.startsWith('*') && !members[4]?.startsWith('*')
  return { minute, hour, day, month, weekday: new Set([...weekday].map((value) => value % 7)), eitherDay }
}

function parseMember(text: string, least: number, most: number): ReadonlySet<number> | null {
  const values = new Set<number>()
  for (const part of text.split(',')) {
    const [, from, to, step] = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part) ?? []
    if (!/^[\d*]/.test(part) || (from === undefined && !part.startsWith('*'))) return null
    const first = from === undefined ? least : Number(from)
    const last = from === undefined ? most : to !== undefined ? Number(to) : step !== undefined ? most : first
    const by = step === undefined ? 1 : Number(step)
    if (first < least || last > most || first > last || by < 1) return null
    for (let value = first; value <= last; value += by) values.add(value)
  }
  return values
}

const MINUTE = 60_000
/** A timetable is looked at so many minutes back: what nobody could run for longer is not made up for. */
const LONGEST = 24 * 60

/** The latest moment of the timetable up to now and after `since`; null where there is none. UTC. */
export function latestMoment(timetable: Timetable, since: Date, now: Date): Date | null {
  let moment = Math.floor(now.getTime() / MINUTE) * MINUTE
  const end = Math.max(since.getTime(), moment - LONGEST * MINUTE)
  for (; moment > end; moment -= MINUTE) if (admits(timetable, new Date(moment))) return new Date(moment)
  return null
}

/** The first moment of the timetable after `after` and up to `until`; null where there is none. UTC. */
export function nextMoment(timetable: Timetable, after: Date, until: Date): Date | null {
  let moment = (Math.floor(after.getTime() / MINUTE) + 1) * MINUTE
  for (; moment <= until.getTime(); moment += MINUTE) if (admits(timetable, new Date(moment))) return new Date(moment)
  return null
}

function admits({ minute, hour, day, month, weekday, eitherDay }: Timetable, at: Date): boolean {
  if (!minute.has(at.getUTCMinutes()) || !hour.has(at.getUTCHours()) || !month.has(at.getUTCMonth() + 1)) return false
  const [isDay, isWeekday] = [day.has(at.getUTCDate()), weekday.has(at.getUTCDay())]
  return eitherDay ? isDay || isWeekday : isDay && isWeekday
}
