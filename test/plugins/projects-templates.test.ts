import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { codesOf, issuesOf } from '../support/client.ts'
import { eventually } from './kit.ts'
import { openProjectKit, type ProjectKit } from './projects-kit.ts'

const CREATE = `mutation ($template: ID!, $name: String, $startsOn: Date, $account: ID, $opportunity: ID) {
  createProjectFromTemplate(template: $template, name: $name, startsOn: $startsOn, account: $account, opportunity: $opportunity) { id name } }`
const WHOLE = `name status startsOn endsOn progressRule account { name } owner { id }
  milestones(orderBy: [{dueOn: ASC}]) { nodes { name dueOn weight owner { id } } }
  tasks(orderBy: [{dueAt: ASC}]) { nodes { title dueAt startAt effortHours priority milestone { name } owner { id } dependsOn { nodes { title } } } }`

/** Projects that begin with what is always the same. */
describe('templates of projects', () => {
  let kit: ProjectKit
  let template: string
  let account: string
  const stages = new Map<string, string>()

  const newOpportunity = (name: string) => kit.make(kit.rep.client, 'opportunity', { name, account: { id: account }, stage: { id: stages.get('open') } })
  const projectsOf = async (opportunity: string) =>
    (await kit.admin.data('query ($id: ID!) { projects(filter: {opportunity: {id: {eq: $id}}}) { nodes { id name } } }', { id: opportunity })).projects.nodes
  const move = (opportunity: string, category: string) => kit.change(kit.rep.client, 'opportunity', opportunity, { stage: { id: stages.get(category) } })

  beforeAll(async () => {
    kit = await openProjectKit({ now: () => new Date('2026-07-01T10:00:00Z'), environment: { GUANXI_ROLE: 'all' } })
    const { manager, admin, rep, make, change } = kit
    const pipeline = await make(admin, 'pipeline', { name: 'Sales' })
    for (const [index, category] of ['open', 'won', 'lost'].entries())
      stages.set(category, await make(admin, 'stage', { name: category, category, pipeline: { id: pipeline }, position: index }))
    account = await make(rep.client, 'account', { name: 'Harbour Ltd' })
    template = await make(manager.client, 'projectTemplate', { name: 'Roll-out', durationDays: 30, progressRule: 'effort' })
    const milestone = await make(manager.client, 'projectTemplateMilestone', { name: 'Go live', template: { id: template }, dueDay: 20, weight: '2' })
    const first = await make(manager.client, 'projectTemplateTask', { title: 'Plan', template: { id: template }, startDay: 0, dueDay: 5, effortHours: '8' })
    const second = await make(manager.client, 'projectTemplateTask', {
      title: 'Build',
      template: { id: template },
      milestone: { id: milestone },
      dueDay: 15,
      priority: 'high',
    })
    await change(manager.client, 'projectTemplateTask', second, { dependsOn: { set: [{ id: first }] } })
  }, 120_000)
  afterAll(() => kit?.close())

  const expectWhole = (name: string, owner: string) => ({
    name,
    status: 'planned',
    startsOn: '2026-07-01',
    endsOn: '2026-07-31',
    progressRule: 'effort',
    account: { name: 'Harbour Ltd' },
    owner: { id: owner },
    milestones: { nodes: [{ name: 'Go live', dueOn: '2026-07-21', weight: '2', owner: { id: owner } }] },
    tasks: {
      nodes: [
        {
          title: 'Plan',
          dueAt: '2026-07-06T12:00:00.000Z',
          startAt: '2026-07-01T12:00:00.000Z',
          effortHours: '8',
          priority: 'normal',
          milestone: null,
          owner: { id: owner },
          dependsOn: { nodes: [] },
        },
        {
          title: 'Build',
          dueAt: '2026-07-16T12:00:00.000Z',
          startAt: null,
          effortHours: null,
          priority: 'high',
          milestone: { name: 'Go live' },
          owner: { id: owner },
          dependsOn: { nodes: [{ title: 'Plan' }] },
        },
      ],
    },
  })

  test('make a project with its milestones and tasks, by the rights of whoever asks', async () => {
    const { rep, colleague, manager, project, change } = kit
    const { createProjectFromTemplate } = await rep.client.data(CREATE, { template, name: 'By hand', account })
    expect(await project(createProjectFromTemplate.id, WHOLE)).toEqual(expectWhole('By hand', rep.id))
    const later = await rep.client.data(CREATE, { template, startsOn: '2026-12-20' })
    expect(await project(later.createProjectFromTemplate.id, 'name endsOn milestones { nodes { dueOn } }')).toEqual({
      name: 'Roll-out',
      endsOn: '2027-01-19',
      milestones: { nodes: [{ dueOn: '2027-01-09' }] },
    })
    // Who may make no projects makes none this way, and nothing of it stays.
    const count = async () => await kit.admin.data('{ projects { totalCount } tasks { totalCount } }')
    const before = await count()
    expect(codesOf(await colleague.client.send(CREATE, { template }))).toEqual(['FORBIDDEN'])
    expect(codesOf(await rep.client.send(CREATE, { template: account }))).toEqual(['NOT_FOUND'])
    expect(codesOf(await rep.client.send(CREATE, { template, opportunity: template }))).toEqual(['NOT_FOUND'])
    await change(manager.client, 'projectTemplate', template, { active: false })
    expect(issuesOf(await rep.client.send(CREATE, { template }))).toEqual(['template: INACTIVE'])
    await change(manager.client, 'projectTemplate', template, { active: true })
    expect(await count()).toEqual(before)
    const other = await kit.make(manager.client, 'projectTemplate', { name: 'Other' })
    const milestone = (await manager.client.data('{ projectTemplateMilestones { nodes { id } } }')).projectTemplateMilestones.nodes[0].id
    const TASK = 'mutation ($input: CreateProjectTemplateTaskInput!) { createProjectTemplateTask(input: $input) { changeSetId } }'
    expect(issuesOf(await manager.client.send(TASK, { input: { title: 'X', template: { id: other }, milestone: { id: milestone } } }))).toEqual([
      'input.milestone: MILESTONE_MISMATCH',
    ])
  })

  test('make one of an opportunity that is won, exactly once, however often that is told', async () => {
    const { rep, admin, project, server } = kit
    const silent = await newOpportunity('Before the setting')
    await move(silent, 'won')
    await admin.data('mutation ($settings: JSON!) { updatePluginSettings(name: "projects", settings: $settings) { plugin { name } } }', {
      settings: { wonTemplate: template },
    })
    const [won, lost] = [await newOpportunity('Harbour roll-out'), await newOpportunity('Lost')]
    await move(lost, 'lost')
    await move(won, 'won')
    await eventually(async () => (await projectsOf(won)).length > 0, 30_000)
    const [made] = await projectsOf(won)
    expect(await project(made.id, WHOLE)).toEqual(expectWhole('Harbour roll-out', rep.id))
    expect(await project(made.id, 'createdBy { name } opportunity { name }')).toEqual({
      createdBy: { name: 'Plugin projects' },
      opportunity: { name: 'Harbour roll-out' },
    })
    // Won again, several times at once, and all that was told is told a second time.
    await move(won, 'open')
    await move(won, 'won')
    await Promise.all([move(won, 'open'), move(won, 'won'), move(won, 'open')])
    await move(won, 'won')
    const raw = new pg.Client(server.database.url)
    await raw.connect()
    try {
      const follower = `plugin projects wonOpportunities`
      const caughtUp = async () =>
        (await raw.query('SELECT FROM follower f, stamper s WHERE f.name = $1 AND f.position >= s.outbox_position', [follower])).rowCount === 1
      const waiting = async () =>
        Number((await raw.query(`SELECT count(*) FROM graphile_worker._private_jobs WHERE key LIKE 'plugin projects makeProject%'`)).rows[0].count)
      await eventually(caughtUp, 30_000)
      await raw.query('UPDATE follower SET position = 0 WHERE name = $1', [follower])
      // A later win stands behind all that is told again.
      const last = await newOpportunity('Last')
      await move(last, 'won')
      await eventually(async () => (await projectsOf(last)).length === 1, 60_000)
      await eventually(async () => (await caughtUp()) && (await waiting()) === 0, 60_000)
    } finally {
      await raw.end()
    }
    expect((await projectsOf(won)).map(({ id }: { id: string }) => id)).toEqual([made.id])
    expect(await projectsOf(lost)).toEqual([])
    // Told again, what was won before the setting gets its project, too: it has none.
    expect((await projectsOf(silent)).length).toBeLessThanOrEqual(1)
    expect(
      (await admin.data('{ tasks(filter: {title: {eq: "Plan"}, project: {opportunity: {name: {eq: "Harbour roll-out"}}}}) { totalCount } }')).tasks.totalCount,
    ).toBe(1)
  }, 180_000)

  test('a project that was made by hand for an opportunity is the one that it gets', async () => {
    const { rep } = kit
    const opportunity = await newOpportunity('By hand first')
    const { createProjectFromTemplate } = await rep.client.data(CREATE, { template, opportunity })
    expect(createProjectFromTemplate.name).toBe('By hand first')
    await move(opportunity, 'won')
    const after = await newOpportunity('After')
    await move(after, 'won')
    await eventually(async () => (await projectsOf(after)).length === 1, 30_000)
    expect((await projectsOf(opportunity)).map(({ id }: { id: string }) => id)).toEqual([createProjectFromTemplate.id])
  }, 60_000)
})
