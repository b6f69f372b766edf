import { definePlugin } from '../api/index.ts'
import { GRANTS } from './grants.ts'
import { GRAPHQL } from './graphql.ts'
import { memberOnce } from './hooks/members.ts'
import { milestoneCounts, milestoneFollows } from './hooks/milestones.ts'
import { projectFollows, projectHolds, TRANSITIONS } from './hooks/projects.ts'
import { taskCounts, taskFollows, taskWaits } from './hooks/tasks.ts'
import { templateTaskFits } from './hooks/templates.ts'
import { expenseCounts, timeEntryCounts, timeEntryFollows, timeEntryHolds } from './hooks/time-entries.ts'
import { PROJECTS } from './manifest.ts'
import { FIELDS } from './modules/fields.ts'
import { projectMember, projectMilestone } from './modules/members.ts'
import { project } from './modules/project.ts'
import { projectExpense, timeEntry } from './modules/spending.ts'
import { projectTemplate, projectTemplateMilestone, projectTemplateTask } from './modules/templates.ts'
import { settings } from './settings.ts'
import { assessAll } from './work/assess-all.ts'
import { makeProject, wonOpportunities } from './work/won-opportunities.ts'

/** Projects: what is to be done by when, by whom, at what cost, and how it stands. */
export default definePlugin({
  ...PROJECTS,
  settings,
  modules: [project, projectMember, projectMilestone, timeEntry, projectExpense, projectTemplate, projectTemplateMilestone, projectTemplateTask],
  fields: FIELDS,
  grants: GRANTS,
  permissions: [{ name: 'recordForOthers', label: 'Record the time of others', roles: ['sales_manager', 'finance'] }],
  graphql: GRAPHQL,
  transitions: TRANSITIONS,
  before: [projectFollows, taskFollows, milestoneFollows, timeEntryFollows],
  guards: [projectHolds, taskWaits, timeEntryHolds, templateTaskFits],
  after: [taskCounts, milestoneCounts, memberOnce, timeEntryCounts, expenseCounts],
  events: [wonOpportunities],
  jobs: [assessAll, makeProject],
  lifecycle: {
    // What has changed while it was switched off, it has not seen.
    onEnable: ({ jobs, now }) => jobs.add('assessAll', { at: now().toISOString() }, { key: 'enabled' }),
  },
})
