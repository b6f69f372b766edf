import type { AfterHook, BeforeHook, Guard, HookContext, PendingChange, RecordImage, RecordReader } from '../../api/index.ts'
import { idsOf, reassess } from '../assess.ts'
import { parts } from '../blocks.ts'
import type { Settings } from '../settings.ts'

const CHUNK = 500
const ENDED = ['done', 'cancelled'] as const
/** Fields of a task that its project's figures depend on. */
const DECISIVE = ['project', 'status', 'progress', 'effortHours', 'dueAt'] as const

/** A task belongs to the project of its milestone. */
export const taskFollows: BeforeHook<Settings> = {
  module: 'task',
  on: ['CREATED', 'UPDATED'],
  run: async (changes, { records }) => {
    const placed = changes.filter((change) => change.after['milestone'] != null && (change.changes('milestone') || change.changes('project')))
    if (placed.length === 0) return
    const given = placed.filter((change) => change.given('milestone'))
    const projects = await projectsOf(records, given)
    for (const change of placed) {
      const project = change.given('milestone') ? projects.get(change.after['milestone'] as string) : undefined
      if (!change.given('milestone')) change.set('milestone', null)
      else if (!change.given('project')) change.set('project', project ?? null)
      else if (change.after['project'] !== project)
        change.refuse('milestone', 'MILESTONE_MISMATCH', { en: 'milestone must be one of the project.', 'zh-CN': 'milestone 须属于该项目。' })
    }
  },
}

async function projectsOf(records: RecordReader, changes: readonly PendingChange[]): Promise<ReadonlyMap<string, unknown>> {
  const ids = idsOf(changes.map(({ after }) => after['milestone']))
  const found = new Map<string, unknown>()
  for (const part of parts(ids, CHUNK))
    for (const milestone of await records.byIds('projectMilestone', part, ['project'])) if (milestone) found.set(milestone.id, milestone['project'])
  return found
}

/** A task of a project begins and ends only when those that it depends on have ended. */
export const taskWaits: Guard<Settings> = {
  module: 'task',
  on: ['CREATED', 'UPDATED'],
  run: async (changes, context) => {
    if (!context.settings.enforceDependencies || context.derived) return
    const begun = changes.filter(
      ({ after, ...change }) => after['project'] != null && change.changes('status') && ['in_progress', 'done'].includes(after['status'] as string),
    )
    if (begun.length === 0) return
    const ending = new Set(changes.filter(({ after }) => isEnded(after)).map(({ id }) => id))
    const blocked = await blockedOf(begun, ending, context)
    for (const change of begun)
      if (blocked.has(change.id))
        change.refuse('status', 'BLOCKED', {
          en: 'A task that this one depends on is not done yet. Do that first, or take it out of dependsOn.',
          'zh-CN': '此任务所依赖的任务尚未完成。请先完成该任务，或将其从 dependsOn 中移除。',
        })
  },
}

/** Ids of the tasks that wait for others. Those that end with the same change are no obstacle. */
async function blockedOf(begun: readonly PendingChange[], ending: ReadonlySet<string>, context: HookContext<Settings>): Promise<ReadonlySet<string>> {
  const blocked = new Set<string>()
  const system = await context.asSystem('tasks that others depend on')
  const except = ending.size > 0 ? { and: parts([...ending], CHUNK).map((ids) => ({ id: { notIn: ids } })) } : {}
  const open = { status: { notIn: [...ENDED] }, ...except }
  const stored = begun.filter((change) => !change.given('dependsOn') && change.operation === 'UPDATED').map(({ id }) => id)
  for (const ids of parts(stored, CHUNK)) {
    const found = await system.find('task', { filter: { id: { in: ids }, dependsOn: { some: open } }, fields: [], first: CHUNK })
    for (const { id } of found) blocked.add(id)
  }
  const given = begun.filter((change) => change.given('dependsOn'))
  const needed = idsOf(given.flatMap(({ after }) => (after['dependsOn'] ?? []) as readonly string[])).filter((id) => !ending.has(id))
  const waiting = new Set<string>()
  for (const ids of parts(needed, CHUNK)) for (const task of await system.byIds('task', ids, ['status'])) if (task && !isEnded(task)) waiting.add(task.id)
  for (const { id, after } of given) if (((after['dependsOn'] ?? []) as readonly string[]).some((other) => waiting.has(other))) blocked.add(id)
  return blocked
}

function isEnded({ status }: RecordImage): boolean {
  return (ENDED as readonly unknown[]).includes(status)
}

/** The figures of projects follow their tasks. */
export const taskCounts: AfterHook<Settings> = {
  module: 'task',
  run: async (changes, context) => {
    const decisive = changes.filter(({ operation, before, after }) => operation !== 'UPDATED' || DECISIVE.some((field) => before?.[field] !== after[field]))
    await reassess(
      context,
      decisive.flatMap(({ before, after }) => [before?.['project'], after['project']]),
    )
  },
}
