import type { AfterHook, BeforeHook, ChangeableRecord, Guard, HookContext } from '../../api/index.ts'
import { idsOf, recount, todayOf } from '../assess.ts'
import { blocks, parts } from '../blocks.ts'
import { costOf } from '../figures/decimal.ts'
import { CLOSED } from '../modules/project.ts'
import type { Settings } from '../settings.ts'

interface Money {
  readonly amount: string
  readonly currency: string
}

const RECORDED = ['project', 'task', 'user', 'date', 'minutes', 'billable'] as const

/** Whose time it is, when, and what it costs: the rate of the member, or else of the user, as it stands when the time is recorded. */
export const timeEntryFollows: BeforeHook<Settings> = {
  module: 'timeEntry',
  on: ['CREATED', 'UPDATED'],
  run: async (changes, context) => {
    for (const change of changes) {
      if (change.after['user'] === null) change.set('user', context.user.id)
      if (change.after['date'] === null) change.set('date', todayOf(context))
      if (change.operation === 'CREATED' && !change.given('owner')) change.set('owner', change.after['user'])
    }
    const unrated = changes.filter((change) => !change.given('rate') && (change.operation === 'CREATED' || change.changes('user') || change.changes('project')))
    if (unrated.length > 0) await rate(unrated, context)
    for (const change of changes) {
      if (change.operation !== 'CREATED' && !change.changes('minutes') && !change.changes('rate')) continue
      const found = change.after['rate'] as Money | null
      change.set('cost', found && { amount: costOf(found.amount, change.after['minutes'] as number), currency: found.currency })
    }
  },
}

/** Two statements, as long as projects times users are no more than 500. */
async function rate(changes: readonly ChangeableRecord[], { asSystem }: HookContext<Settings>): Promise<void> {
  const system = await asSystem('rates of members')
  const users = idsOf(changes.map(({ after }) => after['user']))
  const projects = idsOf(changes.map(({ after }) => after['project']))
  const byMember = new Map<string, unknown>()
  const byUser = new Map<string, unknown>()
  for (const part of parts(users, 500)) {
    for (const user of await system.byIds('user', part, ['hourlyCost'])) if (user) byUser.set(user.id, user['hourlyCost'])
  }
  for (const [some, people] of blocks(projects, users)) {
    const filter = { project: { id: { in: some } }, user: { id: { in: people } } }
    for (const member of await system.find('projectMember', { filter, fields: ['project', 'user', 'hourlyCost'], first: 500 }))
      byMember.set(`${member['project']} ${member['user']}`, member['hourlyCost'])
  }
  for (const change of changes) {
    const { project, user } = change.after as { project: string; user: string }
    change.set('rate', byMember.get(`${project} ${user}`) ?? byUser.get(user) ?? null)
  }
}

/** No time is recorded on a closed project, nor for somebody else without the permission. The projects are locked, so that none is closed meanwhile. */
export const timeEntryHolds: Guard<Settings> = {
  module: 'timeEntry',
  run: async (changes, context) => {
    if (context.derived) return
    const { user, derive } = context
    const isFor = (change: (typeof changes)[number]) => change.after['user'] !== user.id || (change.before !== null && change.before['user'] !== user.id)
    const recorded = changes.filter((change) => change.operation !== 'UPDATED' || RECORDED.some((field) => change.changes(field)))
    for (const change of recorded)
      if (isFor(change) && !user.system && !user.self && !context.permits('recordForOthers'))
        change.refuse('user', 'NOT_YOURS', { en: 'You may record your own time alone; leave user out.', 'zh-CN': '您只能登记自己的工时；请省略 user。' })
    for (const change of changes)
      if (change.given('cost') && !user.self && !user.system)
        change.refuse('cost', 'COMPUTED', { en: 'cost is computed of minutes and rate; leave it out.', 'zh-CN': 'cost 由分钟数和费率计算得出；请将其省略。' })
    const projects = await derive.lock('project', idsOf(recorded.flatMap(({ before, after }) => [before?.['project'], after['project']])))
    const isClosed = (id: unknown) => CLOSED.has(projects.get(id as string)?.['status'])
    for (const change of recorded)
      if (isClosed(change.after['project']) || isClosed(change.before?.['project']))
        change.refuse(change.operation === 'DELETED' ? null : 'project', 'PROJECT_CLOSED', {
          en: 'The project is closed: no time is recorded on it any more.',
          'zh-CN': '项目已关闭：不能再登记工时。',
        })
    await refuseOtherTasks(recorded, context)
  },
}

/** A task that is named is one of the project. */
async function refuseOtherTasks(changes: Parameters<Guard<Settings>['run']>[0], { records }: HookContext<Settings>): Promise<void> {
  const named = changes.filter((change) => change.operation !== 'DELETED' && change.given('task') && change.after['task'] != null)
  const ids = idsOf(named.map(({ after }) => after['task']))
  const found = new Map<string, unknown>()
  for (const part of parts(ids, 500)) for (const task of await records.byIds('task', part, ['project'])) if (task) found.set(task.id, task['project'])
  for (const change of named)
    if (found.get(change.after['task'] as string) !== change.after['project'])
      change.refuse('task', 'TASK_MISMATCH', { en: 'task must be one of the project.', 'zh-CN': 'task 须属于该项目。' })
}

/** What projects have cost follows their times and expenses. */
export const timeEntryCounts: AfterHook<Settings> = {
  module: 'timeEntry',
  run: (changes, context) =>
    recount(
      context,
      changes.flatMap(({ before, after }) => [before?.['project'], after['project']]),
    ),
}

export const expenseCounts: AfterHook<Settings> = { ...timeEntryCounts, module: 'projectExpense' }
