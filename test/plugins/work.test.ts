import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { TestClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { eventually, pluginFolder, pluginNamed, step } from './kit.ts'

/** What plugins do by themselves: timetables, keys of jobs, handlers that fail, and work that waits while a plugin is not at work. */
describe('the own work of a plugin', () => {
  const folder = pluginFolder()
  let server: TestServer
  let admin: TestClient
  let ahead = 0

  const titles = async (): Promise<string[]> => {
    const { diaryEntries } = await admin.data('{ diaryEntries(first: 500, orderBy: [{createdAt: ASC}, {title: ASC}]) { nodes { title } } }')
    return diaryEntries.nodes.map(({ title }: { title: string }) => title)
  }
  const ask = (mutation: string) => admin.data(`mutation { diaryDo(what: "${mutation}") }`)

  beforeAll(async () => {
    const path = folder.write({
      name: 'diary',
      manifest: { capabilities: { modules: { tag: ['READ'] }, events: ['tag'], jobs: true } },
      definition: `
        modules: [{ name: 'diaryEntry', pluralName: 'diaryEntries', nameField: 'title', fields: [{ name: 'title', type: 'TEXT' }] }],
        grants: [],
        graphql: { types: 'extend type Mutation { diaryDo(what: String!): String }', Mutation: { diaryDo: async ({ what }, { cache }) => { globalThis.guanxiDiary = what; return what } } },
        jobs: [
          { name: 'write', run: ({ title }, context) => context.once((records) => records.create('diaryEntry', [{ title }])) },
          { name: 'minutely', cron: '* * * * *', run: ({ at }, context) => context.once((records) => records.create('diaryEntry', [{ title: 'at ' + at }])) },
          { name: 'fails', attempts: 2, run: async () => { globalThis.guanxiFailed = (globalThis.guanxiFailed ?? 0) + 1; throw new Error('it never works') } },
        ],
        events: [{ name: 'tags', modules: ['tag'], on: ['CREATED'], run: async (events, context) => {
          if (globalThis.guanxiDiary === 'fail') throw new Error('not yet')
          await context.once(async (records, jobs) => {
            await records.create('diaryEntry', events.map(({ id, operation }) => ({ title: 'event ' + operation })))
            await jobs.add('write', { title: 'first wins not' }, { key: 'same', at: new Date(Date.now() + 700).toISOString() })
            await jobs.add('write', { title: 'last wins' }, { key: 'same', at: new Date(Date.now() + 700).toISOString() })
            await jobs.add('write', { title: 'removed' }, { key: 'other', at: new Date(Date.now() + 700).toISOString() })
            await jobs.remove('write', 'other')
            await jobs.add('fails', {})
          })
        } }],`,
    })
    server = await startTestServer({ environment: { PLUGIN_PATHS: path, GUANXI_ROLE: 'all' }, now: () => new Date(Date.now() + ahead) })
    admin = server.admin
    await step(admin, 'enablePlugin', 'diary')
  }, 60_000)
  afterAll(async () => {
    await server?.close()
    folder.remove()
  })

  test('a handler that fails is tried again, and the events behind it wait', async () => {
    await ask('fail')
    await admin.data('mutation { createTag(input: {name: "one"}) { tag { id } } }')
    await eventually(async () => /not yet/.test((await pluginNamed(admin, 'diary')).lastError))
    await admin.data('mutation { createTag(input: {name: "two"}) { tag { id } } }')
    expect(await titles()).toEqual([])
    await ask('go on')
    await eventually(async () => (await titles()).includes('last wins'), 20_000)
    expect((await titles()).filter((title) => title.startsWith('event'))).toEqual(['event CREATED', 'event CREATED'])
    expect(await titles()).not.toContain('first wins not')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(await titles()).not.toContain('removed')
  })

  test('a job that fails is given up after its attempts, and shown', async () => {
    await eventually(async () => /it never works/.test((await pluginNamed(admin, 'diary')).lastError), 20_000)
    expect((globalThis as { guanxiFailed?: number }).guanxiFailed).toBeLessThanOrEqual(2)
  })

  test('work waits while the plugin is disabled, and nothing of it runs', async () => {
    await ask('fail')
    await step(admin, 'disablePlugin', 'diary')
    await admin.data('mutation { createTag(input: {name: "three"}) { tag { id } } }')
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    ;(globalThis as { guanxiDiary?: string }).guanxiDiary = 'go on'
    await step(admin, 'enablePlugin', 'diary')
    await eventually(async () => (await titles()).filter((title) => title.startsWith('event')).length === 3)
  })

  test('a timetable puts a job into the queue once for its moment', async () => {
    const moments = async () => (await titles()).filter((title) => title.startsWith('at ')).map((title) => Date.parse(title.slice(3)))
    const jump = Date.now() + 90_000
    ahead = 90_000
    await eventually(async () => (await moments()).some((moment) => moment > jump - 60_000), 25_000)
    await new Promise((resolve) => setTimeout(resolve, 500))
    const found = await moments()
    expect(new Set(found).size).toBe(found.length)
    expect(found.filter((moment) => moment % 60_000 !== 0)).toEqual([])
  })
})
