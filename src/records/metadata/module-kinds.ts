import type { FieldInput, LabelInput } from './field-input.ts'
import type { ModuleKind } from './stored.ts'

const labels = (en: string, zh: string): readonly LabelInput[] => [
  { locale: 'en', text: en },
  { locale: 'zh-CN', text: zh },
]

/** Stands for the module that is being made. */
const SELF = '.'

const NAME: FieldInput = { name: 'name', type: 'TEXT', labels: labels('Name', '名称'), required: true, searchable: true, indexed: true }
const EMAIL: FieldInput = { name: 'email', type: 'EMAIL', labels: labels('E-mail', '电子邮件'), indexed: true, searchable: true }
const PHONE: FieldInput = { name: 'phone', type: 'PHONE', labels: labels('Phone', '电话'), indexed: true }
const ADDRESS: FieldInput = { name: 'address', type: 'ADDRESS', labels: labels('Address', '地址') }

/** Fields that a module of each kind gets when it is made, unless it is given its own of the same name. */
const KIND_FIELDS: Readonly<Record<ModuleKind, readonly FieldInput[]>> = {
  plain: [],
  person: [
    { ...NAME, labels: labels('Full name', '姓名'), helps: labels('In its own order and script.', '按本人惯用的顺序和文字。') },
    { name: 'familyName', type: 'TEXT', labels: labels('Family name', '姓') },
    { name: 'givenName', type: 'TEXT', labels: labels('Given name', '名') },
    { name: 'jobTitle', type: 'TEXT', labels: labels('Job title', '职位') },
    { ...EMAIL, sensitivity: 'personal' },
    { ...PHONE, sensitivity: 'personal' },
    { name: 'wechat', type: 'TEXT', labels: labels('WeChat', '微信'), sensitivity: 'personal', maxLength: 128 },
    { name: 'birthday', type: 'DATE', labels: labels('Birthday', '生日'), sensitivity: 'personal' },
    { ...ADDRESS, sensitivity: 'personal' },
  ],
  company: [
    NAME,
    { name: 'legalName', type: 'TEXT', labels: labels('Legal name', '法定名称'), searchable: true },
    {
      name: 'country',
      type: 'TEXT',
      labels: labels('Country', '国家/地区'),
      helps: labels('Two capital letters of ISO 3166-1, such as CN.', 'ISO 3166-1 的两位大写字母，如 CN。'),
      pattern: '^[A-Z]{2}$',
      maxLength: 2,
      indexed: true,
      searchable: false,
    },
    { name: 'website', type: 'URL', labels: labels('Website', '网站') },
    EMAIL,
    PHONE,
    ADDRESS,
    { name: 'taxNumber', type: 'TEXT', labels: labels('Tax number', '税号'), sensitivity: 'finance', maxLength: 64 },
    {
      name: 'parent',
      type: 'REFERENCE',
      labels: labels('Parent company', '母公司'),
      reference: { module: SELF, inverseName: 'subsidiaries', inverseLabels: labels('Subsidiaries', '子公司'), acyclic: true },
    },
  ],
  event: [
    { ...NAME, labels: labels('Subject', '主题') },
    { name: 'startsAt', type: 'DATETIME', labels: labels('Starts at', '开始时间'), required: true, indexed: true },
    { name: 'endsAt', type: 'DATETIME', labels: labels('Ends at', '结束时间'), indexed: true },
    { name: 'allDay', type: 'BOOLEAN', labels: labels('All day', '全天'), default: false },
    { name: 'location', type: 'TEXT', labels: labels('Location', '地点') },
    {
      name: 'status',
      type: 'SELECT',
      labels: labels('Status', '状态'),
      default: 'planned',
      indexed: true,
      options: [
        { value: 'planned', labels: labels('Planned', '已计划'), color: '#2563eb' },
        { value: 'held', labels: labels('Held', '已举行'), color: '#16a34a' },
        { value: 'cancelled', labels: labels('Cancelled', '已取消'), color: '#6b7280' },
      ],
      transitions: [
        { from: 'planned', to: 'held' },
        { from: 'planned', to: 'cancelled' },
        { from: 'cancelled', to: 'planned' },
      ],
    },
    { name: 'cancelReason', type: 'TEXT', labels: labels('Reason for cancelling', '取消原因'), requiredWhen: 'status = "cancelled"' },
    { name: 'durationHours', type: 'FORMULA', labels: labels('Duration in hours', '时长（小时）'), formula: 'hoursBetween(startsAt, endsAt)' },
  ],
  document: [
    { ...NAME, labels: labels('Title', '标题') },
    { name: 'number', type: 'AUTO_NUMBER', labels: labels('Number', '编号'), unique: true, searchable: true, numbering: { prefix: 'D-', padding: 6 } },
    {
      name: 'status',
      type: 'SELECT',
      labels: labels('Status', '状态'),
      default: 'draft',
      indexed: true,
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
    { name: 'expired', type: 'FORMULA', labels: labels('Expired', '已过期'), formula: 'validUntil < today()' },
  ],
}

/** The usual fields of a new module that are not among its own. A list whose name one of its own has is left out. */
export function usualFields(kind: ModuleKind, module: string, own: readonly FieldInput[]): FieldInput[] {
  const names = new Set(own.map(({ name }) => name))
  return KIND_FIELDS[kind]
    .filter(({ name }) => !names.has(name))
    .map((field) => {
      if (field.reference?.module !== SELF) return field
      const { inverseName, inverseLabels, ...rest } = field.reference
      const list = inverseName != null && !names.has(inverseName) && { inverseName, inverseLabels: inverseLabels ?? null }
      return { ...field, reference: { ...rest, ...list, module } }
    })
}
