import type { ModuleRule } from '../records/write/index.ts'
import { accountContactRule } from './account-contacts.ts'
import { deliveryRule } from './deliveries.ts'
import { dutyShiftRule } from './duty-shifts.ts'
import { exchangeRateRule } from './exchange-rates.ts'
import { opportunityRule } from './opportunities.ts'
import { opportunityLineItemRule } from './opportunity-line-items.ts'
import { orderLineRule } from './order-lines.ts'
import { orderRule } from './orders.ts'
import { reminderRuleRule } from './reminder-rules.ts'
import { reminderRule } from './reminders.ts'
import { taskRule } from './tasks.ts'
import { ticketCommentRule } from './ticket-comments.ts'
import { ticketLinkRule } from './ticket-links.ts'
import { ticketWatcherRule } from './ticket-watchers.ts'
import { ticketRule } from './tickets.ts'
import { userRule } from './users.ts'

export { createTicketMerging, type TicketMerging } from './merge-tickets.ts'

/** What the core modules do by themselves, for `createWriter`. */
export const coreRules: readonly ModuleRule[] = Object.freeze([
  accountContactRule,
  dutyShiftRule,
  deliveryRule,
  exchangeRateRule,
  opportunityRule,
  opportunityLineItemRule,
  orderRule,
  orderLineRule,
  reminderRule,
  reminderRuleRule,
  taskRule,
  ticketRule,
  ticketCommentRule,
  ticketLinkRule,
  ticketWatcherRule,
  userRule,
])

export { obstacleTo, SEND_ATTEMPTS, SEND_DELIVERY } from './deliveries.ts'
export { ENDED_STATES } from './ended-states.ts'
export { planReminders, type RuleReminder } from './reminder-plan.ts'
export { type ReminderRuleSource, type StoredReminderRule, sourceOf } from './reminder-rules.ts'
export { firingOf, isOfRule } from './timers.ts'
