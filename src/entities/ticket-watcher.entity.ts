import { Module, ReferenceField, UserField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { text } from './text.ts'

/** Somebody who follows a ticket. Whoever is made a watcher by somebody else gets the ticket shared to read. */
@Module({
  number: 25,
  name: 'ticketWatcher',
  pluralName: 'ticketWatchers',
  table: 'ticket_watchers',
  label: text('Ticket watcher', '工单关注人'),
  pluralLabel: text('Ticket watchers', '工单关注人'),
  nameField: 'id',
  accessParent: 'ticket',
})
export class TicketWatcher extends RecordEntity {
  @ReferenceField('Ticket', '工单', { to: 'ticket', inverse: ['watchers', 'Watchers', '关注人'], onDelete: 'cascade', required: true, createOnly: true })
  ticket!: string

  @UserField('User', '关注人', { onDelete: 'cascade', required: true, createOnly: true })
  user!: string
}
