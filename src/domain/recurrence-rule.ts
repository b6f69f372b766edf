import { LRUCache } from 'lru-cache'
import { listed, type Message, say } from '../errors/index.ts'

/** What a recurrence rule of RFC 5545 §3.3.10 says, as far as reminders know it. */
export interface Recurrence {
  readonly frequency: 'HOURLY' | 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY'
  readonly interval: number
  readonly count?: number
  /** The last instant, or the last time on the zone's clock (`local`). */
  readonly until?: { readonly time: number; readonly local: boolean }
  /** 1 to 12. */
  readonly months?: ReadonlySet<number>
  /** 1 to 31, or from the end of the month: -1 to -31. */
  readonly monthDays?: ReadonlySet<number>
  /** By day, 0 (Sunday) to 6, its places in the month or year, from its end where negative, 0 for every one. */
  readonly weekDays?: ReadonlyMap<number, ReadonlySet<number>>
  readonly hours?: readonly number[]
  readonly minutes?: readonly number[]
  /** Which of the times of a period, from its end where negative. */
  readonly positions?: readonly number[]
  /** 0 (Sunday) to 6. */
  readonly weekStart: number
}

/** Why a text is no rule: it goes on after the text itself. */
export class RecurrenceError extends Error {
  readonly text: Message

  constructor(text: Message) {
    super(text.toString())
    this.text = text
  }
}

/** So often a day reminds nobody of anything. */
const MOST_TIMES_A_DAY = 24
const MOST_INTERVAL = 1_000
const MOST_COUNT = 10_000

const FREQUENCIES: ReadonlySet<string> = new Set(['HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'])
const WEEK_DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']
const UNTIL = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z)?)?$/

type Part = (value: string) => Partial<Recurrence>

const PARTS: Readonly<Record<string, Part>> = {
  FREQ: (value) => {
    if (!FREQUENCIES.has(value)) throw new RecurrenceError(say`needs FREQ=HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY`)
    return { frequency: value as Recurrence['frequency'] }
  },
  INTERVAL: (value) => ({ interval: whole('INTERVAL', value, 1, MOST_INTERVAL) }),
  COUNT: (value) => ({ count: whole('COUNT', value, 1, MOST_COUNT) }),
  UNTIL: (value) => ({ until: untilOf(value) }),
  BYMONTH: (value) => ({ months: new Set(list('BYMONTH', value, 1, 12)) }),
  BYMONTHDAY: (value) => ({ monthDays: new Set(list('BYMONTHDAY', value, -31, 31, false)) }),
  BYDAY: (value) => ({ weekDays: weekDaysOf(value) }),
  BYHOUR: (value) => ({ hours: list('BYHOUR', value, 0, 23) }),
  BYMINUTE: (value) => ({ minutes: list('BYMINUTE', value, 0, 59) }),
  BYSETPOS: (value) => ({ positions: list('BYSETPOS', value, -366, 366, false) }),
  WKST: (value) => ({ weekStart: named(value) }),
}

const RULES = new LRUCache<string, Recurrence>({ max: 1_000 })

/** Throws RecurrenceError. */
export function readRecurrence(text: string): Recurrence {
  const known = RULES.get(text)
  if (known) return known
  const made = parse(text)
  RULES.set(text, made)
  return made
}

function parse(text: string): Recurrence {
  const read = new Map<string, Partial<Recurrence>>()
  for (const part of text.toUpperCase().split(';')) {
    const [, name = '', value = ''] = /^([A-Z]+)=(.+)$/.exec(part) ?? []
    const reader = Object.hasOwn(PARTS, name) ? PARTS[name] : undefined
    if (!reader)
      throw new RecurrenceError(say`has a part that reminders do not know: ${JSON.stringify(part.slice(0, 40))}. They know ${listed(Object.keys(PARTS))}`)
    if (read.has(name)) throw new RecurrenceError(say`says ${name} twice`)
    read.set(name, reader(value))
  }
  if (!read.has('FREQ')) throw new RecurrenceError(say`needs FREQ=HOURLY, DAILY, WEEKLY, MONTHLY or YEARLY`)
  const rule = Object.freeze(Object.assign({ interval: 1, weekStart: 1 }, ...read.values()) as Recurrence)
  checkTogether(rule, [...read.keys()])
  return rule
}

