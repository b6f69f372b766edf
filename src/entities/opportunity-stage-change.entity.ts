import { DateTimeField, DurationField, Module, MoneyField, ReferenceField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { text } from './text.ts'
import type { MoneyColumns } from './value-columns.ts'

/** A step of an opportunity from one stage to another, written by the system alone. */
@Module({
  number: 11,
  name: 'opportunityStageChange',
  pluralName: 'opportunityStageChanges',
  table: 'opportunity_stage_changes',
  label: text('Stage change', '阶段变更'),
  pluralLabel: text('Stage changes', '阶段变更'),
  nameField: 'id',
  systemMade: true,
  accessParent: 'opportunity',
})
export class OpportunityStageChange extends RecordEntity {
  @ReferenceField('Opportunity', '商机', {
    to: 'opportunity',
    inverse: ['stageChanges', 'Stage changes', '阶段变更'],
    onDelete: 'cascade',
    required: true,
    readOnly: true,
  })
  opportunity!: string

  /** Empty for the stage that the opportunity was created in. */
  @ReferenceField('From stage', '原阶段', { to: 'stage', inverse: ['departures', 'Departures', '离开记录'], onDelete: 'restrict', readOnly: true })
  fromStage!: string | null

  @ReferenceField('To stage', '新阶段', { to: 'stage', inverse: ['arrivals', 'Arrivals', '进入记录'], onDelete: 'restrict', required: true, readOnly: true })
  toStage!: string

  @DateTimeField('Changed at', '变更时间', { required: true, readOnly: true })
  changedAt!: Date

  /** Seconds spent in `fromStage`. */
  @DurationField('Duration', '停留时长', { readOnly: true })
  durationSeconds!: string | null

  /** The opportunity's amount at that time. */
  @MoneyField('Amount', '金额', { sensitivity: 'sensitive', readOnly: true, maintained: true })
  amount!: MoneyColumns
}
