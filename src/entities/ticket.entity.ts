import {
  AutoNumberField,
  DateTimeField,
  IntegerField,
  LongTextField,
  Module,
  RatingField,
  ReferenceField,
  SelectField,
  TextField,
  UserField,
} from './decorators.ts'
import type { Transition } from './metadata.ts'
import { PRIORITIES, TICKET_STATUSES } from './options.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'

const TYPES = options(
  ['question', 'Question', '咨询', 'blue'],
  ['problem', 'Problem', '问题', 'amber'],
  ['complaint', 'Complaint', '投诉', 'red'],
  ['request', 'Request', '请求', 'teal'],
  ['refund', 'Refund', '退款', 'violet'],
)

/** A closed ticket can be reopened, never resolved again directly. */
const TRANSITIONS: readonly Transition[] = Object.entries({
  new: ['open', 'pending', 'resolved', 'closed'],
  open: ['pending', 'resolved', 'closed'],
  pending: ['open', 'resolved', 'closed'],
  resolved: ['open', 'closed'],
  closed: ['open'],
}).flatMap(([from, targets]) => targets.map((to) => ({ from, to })))

const SEVERITIES = options(['minor', 'Minor', '轻微', 'grey'], ['major', 'Major', '严重', 'amber'], ['critical', 'Critical', '致命', 'red'])

const CHANNELS = options(
  ['email', 'Email', '邮件'],
  ['phone', 'Phone', '电话'],
  ['web', 'Web', '网站'],
  ['chat', 'Chat', '在线聊天'],
  ['wechat', 'WeChat', '微信'],
  ['in_person', 'In person', '当面'],
)

/** A customer's question, problem, complaint or request, followed until it is closed. */
@Module({
  number: 18,
  name: 'ticket',
  pluralName: 'tickets',
  table: 'tickets',
  label: text('Ticket', '工单'),
  pluralLabel: text('Tickets', '工单'),
  nameField: 'subject',
})
export class Ticket extends RecordEntity {
  @AutoNumberField('Number', '工单号', { numbering: { prefix: 'T-', padding: 6 }, readOnly: true, searchable: true })
  number!: string

  @TextField('Subject', '主题', { required: true, searchable: true })
  subject!: string

  @LongTextField('Description', '描述', { sensitivity: 'sensitive' })
  description!: string | null

  @SelectField('Status', '状态', { options: TICKET_STATUSES, transitions: TRANSITIONS, required: true, default: 'new', indexed: true })
  status!: string

  /** Why the status is what it is; given with a change of the status, it is the reason of that step, and a change without one clears it. */
  @LongTextField('Status reason', '状态原因')
  statusReason!: string | null

  @SelectField('Priority', '优先级', { options: PRIORITIES, required: true, default: 'normal', indexed: true })
  priority!: string

  @SelectField('Severity', '严重程度', { options: SEVERITIES })
  severity!: string | null

  @SelectField('Type', '类型', { options: TYPES })
  type!: string | null

  /** Brings team, priority and assignee, where they are not given. */
  @ReferenceField('Category', '投诉类别', { to: 'complaintCategory', inverse: ['tickets', 'Tickets', '工单'], onDelete: 'restrict' })
  category!: string | null

  @SelectField('Channel', '渠道', { options: CHANNELS })
  channel!: string | null

  /** Who reported it. */
  @ReferenceField('Contact', '联系人', { to: 'contact', inverse: ['tickets', 'Tickets', '工单'] })
  contact!: string | null

  @ReferenceField('Account', '客户', { to: 'account', inverse: ['tickets', 'Tickets', '工单'] })
  account!: string | null

  @ReferenceField('Product', '产品', { to: 'product', inverse: ['tickets', 'Tickets', '工单'] })
  product!: string | null

  @ReferenceField('Order', '订单', { to: 'order', inverse: ['tickets', 'Tickets', '工单'] })
  order!: string | null

  @UserField('Assignee', '处理人')
  assignee!: string | null

  /** How the assignee was found, or why there is none; empty where nobody looked for one. */
  @TextField('Assignment reason', '分派原因', { readOnly: true, maintained: true })
  assignmentReason!: string | null

  /** When the assignee got it. */
  @DateTimeField('Assigned at', '分派时间', { readOnly: true, maintained: true })
  assignedAt!: Date | null

  /** When the first public comment was made. */
  @DateTimeField('First response at', '首次响应时间', { readOnly: true, maintained: true })
  firstResponseAt!: Date | null

  /** When `status` last became `resolved`; empty again after reopening. */
  @DateTimeField('Resolved at', '解决时间', { readOnly: true, maintained: true })
  resolvedAt!: Date | null

  /** When `status` last became `closed`; empty again after reopening. */
  @DateTimeField('Closed at', '关闭时间', { readOnly: true, maintained: true })
  closedAt!: Date | null

  /** How often it went from resolved or closed back to open. */
  @IntegerField('Reopened', '重开次数', { readOnly: true, maintained: true, default: 0 })
  reopenedCount!: number | null

  @LongTextField('Resolution', '解决方案')
  resolution!: string | null

  @LongTextField('Root cause', '根本原因')
  rootCause!: string | null

  /** Given by the customer, 1 to 5, once the ticket is resolved or closed. */
  @RatingField('Satisfaction', '满意度')
  satisfaction!: number | null

  @LongTextField('Satisfaction comment', '满意度评价', { sensitivity: 'sensitive' })
  satisfactionComment!: string | null

  /** When `satisfaction` was given last. */
  @DateTimeField('Satisfied at', '评价时间', { readOnly: true, maintained: true })
  satisfiedAt!: Date | null

  /** The ticket that this one was merged into. */
  @ReferenceField('Merged into', '已合并到', { to: 'ticket', inverse: ['mergedTickets', 'Merged tickets', '被合并的工单'], readOnly: true, maintained: true })
  mergedInto!: string | null
}
