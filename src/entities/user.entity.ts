import { EmailField, Module, PhoneField, ReferenceField, SelectField, TextField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { options, text } from './text.ts'
import type { PhoneColumns } from './value-columns.ts'

/** Who can sign in or hold an API key. Passwords and tokens live in platform tables, never here. `team` is the user's home team. */
@Module({
  number: 1,
  name: 'user',
  pluralName: 'users',
  table: 'users',
  label: text('User', '用户'),
  pluralLabel: text('Users', '用户'),
  nameField: 'name',
  members: ['roles'],
})
export class User extends RecordEntity {
  @TextField('Name', '姓名', { required: true, searchable: true, indexed: true })
  name!: string

  /** The sign-in name; unique whatever its case. */
  @EmailField('Email', '邮箱', { unique: true, sensitivity: 'personal' })
  email!: string | null

  @PhoneField('Phone', '电话', { sensitivity: 'personal' })
  phone!: PhoneColumns

  @TextField('Position', '职位')
  position!: string | null

  @TextField('Department', '部门')
  department!: string | null

  @ReferenceField('Manager', '上级', { to: 'user', inverse: ['reports', 'Reports', '下属'], acyclic: true })
  manager!: string | null

  /** BCP 47 language tag. */
  @TextField('Locale', '语言区域', { maxLength: 35 })
  locale!: string | null

  /** IANA time zone name. */
  @TextField('Time zone', '时区', { maxLength: 64 })
  timeZone!: string | null

  /** A service user owns partners' API keys and never signs in with a password. */
  @SelectField('Kind', '类别', {
    options: options(['person', 'Person', '人员'], ['service', 'Service', '服务']),
    required: true,
    default: 'person',
    createOnly: true,
  })
  kind!: string

  @SelectField('Status', '状态', {
    options: options(['active', 'Active', '启用', 'green'], ['disabled', 'Disabled', '停用', 'red']),
    required: true,
    default: 'active',
  })
  status!: string
}
