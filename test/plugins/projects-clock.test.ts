import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { eventually } from './kit.ts'
import { openProjectKit, type ProjectKit } from './projects-kit.ts'

/** What time does to projects that nobody touches. */
describe('projects on the clock', () => {
  let kit: ProjectKit
  let now = new Date('2026-06-01T08:00:00Z')
  const FIGURES = 'progress forecastEndsOn slipDays overdueMilestones health healthReasons'

  beforeAll(async () => {
    kit = await openProjectKit({ now: () => now, environment: { GUANXI_ROLE: 'all' } })
  }, 120_000)
  afterAll(() => kit?.close())

  test('slip when what is open is expected later than the plan, at once', async () => {
    const { rep, make, change, project } = kit
    const id = await make(rep.client, 'project', { name: 'Slips', status: 'active', startsOn: '2026-06-01', endsOn: '2026-06-30' })
    const milestone = await make(rep.client, 'projectMilestone', { name: 'Roof', project: { id }, dueOn: '2026-06-20' })
    expect(await project(id, FIGURES)).toEqual({
      progress: 0,
      forecastEndsOn: '2026-06-30',
      slipDays: 0,
      overdueMilestones: 0,
      health: 'green',
      healthReasons: [],
    })
    await change(rep.client, 'projectMilestone', milestone, { forecastOn: '2026-07-03' })
    expect(await project(id, FIGURES)).toMatchObject({ forecastEndsOn: '2026-07-03', slipDays: 3, health: 'yellow', healthReasons: ['slips'] })
    await make(rep.client, 'task', { title: 'Tiles', project: { id }, dueAt: '2026-07-20T10:00:00Z' })
    expect(await project(id, FIGURES)).toMatchObject({ forecastEndsOn: '2026-07-20', slipDays: 20, health: 'red', healthReasons: ['slips'] })
    await change(rep.client, 'project', id, { endsOn: '2026-07-19' })
    expect(await project(id, FIGURES)).toMatchObject({ forecastEndsOn: '2026-07-20', slipDays: 1, health: 'yellow' })
    await change(rep.client, 'project', id, { endsOn: '2026-07-31' })
    expect(await project(id, FIGURES)).toMatchObject({ forecastEndsOn: '2026-07-31', slipDays: 0, health: 'green', healthReasons: [] })
  })

  test('are looked at each night: overdue milestones, the time that has passed, the end that has gone by', async () => {
    const { rep, make, makeAll, project } = kit
    const id = await make(rep.client, 'project', { name: 'Untouched', status: 'active', startsOn: '2026-06-01', endsOn: '2026-06-11' })
    await make(rep.client, 'projectMilestone', { name: 'Gate', project: { id }, dueOn: '2026-06-02' })
    const quiet = await make(rep.client, 'project', { name: 'Without dates', status: 'active' })
    const closed = await make(rep.client, 'project', { name: 'Closed', status: 'active', endsOn: '2026-06-02' })
    await kit.change(rep.client, 'project', closed, { status: 'completed' })
    // More than a page of them.
    const many = await makeAll(
      rep.client,
      'project',
      'projects',
      Array.from({ length: 230 }, (_, index) => ({ name: `P ${index}`, status: 'active', endsOn: '2026-06-04' })),
    )
    const versions = async () => [(await project(quiet, 'version')).version, (await project(closed, 'version')).version]
    const before = await versions()
    now = new Date('2026-06-05T00:03:00Z')
    await eventually(async () => (await project(id, 'overdueMilestones')).overdueMilestones === 1, 60_000)
    expect(await project(id, FIGURES)).toEqual({
      progress: 0,
      forecastEndsOn: '2026-06-11',
      slipDays: 0,
      overdueMilestones: 1,
      health: 'red',
      healthReasons: ['milestone_overdue', 'behind_schedule'],
    })
    const late = async () =>
      (await kit.admin.data('{ projects(filter: {name: {startsWith: "P "}, slipDays: {eq: 1}, health: {eq: "yellow"}}) { totalCount } }')).projects.totalCount
    await eventually(async () => (await late()) === many.length, 60_000)
    now = new Date('2026-06-13T00:03:00Z')
    await eventually(async () => (await project(id, 'slipDays')).slipDays === 2, 60_000)
    expect(await project(id, FIGURES)).toMatchObject({
      forecastEndsOn: '2026-06-13',
      health: 'red',
      healthReasons: ['slips', 'milestone_overdue', 'behind_schedule'],
    })
    // What shows the same as before is not written.
    expect(await versions()).toEqual(before)
    expect((await project(id, 'updatedBy { name }')).updatedBy).not.toBeNull()
  }, 240_000)
})
