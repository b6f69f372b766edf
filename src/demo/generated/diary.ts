import { createAll } from '../records.ts'
import { customerName, type Dealing, type Generation, type Made, pickDealing, SOURCE } from './generation.ts'
import type { Lead } from './leads.ts'
import { ACTIVITY_TEXTS, REMINDER_SUBJECTS, TASK_TITLES } from './phrases.ts'

const COUNTS = { activity: 400, task: 80, reminder: 40 } as const
const TYPES = ['call', 'call', 'call', 'email', 'email', 'meeting', 'visit', 'chat', 'note'] as const
const OUTCOMES = ['successful', 'successful', 'follow_up', 'no_answer', 'declined'] as const
const MINUTES = { call: 15, visit: 90, email: 5, meeting: 60, chat: 10, note: 0 } as const

/** What diary entries are about. */
export interface Subjects {
  readonly opportunities: readonly Made[]
  readonly tickets: readonly Made[]
  readonly leads: readonly Lead[]
}

/** Half a year of activities, and some that are planned. */
export async function generateActivities(generation: Generation, subjects: Subjects): Promise<number> {
  const inputs = Array.from({ length: COUNTS.activity }, () => ({ ...activityInput(generation), ...aboutSomething(generation, subjects) }))
  return (await createAll(generation.changes, 'activity', inputs)).length
}

function activityInput({ random, calendar }: Generation) {
  const type = random.pick(TYPES)
  const [subject, body] = random.pick(ACTIVITY_TEXTS[type])
  const planned = (type === 'meeting' || type === 'visit') && random.chance(0.2)
  const offset = planned ? random.integer(1, 14) : -random.integer(0, 13) * random.integer(1, 14)
  const startedAt = calendar.at(offset, random.integer(7 * 4, 16 * 4) * 15)
  const twoSided = type === 'call' || type === 'email' || type === 'chat'
  return {
    type,
    subject,
    body,
    startedAt,
    endedAt: MINUTES[type] === 0 ? null : calendar.after(startedAt, MINUTES[type] * random.integer(1, 3)),
    direction: twoSided ? random.pick(['inbound', 'outbound', 'outbound']) : null,
    outcome: planned || type === 'note' ? null : random.pick(OUTCOMES),
    visibility: type === 'note' ? 'internal' : 'public',
    ...SOURCE,
  }
}

/** Links of an activity, and whose it is. */
function aboutSomething(generation: Generation, { opportunities, tickets, leads }: Subjects) {
  const { random, users, companies } = generation
  if (random.chance(0.15)) {
    const lead = random.pick(leads)
    return { lead: { id: lead.id }, owner: users.ref(lead.owner) }
  }
  const links = ({ customer, owner }: Dealing) => ({
    account: companies.accounts.ref(customer),
    contact: companies.contacts.ref(customer),
    owner: users.ref(owner),
  })
  if (random.chance(0.45)) {
    const opportunity = random.pick(opportunities)
    return { ...links(opportunity), opportunity: { id: opportunity.id } }
  }
  if (random.chance(0.3)) {
    const ticket = random.pick(tickets)
    return { ...links(ticket), ticket: { id: ticket.id } }
  }
  return links(pickDealing(generation))
}

/** Tasks that are done, due and overdue. */
export async function generateTasks(generation: Generation, { opportunities }: Subjects): Promise<number> {
  const { random, calendar, users, companies } = generation
  const inputs = Array.from({ length: COUNTS.task }, () => {
    const opportunity = random.chance(0.5) ? random.pick(opportunities) : null
    const { customer, owner } = opportunity ?? pickDealing(generation)
    const status = random.pick(['open', 'open', 'in_progress', 'waiting', 'done'])
    const offset = status === 'done' ? -random.integer(1, 40) : random.integer(-6, 30)
    return {
      title: joined(random.pick(TASK_TITLES), customerName(generation, customer)),
      dueAt: calendar.at(offset, random.integer(8 * 4, 17 * 4) * 15),
      startAt: calendar.at(offset - random.integer(1, 10), 9 * 60),
      priority: random.pick(['low', 'normal', 'normal', 'high', 'urgent']),
      status,
      progress: status === 'done' ? 100 : status === 'in_progress' ? random.integer(1, 9) * 10 : 0,
      account: companies.accounts.ref(customer),
      contact: companies.contacts.ref(customer),
      opportunity: opportunity === null ? null : { id: opportunity.id },
      assignee: users.ref(owner),
      owner: users.ref(owner),
      ...SOURCE,
    }
  })
  return (await createAll(generation.changes, 'task', inputs)).length
}

/** Reminders of opportunities and tickets: some acknowledged, the first ones due minutes after loading, the rest in days. */
export async function generateReminders(generation: Generation, { opportunities, tickets }: Subjects): Promise<number> {
  const { random, calendar, users } = generation
  const inputs = Array.from({ length: COUNTS.reminder }, (_, index) => {
    const { id, title, owner } = random.pick(random.chance(0.7) ? opportunities : tickets)
    const past = index % 4 === 3
    const soon = index < 6
    return {
      subject: joined(random.pick(REMINDER_SUBJECTS), title),
      dueAt:
        soon && !past
          ? calendar.inMinutes(5 * (index + 1))
          : calendar.at(past ? -random.integer(1, 20) : random.integer(1, 30), random.integer(8 * 4, 17 * 4) * 15),
      state: past ? 'acknowledged' : 'scheduled',
      record: { id },
      recipient: users.ref(owner),
      owner: users.ref(owner),
      ...SOURCE,
    }
  })
  return (await createAll(generation.changes, 'reminder', inputs)).length
}

/** `Follow up on` + title; Chinese beginnings end with their colon and take no space. */
function joined(start: string, title: string): string {
  return start.endsWith('：') ? `${start}${title}` : `${start} ${title}`
}
