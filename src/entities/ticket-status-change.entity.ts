import { DateTimeField, DurationField, LongTextField, Module, ReferenceField, SelectField } from './decorators.ts'
import { TICKET_STATUSES } from './options.ts'
import { RecordEntity } from './record.entity.ts'
import { text } from './text.ts'

/** A step of a ticket from one status to another, written by the system alone. */
@Module({
  number: 27,
  name: 'ticketStatusChange',
  pluralName: 'ticketStatusChanges',
  table: 'ticket_status_changes',
  label: text('Status change', '状态变更'),
  pluralLabel: text('Status changes', '状态变更'),
  nameField: 'id',
  systemMade: true,
  accessParent: 'ticket',
})
export class TicketStatusChange extends RecordEntity {
  @ReferenceField('Ticket', '工单', {
    to: 'ticket',
    inverse: ['statusChanges', 'Status changes', '状态变更'],
    onDelete: 'cascade',
    required: true,
    readOnly: true,
  })
  ticket!: string

  /** Empty for the status that the ticket was created in. */
  @SelectField('From status', '原状态', { options: TICKET_STATUSES, readOnly: true })
  fromStatus!: string | null

  @SelectField('To status', '新状态', { options: TICKET_STATUSES, required: true, readOnly: true })
  toStatus!: string

  @DateTimeField('Changed at', '变更时间', { required: true, readOnly: true })
  changedAt!: Date

  /** Seconds spent in `fromStatus`. */
  @DurationField('Duration', '停留时长', { readOnly: true })
  durationSeconds!: string | null

  /** What was given as the ticket's `statusReason` with the step. */
  @LongTextField('Reason', '原因', { readOnly: true })
  reason!: string | null
}
