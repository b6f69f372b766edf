import { BooleanField, IntegerField, Module, SelectField, TextField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'

/**
 * Makes a reminder for every record of a module, from one of its dates: at the date, so long before or after it, or on its day of every year. Modules and fields are
 * kept by their permanent keys, so that other names harm nothing.
 */
@Module({
  number: 29,
  name: 'reminderRule',
  pluralName: 'reminderRules',
  table: 'reminder_rules',
  label: text('Reminder rule', '提醒规则'),
  pluralLabel: text('Reminder rules', '提醒规则'),
  nameField: 'name',
})
export class ReminderRule extends RecordEntity {
  @TextField('Name', '名称', { required: true, searchable: true })
  name!: string

  /** Written by its name, kept by its key: the name of a core module, the number of another one. */
  @TextField('Module', '模块', { required: true, maxLength: 64 })
  module!: string

  /** A DATE or DATETIME of the module; written by its name, kept by its id. */
  @TextField('Field', '字段', { required: true, maxLength: 100 })
  field!: string

  /** Days of the calendar from the date to the reminder; before it where negative. */
  @IntegerField('Offset in days', '偏移天数', { required: true, default: 0, min: '-3660', max: '3660' })
  offsetDays!: number

  /** Minutes from there; before it where negative. */
  @IntegerField('Offset in minutes', '偏移分钟数', { required: true, default: 0, min: '-525600', max: '525600' })
  offsetMinutes!: number

  /** Time of day, `HH:MM` on the recipient's clock; that of the date itself unless given, 09:00 for dates without one. */
  @TextField('At', '时刻', { pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$', maxLength: 5 })
  at!: string | null

  /** Again in every year, as for birthdays. */
  @BooleanField('Yearly', '每年', { required: true, default: false })
  yearly!: boolean

  /** Which day stands for 29 February in other years. */
  @SelectField('Leap day', '闰日', {
    options: options(['feb_28', '28 February', '2月28日'], ['mar_1', '1 March', '3月1日']),
    required: true,
    default: 'feb_28',
  })
  leapDay!: string

  /** Whom it tells: `owner`, or a USER field of the module, written by its name and kept by its id. */
  @TextField('Recipient', '接收人', { required: true, default: 'owner', maxLength: 100 })
  recipient!: string

  /** What the reminders say. Values of the record do not belong here: the reminder leads to the record itself. */
  @TextField('Subject', '主题', { required: true })
  subject!: string

  @BooleanField('Active', '启用', { required: true, default: true })
  active!: boolean
}
