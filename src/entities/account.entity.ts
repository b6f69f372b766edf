import {
  AddressField,
  DateTimeField,
  DecimalField,
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

const TYPES = options(
  ['prospect', 'Prospect', '潜在客户', 'blue'],
  ['customer', 'Customer', '客户', 'green'],
  ['partner', 'Partner', '合作伙伴', 'violet'],
  ['supplier', 'Supplier', '供应商', 'teal'],
  ['competitor', 'Competitor', '竞争对手', 'red'],
)

const LIFECYCLES = options(
  ['new', 'New', '新客户', 'blue'],
  ['active', 'Active', '活跃', 'green'],
  ['at_risk', 'At risk', '有流失风险', 'amber'],
  ['dormant', 'Dormant', '沉睡', 'grey'],
  ['lost', 'Lost', '已流失', 'red'],
)

const LEVELS = options(['vip', 'VIP', '重点', 'violet'], ['a', 'A', 'A 级', 'green'], ['b', 'B', 'B 级', 'blue'], ['c', 'C', 'C 级', 'grey'])

/** A company or other party that one sells to, buys from or works with. */
@Module({
  number: 3,
  name: 'account',
  pluralName: 'accounts',
  table: 'accounts',
  label: text('Account', '客户'),
  pluralLabel: text('Accounts', '客户'),
  nameField: 'name',
})
export class Account extends RecordEntity {
  @TextField('Name', '名称', { required: true, searchable: true, indexed: true })
  name!: string

  /** Customer number of one's own books. */
  @TextField('Code', '客户编号', { unique: true, searchable: true, maxLength: 64 })
  code!: string | null

  @TextField('Legal name', '法定名称', { searchable: true })
  legalName!: string | null

  @SelectField('Type', '类型', { options: TYPES, required: true, default: 'prospect', indexed: true })
  type!: string

  @SelectField('Lifecycle', '生命周期', { options: LIFECYCLES })
  lifecycle!: string | null

  @SelectField('Industry', '行业', { options: INDUSTRIES, indexed: true })
  industry!: string | null

  /** Number of employees. */
  @IntegerField('Size', '员工人数', { min: '0' })
  size!: number | null

  @MoneyField('Annual revenue', '年营业额', { min: '0' })
  annualRevenue!: MoneyColumns

  /** ISO 3166-1 or 3166-2 code. */
  @TextField('Region', '地区', { maxLength: 6 })
  region!: string | null

  @AddressField('Address', '地址')
  address!: Record<string, string> | null

  @PhoneField('Phone', '电话', { sensitivity: 'personal' })
  phone!: PhoneColumns

  @UrlField('Website', '网站')
  website!: string | null

  @ReferenceField('Parent account', '母公司', { to: 'account', inverse: ['subsidiaries', 'Subsidiaries', '子公司'], acyclic: true })
  parent!: string | null

  @SelectField('Level', '级别', { options: LEVELS })
  level!: string | null

  /** 0 to 5. */
  @DecimalField('Satisfaction', '满意度', { min: '0', max: '5', scale: 2 })
  satisfaction!: string | null

  @DateTimeField('Last contacted', '最近联系时间')
  lastContactedAt!: Date | null

  @DateTimeField('Next contact', '下次联系时间')
  nextContactAt!: Date | null

  @TextField('Tax number', '税号', { sensitivity: 'finance', maxLength: 64 })
  taxNumber!: string | null

  @TextField('Bank account', '银行账号', { sensitivity: 'finance', maxLength: 128 })
  bankAccount!: string | null

  @MoneyField('Credit limit', '信用额度', { sensitivity: 'finance', min: '0' })
  creditLimit!: MoneyColumns

  @TextField('Payment terms', '付款条件', { sensitivity: 'finance' })
  paymentTerms!: string | null

  @LongTextField('Description', '描述')
  description!: string | null
}
