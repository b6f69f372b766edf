import { say } from '../errors/index.ts'
import { breather } from '../lib/breather.ts'
import { isTimeZone } from '../lib/local-time.ts'
import { moduleNumberOf } from '../lib/record-id.ts'
import type { AppliedChange, ModuleRule, PendingChange, RecordImage, RuleContext } from '../records/write/index.ts'
import { checkTimeZone } from './check-time-zone.ts'
import { copiedFields } from './copied-fields.ts'
import { deliverByEmail } from './deliveries.ts'
import { checkRecurrence, firstOccurrence } from './recurrence.ts'
import { RecurrenceError } from './recurrence-rule.ts'
import { isOfRule, isSeries, nextOfSeries, occurrenceText, type SeriesBasis, timerValues } from './timers.ts'

/** Told its user, by whichever way. */
const TOLD: ReadonlySet<unknown> = new Set(['fired', 'missed'])

/**
 * A reminder is `scheduled` until its timer fires it; whoever it tells acknowledges it or puts it off by a later `dueAt`. Its timer says the same as it does in every
 * change set. When it fires, the next time of its series is made with it, so that none comes twice or is left out.
 */
export const reminderRule: ModuleRule = {
  module: 'reminder',
  async before(changes, context) {
    const written = changes.filter(({ operation }) => operation === 'CREATED' || operation === 'UPDATED')
    const gone = await withoutRecord(written, context)
    const beginning = written.filter(begins)
    const users = await context.images(
      'user',
      beginning.map(({ after }) => (after['timeZone'] ? null : told(after))),
    )
    const breathe = breather()
    for (const change of written) {
      if (gone.has(change) && change.after['state'] === 'scheduled') change.set('state', 'cancelled')
      keepState(change, context)
      checkSeries(change)
      if (!begins(change)) continue
      beginSeries(change, (users.get(told(change.after) ?? '')?.['timeZone'] ?? 'UTC') as string, context.at)
      await breathe()
    }
  },
  async after(changes, context) {
    await keepTimers(changes, context)
    await followSeries(changes, context)
    await deliverByEmail(
      changes.filter(tellsByEmail).map(({ id, after }) => ({ record: id, recipient: told(after) })),
      context,
    )
  },
}

/** Its time has come, and e-mail is among its channels. */
function tellsByEmail({ operation, before, after }: AppliedChange): boolean {
  if (operation !== 'UPDATED' || TOLD.has(before?.['state']) || !TOLD.has(after['state'])) return false
  return ((after['channels'] ?? []) as readonly string[]).includes('email')
}

/** Whom it tells. */
function told(reminder: RecordImage): string | null {
  return (reminder['recipient'] ?? reminder['owner'] ?? null) as string | null
}

/** Those whose record is deleted by this very change set: the reference is cleared by that. */
async function withoutRecord(changes: readonly PendingChange[], { registry, images }: RuleContext): Promise<ReadonlySet<PendingChange>> {
  const cleared = changes.filter(({ before, after }) => before?.['record'] && after['record'] === null)
  const gone = new Set<PendingChange>()
  for (const number of new Set(cleared.map(({ before }) => moduleNumberOf(before?.['record'] as string)))) {
    const module = registry.byNumber.get(number ?? 0)
    const ofModule = cleared.filter(({ before }) => moduleNumberOf(before?.['record'] as string) === number)
    const standing = module
      ? await images(
          module.name,
          ofModule.map(({ before }) => before?.['record'] as string),
        )
      : new Map<string, RecordImage>()
    for (const change of ofModule) if (!standing.has(change.before?.['record'] as string)) gone.add(change)
  }
  return gone
}

function keepState(change: PendingChange, { principal, at }: RuleContext): void {
  const bySystem = principal.kind === 'system'
  const from = change.before?.['state'] ?? null
  if (TOLD.has(change.after['state']) && change.changes('state') && !bySystem)
    change.refuse('state', 'READ_ONLY', say`state: ${JSON.stringify(change.after['state'])} is set when the time has come, by the system alone.`)
  const isMoved = change.changes('dueAt') || (bySystem && isOfRule(change.after['basis']) && change.changes('basis'))
  if (change.before !== null && isMoved && change.after['state'] === from && from !== 'scheduled') {
    if (from === 'acknowledged' && !bySystem)
      change.refuse('dueAt', 'ACKNOWLEDGED', say`dueAt: an acknowledged reminder has come to its end. Create another one.`)
    else change.set('state', 'scheduled')
  }
  const to = change.after['state']
  // Where the basis is another one, the date that it is about has moved.
  if (TOLD.has(from) && to === 'scheduled' && !change.changes('basis')) {
    if ((change.after['dueAt'] as string) <= at) change.refuse('dueAt', 'PAST', say`dueAt must be in the future for a reminder to be put off until then.`)
    else change.set('snoozeCount', ((change.before?.['snoozeCount'] ?? 0) as number) + 1)
  }
  const { basis } = change.after
  if (from === 'scheduled' && TOLD.has(to) && isSeries(basis) && !basis.followed) change.set('basis', { ...basis, followed: true })
  if (!change.changes('state')) return
  if (to === 'acknowledged' && !change.given('acknowledgedAt')) {
    change.set('acknowledgedAt', at)
    change.set('acknowledgedBy', bySystem ? null : principal.userId)
  } else if (from === 'acknowledged') {
    change.set('acknowledgedAt', null)
    change.set('acknowledgedBy', null)
  }
}

