import type { ModuleRule } from '../records/write/index.ts'
import { accountContactRule } from './account-contacts.ts'
import { exchangeRateRule } from './exchange-rates.ts'
import { opportunityRule } from './opportunities.ts'
import { opportunityLineItemRule } from './opportunity-line-items.ts'
import { orderLineRule } from './order-lines.ts'
import { orderRule } from './orders.ts'
import { reminderRuleRule } from './reminder-rules.ts'
import { reminderRule } from './reminders.ts'
import { taskRule } from './tasks.ts'
import { ticketCommentRule } from './ticket-comments.ts'
import { ticketRule } from './tickets.ts'
import { userRule } from './users.ts'

/** What the core modules do by themselves, for `createWriter`. */
export const coreRules: readonly ModuleRule[] = Object.freeze([
  accountContactRule,
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
  userRule,
])

export { planReminders, type RuleReminder, type RuleSubject } from './reminder-plan.ts'
export { type ReminderRuleSource, type StoredReminderRule, sourceOf } from './reminder-rules.ts'
export { firingOf, isOfRule } from './timers.ts'
