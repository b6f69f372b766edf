import { DateTimeField, IntegerField, LongTextField, Module, ReferenceField, SelectField, TextField, UserField } from './decorators.ts'
import { PRIORITIES } from './options.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'

const STATUSES = options(
  ['open', 'Open', '待办', 'blue'],
  ['in_progress', 'In progress', '进行中', 'teal'],
  ['waiting', 'Waiting', '等待', 'amber'],
  ['done', 'Done', '已完成', 'green'],
  ['cancelled', 'Cancelled', '已取消', 'grey'],
)

/** Something to do. The owner answers for it; the assignee, where there is one, does it. */
@Module({ number: 17, name: 'task', pluralName: 'tasks', table: 'tasks', label: text('Task', '任务'), pluralLabel: text('Tasks', '任务'), nameField: 'title' })
export class Task extends RecordEntity {
  @TextField('Title', '标题', { required: true, searchable: true })
  title!: string

  @LongTextField('Description', '描述')
  description!: string | null

  @DateTimeField('Due at', '截止时间', { indexed: true })
  dueAt!: Date | null

  @DateTimeField('Start at', '开始时间')
  startAt!: Date | null

  @SelectField('Priority', '优先级', { options: PRIORITIES, required: true, default: 'normal' })
  priority!: string

  @SelectField('Status', '状态', { options: STATUSES, required: true, default: 'open', indexed: true })
  status!: string

  /** Percent done, 0 to 100. */
  @IntegerField('Progress', '进度', { min: '0', max: '100' })
  progress!: number | null

  @UserField('Assignee', '执行人')
  assignee!: string | null

  /** When `status` became `done`. */
  @DateTimeField('Completed at', '完成时间', { readOnly: true, maintained: true })
  completedAt!: Date | null

  @ReferenceField('Account', '客户', { to: 'account', inverse: ['tasks', 'Tasks', '任务'] })
  account!: string | null

  @ReferenceField('Contact', '联系人', { to: 'contact', inverse: ['tasks', 'Tasks', '任务'] })
  contact!: string | null

  @ReferenceField('Opportunity', '商机', { to: 'opportunity', inverse: ['tasks', 'Tasks', '任务'] })
  opportunity!: string | null

  @ReferenceField('Ticket', '工单', { to: 'ticket', inverse: ['tasks', 'Tasks', '任务'] })
  ticket!: string | null

  /** A record of any module, where none of the references above fits. */
  @ReferenceField('Related record', '相关记录', { to: '*' })
  related!: string | null
}
