import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { codesOf, issuesOf, type TestClient } from '../support/client.ts'
import { cursorOf, subscribe } from '../support/subscription.ts'
import { openProjectKit, type ProjectKit } from './projects-kit.ts'

const money = (amount: string, currency = 'USD') => ({ amount, currency })
const ENTRY = 'mutation ($input: CreateTimeEntryInput!) { createTimeEntry(input: $input) { timeEntry { id date minutes user { id } owner { id } } } }'

/** What is done on projects, what it costs, and who is told of that. */
describe('work on projects', () => {
  let kit: ProjectKit
  const newTask = (title: string, input: object = {}) => kit.make(kit.rep.client, 'task', { title, ...input })
  const dependOn = (id: string, on: string) => kit.change(kit.rep.client, 'task', id, { dependsOn: { add: [{ id: on }] } })

  beforeAll(async () => {
    kit = await openProjectKit({ now: () => new Date('2026-04-15T22:30:00Z') })
  }, 120_000)
  afterAll(() => kit?.close())

  describe('tasks that depend on each other', () => {
    test('lead in no circle, of whatever length, also when requests meet', async () => {
      const ids = []
      for (let index = 0; index < 12; index += 1) ids.push(await newTask(`Link ${index}`))
      for (let index = 1; index < 12; index += 1) expect((await dependOn(ids[index] as string, ids[index - 1] as string)).errors).toEqual([])
      expect(issuesOf(await dependOn(ids[0] as string, ids[11] as string))).toEqual(['input.dependsOn: CYCLE'])
      expect(issuesOf(await dependOn(ids[0] as string, ids[0] as string))).toEqual(['input.dependsOn: CYCLE'])
      for (let round = 0; round < 10; round += 1) {
        const [a, b] = [await newTask('A'), await newTask('B')]
        const answers = await Promise.all([dependOn(a, b), dependOn(b, a)])
        expect(answers.flatMap(issuesOf)).toEqual(['input.dependsOn: CYCLE'])
      }
    }, 60_000)

    test('wait for each other in a project, unless the setting says otherwise', async () => {
      const { rep, make, change, admin } = kit
      const project = await make(rep.client, 'project', { name: 'In order' })
      const [first, second] = [await newTask('First', { project: { id: project } }), await newTask('Second', { project: { id: project } })]
      await dependOn(second, first)
      expect(issuesOf(await change(rep.client, 'task', second, { status: 'in_progress' }))).toEqual(['input.status: BLOCKED'])
      const CREATE = 'mutation ($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }'
      const third = { title: 'Third', status: 'in_progress', project: { id: project }, dependsOn: { add: [{ id: first }] } }
      expect(issuesOf(await rep.client.send(CREATE, { input: third }))).toEqual(['input.status: BLOCKED'])
      // What ends with the same change is no obstacle.
      const both = [second, first].map((id) => ({ id, input: { status: 'done' } }))
      const UPDATE = 'mutation ($updates: [TaskUpdateItem!]!) { updateTasks(updates: $updates) { changeSetId } }'
      expect((await rep.client.send(UPDATE, { updates: both })).errors).toEqual([])
      await change(rep.client, 'task', first, { status: 'open' })
      await change(rep.client, 'task', second, { status: 'open' })
      const SET = 'mutation ($settings: JSON!) { updatePluginSettings(name: "projects", settings: $settings) { plugin { name } } }'
      await admin.data(SET, { settings: { enforceDependencies: false } })
      expect((await change(rep.client, 'task', second, { status: 'done' })).errors).toEqual([])
      await admin.data(SET, { settings: { enforceDependencies: true } })
    })
  })

  describe('time', () => {
    test('belongs to whoever records it, on the day of the time zone, within 24 hours', async () => {
      const { rep, colleague, manager, make, admin } = kit
      const project = await make(rep.client, 'project', { name: 'Timed' })
      await make(rep.client, 'projectMember', { project: { id: project }, user: { id: colleague.id } })
      await admin.data('mutation { updatePluginSettings(name: "projects", settings: {timeZone: "Asia/Shanghai"}) { plugin { name } } }')
      const { createTimeEntry } = await colleague.client.data(ENTRY, { input: { project: { id: project }, minutes: 90, note: 'Survey' } })
      expect(createTimeEntry.timeEntry).toMatchObject({ date: '2026-04-16', minutes: 90, user: { id: colleague.id }, owner: { id: colleague.id } })
      await admin.data('mutation { updatePluginSettings(name: "projects", settings: {timeZone: null}) { plugin { name } } }')
      expect(issuesOf(await colleague.client.send(ENTRY, { input: { project: { id: project }, minutes: 30, user: { id: rep.id } } }))).toEqual([
        'input.user: NOT_YOURS',
      ])
      for (const minutes of [0, 1_441])
        expect(codesOf(await colleague.client.send(ENTRY, { input: { project: { id: project }, minutes } }))).toEqual(['VALIDATION_FAILED'])
      expect(codesOf(await manager.client.send(ENTRY, { input: { project: { id: project }, minutes: 30 } }))).toEqual(['VALIDATION_FAILED'])
      await admin.data(ENTRY, { input: { project: { id: project }, minutes: 30, billable: false, user: { id: rep.id } } })
      expect(await kit.project(project, 'minutesSpent billableMinutes', rep.client)).toEqual({ minutesSpent: 120, billableMinutes: 90 })
      const task = await newTask('Elsewhere')
      expect(issuesOf(await colleague.client.send(ENTRY, { input: { project: { id: project }, minutes: 5, task: { id: task } } }))).toEqual([
        'input.task.id: NOT_FOUND',
      ])
      expect(issuesOf(await rep.client.send(ENTRY, { input: { project: { id: project }, minutes: 5, task: { id: task } } }))).toEqual([
        'input.task: TASK_MISMATCH',
      ])
      // The owner of the project sees all of it, others their own.
      const total = async (client: TestClient) => (await client.data('{ timeEntries { totalCount } }')).timeEntries.totalCount
      expect([await total(rep.client), await total(colleague.client), await total(manager.client)]).toEqual([2, 1, 0])
    })

    test('is recorded on no closed project, also while it is being closed', async () => {
      const { rep, make, change, project } = kit
      for (let round = 0; round < 6; round += 1) {
        const id = await make(rep.client, 'project', { name: 'Closing', status: 'active' })
        const record = () => rep.client.send(ENTRY, { input: { project: { id }, minutes: 60 } })
        expect((await record()).errors).toEqual([])
        const [closed, ...recorded] = await Promise.all([change(rep.client, 'project', id, { status: 'completed' }), record(), record()])
        expect(closed.errors).toEqual([])
        const taken = recorded.filter(({ errors }) => errors.length === 0).length
        for (const answer of recorded) if (answer.errors.length > 0) expect(issuesOf(answer)).toEqual(['input.project: PROJECT_CLOSED'])
        expect(await project(id, 'minutesSpent timeEntries { totalCount }')).toEqual({ minutesSpent: 60 * (1 + taken), timeEntries: { totalCount: 1 + taken } })
        expect(issuesOf(await record())).toEqual(['input.project: PROJECT_CLOSED'])
      }
      const last = (await rep.client.data('{ timeEntries(first: 1, orderBy: [{createdAt: DESC}]) { nodes { id } } }')).timeEntries.nodes[0].id
      expect(issuesOf(await change(rep.client, 'timeEntry', last, { minutes: 10 }))).toEqual(['input.project: PROJECT_CLOSED'])
      expect((await change(rep.client, 'timeEntry', last, { note: 'typo' })).errors).toEqual([])
      expect(codesOf(await rep.client.send('mutation ($id: ID!) { deleteTimeEntry(id: $id) { id } }', { id: last }))).toEqual(['VALIDATION_FAILED'])
    }, 60_000)
  })

  describe('money', () => {
    let id: string
    beforeAll(async () => {
      const { rep, colleague, admin, finance, make, change } = kit
      id = await make(rep.client, 'project', { name: 'Costly', status: 'active' })
      await change(admin, 'user', rep.id, { hourlyCost: money('60') })
      const member = await make(rep.client, 'projectMember', { project: { id }, user: { id: colleague.id } })
      expect((await change(finance.client, 'projectMember', member, { hourlyCost: money('90.50') })).errors).toEqual([])
      expect((await change(finance.client, 'project', id, { budget: money('1000') })).errors).toEqual([])
      await rep.client.data(ENTRY, { input: { project: { id }, minutes: 90 } })
      await colleague.client.data(ENTRY, { input: { project: { id }, minutes: 100 } })
      await make(finance.client, 'projectExpense', { name: 'Steel', project: { id }, amount: money('700') })
    })

    test('follows times by the rates of members or users, and expenses', async () => {
      const { finance, rep, change, project } = kit
      const MONEY = 'budget { amount } cost { amount currency } budgetLeft { amount } budgetUsed budgetHealth'
      // 60 × 1.5 + 90.50 × 100/60 (150.83) + 700.
      expect(await project(id, MONEY, finance.client)).toEqual({
        budget: { amount: '1000.00' },
        cost: money('940.83'),
        budgetLeft: { amount: '59.17' },
        budgetUsed: '0.94083',
        budgetHealth: 'yellow',
      })
      const { timeEntries } = await finance.client.data(
        'query ($id: ID!) { timeEntries(filter: {project: {id: {eq: $id}}}, orderBy: [{minutes: ASC}]) { nodes { id rate { amount } cost { amount } } } }',
        { id },
      )
      expect(timeEntries.nodes.map(({ cost }: { cost: { amount: string } }) => cost.amount)).toEqual(['90.00', '150.83'])
      // A rate that changes later does not change what was.
      await change(kit.admin, 'user', rep.id, { hourlyCost: money('600') })
      await change(finance.client, 'timeEntry', timeEntries.nodes[0].id, { rate: money('120') })
      expect(await project(id, 'cost { amount } budgetHealth', finance.client)).toEqual({ cost: { amount: '1030.83' }, budgetHealth: 'red' })
      // Finance corrects times of others, and writes no cost itself.
      expect((await change(finance.client, 'timeEntry', timeEntries.nodes[0].id, { minutes: 91 })).errors).toEqual([])
      expect((await project(id, 'cost { amount }', finance.client)).cost).toEqual({ amount: '1032.83' })
      expect(codesOf(await change(finance.client, 'project', id, { cost: money('1') }))).toEqual(['VALIDATION_FAILED'])
      expect(issuesOf(await change(kit.admin, 'project', id, { cost: money('1') }))).toEqual(['input.cost: COMPUTED'])
    })

    test('is finance’s alone, on every way to it', async () => {
      const { rep, manager, finance, admin, server, change } = kit
      const CLOSED_WAYS = [
        '{ projects(filter: {cost: {gt: "1"}}) { totalCount } }',
        '{ projects(filter: {budget: {amount: {gt: "1"}}}) { totalCount } }',
        '{ projects(filter: {budgetUsed: {gt: "0.5"}}) { totalCount } }',
        '{ projects(orderBy: [{budget: ASC}]) { totalCount } }',
        '{ projects(orderBy: [{budgetHealth: ASC}]) { totalCount } }',
        '{ projectsAggregate { sum { cost { amount } } } }',
        '{ projectsAggregate { max { budgetUsed } } }',
        '{ projectsAggregate(groupBy: [{budgetHealth: true}]) { count } }',
        '{ timeEntriesAggregate { sum { rate { amount } } } }',
        '{ projectMembers(filter: {hourlyCost: {isNull: false}}) { totalCount } }',
      ]
      for (const person of [rep, manager])
        for (const query of CLOSED_WAYS) {
          const answer = await person.client.send(query)
          expect([query, codesOf(answer), answer.data]).toEqual([query, ['GRAPHQL_VALIDATION_FAILED'], null])
        }
      const READ = 'query ($id: ID!) { node(id: $id) { ... on Project { name budget { amount } cost { amount } budgetLeft { amount } budgetHealth } } }'
      const hidden = await rep.client.send(READ, { id })
      expect(hidden.data.node).toEqual({ name: 'Costly', budget: null, cost: null, budgetLeft: null, budgetHealth: null })
      expect(new Set(codesOf(hidden))).toEqual(new Set(['FORBIDDEN_FIELD']))
      expect((await rep.client.data('query ($id: ID!) { project(id: $id) { values } }', { id })).project.values).not.toHaveProperty('cost')
      expect(codesOf(await rep.client.send('{ projectExpenses { totalCount } }'))).toEqual(['FORBIDDEN'])
      const HISTORY = 'query ($id: ID!) { project(id: $id) { history(first: 50) { nodes { changes { field after } } } } }'
      const fields = async (client: TestClient): Promise<Set<string>> => {
        const { history } = (await client.data(HISTORY, { id })).project
        return new Set(history.nodes.flatMap(({ changes }: { changes: { field: string }[] }) => changes.map(({ field }) => field)))
      }
      const [ofRep, ofFinance] = [await fields(rep.client), await fields(finance.client)]
      expect([ofRep.has('minutesSpent'), ofRep.has('cost'), ofRep.has('budget'), ofFinance.has('cost'), ofFinance.has('budget')]).toEqual([
        true,
        false,
        false,
        true,
        true,
      ])
      // A change of nothing but the budget is told to finance alone.
      const raw = new pg.Client(server.database.url)
      await raw.connect()
      const SUBSCRIBE =
        'subscription ($id: ID!, $after: String) { projectChanged(filter: {id: {eq: $id}}, after: $after) { changedFields project { cost { amount } budget { amount } } } }'
      const [one, other] = [
        subscribe(finance.client, SUBSCRIBE, { id, after: await cursorOf(raw, finance.client) }),
        subscribe(rep.client, SUBSCRIBE.replace('project { cost { amount } budget { amount } }', 'project { name }'), {
          id,
          after: await cursorOf(raw, rep.client),
        }),
      ]
      await raw.end()
      await change(finance.client, 'project', id, { budget: money('2000') })
      await change(admin, 'project', id, { description: 'Told to all' })
      await one.until(2)
      await other.until(1)
      one.close()
      other.close()
      expect(one.told.map(({ data }) => data.projectChanged.changedFields)).toEqual([['budget'], ['description']])
      expect(one.told[0]?.data.projectChanged.project.budget).toEqual({ amount: '2000.00' })
      expect(other.told.map(({ data }) => data.projectChanged.changedFields)).toEqual([['description']])
      // Health says nothing of money.
      expect((await kit.project(id, 'health healthReasons', rep.client)).health).toBe('green')
    }, 60_000)
  })
})
