import type { DefaultGrant, RecordFilter } from '../api/index.ts'

type Actions = DefaultGrant['actions']

const MANAGE: Actions = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'RESTORE', 'EXPORT', 'BULK']
const WORK: Actions = ['CREATE', 'READ', 'UPDATE', 'DELETE', 'RESTORE', 'BULK']
const READ: Actions = ['READ']

const ME: RecordFilter = { id: { eq: { viewer: 'id' } } }
const MY_PROJECT: RecordFilter = { owner: ME }
const PROJECT_OF_MY_TEAMS: RecordFilter = { team: { id: { in: { viewer: 'teamTree' } } } }
const I_AM_MEMBER: RecordFilter = { members: { some: { user: ME } } }
const I_AM_LEAD: RecordFilter = { members: { some: { user: ME, role: { eq: 'lead' } } } }

const of = (project: RecordFilter): RecordFilter => ({ project })

/** What belongs to a project is seen by its members and worked on by who answers for it. */
const PARTS = ['projectMilestone', 'projectMember'] as const
const TEMPLATES = ['projectTemplate', 'projectTemplateMilestone', 'projectTemplateTask'] as const
const STAFF = ['sales_manager', 'sales_rep', 'marketing', 'service_agent'] as const

const all = (role: string, module: string, actions: Actions, where?: RecordFilter): DefaultGrant => ({
  role,
  module,
  actions,
  scope: 'ALL',
  ...(where && { where }),
})

/** Rights that come with the plugin. Budgets, costs and rates are finance's alone. */
export const GRANTS: readonly DefaultGrant[] = [
  { role: 'sales_manager', module: 'project', actions: MANAGE, scope: 'TEAM_TREE' },
  { role: 'sales_rep', module: 'project', actions: WORK, scope: 'OWN' },
  ...STAFF.flatMap((role) => [
    all(role, 'project', READ, I_AM_MEMBER),
    all(role, 'project', ['READ', 'UPDATE'], I_AM_LEAD),
    ...PARTS.flatMap((module) => [all(role, module, READ, of(I_AM_MEMBER)), all(role, module, WORK, of(I_AM_LEAD))]),
    { role, module: 'timeEntry', actions: WORK, scope: 'OWN' } as const,
    all(role, 'timeEntry', READ, of(I_AM_LEAD)),
    ...TEMPLATES.map((module) => all(role, module, READ)),
  ]),
  ...['sales_manager', 'sales_rep'].flatMap((role) => [
    ...PARTS.map((module) => all(role, module, WORK, of(MY_PROJECT))),
    all(role, 'timeEntry', READ, of(MY_PROJECT)),
  ]),
  ...[...PARTS, 'timeEntry'].map((module) => all('sales_manager', module, MANAGE, of(PROJECT_OF_MY_TEAMS))),
  ...TEMPLATES.map((module) => all('sales_manager', module, MANAGE)),
  { ...all('finance', 'project', ['READ', 'UPDATE', 'EXPORT', 'BULK']), fields: { budget: 'WRITE', cost: 'READ' } },
  { ...all('finance', 'projectMember', ['READ', 'UPDATE', 'EXPORT', 'BULK']), fields: { hourlyCost: 'WRITE' } },
  { ...all('finance', 'timeEntry', ['CREATE', 'READ', 'UPDATE', 'EXPORT', 'BULK']), fields: { rate: 'WRITE', cost: 'READ' } },
  { ...all('finance', 'projectExpense', MANAGE), fields: { amount: 'WRITE' } },
  all('finance', 'projectMilestone', ['READ', 'EXPORT']),
  ...TEMPLATES.map((module) => all('finance', module, READ)),
]
