import { BooleanField, LongTextField, Module, ReferenceField, SelectField, TextField } from './decorators.ts'
import { PRIORITIES } from './options.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'

const ASSIGNMENTS = options(
  ['none', 'None of its own', '不自行分派', 'grey'],
  ['round_robin', 'Round robin', '轮流分派', 'blue'],
  ['least_loaded', 'Least loaded', '最少工单优先', 'teal'],
)

/** What tickets are about, as a tree. What a category does not say itself, the nearest one above it does that says it. */
@Module({
  number: 23,
  name: 'complaintCategory',
  pluralName: 'complaintCategories',
  table: 'complaint_categories',
  label: text('Complaint category', '投诉类别'),
  pluralLabel: text('Complaint categories', '投诉类别'),
  nameField: 'name',
})
export class ComplaintCategory extends RecordEntity {
  @TextField('Name', '名称', { required: true, searchable: true, indexed: true })
  name!: string

  @ReferenceField('Parent category', '上级类别', {
    to: 'complaintCategory',
    inverse: ['children', 'Sub-categories', '下级类别'],
    acyclic: true,
    onDelete: 'restrict',
  })
  parent!: string | null

  /** Team that its tickets go to. */
  @ReferenceField('Default team', '默认团队', { to: 'team', inverse: ['complaintCategories', 'Complaint categories', '投诉类别'] })
  defaultTeam!: string | null

  @SelectField('Default priority', '默认优先级', { options: PRIORITIES })
  defaultPriority!: string | null

  /** How its tickets find an assignee; `none`: as above it. */
  @SelectField('Assignment', '分派方式', { options: ASSIGNMENTS, required: true, default: 'none' })
  assignment!: string

  /** Tickets that have an inactive category keep it; no ticket gets it any more. */
  @BooleanField('Active', '启用', { required: true, default: true })
  active!: boolean

  @LongTextField('Description', '描述')
  description!: string | null
}
