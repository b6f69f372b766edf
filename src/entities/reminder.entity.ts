import {
  DateTimeField,
  IntegerField,
  JsonField,
  LongTextField,
  Module,
  MultiSelectField,
  ReferenceField,
  SelectField,
  TextField,
  UserField,
} from './decorators.ts'
import type { Transition } from './metadata.ts'
import { TIMER_STATES, TOLD_STATES } from './options.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'

/** The system alone fires, and finds that a time was missed; everything else is for whoever may write the reminder. */
const TRANSITIONS: readonly Transition[] = Object.freeze([
  { from: 'scheduled', to: 'fired' },
  { from: 'scheduled', to: 'missed' },
  { from: 'scheduled', to: 'cancelled' },
  { from: 'cancelled', to: 'scheduled' },
  { from: 'fired', to: 'acknowledged' },
  { from: 'fired', to: 'scheduled' },
  { from: 'missed', to: 'acknowledged' },
  { from: 'missed', to: 'scheduled' },
])

/** `push`: the subscription `reminderDue`; `email`: a message to the address of whom it tells. */
const CHANNELS = options(['push', 'Push', '推送'], ['email', 'E-mail', '邮件'])

/** Tells a user at a set time about a record. Its timer says when; `domain/reminders.ts` keeps both alike. */
@Module({
  number: 20,
  name: 'reminder',
  pluralName: 'reminders',
  table: 'reminders',
  label: text('Reminder', '提醒'),
  pluralLabel: text('Reminders', '提醒'),
  nameField: 'subject',
  systemMade: true,
  computedFrom: { basis: 'basis', dueAt: 'due_at', state: 'state', toldStates: TOLD_STATES, types: ['DATE', 'DATETIME'], tells: ['recipient_id', 'owner_id'] },
})
export class Reminder extends RecordEntity {
  @TextField('Subject', '主题', { required: true, searchable: true })
  subject!: string

  @DateTimeField('Due at', '提醒时间', { required: true, indexed: true })
  dueAt!: Date

  @SelectField('State', '状态', { options: TIMER_STATES, transitions: TRANSITIONS, required: true, default: 'scheduled' })
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

  /** How it comes again: a recurrence rule of RFC 5545, without `RRULE:`. The first time is `dueAt`; each further one is a reminder of its own. */
  @TextField('Recurrence', '重复规则', { maxLength: 500 })
  recurrence!: string | null

  /** IANA name of the zone whose clock the recurrence goes by; the recipient's own unless given. */
  @TextField('Time zone', '时区', { maxLength: 64 })
  timeZone!: string | null

  /** The first reminder of the recurrence that brought this one. */
  @ReferenceField('Series', '系列', { to: 'reminder', inverse: ['occurrences', 'Occurrences', '重复提醒'], readOnly: true })
  series!: string | null

  /** What `dueAt` was computed from, where nobody set it: `TimerBasis` of `domain/timers.ts`. */
  @JsonField('Basis', '计算依据', { readOnly: true })
  basis!: unknown

  /** How often it was put off after it had fired. */
  @IntegerField('Snooze count', '推迟次数', { readOnly: true })
  snoozeCount!: number | null

  @DateTimeField('Acknowledged at', '确认时间', { readOnly: true })
  acknowledgedAt!: Date | null

  @UserField('Acknowledged by', '确认人', { readOnly: true })
  acknowledgedBy!: string | null
}
