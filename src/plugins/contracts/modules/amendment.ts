import type { ModuleDescription } from '../../api/index.ts'
import { contractReference, labels, options } from './texts.ts'

/** A change of what was agreed on. What it leaves empty stays; its own instalments take the place of those that are not paid yet. */
export const contractAmendment: ModuleDescription = {
  name: 'contractAmendment',
  pluralName: 'contractAmendments',
  labels: labels('Amendment', '补充协议'),
  pluralLabels: labels('Amendments', '补充协议'),
  nameField: 'title',
  accessParent: 'contract',
  fields: [
    contractReference('amendments', 'Amendments', '补充协议'),
    { name: 'title', type: 'TEXT', labels: labels('Title', '标题'), required: true, maxLength: 300, searchable: true },
    {
      name: 'kind',
      type: 'SELECT',
      labels: labels('Kind', '类别'),
      required: true,
      default: 'change',
      options: options(['change', 'Change', '变更'], ['renewal', 'Renewal', '续约']),
    },
    {
      name: 'status',
      type: 'SELECT',
      labels: labels('Status', '状态'),
      required: true,
      default: 'draft',
      indexed: true,
      options: options(
        ['draft', 'Draft', '草稿'],
        ['in_approval', 'In approval', '审批中'],
        ['signed', 'Signed', '已签署'],
        ['in_force', 'In force', '已生效'],
      ),
    },
    { name: 'reason', type: 'LONG_TEXT', labels: labels('Reason', '原因') },
    { name: 'signedAt', type: 'DATE', labels: labels('Signed on', '签署日期') },
    { name: 'effectiveAt', type: 'DATE', labels: labels('Effective from', '生效日期'), indexed: true },
    { name: 'newAmount', type: 'MONEY', labels: labels('New amount', '新金额'), sensitivity: 'finance', min: '0' },
    { name: 'newEndsAt', type: 'DATE', labels: labels('New end', '新结束日期') },
    { name: 'openEnded', type: 'BOOLEAN', labels: labels('Has no end any more', '改为无期限'), required: true, default: false },
    {
      name: 'newRenewal',
      type: 'SELECT',
      labels: labels('New renewal', '新续约方式'),
      options: options(['none', 'None', '不续约'], ['manual', 'Manual', '手动续约'], ['automatic', 'Automatic', '自动续约']),
    },
    { name: 'newRenewalMonths', type: 'INTEGER', labels: labels('New months of renewal', '新续约月数'), min: 1, max: 240 },
    { name: 'newNoticeDays', type: 'INTEGER', labels: labels('New days of notice', '新通知期（天）'), min: 0, max: 730 },
    { name: 'submittedBy', type: 'USER', labels: labels('Submitted by', '提交人'), readOnly: true },
    { name: 'submittedAt', type: 'DATETIME', labels: labels('Submitted at', '提交时间'), readOnly: true },
    { name: 'approvalsNeeded', type: 'JSON', labels: labels('Approvals needed', '所需审批'), readOnly: true, sensitivity: 'finance' },
    { name: 'approvalRound', type: 'INTEGER', labels: labels('Round of approval', '审批轮次'), readOnly: true },
    { name: 'inForceAt', type: 'DATETIME', labels: labels('In force since', '生效时间'), readOnly: true },
    { name: 'revision', type: 'INTEGER', labels: labels('Revision', '版本号'), readOnly: true },
    { name: 'termsBefore', type: 'JSON', labels: labels('Terms before', '变更前条款'), readOnly: true },
    { name: 'amountBefore', type: 'MONEY', labels: labels('Amount before', '变更前金额'), sensitivity: 'finance' },
  ],
}

/** What an amendment changes, by its field: the field of the contract. */
export const NEW_TERMS = {
  newAmount: 'amount',
  newEndsAt: 'endsAt',
  newRenewal: 'renewal',
  newRenewalMonths: 'renewalMonths',
  newNoticeDays: 'noticeDays',
} as const
