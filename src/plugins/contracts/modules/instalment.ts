import type { ModuleDescription } from '../../api/index.ts'
import { contractReference, labels } from './texts.ts'

/** A payment of the plan. One that belongs to an amendment is `proposed` until that is in force. */
export const contractInstalment: ModuleDescription = {
  name: 'contractInstalment',
  pluralName: 'contractInstalments',
  labels: labels('Instalment', '分期付款'),
  pluralLabels: labels('Instalments', '分期付款'),
  nameField: 'title',
  accessParent: 'contract',
  fields: [
    contractReference('instalments', 'Payment plan', '付款计划'),
    { name: 'title', type: 'TEXT', labels: labels('Title', '标题'), maxLength: 300 },
    { name: 'dueAt', type: 'DATE', labels: labels('Due on', '应付日期'), required: true, indexed: true },
    { name: 'amount', type: 'MONEY', labels: labels('Amount', '金额'), required: true, sensitivity: 'finance', min: '0' },
    { name: 'paidAt', type: 'DATE', labels: labels('Paid on', '付款日期'), indexed: true },
    { name: 'paidAmount', type: 'MONEY', labels: labels('Amount paid', '实付金额'), sensitivity: 'finance', min: '0' },
    { name: 'paymentReference', type: 'TEXT', labels: labels('Reference of the payment', '付款凭证号'), sensitivity: 'finance', maxLength: 200 },
    {
      name: 'amendment',
      type: 'REFERENCE',
      labels: labels('Amendment', '补充协议'),
      reference: { module: 'contractAmendment', inverseName: 'instalments', inverseLabels: labels('Payment plan', '付款计划'), onDelete: 'cascade' },
    },
    { name: 'proposed', type: 'BOOLEAN', labels: labels('Proposed', '拟定'), required: true, default: false, readOnly: true },
  ],
}