function checkSeries(change: PendingChange): void {
  checkTimeZone(change)
  const state = change.before?.['state'] ?? 'scheduled'
  const basis = change.before?.['basis']
  // One that was put off is scheduled again; the series goes on from another one all the same.
  const isEnded = (state !== 'scheduled' && state !== 'cancelled') || (isSeries(basis) && basis.followed === true)
  for (const name of ['recurrence', 'timeZone'] as const)
    if (isEnded && change.changes(name) && (change.before?.['recurrence'] ?? change.after['recurrence']) !== null)
      change.refuse(name, 'NOT_SCHEDULED', say`${name} goes on from the reminder of the series that is scheduled. Change it there.`)
  if (change.after['recurrence'] === null && change.changes('recurrence') && change.before !== null) {
    change.set('basis', null)
    change.set('series', null)
  }
}

/** A series begins with this change: there is a recurrence, and what it is counted from is new. */
function begins(change: PendingChange): boolean {
  if (change.after['recurrence'] === null || change.given('basis')) return false
  if (change.before === null || change.changes('recurrence') || change.changes('timeZone')) return true
  const { basis } = change.before
  const isFirst = isSeries(basis) && basis.number === 1 && !basis.followed
  return isFirst && change.before['state'] === 'scheduled' && change.changes('dueAt')
}

/** Milliseconds by which the first time of a series may have passed: every time since then is gone through. */
const LONGEST_PAST = 31 * 86_400_000

function beginSeries(change: PendingChange, zoneOfUser: string, at: string): void {
  const recurrence = change.after['recurrence'] as string
  const timeZone = (change.after['timeZone'] ?? zoneOfUser) as string
  if (!isTimeZone(timeZone)) return
  const instant = Date.parse(change.after['dueAt'] as string)
  if (instant < Date.parse(at) - LONGEST_PAST) {
    change.refuse('dueAt', 'PAST', say`dueAt, with which a recurrence begins, may lie at most 31 days in the past.`)
    return
  }
  try {
    const first = firstOccurrence(checkRecurrence(recurrence, timeZone, instant), timeZone, instant)
    const basis: SeriesBasis = { recurrence, timeZone, series: change.id, number: 1, occurrence: occurrenceText(recurrence, first) }
    change.set('timeZone', timeZone)
    change.set('series', null)
    change.set('basis', basis)
  } catch (error) {
    if (!(error instanceof RecurrenceError)) throw error
    change.refuse('recurrence', 'RECURRENCE', say`recurrence: ${JSON.stringify(recurrence.slice(0, 100))} ${error.text}.`)
  }
}

/** What a timer says of its reminder. */
const TOLD_BY_TIMER = ['state', 'dueAt', 'basis', 'record', 'recipient', 'owner', 'team'] as const

async function keepTimers(changes: readonly AppliedChange[], { at, derive, related }: RuleContext): Promise<void> {
  const made = changes.filter(({ operation }) => operation === 'CREATED')
  const moved = changes.filter(
    ({ operation, before, after }) =>
      operation === 'UPDATED' && TOLD_BY_TIMER.some((name) => JSON.stringify(before?.[name] ?? null) !== JSON.stringify(after[name] ?? null)),
  )
  const timers = await related(
    'timer',
    'reminder',
    moved.map(({ id }) => id),
  )
  // Those without were made by a process of before there were timers.
  const untimed = [...made, ...moved.filter(({ id }) => !timers.has(id))]
  await derive.create(
    'timer',
    untimed.map(({ id, after }) => ({ ...timerValues({ ...after, id }, at, null), reminder: id })),
  )
  await derive.update(
    'timer',
    moved.flatMap(({ id, before, after }) => {
      const [timer] = timers.get(id) ?? []
      if (!timer) return []
      const { state } = after
      const isGone = before?.['record'] != null && after['record'] === null && before['state'] === 'scheduled' && state === 'cancelled'
      const { record, ...values } = timerValues({ ...after, id }, at, isGone ? (before['record'] as string) : null)
      // One whose module is not served any more, such as that of a plugin that was disabled, stays, and cannot be named.
      const leads = record === timer['record'] ? {} : { record }
      const fires = TOLD.has(state) && before?.['state'] === 'scheduled'
      const reason = state === timer['state'] && !fires && values['reason'] === null ? timer['reason'] : values['reason']
      return [{ id: timer['id'] as string, values: { ...values, ...leads, reason, ...(fires && { firedAt: at }) } }]
    }),
  )
}

async function followSeries(changes: readonly AppliedChange[], { registry, derive }: RuleContext): Promise<void> {
  const module = registry.module('reminder')
  const next: Readonly<Record<string, unknown>>[] = []
  const breathe = breather()
  for (const { operation, before, after } of changes) {
    const { basis } = after
    const fires = operation === 'UPDATED' && before?.['state'] === 'scheduled' && TOLD.has(after['state'])
    if (!fires || !isSeries(basis) || (before['basis'] as SeriesBasis | null)?.followed) continue
    const following = nextOfSeries(basis)
    if (following) next.push({ ...copiedFields(module, after), dueAt: new Date(following.instant).toISOString(), series: basis.series, basis: following.basis })
    await breathe()
  }
  await derive.create('reminder', next)
}
