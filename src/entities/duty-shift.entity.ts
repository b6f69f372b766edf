import { DateTimeField, LongTextField, Module, UserField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { text } from './text.ts'

/** When somebody is on duty for a team, which is the record's own `team`; left out on create, it is the home team of the user. */
@Module({
  number: 24,
  name: 'dutyShift',
  pluralName: 'dutyShifts',
  table: 'duty_shifts',
  label: text('Duty shift', '值班'),
  pluralLabel: text('Duty shifts', '值班'),
  nameField: 'id',
})
export class DutyShift extends RecordEntity {
  @UserField('User', '值班人', { required: true, onDelete: 'cascade' })
  user!: string

  @DateTimeField('Starts at', '开始时间', { required: true, indexed: true })
  startsAt!: Date

  /** The first moment that does not belong to it. */
  @DateTimeField('Ends at', '结束时间', { required: true })
  endsAt!: Date

  @LongTextField('Note', '备注')
  note!: string | null
}
