import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { codesOf, issuesOf } from '../support/client.ts'
import { cursorOf, subscribe } from '../support/subscription.ts'
import { eventually, pluginNamed, step } from './kit.ts'
import { openProjectKit, type ProjectKit } from './projects-kit.ts'

/** From the first plan to the last day, and what stays when the plugin is switched off. */
describe('the life of a project', () => {
  let kit: ProjectKit
  let today = '2026-03-02'
  const FIGURES = 'status progress forecastEndsOn slipDays overdueMilestones health healthReasons endedOn'

  beforeAll(async () => {
    kit = await openProjectKit({ now: () => new Date(`${today}T09:00:00Z`) })
  }, 120_000)
  afterAll(() => kit?.close())

  test('comes with the product, switched off until it is enabled, and labelled in English and Chinese', async () => {
    const { admin } = kit
    expect(await pluginNamed(admin, 'projects')).toMatchObject({ state: 'enabled', version: '1.0.0', lastError: null })
    const { module } = await admin.data('{ module(name: "project") { label(locale: "zh-CN") fields { name label(locale: "zh-CN") } } }')
    expect(module.label).toBe('项目')
    const labels = new Map(module.fields.map(({ name, label }: { name: string; label: string }) => [name, label]))
    expect([labels.get('budget'), labels.get('healthReasons'), labels.get('slipDays')]).toEqual(['预算', '原因', '延期天数'])
  })

  test('goes from plan to end by its steps, and its figures go along', async () => {
    const { rep, make, change, project, admin } = kit
    const account = await make(rep.client, 'account', { name: 'Silk Road Ltd' })
    const id = await make(rep.client, 'project', { name: 'Depot 仓库', account: { id: account }, startsOn: '2026-03-02', endsOn: '2026-03-31' })
    expect(await project(id, `code account { name } owner { id } ${FIGURES}`)).toEqual({
      code: 'P-000001',
      account: { name: 'Silk Road Ltd' },
      owner: { id: rep.id },
      status: 'planned',
      progress: 0,
      forecastEndsOn: '2026-03-31',
      slipDays: 0,
      overdueMilestones: 0,
      health: 'green',
      healthReasons: [],
      endedOn: null,
    })
    expect(issuesOf(await change(rep.client, 'project', id, { status: 'completed' }))).toEqual(['input.status: TRANSITION'])
    expect((await change(rep.client, 'project', id, { status: 'active' })).errors).toEqual([])
    const milestone = await make(rep.client, 'projectMilestone', { name: 'Foundation', project: { id }, dueOn: '2026-03-10' })
    const tasks = []
    for (const title of ['Dig', 'Pour']) tasks.push(await make(rep.client, 'task', { title, milestone: { id: milestone }, dueAt: '2026-03-09T12:00:00Z' }))
    expect(await project(id, 'progress tasks { totalCount } milestones { nodes { name tasks { totalCount } } }')).toEqual({
      progress: 0,
      tasks: { totalCount: 2 },
      milestones: { nodes: [{ name: 'Foundation', tasks: { totalCount: 2 } }] },
    })
    await change(rep.client, 'task', tasks[0] as string, { progress: 50 })
    expect((await project(id, 'progress')).progress).toBe(25)
    await change(rep.client, 'task', tasks[0] as string, { status: 'done' })
    await change(rep.client, 'task', tasks[1] as string, { status: 'done' })
    expect((await project(id, 'progress')).progress).toBe(100)
    today = '2026-03-20'
    await change(rep.client, 'projectMilestone', milestone, { done: true })
    expect((await admin.data('{ projectMilestones { nodes { doneOn } } }')).projectMilestones.nodes).toEqual([{ doneOn: '2026-03-20' }])
    await change(rep.client, 'project', id, { status: 'completed' })
    expect(await project(id, FIGURES)).toEqual({
      status: 'completed',
      progress: 100,
      forecastEndsOn: '2026-03-20',
      slipDays: 0,
      overdueMilestones: 0,
      health: null,
      healthReasons: [],
      endedOn: '2026-03-20',
    })
    expect(issuesOf(await change(rep.client, 'project', id, { status: 'active' }))).toEqual(['input.status: TRANSITION'])
    expect((await change(kit.admin, 'project', id, { status: 'active' })).errors).toEqual([])
    expect((await project(id, 'endedOn')).endedOn).toBeNull()
  })

  test('refuses what does not fit together, and changes nothing', async () => {
    const { rep, make, change, admin } = kit
    const [one, other] = [await make(rep.client, 'project', { name: 'One' }), await make(rep.client, 'project', { name: 'Other' })]
    const milestone = await make(rep.client, 'projectMilestone', { name: 'M', project: { id: one } })
    const CREATE = 'mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }'
    expect(issuesOf(await rep.client.send(CREATE, { input: { title: 'T', project: { id: other }, milestone: { id: milestone } } }))).toEqual([
      'input.milestone: MILESTONE_MISMATCH',
    ])
    const task = await make(rep.client, 'task', { title: 'T', milestone: { id: milestone } })
    await change(rep.client, 'task', task, { project: { id: other } })
    expect(await rep.client.data('query ($id: ID!) { task(id: $id) { project { name } milestone { name } } }', { id: task })).toEqual({
      task: { project: { name: 'Other' }, milestone: null },
    })
    for (const [field, value] of Object.entries({ progress: 99, health: 'green', slipDays: 0, minutesSpent: 3, forecastEndsOn: '2027-01-01' }))
      expect(issuesOf(await change(admin, 'project', one, { [field]: value }))).toEqual([`input.${field}: COMPUTED`])
    expect(issuesOf(await change(admin, 'project', one, { startsOn: '2026-05-02', endsOn: '2026-05-01' }))).toEqual(['input.endsOn: BEFORE_START'])
    const MEMBER = 'mutation ($input: CreateProjectMemberInput!) { createProjectMember(input: $input) { projectMember { role } } }'
    const input = { project: { id: one }, user: { id: kit.colleague.id } }
    const answers = await Promise.all([1, 2, 3].map(() => rep.client.send(MEMBER, { input })))
    expect(answers.map((answer) => answer.errors.length).sort()).toEqual([0, 1, 1])
    expect(answers.flatMap(issuesOf)).toEqual(['input.user: MEMBER_ALREADY', 'input.user: MEMBER_ALREADY'])
  })

  test('is seen by its owner and its members, as far as each role goes', async () => {
    const { rep, colleague, manager, finance, make, change } = kit
    const id = await make(rep.client, 'project', { name: 'Seen by members' })
    await make(rep.client, 'projectMilestone', { name: 'First', project: { id } })
    const seen = async ({ client }: typeof rep) => {
      const { projects, projectMilestones } = await client.data(
        'query ($id: ID!) { projects(filter: {id: {eq: $id}}) { totalCount } projectMilestones(filter: {project: {id: {eq: $id}}}) { totalCount } }',
        { id },
      )
      return [projects.totalCount, projectMilestones.totalCount]
    }
    // By search and history, too.
    const found = async ({ client }: typeof rep) => {
      const { projects, projectMilestones } = await client.data(
        '{ projects(search: "Seen by mem") { totalCount } projectMilestones(search: "First") { totalCount } }',
      )
      const { data, errors } = await client.send('query ($id: ID!) { project(id: $id) { history(first: 5) { totalCount } } }', { id })
      return [projects.totalCount, projectMilestones.totalCount, errors[0]?.extensions.code ?? data.project.history.totalCount > 0]
    }
    await eventually(async () => (await found(rep)).join() === '1,1,true')
    expect(await Promise.all([colleague, manager, finance].map(found))).toEqual([
      [0, 0, 'NOT_FOUND'],
      [0, 0, 'NOT_FOUND'],
      [1, 1, true],
    ])
    expect(await Promise.all([rep, colleague, manager, finance].map(seen))).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
      [1, 1],
    ])
    const membership = await make(rep.client, 'projectMember', { project: { id }, user: { id: colleague.id } })
    expect(await seen(colleague)).toEqual([1, 1])
    expect(await found(colleague)).toEqual([1, 1, true])
    expect(codesOf(await change(colleague.client, 'project', id, { description: 'mine' }))).toEqual(['FORBIDDEN'])
    await change(rep.client, 'projectMember', membership, { role: 'lead' })
    expect((await change(colleague.client, 'project', id, { description: 'mine' })).errors).toEqual([])
    await make(colleague.client, 'projectMilestone', { name: 'Second', project: { id } })
    await rep.client.data('mutation ($id: ID!) { deleteProjectMember(id: $id) { id } }', { id: membership })
    expect(await seen(colleague)).toEqual([0, 0])
    expect(await found(colleague)).toEqual([0, 0, 'NOT_FOUND'])
  })

  test('is told of by projectChanged, also of what follows from tasks, and found by name and code', async () => {
    const { rep, make, change, admin, server } = kit
    const id = await make(rep.client, 'project', { name: 'Railway 铁路' })
    const task = await make(rep.client, 'task', { title: 'Rails', project: { id } })
    const raw = new pg.Client(server.database.url)
    await raw.connect()
    const after = await cursorOf(raw, rep.client).finally(() => raw.end())
    const told = subscribe(
      rep.client,
      'subscription ($id: ID!, $after: String) { projectChanged(filter: {id: {eq: $id}}, after: $after) { operation changedFields project { progress } } }',
      { id, after },
    )
    await change(rep.client, 'task', task, { status: 'done' })
    await told.until(1)
    told.close()
    expect(told.told).toEqual([{ data: { projectChanged: { operation: 'UPDATED', changedFields: ['progress'], project: { progress: 100 } } }, errors: [] }])
    const { code } = (await admin.data('query ($id: ID!) { project(id: $id) { code } }', { id })).project
    for (const search of ['铁路', 'railw', code])
      await eventually(
        async () => (await rep.client.data('query ($search: String) { projects(search: $search) { nodes { id } } }', { search })).projects.nodes[0]?.id === id,
      )
  })

  test('has a contract exactly while contracts are enabled', async () => {
    const { admin } = kit
    const has = async () =>
      (await admin.data('{ __type(name: "Project") { fields { name } } }')).__type.fields.some(({ name }: { name: string }) => name === 'contract')
    expect(await has()).toBe(false)
    if (!(await pluginNamed(admin, 'contracts'))) return
    await step(admin, 'enablePlugin', 'contracts')
    expect(await has()).toBe(true)
    await step(admin, 'disablePlugin', 'contracts')
    expect(await has()).toBe(false)
  }, 60_000)

  test('is withheld while the plugin is off, and all there when it is on again', async () => {
    const { admin, rep } = kit
    const ALL =
      '{ projects(orderBy: [{code: ASC}]) { totalCount nodes { code name progress health version history(first: 50) { nodes { version } } milestones { totalCount } } } tasks { totalCount nodes { title project { code } } } }'
    const before = await rep.client.data(ALL)
    expect(before.projects.totalCount).toBeGreaterThan(4)
    await step(admin, 'disablePlugin', 'projects')
    expect(codesOf(await rep.client.send('{ projects { totalCount } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    expect(codesOf(await rep.client.send('{ tasks { nodes { project { code } } } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
    // Tasks go on without it.
    await kit.make(rep.client, 'task', { title: 'Meanwhile' })
    await step(admin, 'enablePlugin', 'projects')
    const after = await rep.client.data(ALL)
    expect(after.projects).toEqual(before.projects)
    expect(after.tasks.totalCount).toBe(before.tasks.totalCount + 1)
  }, 60_000)
})
