import { type Moment, momentIn, momentOf } from './reminder-moments.ts'
import type { ReminderRuleSource } from './reminder-rules.ts'
import { type RuleBasis, ruleKey } from './timers.ts'

/** A record as the rules of its module see it now. */
export interface RuleSubject {
  readonly id: string
  /** Why nobody is to be reminded of it; null where it is as usual. */
  readonly moot: string | null
  /** The date, as the API has it. */
  readonly value: string | null
  /** Whom it tells, and on which clock. */
  readonly recipient: { readonly id: string; readonly timeZone: string } | null
}

/** A reminder that a rule has made, with its timer. */
export interface RuleReminder {
  readonly id: string
  readonly key: string
  readonly basis: RuleBasis
  readonly state: string
  readonly owner: string | null
  /** In the recycle bin. */
  readonly deleted: boolean
  /** It still leads to its record. */
  readonly attached: boolean
}

export interface ReminderPlan {
  readonly creates: Readonly<Record<string, unknown>>[]
  readonly updates: { readonly id: string; readonly input: Readonly<Record<string, unknown>> }[]
}

/**
 * What is to be done so that the reminders of one rule about one record are what the record says now, whatever they were; nothing where they are. What somebody has put off,
 * acknowledged, cancelled or deleted stays so until the date itself moves; of a yearly rule that year alone.
 */
export function planReminders(rule: ReminderRuleSource, subject: RuleSubject, present: readonly RuleReminder[], now: number): ReminderPlan {
  const plan: ReminderPlan = { creates: [], updates: [] }
  const { recipient, value } = subject
  const moot = subject.moot ?? (value === null ? `${rule.date.label.en} is empty.` : recipient === null ? 'There is nobody to tell.' : null)
  const moment =
    moot === null && value !== null && recipient !== null ? nextMoment(rule, { id: subject.id, value, timeZone: recipient.timeZone }, present, now) : null
  const key = ruleKey(rule.id, subject.id, moment?.year)
  const basis: RuleBasis | null = moment && {
    rule: rule.id,
    field: rule.field,
    record: subject.id,
    at: timeOf(moment),
    ...(moment.year !== undefined && { year: moment.year }),
  }
  const isWanted = moment !== null && (moment.due > now || (!rule.yearly && moment.date > now))
  const told = { owner: recipient && { id: recipient.id } }
  let stands = false
  for (const reminder of present) {
    const { id, state, attached } = reminder
    const isSame = reminder.key === key && reminder.basis.at === basis?.at
    if (reminder.key === key && (!reminder.deleted || isSame)) stands = true
    if (reminder.deleted) continue
    if (state === 'scheduled') {
      const leaves = isSame || (moot === null && isDueAsSaid(rule, subject, reminder))
      if (leaves && reminder.owner !== recipient?.id) plan.updates.push({ id, input: told })
      else if (!leaves && reminder.key === key && isWanted) plan.updates.push({ id, input: { dueAt: basis?.at, basis, ...told } })
      else if (!leaves) plan.updates.push({ id, input: { state: 'cancelled', basis: { ...reminder.basis, moot: moot ?? 'The date has moved.' } } })
    } else if (reminder.key === key && isWanted) {
      // Moot no more, or about another day than the one that it told of.
      const wasMoot = state === 'cancelled' && (reminder.basis.moot !== undefined || !attached)
      const again = state === 'cancelled' ? { state: 'scheduled' } : {}
      if (wasMoot || !isSame) plan.updates.push({ id, input: { ...again, dueAt: basis?.at, basis, record: { id: subject.id }, ...told } })
    }
  }
  if (isWanted && !stands) plan.creates.push({ subject: rule.subject, dueAt: basis?.at, record: { id: subject.id }, basis, ...told })
  return plan
}

/** The moment that is to be told next. Of a yearly rule those years are passed over whose reminder was cancelled or deleted by hand. */
function nextMoment(
  rule: ReminderRuleSource,
  { id, value, timeZone }: { readonly id: string; readonly value: string; readonly timeZone: string },
  present: readonly RuleReminder[],
  now: number,
): Moment | null {
  const isGivenUp = (moment: Moment) =>
    present.some(
      ({ key, basis, state, deleted, attached }) =>
        key === ruleKey(rule.id, id, moment.year) &&
        basis.at === timeOf(moment) &&
        (deleted || (state === 'cancelled' && basis.moot === undefined && attached)),
    )
  let moment = momentOf(rule, value, timeZone, now)
  while (moment?.year !== undefined && isGivenUp(moment)) moment = momentIn(rule, value, timeZone, moment.year + 1)
  return moment
}

function timeOf({ due }: Moment): string {
  return new Date(due).toISOString()
}

/** It tells of another year, as the date still has it: one that is about to fire, or that comes behind one taken up again. */
function isDueAsSaid(rule: ReminderRuleSource, { value, recipient }: RuleSubject, { basis }: RuleReminder): boolean {
  if (value === null || recipient === null) return false
  const moment: Moment | null = basis.year === undefined ? null : momentIn(rule, value, recipient.timeZone, basis.year)
  return moment !== null && rule.yearly && timeOf(moment) === basis.at
}
