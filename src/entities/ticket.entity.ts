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
import { PRIORITIES } from './options.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'

const TYPES = options(
  ['question', 'Question', '咨询', 'blue'],
  ['problem', 'Problem', '问题', 'amber'],
  ['complaint', 'Complaint', '投诉', 'red'],
  ['request', 'Request', '请求', 'teal'],
  ['refund', 'Refund', '退款', 'violet'],
)

const STATUSES = options(
  ['new', 'New', '新建', 'blue'],
  ['open', 'Open', '处理中', 'teal'],
  ['pending', 'Pending', '等待客户', 'amber'],
  ['resolved', 'Resolved', '已解决', 'green'],
  ['closed', 'Closed', '已关闭', 'grey'],
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

  @SelectField('Status', '状态', { options: STATUSES, transitions: TRANSITIONS, required: true, default: 'new', indexed: true })
  status!: string

  @SelectField('Priority', '优先级', { options: PRIORITIES, required: true, default: 'normal', indexed: true })
  priority!: string

  @SelectField('Severity', '严重程度', { options: SEVERITIES })
  severity!: string | null

  @SelectField('Type', '类型', { options: TYPES })
  type!: string | null

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

  /** Given by the customer, 1 to 5. */
  @RatingField('Satisfaction', '满意度')
  satisfaction!: number | null
}