function checkTogether({ frequency, count, until, weekDays, monthDays, hours, minutes, positions }: Recurrence, names: readonly string[]): void {
  if (count !== undefined && until !== undefined) throw new RecurrenceError(say`says both COUNT and UNTIL`)
  if (frequency === 'HOURLY' && names.some((name) => name.startsWith('BY')))
    throw new RecurrenceError(say`may say INTERVAL, COUNT and UNTIL beside FREQ=HOURLY; for hours of the day write FREQ=DAILY;BYHOUR=9,10,11`)
  const places = [...(weekDays?.values() ?? [])].flatMap((each) => [...each])
  if (places.some((place) => place !== 0)) {
    if (frequency !== 'MONTHLY' && frequency !== 'YEARLY') throw new RecurrenceError(say`may number the days of BYDAY in MONTHLY and YEARLY alone`)
    if (frequency === 'MONTHLY' && places.some((place) => Math.abs(place) > 5)) throw new RecurrenceError(say`numbers a day of BYDAY that no month has`)
  }
  if (frequency === 'WEEKLY' && monthDays !== undefined) throw new RecurrenceError(say`may not say BYMONTHDAY with WEEKLY`)
  if (positions !== undefined && !names.some((name) => name.startsWith('BY') && name !== 'BYSETPOS'))
    throw new RecurrenceError(say`needs another BY part beside BYSETPOS`)
  if (new Set(hours ?? [0]).size * new Set(minutes ?? [0]).size > MOST_TIMES_A_DAY)
    throw new RecurrenceError(say`names more than ${MOST_TIMES_A_DAY} times a day`)
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = /^[+-]?\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new RecurrenceError(say`needs ${name} from ${min} to ${max}`)
  return value
}

function list(name: string, text: string, min: number, max: number, zero = true): number[] {
  const values = [...new Set(text.split(',').map((each) => whole(name, each, min, max)))]
  if (!zero && values.includes(0)) throw new RecurrenceError(say`has 0 in ${name}`)
  return values.sort((a, b) => a - b)
}

function weekDaysOf(text: string): ReadonlyMap<number, ReadonlySet<number>> {
  const days = new Map<number, Set<number>>()
  for (const each of text.split(',')) {
    const [, place, name = ''] = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(each) ?? []
    const day = named(name)
    days.set(day, (days.get(day) ?? new Set()).add(place === undefined ? 0 : nonZero(whole('BYDAY', place, -53, 53))))
  }
  return days
}

function nonZero(place: number): number {
  if (place === 0) throw new RecurrenceError(say`has 0 in BYDAY`)
  return place
}

function named(name: string): number {
  const day = WEEK_DAYS.indexOf(name)
  if (day < 0) throw new RecurrenceError(say`needs days of the week from ${listed(WEEK_DAYS)}`)
  return day
}

/** A day counts to its end, on the zone's clock like a time without `Z`. */
function untilOf(text: string): NonNullable<Recurrence['until']> {
  const [, year, month, day, hour, minute = '0', second = '0', zulu] = UNTIL.exec(text) ?? []
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day))
  const isDay = !Number.isNaN(date) && new Date(date).getUTCDate() === Number(day) && Number(month) <= 12
  if (!isDay || Number(hour ?? 0) > 23 || Number(minute) > 59 || Number(second) > 59)
    throw new RecurrenceError(say`needs UNTIL such as 20261231 or 20261231T160000Z`)
  if (hour === undefined) return { time: date + 86_399_999, local: true }
  return { time: date + ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1_000, local: zulu === undefined }
}
