import { AddressField, DateField, EmailField, JsonField, LongTextField, Module, PhoneField, ReferenceField, SelectField, TextField } from './decorators.ts'
import { LANGUAGES } from './options.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'
import type { PhoneColumns } from './value-columns.ts'

const GENDERS = options(['female', 'Female', '女'], ['male', 'Male', '男'], ['other', 'Other', '其他'])

const DECISION_ROLES = options(
  ['decision_maker', 'Decision maker', '决策者', 'violet'],
  ['champion', 'Champion', '支持者', 'green'],
  ['influencer', 'Influencer', '影响者', 'blue'],
  ['evaluator', 'Evaluator', '评估者', 'teal'],
  ['user', 'User', '使用者', 'grey'],
  ['blocker', 'Blocker', '反对者', 'red'],
)

/** A person. `account` is the primary one; further accounts are linked by `accountContact`. */
@Module({
  number: 4,
  name: 'contact',
  pluralName: 'contacts',
  table: 'contacts',
  label: text('Contact', '联系人'),
  pluralLabel: text('Contacts', '联系人'),
  nameField: 'name',
})
export class Contact extends RecordEntity {
  /** Full name in its own order and script. */
  @TextField('Name', '姓名', { required: true, searchable: true, indexed: true })
  name!: string

  @TextField('Family name', '姓')
  familyName!: string | null

  @TextField('Given name', '名')
  givenName!: string | null

  @TextField('Honorific', '称谓', { maxLength: 64 })
  honorific!: string | null

  @SelectField('Gender', '性别', { options: GENDERS, sensitivity: 'personal' })
  gender!: string | null

  @DateField('Birthday', '生日', { sensitivity: 'personal' })
  birthday!: string | null

  @ReferenceField('Account', '客户', { to: 'account', inverse: ['contacts', 'Contacts', '联系人'] })
  account!: string | null

  @TextField('Job title', '职务')
  jobTitle!: string | null

  @TextField('Department', '部门')
  department!: string | null

  @SelectField('Decision role', '决策角色', { options: DECISION_ROLES })
  decisionRole!: string | null

  @EmailField('Email', '邮箱', { searchable: true, indexed: true, sensitivity: 'personal' })
  email!: string | null

  @PhoneField('Phone', '电话', { sensitivity: 'personal' })
  phone!: PhoneColumns

  @PhoneField('Mobile', '手机', { sensitivity: 'personal' })
  mobile!: PhoneColumns

  @TextField('WeChat', '微信', { sensitivity: 'personal', maxLength: 128 })
  wechat!: string | null

  @AddressField('Address', '地址', { sensitivity: 'personal' })
  address!: Record<string, string> | null

  @SelectField('Language', '语言', { options: LANGUAGES })
  language!: string | null

  @JsonField('Preferences', '偏好')
  preferences!: unknown

  @LongTextField('Description', '描述')
  description!: string | null
}
