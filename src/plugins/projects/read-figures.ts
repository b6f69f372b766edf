import { decimalOf, type RecordGroup, type RecordReader, sumOfUnits } from '../api/index.ts'
import { parts } from './blocks.ts'
import { latest } from './figures/days.ts'
import type { MilestoneSums, TaskSums } from './figures/progress.ts'

/** Projects of one question: each has a group for every status of tasks. */
const CHUNK = 100

/** What stands in the tasks and milestones of a project. */
export interface Figures {
  readonly tasks: TaskSums
  readonly milestones: MilestoneSums
  /** The latest day that something open is expected on, in UTC for tasks. */
  readonly lastOpenOn: string | null
  readonly overdueMilestones: number
}

export const NO_FIGURES: Figures = {
  tasks: { count: 0, percent: '0', planned: '0', earned: '0' },
  milestones: { count: 0, done: 0, weight: '0', doneWeight: '0' },
  lastOpenOn: null,
  overdueMilestones: 0,
}

type Aggregates = Pick<RecordReader, 'aggregate'>

/** Figures of projects, by id: three statements for a hundred of them, however many tasks they have. */
export async function readFigures(
  records: Aggregates,
  ids: readonly string[],
  today: string,
  dayOf: (instant: string) => string,
): Promise<ReadonlyMap<string, Figures>> {
  const found = new Map<string, Figures>()
  for (const part of parts(ids, CHUNK)) {
    const project = { id: { in: part } }
    const tasks = byProject(
      await records.aggregate('task', {
        filter: { project, status: { ne: 'cancelled' } },
        groupBy: ['project', 'status'],
        sum: ['percentDone', 'plannedHours', 'earnedHours'],
        max: ['dueAt'],
      }),
    )
    const milestones = byProject(
      await records.aggregate('projectMilestone', { filter: { project }, groupBy: ['project', 'done'], sum: ['weight'], max: ['expectedOn'] }),
    )
    const overdue = byProject(
      await records.aggregate('projectMilestone', { filter: { project, done: { eq: false }, dueOn: { lt: today } }, groupBy: ['project'] }),
    )
    for (const id of part) {
      const [ofTasks, ofMilestones] = [tasks.get(id) ?? [], milestones.get(id) ?? []]
      const openTasks = ofTasks.filter(({ key }) => key['status'] !== 'done')
      const open = ofMilestones.find(({ key }) => key['done'] === false)
      found.set(id, {
        tasks: {
          count: ofTasks.reduce((sum, { count }) => sum + count, 0),
          percent: total(ofTasks, 'percentDone'),
          planned: total(ofTasks, 'plannedHours'),
          earned: total(ofTasks, 'earnedHours'),
        },
        milestones: {
          count: ofMilestones.reduce((sum, { count }) => sum + count, 0),
          done: ofMilestones.find(({ key }) => key['done'] === true)?.count ?? 0,
          weight: total(ofMilestones, 'weight'),
          doneWeight: total(
            ofMilestones.filter(({ key }) => key['done'] === true),
            'weight',
          ),
        },
        lastOpenOn: latest(
          open?.max['expectedOn'] as string | null | undefined,
          ...(openTasks.map(({ max }) => max['dueAt'] && dayOf(max['dueAt'] as string)) as (string | null)[]),
        ),
        overdueMilestones: overdue.get(id)?.[0]?.count ?? 0,
      })
    }
  }
  return found
}

/** What has been spent on a project. */
export interface Spending {
  readonly minutesSpent: number
  readonly billableMinutes: number
  /** In the organisation's currency; null where nothing has cost anything. */
  readonly cost: { readonly amount: string; readonly currency: string } | null
}

/** What has been spent on projects, by id: two statements for a hundred of them. */
export async function readSpending(records: Aggregates, ids: readonly string[]): Promise<ReadonlyMap<string, Spending>> {
  const found = new Map<string, Spending>()
  for (const part of parts(ids, CHUNK)) {
    const filter = { project: { id: { in: part } } }
    const times = byProject(await records.aggregate('timeEntry', { filter, groupBy: ['project', 'billable'], sum: ['minutes', 'cost'] }))
    const expenses = byProject(await records.aggregate('projectExpense', { filter, groupBy: ['project'], sum: ['amount'] }))
    for (const id of part) {
      const groups = times.get(id) ?? []
      const amounts = [...groups.map(({ sum }) => sum['cost']), expenses.get(id)?.[0]?.sum['amount']] as (Spending['cost'] | undefined)[]
      const costs = amounts.filter((cost) => cost != null)
      found.set(id, {
        minutesSpent: minutes(groups),
        billableMinutes: minutes(groups.filter(({ key }) => key['billable'] === true)),
        cost: costs[0] ? { amount: decimalOf(sumOfUnits(costs.map(({ amount }) => amount)), 2), currency: costs[0].currency } : null,
      })
    }
  }
  return found
}

function byProject(groups: readonly RecordGroup[]): ReadonlyMap<string, readonly RecordGroup[]> {
  const found = new Map<string, RecordGroup[]>()
  for (const group of groups) {
    const id = group.key['project'] as string
    found.set(id, [...(found.get(id) ?? []), group])
  }
  return found
}

function total(groups: readonly RecordGroup[], field: string): string {
  const texts = groups.flatMap(({ sum }) => (sum[field] == null ? [] : [sum[field] as string]))
  return decimalOf(sumOfUnits(texts))
}

function minutes(groups: readonly RecordGroup[]): number {
  return groups.reduce((sum, group) => sum + Number(group.sum['minutes'] ?? 0), 0)
}
