import { LongTextField, Module, ReferenceField, SelectField } from './decorators.ts'
import { VISIBILITIES } from './options.ts'
import { RecordEntity } from './record.entity.ts'
import { text } from './text.ts'

/** An answer to the customer (`public`) or a note among colleagues (`internal`). Its author is `createdBy`. */
@Module({
  number: 19,
  name: 'ticketComment',
  pluralName: 'ticketComments',
  table: 'ticket_comments',
  label: text('Ticket comment', '工单评论'),
  pluralLabel: text('Ticket comments', '工单评论'),
  nameField: 'body',
  accessParent: 'ticket',
})
export class TicketComment extends RecordEntity {
  @ReferenceField('Ticket', '工单', { to: 'ticket', inverse: ['comments', 'Comments', '评论'], onDelete: 'cascade', required: true, createOnly: true })
  ticket!: string

  @LongTextField('Body', '内容', { required: true, sensitivity: 'sensitive' })
  body!: string

  @SelectField('Visibility', '可见性', { options: VISIBILITIES, required: true, default: 'internal' })
  visibility!: string
}
