import type { ModuleDescription } from '../../api/index.ts'
import { contractReference, labels, options } from './texts.ts'

/** Who has said what of a contract or an amendment, and when. It stands as it was given. */
export const contractApproval: ModuleDescription = {
  name: 'contractApproval',
  pluralName: 'contractApprovals',
  labels: labels('Approval', '审批记录'),
  pluralLabels: labels('Approvals', '审批记录'),
  nameField: 'verdict',
  accessParent: 'contract',
  fields: [
    contractReference('approvals', 'Approvals', '审批记录'),
    {
      name: 'amendment',
      type: 'REFERENCE',
      labels: labels('Amendment', '补充协议'),
      reference: { module: 'contractAmendment', inverseName: 'approvals', inverseLabels: labels('Approvals', '审批记录'), onDelete: 'cascade' },
    },
    {
      name: 'verdict',
      type: 'SELECT',
      labels: labels('Verdict', '结论'),
      required: true,
      options: options(['approved', 'Approved', '同意'], ['rejected', 'Rejected', '驳回']),
    },
    { name: 'comment', type: 'LONG_TEXT', labels: labels('Comment', '意见'), requiredWhen: 'verdict = "rejected"' },
    { name: 'approver', type: 'USER', labels: labels('Approver', '审批人'), readOnly: true },
    { name: 'decidedAt', type: 'DATETIME', labels: labels('Decided at', '审批时间'), readOnly: true },
    { name: 'round', type: 'INTEGER', labels: labels('Round', '轮次'), readOnly: true },
    { name: 'roles', type: 'JSON', labels: labels('For the roles', '审批角色'), readOnly: true },
  ],
}
