import type { ModuleDescription } from '../../api/index.ts'
import { labels, options } from './texts.ts'

/** A contract with an account. What was agreed on (`TERMS`) changes by amendments alone once it leaves `draft`. */
export const contract: ModuleDescription = {
  name: 'contract',
  pluralName: 'contracts',
  labels: labels('Contract', '合同'),
  pluralLabels: labels('Contracts', '合同'),
  nameField: 'title',
  fields: [
    { name: 'title', type: 'TEXT', labels: labels('Title', '标题'), required: true, maxLength: 300, searchable: true },
    {
      name: 'number',
      type: 'AUTO_NUMBER',
      labels: labels('Number', '编号'),
      unique: true,
      searchable: true,
      numbering: { prefix: 'C-', padding: 5, gapless: false },
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
        ['active', 'Active', '生效中'],
        ['expired', 'Expired', '已到期'],
        ['terminated', 'Terminated', '已终止'],
      ),
    },
    {
      name: 'account',
      type: 'REFERENCE',
      labels: labels('Account', '客户'),
      required: true,
      reference: { module: 'account', inverseName: 'contracts', inverseLabels: labels('Contracts', '合同'), onDelete: 'restrict' },
    },
    {
      name: 'opportunity',
      type: 'REFERENCE',
      labels: labels('Opportunity', '商机'),
      reference: { module: 'opportunity', inverseName: 'contracts', inverseLabels: labels('Contracts', '合同'), onDelete: 'clear' },
    },
    { name: 'amount', type: 'MONEY', labels: labels('Amount', '金额'), sensitivity: 'finance', min: '0', indexed: true },
    { name: 'signedAt', type: 'DATE', labels: labels('Signed on', '签署日期') },
    { name: 'startsAt', type: 'DATE', labels: labels('Begins on', '开始日期'), indexed: true },
    { name: 'endsAt', type: 'DATE', labels: labels('Ends on', '结束日期'), indexed: true, requiredWhen: 'renewal = "automatic"' },
    {
      name: 'renewal',
      type: 'SELECT',
      labels: labels('Renewal', '续约方式'),
      required: true,
      default: 'none',
      options: options(['none', 'None', '不续约'], ['manual', 'Manual', '手动续约'], ['automatic', 'Automatic', '自动续约']),
    },
    { name: 'renewalMonths', type: 'INTEGER', labels: labels('Renewed for months', '续约月数'), min: 1, max: 240, requiredWhen: 'renewal = "automatic"' },
    { name: 'noticeDays', type: 'INTEGER', labels: labels('Days of notice', '通知期（天）'), min: 0, max: 730 },
    { name: 'noticeGivenAt', type: 'DATE', labels: labels('Notice given on', '通知日期') },
    { name: 'terminatedAt', type: 'DATE', labels: labels('Terminated on', '终止日期') },
    { name: 'terminationReason', type: 'TEXT', labels: labels('Reason of termination', '终止原因'), maxLength: 1000 },
    { name: 'documentUrl', type: 'URL', labels: labels('Document', '合同文本') },
    { name: 'notes', type: 'LONG_TEXT', labels: labels('Notes', '备注') },
    { name: 'submittedBy', type: 'USER', labels: labels('Submitted by', '提交人'), readOnly: true },
    { name: 'submittedAt', type: 'DATETIME', labels: labels('Submitted at', '提交时间'), readOnly: true },
    { name: 'approvalsNeeded', type: 'JSON', labels: labels('Approvals needed', '所需审批'), readOnly: true, sensitivity: 'finance' },
    { name: 'approvalRound', type: 'INTEGER', labels: labels('Round of approval', '审批轮次'), readOnly: true },
    { name: 'revision', type: 'INTEGER', labels: labels('Revision', '版本号'), readOnly: true },
    { name: 'expiresAt', type: 'DATE', labels: labels('Expires on', '到期日'), readOnly: true, indexed: true },
    { name: 'noticeBy', type: 'DATE', labels: labels('Notice by', '最迟通知日'), readOnly: true, indexed: true },
    { name: 'partsChangedAt', type: 'DATETIME', labels: labels('Parts changed at', '明细变更时间'), readOnly: true },
    {
      name: 'nextPaymentAt',
      type: 'ROLLUP',
      labels: labels('Next payment on', '下次付款日'),
      rollup: { relation: 'instalments', function: 'MIN', field: 'dueAt', filter: 'isEmpty(paidAt) and not proposed' },
    },
    {
      name: 'received',
      type: 'ROLLUP',
      labels: labels('Received', '已收款'),
      sensitivity: 'finance',
      rollup: { relation: 'instalments', function: 'SUM', field: 'paidAmount' },
    },
  ],
}

/** What was agreed on. */
export const TERMS = ['account', 'amount', 'startsAt', 'endsAt', 'renewal', 'renewalMonths', 'noticeDays'] as const
