import type { ModuleDescription } from '../../api/index.ts'
import { labels, named, option } from './labels.ts'
import { PROGRESS_RULES } from './project.ts'

const day = { type: 'INTEGER', min: 0, max: 3_650 } as const

export const projectTemplate: ModuleDescription = {
  name: 'projectTemplate',
  pluralName: 'projectTemplates',
  ...named('Project template', '项目模板', 'Project templates'),
  nameField: 'name',
  fields: [
    { name: 'name', type: 'TEXT', labels: labels('Name', '名称'), required: true, searchable: true, maxLength: 200 },
    { name: 'description', type: 'LONG_TEXT', labels: labels('Description', '描述') },
    { name: 'durationDays', ...day, labels: labels('Duration in days', '工期（天）') },
    { name: 'progressRule', type: 'SELECT', labels: labels('Progress by', '进度规则'), required: true, default: 'tasks', options: PROGRESS_RULES },
    { name: 'active', type: 'BOOLEAN', labels: labels('Active', '启用'), required: true, default: true },
  ],
}

export const projectTemplateMilestone: ModuleDescription = {
  name: 'projectTemplateMilestone',
  pluralName: 'projectTemplateMilestones',
  ...named('Milestone of a template', '模板里程碑', 'Milestones of templates'),
  nameField: 'name',
  fields: [
    { name: 'name', type: 'TEXT', labels: labels('Name', '名称'), required: true, searchable: true, maxLength: 200 },
    {
      name: 'template',
      type: 'REFERENCE',
      labels: labels('Template', '模板'),
      required: true,
      reference: { module: 'projectTemplate', inverseName: 'milestones', inverseLabels: labels('Milestones', '里程碑'), onDelete: 'cascade' },
    },
    { name: 'dueDay', ...day, labels: labels('Due on day', '截止（第几天）'), helps: labels('Days after the start.', '自开始日起的天数。'), required: true },
    { name: 'weight', type: 'DECIMAL', labels: labels('Weight', '权重'), required: true, default: '1', min: 0, max: 1_000_000, scale: 4 },
  ],
}

export const projectTemplateTask: ModuleDescription = {
  name: 'projectTemplateTask',
  pluralName: 'projectTemplateTasks',
  ...named('Task of a template', '模板任务', 'Tasks of templates'),
  nameField: 'title',
  fields: [
    { name: 'title', type: 'TEXT', labels: labels('Title', '标题'), required: true, searchable: true, maxLength: 200 },
    {
      name: 'template',
      type: 'REFERENCE',
      labels: labels('Template', '模板'),
      required: true,
      reference: { module: 'projectTemplate', inverseName: 'tasks', inverseLabels: labels('Tasks', '任务'), onDelete: 'cascade' },
    },
    {
      name: 'milestone',
      type: 'REFERENCE',
      labels: labels('Milestone', '里程碑'),
      reference: { module: 'projectTemplateMilestone', inverseName: 'tasks', inverseLabels: labels('Tasks', '任务'), onDelete: 'clear' },
    },
    { name: 'startDay', ...day, labels: labels('Starts on day', '开始（第几天）') },
    { name: 'dueDay', ...day, labels: labels('Due on day', '截止（第几天）') },
    { name: 'effortHours', type: 'DECIMAL', labels: labels('Effort in hours', '工作量（小时）'), min: 0, max: 100_000, scale: 2 },
    {
      name: 'priority',
      type: 'SELECT',
      labels: labels('Priority', '优先级'),
      required: true,
      default: 'normal',
      options: [
        option('low', 'Low', '低', 'grey'),
        option('normal', 'Normal', '普通', 'blue'),
        option('high', 'High', '高', 'amber'),
        option('urgent', 'Urgent', '紧急', 'red'),
      ],
    },
    {
      name: 'dependsOn',
      type: 'REFERENCES',
      labels: labels('Depends on', '依赖于'),
      reference: { module: 'projectTemplateTask', inverseName: 'dependents', inverseLabels: labels('Dependents', '被依赖'), onDelete: 'clear', acyclic: true },
    },
  ],
}
