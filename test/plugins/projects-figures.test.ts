import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { costOf, percentOf } from '../../src/plugins/projects/figures/decimal.ts'
import { forecastOf } from '../../src/plugins/projects/figures/forecast.ts'
import { expectedProgress, healthOf } from '../../src/plugins/projects/figures/health.ts'
import { type MilestoneSums, type ProgressRule, progressOf, type TaskSums } from '../../src/plugins/projects/figures/progress.ts'
import { openProjectKit, type ProjectKit } from './projects-kit.ts'

interface TaskModel {
  readonly status: 'open' | 'in_progress' | 'done' | 'cancelled'
  readonly progress: number | null
  /** Hundredths of an hour. */
  readonly effort: number | null
}

interface MilestoneModel {
  readonly done: boolean
  /** Ten-thousandths. */
  readonly weight: number
}

/** Written anew from the rule's own words, over whole numbers, record by record. */
function expected(rule: ProgressRule, tasks: readonly TaskModel[], milestones: readonly MilestoneModel[]): number {
  const counted = tasks.filter(({ status }) => status !== 'cancelled')
  let parts: { weight: number; percent: number }[] =
    rule === 'milestones'
      ? milestones.map(({ done, weight }) => ({ weight, percent: done ? 100 : 0 }))
      : counted.map(({ status, progress, effort }) => ({ weight: rule === 'effort' ? (effort ?? 100) : 1, percent: status === 'done' ? 100 : (progress ?? 0) }))
  if (parts.length === 0) return 0
  if (parts.every(({ weight }) => weight === 0)) parts = parts.map(({ percent }) => ({ weight: 1, percent }))
  const whole = parts.reduce((sum, { weight }) => sum + weight, 0)
  const part = parts.reduce((sum, { weight, percent }) => sum + weight * percent, 0)
  if (part === whole * 100) return 100
  return Math.min(99, Math.floor((2 * part + whole) / (2 * whole)))
}

const decimal = (value: number, digits: number): string => {
  const text = String(Math.abs(value)).padStart(digits + 1, '0')
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

function sumsOf(tasks: readonly TaskModel[], milestones: readonly MilestoneModel[]): readonly [TaskSums, MilestoneSums] {
  const counted = tasks.filter(({ status }) => status !== 'cancelled')
  const percent = ({ status, progress }: TaskModel) => (status === 'done' ? 100 : (progress ?? 0))
  const total = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0)
  const done = milestones.filter((milestone) => milestone.done)
  return [
    {
      count: counted.length,
      percent: String(total(counted.map(percent))),
      planned: decimal(total(counted.map(({ effort }) => effort ?? 100)), 2),
      earned: decimal(total(counted.map((task) => (task.effort ?? 100) * percent(task))), 4),
    },
    {
      count: milestones.length,
      done: done.length,
      weight: decimal(total(milestones.map(({ weight }) => weight)), 4),
      doneWeight: decimal(total(done.map(({ weight }) => weight)), 4),
    },
  ]
}

const TASK: fc.Arbitrary<TaskModel> = fc.record({
  status: fc.constantFrom('open', 'in_progress', 'done', 'cancelled'),
  progress: fc.option(fc.integer({ min: 0, max: 100 })),
  effort: fc.option(fc.integer({ min: 0, max: 20_000 })),
})
const MILESTONE: fc.Arbitrary<MilestoneModel> = fc.record({ done: fc.boolean(), weight: fc.integer({ min: 0, max: 1_000_000 }) })
const RULES: readonly ProgressRule[] = ['tasks', 'effort', 'milestones']

