import { BooleanField, DateField, Module, ReferenceField, TextField } from './decorators.ts'
import { RecordEntity } from './record.entity.ts'
import { text } from './text.ts'

/** A further account of a contact, with the role held there. */
@Module({
  number: 5,
  name: 'accountContact',
  pluralName: 'accountContacts',
  table: 'account_contacts',
  label: text('Account contact', '客户联系人关系'),
  pluralLabel: text('Account contacts', '客户联系人关系'),
  nameField: 'role',
  accessParent: 'account',
})
export class AccountContact extends RecordEntity {
  @ReferenceField('Account', '客户', {
    to: 'account',
    inverse: ['contactLinks', 'Contact links', '联系人关系'],
    onDelete: 'cascade',
    required: true,
    createOnly: true,
  })
  account!: string

  @ReferenceField('Contact', '联系人', {
    to: 'contact',
    inverse: ['accountLinks', 'Account links', '客户关系'],
    onDelete: 'cascade',
    required: true,
    createOnly: true,
  })
  contact!: string

  @TextField('Role', '角色', { searchable: true })
  role!: string | null

  @BooleanField('Active', '有效', { required: true, default: true })
  active!: boolean

  @DateField('Since', '开始日期')
  since!: string | null

  @DateField('Until', '结束日期')
  until!: string | null
}
