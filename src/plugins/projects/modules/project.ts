import type { ModuleDescription } from '../../api/index.ts'
import { labels, named, option } from './labels.ts'

/** Statuses in which nothing is planned any more, and no time is recorded. */
export const CLOSED: ReadonlySet<unknown> = new Set(['completed', 'cancelled'])
export const OPEN = ['planned', 'active', 'on_hold'] as const

/** What progress is made of. */
export const PROGRESS_RULES = [
  option('tasks', 'Mean of the tasks', '任务平均', 'blue'),
  option('effort', 'Tasks by effort', '按工作量加权', 'teal'),
  option('milestones', 'Milestones by weight', '按里程碑权重', 'amber'),
]

/** Fields of a project that the plugin alone writes. */
export const COMPUTED = [
  'progress',
  'forecastEndsOn',
  'slipDays',
  'overdueMilestones',
  'health',
  'healthReasons',
  'minutesSpent',
  'billableMinutes',
  'cost',
] as const

export const project: ModuleDescription = {
  name: 'project',
  pluralName: 'projects',
  ...named('Project', '项目', 'Projects'),
  nameField: 'name',
  fields: [
    { name: 'name', type: 'TEXT', labels: labels('Name', '名称'), required: true, searchable: true, indexed: true, maxLength: 200 },
    {
      name: 'code',
      type: 'AUTO_NUMBER',
      labels: labels('Code', '编号'),
      unique: true,
      searchable: true,
      numbering: { prefix: 'P-', padding: 6, gapless: false },
    },
    { name: 'description', type: 'LONG_TEXT', labels: labels('Description', '描述') },
    {
      name: 'status',
      type: 'SELECT',
      labels: labels('Status', '状态'),
      required: true,
      default: 'planned',
      indexed: true,
      options: [
        option('planned', 'Planned', '已计划', 'grey'),
        option('active', 'Active', '进行中', 'blue'),
        option('on_hold', 'On hold', '暂停', 'amber'),
        option('completed', 'Completed', '已完成', 'green'),
        option('cancelled', 'Cancelled', '已取消', 'grey'),
      ],
    },
    {
      name: 'account',
      type: 'REFERENCE',
      labels: labels('Account', '客户'),
      reference: { module: 'account', inverseName: 'projects', inverseLabels: labels('Projects', '项目'), onDelete: 'clear' },
    },
    {
      name: 'opportunity',
      type: 'REFERENCE',
      labels: labels('Opportunity', '商机'),
      reference: { module: 'opportunity', inverseName: 'projects', inverseLabels: labels('Projects', '项目'), onDelete: 'clear' },
    },
    {
      name: 'contract',
      type: 'REFERENCE',
      whenPlugin: 'contracts',
      labels: labels('Contract', '合同'),
      reference: { module: 'contract', inverseName: 'projects', inverseLabels: labels('Projects', '项目'), onDelete: 'clear' },
    },
    { name: 'startsOn', type: 'DATE', labels: labels('Starts on', '开始日期'), indexed: true },
    { name: 'endsOn', type: 'DATE', labels: labels('Planned end', '计划结束日期'), indexed: true },
    { name: 'endedOn', type: 'DATE', labels: labels('Ended on', '实际结束日期') },
    {
      name: 'progressRule',
      type: 'SELECT',
      labels: labels('Progress by', '进度规则'),
      required: true,
      default: 'tasks',
      options: PROGRESS_RULES,
    },
    { name: 'progress', type: 'INTEGER', labels: labels('Progress', '进度'), helps: labels('Percent, from 0 to 100.', '百分比，0 至 100。'), min: 0, max: 100 },
    { name: 'forecastEndsOn', type: 'DATE', labels: labels('Forecast end', '预计结束日期'), indexed: true },
    { name: 'slipDays', type: 'INTEGER', labels: labels('Slip in days', '延期天数'), indexed: true },
    { name: 'overdueMilestones', type: 'INTEGER', labels: labels('Overdue milestones', '逾期里程碑') },
    {
      name: 'health',
      type: 'SELECT',
      labels: labels('Health', '健康度'),
      indexed: true,
      options: [option('green', 'Green', '绿', 'green'), option('yellow', 'Yellow', '黄', 'amber'), option('red', 'Red', '红', 'red')],
    },
    {
      name: 'healthReasons',
      type: 'MULTI_SELECT',
      labels: labels('Reasons', '原因'),
      options: [
        option('slips', 'The end slips', '计划延期', 'amber'),
        option('milestone_overdue', 'A milestone is overdue', '里程碑逾期', 'red'),
        option('behind_schedule', 'Less is done than time has passed', '进度落后于时间', 'amber'),
      ],
    },
    { name: 'minutesSpent', type: 'INTEGER', labels: labels('Minutes spent', '已用分钟') },
    { name: 'billableMinutes', type: 'INTEGER', labels: labels('Billable minutes', '可计费分钟') },
    { name: 'budget', type: 'MONEY', labels: labels('Budget', '预算'), sensitivity: 'finance', min: 0 },
    { name: 'cost', type: 'MONEY', labels: labels('Cost', '成本'), sensitivity: 'finance' },
    { name: 'budgetLeft', type: 'FORMULA', labels: labels('Budget left', '剩余预算'), formula: 'budget - coalesce(cost, money(0))' },
    { name: 'budgetUsed', type: 'FORMULA', labels: labels('Budget used', '预算使用率'), formula: 'coalesce(cost, money(0)) / budget' },
    {
      name: 'budgetHealth',
      type: 'FORMULA',
      labels: labels('Budget health', '预算健康度'),
      formula: 'if(isEmpty(budget), null, if(coalesce(cost, money(0)) > budget, "red", if(coalesce(cost, money(0)) >= budget * 0.9, "yellow", "green")))',
    },
  ],
}
