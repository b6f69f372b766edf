import { DateTimeField, EmailField, IntegerField, Module, ReferenceField, SelectField, TextField, UserField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'

const CHANNELS = options(['email', 'E-mail', '邮件'])

const STATES = options(
  ['queued', 'Queued', '排队中', 'blue'],
  ['sending', 'Sending', '发送中', 'teal'],
  ['sent', 'Sent', '已发送', 'green'],
  ['failed', 'Refused', '被拒绝', 'red'],
  ['dead', 'Given up', '已放弃', 'red'],
  ['skipped', 'Not sent', '未发送', 'grey'],
)

const step = (from: string, ...targets: readonly string[]) => targets.map((to) => ({ from, to }))

/** What can become of a delivery. Whoever administers them may put one that has ended without success into the queue again; all else is the system's. */
const TRANSITIONS = Object.freeze([
  ...step('queued', 'sending', 'dead', 'skipped'),
  ...step('sending', 'sent', 'queued', 'failed', 'dead', 'skipped'),
  ...step('failed', 'queued'),
  ...step('dead', 'queued'),
  ...step('skipped', 'queued'),
])

/** A message to one user by one channel: what it was about, and what became of it. Written by the system; its owner is the recipient. */
@Module({
  number: 30,
  name: 'delivery',
  pluralName: 'deliveries',
  table: 'deliveries',
  label: text('Delivery', '投递记录'),
  pluralLabel: text('Deliveries', '投递记录'),
  nameField: 'subject',
  systemMade: true,
})
export class Delivery extends RecordEntity {
  @SelectField('Channel', '渠道', { options: CHANNELS, required: true, readOnly: true })
  channel!: string

  @UserField('Recipient', '接收人', { readOnly: true })
  recipient!: string | null

  /** Where it was sent, or is to be sent: the recipient's address at the last attempt. */
  @EmailField('Address', '地址', { sensitivity: 'personal', readOnly: true })
  address!: string | null

  /** As it was sent; empty until it is tried. */
  @TextField('Subject', '主题', { readOnly: true })
  subject!: string | null

  /** What it tells of: a reminder. */
  @ReferenceField('Record', '记录', { to: '*', readOnly: true })
  record!: string | null

  /** The same in every attempt, so that whoever gets the message twice can tell. */
  @TextField('Message id', '消息标识', { unique: true, readOnly: true })
  messageId!: string | null

  @SelectField('State', '状态', { options: STATES, transitions: TRANSITIONS, required: true, indexed: true, default: 'queued' })
  state!: string

  /** Since it was last put into the queue by hand. */
  @IntegerField('Attempts', '尝试次数', { required: true, readOnly: true, default: 0 })
  attempts!: number

  /** Why the last attempt failed, or why none is made. */
  @TextField('Last error', '最近错误', { readOnly: true })
  lastError!: string | null

  /** What the mail server called it when it took it. */
  @TextField('Provider id', '服务方标识', { readOnly: true })
  providerId!: string | null

  @DateTimeField('Next attempt at', '下次尝试时间', { readOnly: true })
  nextAttemptAt!: Date | null

  @DateTimeField('Sent at', '发送时间', { readOnly: true })
  sentAt!: Date | null
}
