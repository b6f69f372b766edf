import { DateTimeField, LongTextField, Module, MultiSelectField, ReferenceField, SelectField, TextField, UserField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'

const STATES = options(
  ['scheduled', 'Scheduled', '已安排', 'blue'],
  ['fired', 'Fired', '已触发', 'amber'],
  ['acknowledged', 'Acknowledged', '已确认', 'green'],
  ['cancelled', 'Cancelled', '已取消', 'grey'],
  ['missed', 'Missed', '已错过', 'red'],
)

/** `push`: the subscription `reminderDue`; `email`: a message to the address of whom it tells. */
const CHANNELS = options(['push', 'Push', '推送'], ['email', 'E-mail', '邮件'])

/** Tells a user at a set time about a record. */
@Module({
  number: 20,
  name: 'reminder',
  pluralName: 'reminders',
  table: 'reminders',
  label: text('Reminder', '提醒'),
  pluralLabel: text('Reminders', '提醒'),
  nameField: 'subject',
})
export class Reminder extends RecordEntity {
  @TextField('Subject', '主题', { required: true, searchable: true })
  subject!: string

  @DateTimeField('Due at', '提醒时间', { required: true, indexed: true })
  dueAt!: Date

  @SelectField('State', '状态', { options: STATES, required: true, default: 'scheduled' })
  state!: string

  /** What it is about: a record of any module. */
  @ReferenceField('Record', '记录', { to: '*' })
  record!: string | null

  /** Whom it tells; the owner where it is empty. */
  @UserField('Recipient', '接收人')
  recipient!: string | null

  @LongTextField('Note', '备注')
  note!: string | null

  /** How it tells, once its time has come. */
  @MultiSelectField('Channels', '渠道', { options: CHANNELS, required: true, default: ['push'] })
  channels!: string[]
}
