import type { ModuleDescription } from '../../api/index.ts'
import { contractReference, labels, options } from './texts.ts'

/** Who makes the contract, under the name that stands in it. */
export const contractParty: ModuleDescription = {
  name: 'contractParty',
  pluralName: 'contractParties',
  labels: labels('Party of a contract', '合同方'),
  pluralLabels: labels('Parties of contracts', '合同方'),
  nameField: 'name',
  accessParent: 'contract',
  fields: [
    contractReference('parties', 'Parties', '合同方'),
    { name: 'name', type: 'TEXT', labels: labels('Name', '名称'), required: true, maxLength: 300, searchable: true },
    {
      name: 'role',
      type: 'SELECT',
      labels: labels('Role', '角色'),
      required: true,
      default: 'client',
      options: options(['client', 'Client', '甲方'], ['supplier', 'Supplier', '乙方'], ['guarantor', 'Guarantor', '担保方'], ['other', 'Other', '其他']),
    },
    {
      name: 'account',
      type: 'REFERENCE',
      labels: labels('Account', '客户'),
      reference: { module: 'account', inverseName: 'contractParties', inverseLabels: labels('Party of contracts', '所属合同方'), onDelete: 'clear' },
    },
    {
      name: 'contact',
      type: 'REFERENCE',
      labels: labels('Contact', '联系人'),
      reference: { module: 'contact', inverseName: 'contractParties', inverseLabels: labels('Party of contracts', '所属合同方'), onDelete: 'clear' },
    },
    { name: 'signatory', type: 'TEXT', labels: labels('Signatory', '签署人'), maxLength: 300 },
    { name: 'signedAt', type: 'DATE', labels: labels('Signed on', '签署日期') },
  ],
}
