import { groupBy } from '../group-by.ts'
import { createAll, type Ids } from '../records.ts'
import { generateComplaintCategories } from './complaint-categories.ts'
import { type Generation, type Made, SOURCE } from './generation.ts'
import { INTERNAL_COMMENTS, PUBLIC_COMMENTS, TICKET_TEXTS } from './phrases.ts'

const COUNT = 60
const STATUSES = ['new', 'open', 'open', 'pending', 'resolved', 'resolved', 'closed'] as const
const PRIORITIES = ['low', 'normal', 'normal', 'normal', 'high', 'urgent'] as const
const SEVERITIES = ['minor', 'minor', 'major', 'critical'] as const
const CHANNELS = ['email', 'phone', 'web', 'wechat'] as const

/** Tickets about orders, owned by whoever took the order and worked on by the service desk, with their comments. */
export async function generateTickets(generation: Generation): Promise<readonly Made[]> {
  const { changes, random, users } = generation
  const linesOf = groupBy(generation.northwind.lines, ({ order }) => order)
  const categories = await generateComplaintCategories(generation)
  const plans = Array.from({ length: COUNT }, () => plan(generation, categories, (order) => random.pick(linesOf.get(order) ?? []).product))
  const ids = await createAll(
    changes,
    'ticket',
    plans.map(({ input }) => input),
  )
  const comments = plans.flatMap(({ owner, status }, index) => {
    const count = status === 'new' ? 0 : random.integer(1, 4)
    return Array.from({ length: count }, (_, position) => {
      const visible = position === 0 || random.chance(0.5)
      return {
        ticket: { id: ids[index] },
        body: random.pick(visible ? PUBLIC_COMMENTS : INTERNAL_COMMENTS),
        visibility: visible ? 'public' : 'internal',
        owner: users.ref(visible ? 'service' : owner),
        ...SOURCE,
      }
    })
  })
  await createAll(changes, 'ticketComment', comments)
  return plans.map(({ customer, owner, subject }, index) => ({ id: ids[index] as string, customer, owner, title: subject }))
}

function plan(generation: Generation, categories: Ids, productOf: (order: string) => string) {
  const { random, northwind, users, companies, orders, products } = generation
  const order = random.pick(northwind.orders)
  const { category, type, subject, description, resolution } = random.pick(TICKET_TEXTS)
  const status = random.pick(STATUSES)
  const done = status === 'resolved' || status === 'closed'
  const input = {
    subject,
    description,
    type,
    category: categories.ref(category),
    status,
    priority: random.pick(PRIORITIES),
    severity: type === 'problem' || type === 'complaint' ? random.pick(SEVERITIES) : null,
    channel: random.pick(CHANNELS),
    account: companies.accounts.ref(order.customer),
    contact: companies.contacts.ref(order.customer),
    order: orders.ref(order.key),
    product: random.chance(0.7) ? products.ref(productOf(order.key)) : null,
    assignee: status === 'new' ? null : users.ref('service'),
    resolution: done ? resolution : null,
    satisfaction: done && random.chance(0.6) ? random.integer(2, 5) : null,
    owner: users.ref(order.employee),
    ...SOURCE,
  }
  return { customer: order.customer, owner: order.employee, subject, status, input }
}
