import type { FieldInput, LabelInput } from './field-input.ts'
import type { ModuleKind } from './stored.ts'

const labels = (en: string, zh: string): readonly LabelInput[] => [
  { locale: 'en', text: en },
  { locale: 'zh-CN', text: zh },
]

const NAME: FieldInput = { name: 'name', type: 'TEXT', labels: labels('Name', '名称'), required: true, searchable: true }

/** Fields that a module of each kind gets when it is made, unless it is given its own of the same name. */
export const KIND_FIELDS: Readonly<Record<ModuleKind, readonly FieldInput[]>> = {
  plain: [],
  person: [
    { ...NAME, labels: labels('Full name', '姓名') },
    { name: 'familyName', type: 'TEXT', labels: labels('Family name', '姓') },
    { name: 'givenName', type: 'TEXT', labels: labels('Given name', '名') },
    { name: 'jobTitle', type: 'TEXT', labels: labels('Job title', '职位') },
    { name: 'email', type: 'EMAIL', labels: labels('E-mail', '电子邮件'), sensitivity: 'personal', indexed: true },
    { name: 'phone', type: 'PHONE', labels: labels('Phone', '电话'), sensitivity: 'personal' },
    { name: 'birthday', type: 'DATE', labels: labels('Birthday', '生日'), sensitivity: 'personal' },
    { name: 'address', type: 'ADDRESS', labels: labels('Address', '地址'), sensitivity: 'personal' },
  ],
  company: [
    NAME,
    { name: 'legalName', type: 'TEXT', labels: labels('Legal name', '法定名称') },
    { name: 'website', type: 'URL', labels: labels('Website', '网站') },
    { name: 'phone', type: 'PHONE', labels: labels('Phone', '电话') },
    { name: 'address', type: 'ADDRESS', labels: labels('Address', '地址') },
    { name: 'taxNumber', type: 'TEXT', labels: labels('Tax number', '税号'), sensitivity: 'finance' },
  ],
  event: [
    { ...NAME, labels: labels('Subject', '主题') },
    { name: 'startsAt', type: 'DATETIME', labels: labels('Starts at', '开始时间'), required: true, indexed: true },
    { name: 'endsAt', type: 'DATETIME', labels: labels('Ends at', '结束时间') },
    { name: 'allDay', type: 'BOOLEAN', labels: labels('All day', '全天'), default: false },
    { name: 'location', type: 'TEXT', labels: labels('Location', '地点') },
    { name: 'durationHours', type: 'FORMULA', labels: labels('Duration in hours', '时长（小时）'), formula: 'hoursBetween(startsAt, endsAt)' },
  ],
  document: [
    { ...NAME, labels: labels('Title', '标题') },
    { name: 'number', type: 'AUTO_NUMBER', labels: labels('Number', '编号'), unique: true, numbering: { prefix: 'D-', padding: 6 } },
    {
      name: 'status',
      type: 'SELECT',
      labels: labels('Status', '状态'),
      default: 'draft',
      options: [
        { value: 'draft', labels: labels('Draft', '草稿'), color: '#6b7280' },
        { value: 'in_review', labels: labels('In review', '审核中'), color: '#d97706' },
        { value: 'approved', labels: labels('Approved', '已批准'), color: '#16a34a' },
        { value: 'archived', labels: labels('Archived', '已归档'), color: '#2563eb' },
      ],
      transitions: [
        { from: 'draft', to: 'in_review' },
        { from: 'in_review', to: 'draft' },
        { from: 'in_review', to: 'approved' },
        { from: 'approved', to: 'archived' },
      ],
    },
    { name: 'body', type: 'LONG_TEXT', labels: labels('Body', '正文') },
    { name: 'link', type: 'URL', labels: labels('Link', '链接') },
    { name: 'validUntil', type: 'DATE', labels: labels('Valid until', '有效期至') },
  ],
}
