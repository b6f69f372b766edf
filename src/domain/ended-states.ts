import { ENDED_STATUSES } from './ticket-status.ts'

/** States in which nobody is to be reminded of a record, by module and field. */
export const ENDED_STATES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = Object.freeze({
  task: { status: ['done', 'cancelled'] },
  ticket: { status: ENDED_STATUSES },
  opportunity: { status: ['won', 'lost'] },
})
