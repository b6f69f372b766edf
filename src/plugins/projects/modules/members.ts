import type { ModuleDescription } from '../../api/index.ts'
import { labels, named, option } from './labels.ts'

export const projectMember: ModuleDescription = {
  name: 'projectMember',
  pluralName: 'projectMembers',
  ...named('Project member', '项目成员', 'Project members'),
  nameField: 'note',
  fields: [
    {
      name: 'project',
      type: 'REFERENCE',
      labels: labels('Project', '项目'),
      required: true,
      reference: { module: 'project', inverseName: 'members', inverseLabels: labels('Members', '成员'), onDelete: 'cascade' },
    },
    {
      name: 'user',
      type: 'USER',
      labels: labels('User', '用户'),
      required: true,
      reference: { module: 'user', inverseName: 'projectMemberships', inverseLabels: labels('Projects', '参与项目'), onDelete: 'restrict' },
    },
    {
      name: 'role',
      type: 'SELECT',
      labels: labels('Role', '角色'),
      required: true,
      default: 'member',
      options: [option('lead', 'Lead', '负责人', 'blue'), option('member', 'Member', '成员', 'teal'), option('observer', 'Observer', '观察者', 'grey')],
    },
    { name: 'note', type: 'TEXT', labels: labels('Note', '备注'), maxLength: 200 },
    { name: 'hourlyCost', type: 'MONEY', labels: labels('Cost of an hour', '小时成本'), sensitivity: 'finance', min: 0 },
  ],
}

export const projectMilestone: ModuleDescription = {
  name: 'projectMilestone',
  pluralName: 'projectMilestones',
  ...named('Milestone', '里程碑', 'Milestones'),
  nameField: 'name',
  fields: [
    { name: 'name', type: 'TEXT', labels: labels('Name', '名称'), required: true, searchable: true, maxLength: 200 },
    {
      name: 'project',
      type: 'REFERENCE',
      labels: labels('Project', '项目'),
      required: true,
      reference: { module: 'project', inverseName: 'milestones', inverseLabels: labels('Milestones', '里程碑'), onDelete: 'cascade' },
    },
    { name: 'dueOn', type: 'DATE', labels: labels('Due on', '截止日期'), indexed: true },
    {
      name: 'forecastOn',
      type: 'DATE',
      labels: labels('Forecast', '预计日期'),
      helps: labels('When it will be reached, if not when it is due.', '若与截止日期不同，预计何时达成。'),
    },
    { name: 'expectedOn', type: 'FORMULA', labels: labels('Expected on', '预期日期'), formula: 'coalesce(forecastOn, dueOn)' },
    { name: 'done', type: 'BOOLEAN', labels: labels('Done', '已达成'), required: true, default: false },
    { name: 'doneOn', type: 'DATE', labels: labels('Done on', '达成日期') },
    { name: 'weight', type: 'DECIMAL', labels: labels('Weight', '权重'), required: true, default: '1', min: 0, max: 1_000_000, scale: 4 },
  ],
}
