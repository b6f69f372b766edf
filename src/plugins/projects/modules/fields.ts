import type { FieldDescription } from '../../api/index.ts'
import { labels } from './labels.ts'

/** What tasks get with the plugin. Who works with no projects sees fields that are empty. */
const TASK_FIELDS: readonly FieldDescription[] = [
  {
    module: 'task',
    name: 'project',
    type: 'REFERENCE',
    labels: labels('Project', '项目'),
    reference: { module: 'project', inverseName: 'tasks', inverseLabels: labels('Tasks', '任务'), onDelete: 'clear' },
  },
  {
    module: 'task',
    name: 'milestone',
    type: 'REFERENCE',
    labels: labels('Milestone', '里程碑'),
    reference: { module: 'projectMilestone', inverseName: 'tasks', inverseLabels: labels('Tasks', '任务'), onDelete: 'clear' },
  },
  {
    module: 'task',
    name: 'dependsOn',
    type: 'REFERENCES',
    labels: labels('Depends on', '依赖于'),
    reference: { module: 'task', inverseName: 'dependents', inverseLabels: labels('Dependents', '被依赖'), onDelete: 'clear', acyclic: true },
  },
  { module: 'task', name: 'effortHours', type: 'DECIMAL', labels: labels('Effort in hours', '工作量（小时）'), min: 0, max: 100_000, scale: 2 },
  // A task without an effort weighs as one of an hour.
  { module: 'task', name: 'plannedHours', type: 'FORMULA', labels: labels('Planned hours', '计划工时'), formula: 'coalesce(effortHours, 1)' },
  {
    module: 'task',
    name: 'percentDone',
    type: 'FORMULA',
    labels: labels('Percent done', '完成百分比'),
    formula: 'if(status = "done", 100, coalesce(progress, 0))',
  },
  {
    module: 'task',
    name: 'earnedHours',
    type: 'FORMULA',
    labels: labels('Earned hours', '已完成工时'),
    formula: 'if(status = "done", 100, coalesce(progress, 0)) * coalesce(effortHours, 1) / 100',
  },
]

export const FIELDS: readonly FieldDescription[] = [
  ...TASK_FIELDS,
  {
    module: 'user',
    name: 'hourlyCost',
    type: 'MONEY',
    labels: labels('Cost of an hour', '小时成本'),
    sensitivity: 'finance',
    min: 0,
    levels: { finance: 'READ' },
  },
]
