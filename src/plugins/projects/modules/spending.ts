import type { ModuleDescription } from '../../api/index.ts'
import { labels, named, option } from './labels.ts'

export const timeEntry: ModuleDescription = {
  name: 'timeEntry',
  pluralName: 'timeEntries',
  ...named('Time entry', '工时', 'Time entries'),
  nameField: 'note',
  fields: [
    {
      name: 'project',
      type: 'REFERENCE',
      labels: labels('Project', '项目'),
      required: true,
      reference: { module: 'project', inverseName: 'timeEntries', inverseLabels: labels('Time entries', '工时'), onDelete: 'cascade' },
    },
    {
      name: 'task',
      type: 'REFERENCE',
      labels: labels('Task', '任务'),
      reference: { module: 'task', inverseName: 'timeEntries', inverseLabels: labels('Time entries', '工时'), onDelete: 'clear' },
    },
    {
      name: 'user',
      type: 'USER',
      labels: labels('User', '用户'),
      helps: labels('Whose time it is; who records it, unless given.', '工时所属用户；默认为记录人。'),
      reference: { module: 'user', inverseName: 'timeEntries', inverseLabels: labels('Time entries', '工时'), onDelete: 'restrict' },
    },
    { name: 'date', type: 'DATE', labels: labels('Date', '日期'), indexed: true },
    { name: 'minutes', type: 'INTEGER', labels: labels('Minutes', '分钟'), required: true, min: 1, max: 1_440 },
    { name: 'billable', type: 'BOOLEAN', labels: labels('Billable', '可计费'), required: true, default: true },
    { name: 'note', type: 'TEXT', labels: labels('Note', '备注'), searchable: true, maxLength: 1_000 },
    { name: 'rate', type: 'MONEY', labels: labels('Cost of an hour', '小时成本'), sensitivity: 'finance', min: 0 },
    { name: 'cost', type: 'MONEY', labels: labels('Cost', '成本'), sensitivity: 'finance' },
  ],
}

export const projectExpense: ModuleDescription = {
  name: 'projectExpense',
  pluralName: 'projectExpenses',
  ...named('Expense', '项目费用', 'Expenses'),
  nameField: 'name',
  fields: [
    { name: 'name', type: 'TEXT', labels: labels('Name', '名称'), required: true, searchable: true, maxLength: 200 },
    {
      name: 'project',
      type: 'REFERENCE',
      labels: labels('Project', '项目'),
      required: true,
      reference: { module: 'project', inverseName: 'expenses', inverseLabels: labels('Expenses', '费用'), onDelete: 'cascade' },
    },
    { name: 'date', type: 'DATE', labels: labels('Date', '日期'), indexed: true },
    {
      name: 'category',
      type: 'SELECT',
      labels: labels('Category', '类别'),
      options: [
        option('material', 'Material', '材料', 'blue'),
        option('travel', 'Travel', '差旅', 'teal'),
        option('services', 'Services', '服务', 'amber'),
        option('other', 'Other', '其他', 'grey'),
      ],
    },
    { name: 'amount', type: 'MONEY', labels: labels('Amount', '金额'), sensitivity: 'finance', min: 0 },
  ],
}