describe('figures of a project', () => {
  test('progress is what each of its rules says', () => {
    fc.assert(
      fc.property(fc.array(TASK, { maxLength: 12 }), fc.array(MILESTONE, { maxLength: 6 }), (tasks, milestones) => {
        const [ofTasks, ofMilestones] = sumsOf(tasks, milestones)
        for (const rule of RULES) expect(progressOf(rule, ofTasks, ofMilestones)).toBe(expected(rule, tasks, milestones))
      }),
    )
  })

  test('decimals are exact', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000_000 }), fc.integer({ min: 1, max: 1_440 }), (rate, minutes) => {
        // rate in cents: cents × minutes / 60, halves up.
        const cents = Math.floor((rate * minutes * 2 + 60) / 120)
        expect(costOf(decimal(rate, 2), minutes)).toBe(decimal(cents, 2))
      }),
    )
    expect([percentOf(0n, 3n), percentOf(1n, 3n), percentOf(2n, 3n), percentOf(999n, 1_000n), percentOf(3n, 3n)]).toEqual([0, 33, 67, 99, 100])
  })

  test('the forecast is no sooner than the plan, what is open, and today', () => {
    const plan = { today: '2026-05-10', isClosed: false, endsOn: '2026-05-20', endedOn: null, lastOpenOn: null }
    expect(forecastOf(plan)).toEqual({ endsOn: '2026-05-20', slipDays: 0 })
    expect(forecastOf({ ...plan, lastOpenOn: '2026-05-25' })).toEqual({ endsOn: '2026-05-25', slipDays: 5 })
    expect(forecastOf({ ...plan, endsOn: '2026-05-01' })).toEqual({ endsOn: '2026-05-10', slipDays: 9 })
    expect(forecastOf({ ...plan, endsOn: '2026-05-01', lastOpenOn: '2026-04-01' })).toEqual({ endsOn: '2026-05-10', slipDays: 9 })
    expect(forecastOf({ ...plan, endsOn: null })).toEqual({ endsOn: null, slipDays: null })
    expect(forecastOf({ ...plan, endsOn: null, lastOpenOn: '2026-04-01' })).toEqual({ endsOn: '2026-05-10', slipDays: null })
    expect(forecastOf({ ...plan, isClosed: true, endedOn: '2026-05-22', lastOpenOn: '2027-01-01' })).toEqual({ endsOn: '2026-05-22', slipDays: 2 })
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 28 }), { minLength: 3, maxLength: 3 }), (days) => {
        const [today, endsOn, lastOpenOn] = days.map((day) => `2026-02-${String(day).padStart(2, '0')}`) as [string, string, string]
        const forecast = forecastOf({ today, isClosed: false, endsOn, endedOn: null, lastOpenOn })
        expect(forecast.endsOn).toBe([today, endsOn, lastOpenOn].sort().at(-1))
        expect(forecast.slipDays).toBe(Math.max(...days) - (days[1] as number))
      }),
    )
  })

  test('health is the worst of what speaks against it, and all of that is told', () => {
    const limits = { yellowSlipDays: 1, redSlipDays: 14, redOverdueMilestones: 3, yellowBehindPoints: 20, redBehindPoints: 40 }
    const fine = { today: '2026-05-11', startsOn: '2026-05-01', endsOn: '2026-05-21', progress: 50, slipDays: 0, overdueMilestones: 0 }
    expect(expectedProgress(fine)).toBe(50)
    expect(healthOf(fine, limits)).toEqual({ health: 'green', reasons: [] })
    expect(healthOf({ ...fine, slipDays: 1 }, limits)).toEqual({ health: 'yellow', reasons: ['slips'] })
    expect(healthOf({ ...fine, slipDays: 14, overdueMilestones: 1 }, limits)).toEqual({ health: 'red', reasons: ['slips', 'milestone_overdue'] })
    expect(healthOf({ ...fine, progress: 30 }, limits)).toEqual({ health: 'yellow', reasons: ['behind_schedule'] })
    expect(healthOf({ ...fine, progress: 10, overdueMilestones: 3 }, limits)).toEqual({ health: 'red', reasons: ['milestone_overdue', 'behind_schedule'] })
    expect(healthOf({ ...fine, startsOn: null, progress: 0, slipDays: null }, limits)).toEqual({ health: 'green', reasons: [] })
    expect(healthOf({ ...fine, slipDays: 0 }, { ...limits, yellowSlipDays: 0 })).toEqual({ health: 'green', reasons: [] })
  })
})

