import { DateTimeField, JsonField, Module, ReferenceField, SelectField, TextField } from './decorators.ts'
import { TIMER_STATES } from './options.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'

const KINDS = options(['reminder', 'Reminder', '提醒'], ['sla', 'Service level', '服务时限'], ['delay', 'Delay', '延时'], ['plugin', 'Plugin', '插件'])

/**
 * Something that is due at a time: what it was computed from, and what has become of it. Kept by the system for what it drives; its owner is whoever is told.
 */
@Module({
  number: 28,
  name: 'timer',
  pluralName: 'timers',
  table: 'timers',
  label: text('Timer', '定时器'),
  pluralLabel: text('Timers', '定时器'),
  nameField: 'dedupeKey',
  systemMade: true,
})
export class Timer extends RecordEntity {
  /** Names what it is for; no two timers are for the same. */
  @TextField('Dedupe key', '去重键', { required: true, readOnly: true, unique: true, maxLength: 200 })
  dedupeKey!: string

  @SelectField('Kind', '类别', { options: KINDS, required: true, readOnly: true })
  kind!: string

  @DateTimeField('Due at', '到期时间', { required: true, readOnly: true, indexed: true })
  dueAt!: Date

  /** What `dueAt` was computed from: `TimerBasis` of `domain/timers.ts`. */
  @JsonField('Basis', '计算依据', { required: true, readOnly: true })
  basis!: unknown

  @SelectField('State', '状态', { options: TIMER_STATES, required: true, readOnly: true })
  state!: string

  /** Why it is in its state, where that is not plain. */
  @TextField('Reason', '原因', { readOnly: true })
  reason!: string | null

  /** What it is about: a record of any module. */
  @ReferenceField('Record', '记录', { to: '*', readOnly: true })
  record!: string | null

  @DateTimeField('Fired at', '触发时间', { readOnly: true })
  firedAt!: Date | null

  /** The reminder that it drives. */
  @ReferenceField('Reminder', '提醒', { to: 'reminder', inverse: ['timers', 'Timers', '定时器'], onDelete: 'cascade', readOnly: true })
  reminder!: string | null
}
