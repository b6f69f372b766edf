import { addDays, type PluginRecord, type RecordChanges, type RecordReader, Refusal } from '../../api/index.ts'
import { noonOf } from '../figures/days.ts'

/** Milestones and tasks that a template may have; one request reads and makes them all. */
const MOST = 500

export interface FromTemplate {
  readonly template: string
  /** Name of the template unless given. */
  readonly name?: string | null
  /** `YYYY-MM-DD`; the days of the template count from it. */
  readonly startsOn: string
  readonly account?: string | null
  readonly opportunity?: string | null
  /** Who answers for the project and its tasks; whoever makes them unless given. */
  readonly owner?: string | null
}

/** Makes a project with its milestones and tasks as a template says, in one transaction. Answers its id. Throws Refusal. */
export async function createFromTemplate(records: RecordChanges, order: FromTemplate): Promise<string> {
  const template = await records.get('projectTemplate', order.template)
  if (!template)
    throw new Refusal('NOT_FOUND', {
      en: 'There is no projectTemplate with this id, or you cannot read it.',
      'zh-CN': '不存在此 id 的 projectTemplate，或您无权读取。',
    })
  if (template['active'] !== true)
    throw new Refusal('VALIDATION_FAILED', { en: 'The template is not active.', 'zh-CN': '该模板未启用。' }, [
      { path: ['template'], code: 'INACTIVE', message: { en: 'The template is not active.', 'zh-CN': '该模板未启用。' } },
    ])
  const milestones = await partsOf(records, 'projectTemplateMilestone', order.template)
  const tasks = await partsOf(records, 'projectTemplateTask', order.template)
  const dayOf = (day: unknown): string | null => (typeof day === 'number' ? addDays(order.startsOn, day) : null)
  const owner = order.owner == null ? {} : { owner: order.owner }
  const lastDay = Math.max(-1, ...[...milestones, ...tasks].map(({ dueDay }) => (typeof dueDay === 'number' ? dueDay : -1)))
  const [project] = (await records.create('project', [
    {
      name: order.name ?? template['name'],
      description: template['description'],
      progressRule: template['progressRule'],
      startsOn: order.startsOn,
      endsOn: dayOf(template['durationDays'] ?? (lastDay < 0 ? null : lastDay)),
      ...(order.account != null && { account: order.account }),
      ...(order.opportunity != null && { opportunity: order.opportunity }),
      ...owner,
    },
  ])) as [string]
  const milestoneIds = await makeAll(
    records,
    'projectMilestone',
    milestones.map((milestone) => ({ name: milestone['name'], project, dueOn: dayOf(milestone['dueDay']), weight: milestone['weight'], ...owner })),
  )
  const madeOf = new Map(milestones.map(({ id }, index) => [id, milestoneIds[index] as string]))
  const taskIds = await makeAll(
    records,
    'task',
    tasks.map((task) => taskValues(task, { project, milestone: madeOf.get(task['milestone'] as string) ?? null, dayOf, owner })),
  )
  const taskOf = new Map(tasks.map(({ id }, index) => [id, taskIds[index] as string]))
  const dependent = tasks.flatMap((task) => {
    const dependsOn = ((task['dependsOn'] ?? []) as readonly string[]).flatMap((id) => taskOf.get(id) ?? [])
    return dependsOn.length > 0 ? [{ id: taskOf.get(task.id) as string, values: { dependsOn } }] : []
  })
  if (dependent.length > 0) await records.update('task', dependent)
  return project
}

async function partsOf(records: RecordReader, module: string, template: string): Promise<readonly PluginRecord[]> {
  const filter = { template: { id: { eq: template } } }
  const found = await records.find(module, { filter, orderBy: [{ dueDay: 'ASC' }, { createdAt: 'ASC' }], first: MOST })
  if (found.length === MOST && (await records.count(module, filter)) > MOST)
    throw new Refusal('LIMIT_EXCEEDED', {
      en: `A template may have ${MOST} milestones and ${MOST} tasks. Split it.`,
      'zh-CN': `一个模板最多可有 ${MOST} 个里程碑和 ${MOST} 个任务。请拆分模板。`,
    })
  return found
}

async function makeAll(records: RecordChanges, module: string, values: readonly Readonly<Record<string, unknown>>[]): Promise<readonly string[]> {
  return values.length === 0 ? [] : records.create(module, values)
}

interface Place {
  readonly project: string
  readonly milestone: string | null
  readonly dayOf: (day: unknown) => string | null
  readonly owner: object
}

function taskValues(task: PluginRecord, { project, milestone, dayOf, owner }: Place) {
  const [startsOn, dueOn] = [dayOf(task['startDay']), dayOf(task['dueDay'])]
  return {
    title: task['title'],
    priority: task['priority'],
    effortHours: task['effortHours'],
    project,
    ...(milestone !== null && { milestone }),
    ...(startsOn !== null && { startAt: noonOf(startsOn) }),
    ...(dueOn !== null && { dueAt: noonOf(dueOn) }),
    ...owner,
  }
}
