import type { RecordImage } from '../records/write/index.ts'
import { nextOccurrence, type Occurrence, occurrenceInstant } from './recurrence.ts'
import { readRecurrence } from './recurrence-rule.ts'

/** What the time of a timer was computed from; times as the API has them. */
export type TimerBasis = GivenBasis | SeriesBasis | RuleBasis

/** Somebody gave the time. `record`: what it was about, which has been deleted. */
export interface GivenBasis {
  readonly at: string
  readonly record?: string
}

/** One time of a recurrence. */
export interface SeriesBasis {
  readonly recurrence: string
  readonly timeZone: string
  /** The first reminder of the series. */
  readonly series: string
  readonly number: number
  /** On the zone's clock, without an offset; of an hourly recurrence an instant. */
  readonly occurrence: string
  /** The reminder of the next time has been made, if there is one. */
  readonly followed?: true
  /** So many times before it passed while nothing fired them. */
  readonly skipped?: number
  readonly record?: string
}

/** A date of a record, by a reminder rule. */
export interface RuleBasis {
  readonly rule: string
  /** Key of the field. */
  readonly field: string
  readonly record: string
  /** When it is due, as the rule has it, whatever was put off since. */
  readonly at: string
  /** Of which year, for dates that come again every year. */
  readonly year?: number
  /** Why the rule wants it no more. */
  readonly moot?: string
}

export function isSeries(basis: unknown): basis is SeriesBasis {
  return typeof basis === 'object' && basis !== null && 'series' in basis
}

export function isOfRule(basis: unknown): basis is RuleBasis {
  return typeof basis === 'object' && basis !== null && 'rule' in basis
}

/** Key by which no two reminders are for the same. `reminder`: id of the one that it drives. */
export function dedupeKey(basis: TimerBasis, reminder: string): string {
  if (isSeries(basis)) return `series:${basis.series}:${basis.occurrence}`
  return isOfRule(basis) ? ruleKey(basis.rule, basis.record, basis.year) : `reminder:${reminder}`
}

export function ruleKey(rule: string, record: string, year?: number): string {
  return year === undefined ? `rule:${rule}:${record}` : `rule:${rule}:${record}:${year}`
}

/** The time of a series as its basis keeps it. */
export function occurrenceText(recurrence: string, { time }: Occurrence): string {
  const text = new Date(time).toISOString()
  return readRecurrence(recurrence).frequency === 'HOURLY' ? text : text.slice(0, -1)
}

/** The basis of the time after this one, and its instant; null where the series ends. */
export function nextOfSeries({
  recurrence,
  timeZone,
  series,
  number,
  occurrence,
}: SeriesBasis): { readonly basis: SeriesBasis; readonly instant: number } | null {
  const rule = readRecurrence(recurrence)
  const next = nextOccurrence(rule, timeZone, { number, time: Date.parse(occurrence.endsWith('Z') ? occurrence : `${occurrence}Z`) })
  if (next === null) return null
  return {
    basis: { recurrence, timeZone, series, number: next.number, occurrence: occurrenceText(recurrence, next) },
    instant: occurrenceInstant(rule, timeZone, next),
  }
}

/** What becomes of a timer that is due. */
export interface Firing {
  readonly state: 'fired' | 'missed'
  /** Where a later time of the series is due too: it stands for this one. */
  readonly later?: { readonly dueAt: string; readonly basis: SeriesBasis }
}

/** `tolerance`: milliseconds by which a timer may be late and still fire. */
export function firingOf(dueAt: number, basis: unknown, now: number, tolerance: number): Firing {
  const later = isSeries(basis) && !basis.followed ? latestPassed(basis, now) : undefined
  const state = now - (later?.instant ?? dueAt) > tolerance ? 'missed' : 'fired'
  return later ? { state, later: { dueAt: new Date(later.instant).toISOString(), basis: later.basis } } : { state }
}

/** Times of a series that are passed over at once; where more have passed, the next one is due at once and goes on. */
const MOST_SKIPPED = 1_000

function latestPassed(basis: SeriesBasis, now: number): { readonly basis: SeriesBasis; readonly instant: number } | undefined {
  let latest: { basis: SeriesBasis; instant: number } | undefined
  let skipped = 0
  for (let next = nextOfSeries(basis); next !== null && next.instant <= now && skipped < MOST_SKIPPED; next = nextOfSeries(next.basis)) {
    latest = next
    skipped += 1
  }
  return latest && { ...latest, basis: { ...latest.basis, skipped: latest.basis.number - basis.number } }
}

/** Values of the timer of a reminder. `at`: moment of the change; `gone`: the record that was deleted with it. */
export function timerValues(reminder: RecordImage, at: string, gone: string | null): Readonly<Record<string, unknown>> {
  const { id, state, dueAt } = reminder as { id: string; state: string; dueAt: string }
  const given = (reminder['basis'] ?? { at: dueAt }) as TimerBasis
  const basis = gone === null ? given : { ...given, record: gone }
  return {
    kind: 'reminder',
    dedupeKey: dedupeKey(basis, id),
    dueAt,
    basis,
    state,
    reason: reasonOf(state, dueAt, basis, at, gone),
    record: reminder['record'],
    owner: reminder['recipient'] ?? reminder['owner'],
    team: reminder['team'],
  }
}

function reasonOf(state: string, dueAt: string, basis: TimerBasis, at: string, gone: string | null): string | null {
  if (gone !== null) return 'Its record was deleted.'
  if (state === 'cancelled') return isOfRule(basis) ? (basis.moot ?? null) : null
  const skipped = isSeries(basis) && basis.skipped ? `${basis.skipped} earlier times of the series passed while nothing fired them.` : null
  if (state !== 'missed') return state === 'fired' ? skipped : null
  const minutes = Math.floor((Date.parse(at) - Date.parse(dueAt)) / 60_000)
  return [`It was found ${minutes} minutes after it was due.`, ...(skipped === null ? [] : [skipped])].join(' ')
}
