import {
  AddressField,
  DateTimeField,
  EmailField,
  IntegerField,
  LongTextField,
  Module,
  MoneyField,
  PhoneField,
  ReferenceField,
  SelectField,
  TextField,
  UrlField,
} from './decorators.ts'
import { INDUSTRIES } from './options.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'
import type { MoneyColumns, PhoneColumns } from './value-columns.ts'

const STATUSES = options(
  ['new', 'New', '新建', 'blue'],
  ['contacted', 'Contacted', '已联系', 'teal'],
  ['qualified', 'Qualified', '合格', 'green'],
  ['unqualified', 'Unqualified', '不合格', 'grey'],
  ['converted', 'Converted', '已转化', 'violet'],
  ['lost', 'Lost', '已丢失', 'red'],
)

const RATINGS = options(['hot', 'Hot', '热', 'red'], ['warm', 'Warm', '温', 'amber'], ['cold', 'Cold', '冷', 'blue'])

/** Someone who may become a customer and is not yet an account. */
@Module({ number: 6, name: 'lead', pluralName: 'leads', table: 'leads', label: text('Lead', '线索'), pluralLabel: text('Leads', '线索'), nameField: 'name' })
export class Lead extends RecordEntity {
  @TextField('Name', '姓名', { required: true, searchable: true, indexed: true })
  name!: string

  @TextField('Company', '公司', { searchable: true })
  company!: string | null

  @TextField('Job title', '职务')
  jobTitle!: string | null

  @EmailField('Email', '邮箱', { searchable: true, indexed: true, sensitivity: 'personal' })
  email!: string | null

  @PhoneField('Phone', '电话', { sensitivity: 'personal' })
  phone!: PhoneColumns

  @PhoneField('Mobile', '手机', { sensitivity: 'personal' })
  mobile!: PhoneColumns

  @TextField('WeChat', '微信', { sensitivity: 'personal', maxLength: 128 })
  wechat!: string | null

  @UrlField('Website', '网站')
  website!: string | null

  @AddressField('Address', '地址', { sensitivity: 'personal' })
  address!: Record<string, string> | null

  @SelectField('Industry', '行业', { options: INDUSTRIES })
  industry!: string | null

  /** ISO 3166-1 or 3166-2 code. */
  @TextField('Region', '地区', { maxLength: 6 })
  region!: string | null

  @SelectField('Status', '状态', { options: STATUSES, required: true, default: 'new', indexed: true })
  status!: string

  @SelectField('Rating', '热度', { options: RATINGS })
  rating!: string | null

  /** 0 to 100. */
  @IntegerField('Score', '评分', { min: '0', max: '100' })
  score!: number | null

  @LongTextField('Need', '需求')
  need!: string | null

  @MoneyField('Budget', '预算', { min: '0' })
  budget!: MoneyColumns

  @TextField('Source detail', '来源详情')
  sourceDetail!: string | null

  @DateTimeField('Next contact', '下次联系时间')
  nextContactAt!: Date | null

  @ReferenceField('Referred by', '推荐人', { to: 'contact', inverse: ['referrals', 'Referrals', '推荐线索'] })
  referredBy!: string | null

  @DateTimeField('Converted at', '转化时间')
  convertedAt!: Date | null

  @ReferenceField('Converted to account', '转化的客户', { to: 'account', inverse: ['convertedLeads', 'Converted leads', '转化线索'] })
  convertedAccount!: string | null

  @ReferenceField('Converted to contact', '转化的联系人', { to: 'contact', inverse: ['convertedLeads', 'Converted leads', '转化线索'] })
  convertedContact!: string | null

  @ReferenceField('Converted to opportunity', '转化的商机', { to: 'opportunity', inverse: ['convertedLeads', 'Converted leads', '转化线索'] })
  convertedOpportunity!: string | null

  @TextField('Lost reason', '丢失原因')
  lostReason!: string | null
}