describe('figures of projects on a server', () => {
  let kit: ProjectKit

  beforeAll(async () => {
    kit = await openProjectKit()
  }, 120_000)
  afterAll(() => kit?.close())

  test('follow tasks and milestones by all rules, whatever is done to them', async () => {
    const { rep, make, makeAll, change, project } = kit
    const [models, milestones] = fc.sample(fc.tuple(fc.array(TASK, { minLength: 8, maxLength: 8 }), fc.array(MILESTONE, { minLength: 4, maxLength: 4 })), {
      numRuns: 1,
      seed: 11,
    })[0] as [TaskModel[], MilestoneModel[]]
    const ids = new Map<ProgressRule, string>()
    for (const progressRule of RULES) ids.set(progressRule, await make(rep.client, 'project', { name: progressRule, progressRule }))
    const input = ({ status, progress, effort }: TaskModel, id: string) => ({
      title: 'T',
      status,
      ...(progress !== null && { progress }),
      ...(effort !== null && { effortHours: decimal(effort, 2) }),
      project: { id },
    })
    const told = async (tasks: readonly TaskModel[], others: readonly MilestoneModel[]) => {
      for (const [rule, id] of ids) expect([rule, (await project(id, 'progress')).progress]).toEqual([rule, expected(rule, tasks, others)])
    }
    // A task that is done has a progress of 100 from then on.
    const kept = models.map((task) => (task.status === 'done' && task.progress === null ? { ...task, progress: 100 } : task))
    const made = new Map<string, readonly string[]>()
    for (const id of ids.values()) {
      made.set(
        id,
        await makeAll(
          rep.client,
          'task',
          'tasks',
          models.map((task) => input(task, id)),
        ),
      )
      await makeAll(
        rep.client,
        'projectMilestone',
        'projectMilestones',
        milestones.map(({ done, weight }) => ({ name: 'M', done, weight: decimal(weight, 4), project: { id } })),
      )
    }
    await told(kept, milestones)
    for (const id of ids.values()) await change(rep.client, 'task', made.get(id)?.[0] as string, { status: 'cancelled' })
    const without = [{ ...(kept[0] as TaskModel), status: 'cancelled' as const }, ...kept.slice(1)]
    await told(without, milestones)
    for (const id of ids.values()) await rep.client.data('mutation ($id: ID!) { deleteTask(id: $id) { id } }', { id: made.get(id)?.[1] })
    const fewer = [without[0] as TaskModel, ...without.slice(2)]
    await told(fewer, milestones)
    for (const id of ids.values()) await rep.client.data('mutation ($id: ID!) { restoreTask(id: $id) { changeSetId } }', { id: made.get(id)?.[1] })
    await told(without, milestones)
    // To another rule, and to another project.
    const [one, other] = [ids.get('tasks') as string, ids.get('effort') as string]
    await change(rep.client, 'project', one, { progressRule: 'effort' })
    expect((await project(one, 'progress')).progress).toBe(expected('effort', without, milestones))
    await change(rep.client, 'task', made.get(one)?.[2] as string, { project: { id: other } })
    expect((await project(one, 'progress')).progress).toBe(
      expected(
        'effort',
        without.filter((_, index) => index !== 2),
        milestones,
      ),
    )
    expect((await project(other, 'progress')).progress).toBe(expected('effort', [...without, without[2] as TaskModel], milestones))
  }, 120_000)

  test('cost the same statements for 500 tasks as for 5, and miss none when many write at once', async () => {
    const { rep, make, makeAll, project, server } = kit
    const into = async (count: number) => {
      const id = await make(rep.client, 'project', { name: `Of ${count}` })
      const input = Array.from({ length: count }, (_, index) => ({ title: `Task ${index}`, project: { id }, progress: index % 2 === 0 ? 100 : 0 }))
      const statements = await server.statementsOf(() => makeAll(rep.client, 'task', 'tasks', input))
      return { id, statements: statements.length }
    }
    // An operation that meets a change of the schema begins again; indexes of the plugin are still being built.
    const fewest = async (count: number) => {
      const runs = [await into(count), await into(count), await into(count)]
      return { id: runs[0]?.id as string, statements: Math.min(...runs.map(({ statements }) => statements)) }
    }
    const few = await fewest(4)
    const { id, ...many } = await fewest(500)
    expect(many.statements).toBe(few.statements)
    expect(await project(id, 'progress tasks { totalCount }')).toEqual({ progress: 50, tasks: { totalCount: 500 } })
    const all = (
      await rep.client.data('query ($id: ID!) { tasks(first: 500, filter: {project: {id: {eq: $id}}, progress: {eq: 0}}) { nodes { id } } }', { id })
    ).tasks.nodes as { id: string }[]
    const update = (nodes: readonly { id: string }[]) =>
      rep.client.data('mutation ($updates: [TaskUpdateItem!]!) { updateTasks(updates: $updates) { changeSetId } }', {
        updates: nodes.map((node) => ({ id: node.id, input: { status: 'done' } })),
      })
    const statementsOf = async (from: number, count: number) => {
      const runs: number[] = []
      for (const part of [0, 1, 2]) runs.push((await server.statementsOf(() => update(all.slice(from + part * count, from + (part + 1) * count)))).length)
      return Math.min(...runs)
    }
    // All change the progress.
    expect(await statementsOf(15, 65)).toBe(await statementsOf(0, 5))
    await Promise.all(Array.from({ length: 6 }, (_, index) => update(all.slice(210 + index * 6, 216 + index * 6))))
    expect((await project(id, 'progress')).progress).toBe(Math.round((100 * (250 + 246)) / 500))
  }, 120_000)
})
