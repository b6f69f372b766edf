import { Module, ReferenceField, SelectField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'

const KINDS = options(
  ['relates_to', 'Relates to', '相关', 'grey'],
  ['duplicates', 'Duplicates', '重复于', 'amber'],
  ['blocks', 'Blocks', '阻塞', 'red'],
  ['caused_by', 'Caused by', '起因于', 'violet'],
)

/** What a ticket has to do with another one: `ticket` relates to, duplicates, blocks or was caused by `other`. */
@Module({
  number: 26,
  name: 'ticketLink',
  pluralName: 'ticketLinks',
  table: 'ticket_links',
  label: text('Ticket link', '工单关联'),
  pluralLabel: text('Ticket links', '工单关联'),
  nameField: 'kind',
  accessParent: 'ticket',
})
export class TicketLink extends RecordEntity {
  @ReferenceField('Ticket', '工单', { to: 'ticket', inverse: ['links', 'Links', '关联'], onDelete: 'cascade', required: true, createOnly: true })
  ticket!: string

  @ReferenceField('Other ticket', '另一工单', {
    to: 'ticket',
    inverse: ['linkedFrom', 'Linked from', '被关联'],
    onDelete: 'cascade',
    required: true,
    createOnly: true,
  })
  other!: string

  @SelectField('Kind', '类型', { options: KINDS, required: true, createOnly: true })
  kind!: string
}
