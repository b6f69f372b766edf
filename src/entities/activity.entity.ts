import { DateTimeField, DecimalField, GeoField, LongTextField, Module, ReferenceField, SelectField, TextField } from './decorators.ts'
import { VISIBILITIES } from './options.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'

const TYPES = options(
  ['call', 'Call', '电话', 'blue'],
  ['visit', 'Visit', '拜访', 'teal'],
  ['email', 'Email', '邮件', 'amber'],
  ['meeting', 'Meeting', '会议', 'violet'],
  ['chat', 'Chat', '聊天', 'green'],
  ['note', 'Note', '备注', 'grey'],
)

const OUTCOMES = options(
  ['successful', 'Successful', '成功', 'green'],
  ['follow_up', 'Follow-up needed', '需跟进', 'amber'],
  ['no_answer', 'No answer', '无人接听', 'grey'],
  ['declined', 'Declined', '被拒绝', 'red'],
)

/** Something that happened with a customer: a call, visit, e-mail, meeting, chat or note. */
@Module({
  number: 16,
  name: 'activity',
  pluralName: 'activities',
  table: 'activities',
  label: text('Activity', '活动'),
  pluralLabel: text('Activities', '活动'),
  nameField: 'subject',
})
export class Activity extends RecordEntity {
  @SelectField('Type', '类型', { options: TYPES, required: true, createOnly: true })
  type!: string

  @TextField('Subject', '主题', { required: true, searchable: true })
  subject!: string

  @LongTextField('Body', '正文', { sensitivity: 'sensitive' })
  body!: string | null

  @DateTimeField('Started at', '开始时间', { indexed: true })
  startedAt!: Date | null

  @DateTimeField('Ended at', '结束时间')
  endedAt!: Date | null

  @SelectField('Direction', '方向', { options: options(['inbound', 'Inbound', '呼入'], ['outbound', 'Outbound', '呼出']) })
  direction!: string | null

  @SelectField('Outcome', '结果', { options: OUTCOMES })
  outcome!: string | null

  @SelectField('Visibility', '可见性', { options: VISIBILITIES, required: true, default: 'public' })
  visibility!: string

  @GeoField('Location', '位置', { sensitivity: 'personal' })
  location!: { latitude: number; longitude: number } | null

  /** −1 (bad) to 1 (good). */
  @DecimalField('Sentiment', '情绪', { min: '-1', max: '1', scale: 2 })
  sentiment!: string | null

  @ReferenceField('Account', '客户', { to: 'account', inverse: ['activities', 'Activities', '活动'] })
  account!: string | null

  @ReferenceField('Contact', '联系人', { to: 'contact', inverse: ['activities', 'Activities', '活动'] })
  contact!: string | null

  @ReferenceField('Lead', '线索', { to: 'lead', inverse: ['activities', 'Activities', '活动'] })
  lead!: string | null

  @ReferenceField('Opportunity', '商机', { to: 'opportunity', inverse: ['activities', 'Activities', '活动'] })
  opportunity!: string | null

  @ReferenceField('Ticket', '工单', { to: 'ticket', inverse: ['activities', 'Activities', '活动'] })
  ticket!: string | null
}
