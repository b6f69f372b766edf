import { Account } from './account.entity.ts'
import { AccountContact } from './account-contact.entity.ts'
import { Activity } from './activity.entity.ts'
import { ComplaintCategory } from './complaint-category.entity.ts'
import { Contact } from './contact.entity.ts'
import { moduleMetadataOf } from './decorators.ts'
import { Delivery } from './delivery.entity.ts'
import { DutyShift } from './duty-shift.entity.ts'
import { ExchangeRate } from './exchange-rate.entity.ts'
import { Lead } from './lead.entity.ts'
import type { ModuleMetadata } from './metadata.ts'
import { Opportunity } from './opportunity.entity.ts'
import { OpportunityLineItem } from './opportunity-line-item.entity.ts'
import { OpportunityStageChange } from './opportunity-stage-change.entity.ts'
import { Order } from './order.entity.ts'
import { OrderLine } from './order-line.entity.ts'
import { Pipeline } from './pipeline.entity.ts'
import { platformEntities } from './platform/index.ts'
import { Product } from './product.entity.ts'
import { ProductCategory } from './product-category.entity.ts'
import { Reminder } from './reminder.entity.ts'
import { ReminderRule } from './reminder-rule.entity.ts'
import { Stage } from './stage.entity.ts'
import { Tag } from './tag.entity.ts'
import { Task } from './task.entity.ts'
import { Team } from './team.entity.ts'
import { Ticket } from './ticket.entity.ts'
import { TicketComment } from './ticket-comment.entity.ts'
import { TicketLink } from './ticket-link.entity.ts'
import { TicketStatusChange } from './ticket-status-change.entity.ts'
import { TicketWatcher } from './ticket-watcher.entity.ts'
import { Timer } from './timer.entity.ts'
import { User } from './user.entity.ts'

export {
  Account,
  AccountContact,
  Activity,
  ComplaintCategory,
  Contact,
  Delivery,
  DutyShift,
  ExchangeRate,
  Lead,
  Opportunity,
  OpportunityLineItem,
  OpportunityStageChange,
  Order,
  OrderLine,
  Pipeline,
  Product,
  ProductCategory,
  Reminder,
  ReminderRule,
  Stage,
  Tag,
  Task,
  Team,
  Ticket,
  TicketComment,
  TicketLink,
  TicketStatusChange,
  TicketWatcher,
  Timer,
  User,
}

/** Classes of the core modules, by module number. */
export const moduleEntities = Object.freeze([
  User,
  Team,
  Account,
  Contact,
  AccountContact,
  Lead,
  Pipeline,
  Stage,
  Opportunity,
  OpportunityLineItem,
  OpportunityStageChange,
  ProductCategory,
  Product,
  Order,
  OrderLine,
  Activity,
  Task,
  Ticket,
  TicketComment,
  Reminder,
  Tag,
  ExchangeRate,
  ComplaintCategory,
  DutyShift,
  TicketWatcher,
  TicketLink,
  TicketStatusChange,
  Delivery,
  Timer,
  ReminderRule,
])

/** All classes that TypeORM maps: modules and platform tables. */
export const entityClasses = Object.freeze([...moduleEntities, ...platformEntities])

/** Metadata of the core modules, by module number. */
export function coreModules(): readonly ModuleMetadata[] {
  return moduleEntities.map(moduleMetadataOf)
}
