import { daysBetween } from '../../api/index.ts'
import { latest } from './days.ts'

/** What the end of a project hangs on. Days as `YYYY-MM-DD`. */
export interface Plan {
  readonly today: string
  readonly isClosed: boolean
  readonly endsOn: string | null
  readonly endedOn: string | null
  /** The latest day that an open task or milestone is expected on; null where none has one. */
  readonly lastOpenOn: string | null
}

export interface Forecast {
  /** When it will end, as things stand; for a closed project when it did. */
  readonly endsOn: string | null
  /** Days behind the planned end; null without one. */
  readonly slipDays: number | null
}

/**
 * A project ends no sooner than planned, than what is open is expected, and than today: what should have been done before today and is not, comes today at the earliest.
 */
export function forecastOf({ today, isClosed, endsOn, endedOn, lastOpenOn }: Plan): Forecast {
  const isLate = endsOn !== null && endsOn < today
  const end = isClosed ? endedOn : latest(endsOn, lastOpenOn, lastOpenOn === null && !isLate ? null : today)
  if (endsOn === null) return { endsOn: end, slipDays: null }
  return { endsOn: end, slipDays: end === null ? 0 : Math.max(0, daysBetween(endsOn, end)) }
}
