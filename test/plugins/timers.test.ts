import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, type TestClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { eventually, pluginFolder, step } from './kit.ts'

const CREATE = 'mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }'
const UPDATE = 'mutation ($id: ID!, $input: UpdateAccountInput!) { updateAccount(id: $id, input: $input) { account { id } } }'
const TIMERS = '{ timers(filter: {kind: {eq: "plugin"}}, first: 500) { nodes { dedupeKey state dueAt firedAt reason record { id } owner { name } } } }'
const MINUTE = 60_000

/** Moments that follow from records, in the order of the tests. */
describe('timers of a plugin', () => {
  const folder = pluginFolder()
  let offset = 0
  let server: TestServer
  let admin: TestClient

  const now = () => Date.now() + offset
  const inMinutes = (minutes: number) => new Date(now() + minutes * MINUTE).toISOString()
  const newAccount = async (name: string, alarmAt?: string): Promise<string> =>
    (await admin.data(CREATE, { input: { name, ...(alarmAt && { alarmAt }) } })).createAccount.account.id
  const timerOf = async (id: string) =>
    (await admin.data(TIMERS)).timers.nodes.find(({ dedupeKey }: { dedupeKey: string }) => dedupeKey === `plugin:alarm:ring:${id}`)
  const rings = async (): Promise<string[]> =>
    (await admin.data('{ alarmRings(first: 500, orderBy: [{title: ASC}]) { nodes { title } } }')).alarmRings.nodes.map(({ title }: { title: string }) => title)

  beforeAll(async () => {
    const path = folder.write({
      name: 'alarm',
      manifest: { capabilities: { modules: { account: ['READ'] }, jobs: true } },
      definition: `
        modules: [{ name: 'alarmRing', pluralName: 'alarmRings', nameField: 'title', fields: [{ name: 'title', type: 'TEXT' }] }],
        fields: [{ module: 'account', name: 'alarmAt', type: 'DATETIME' }],
        timers: [{ name: 'ring', module: 'account', at: ({ alarmAt, name }) => (name === 'broken' ? 'tomorrow' : name.startsWith('silent') ? null : alarmAt), run: async ({ module, id, at }, { records, once }) => {
          const account = await records.get(module, id)
          if (account.name.startsWith('slow')) {
            await new Promise((resolve) => setTimeout(resolve, 2_500))
            throw new Error('the other side does not answer')
          }
          await once((changes) => changes.create('alarmRing', [{ title: account.name + ' ' + (account.alarmAt === at) }]))
          if (account.name === 'twice') throw new Error('after it was done')
        } }],`,
    })
    server = await startTestServer({ environment: { PLUGIN_PATHS: path, GUANXI_ROLE: 'all' }, now: () => new Date(now()) })
    admin = server.admin
    await newAccount('before the plugin')
    await step(admin, 'enablePlugin', 'alarm')
  })
  afterAll(async () => {
    await server?.close()
    folder.remove()
  })

  test('are set with the record, fire once, and do their work as the service user', async () => {
    const at = inMinutes(2)
    const id = await newAccount('first', at)
    expect(await timerOf(id)).toEqual({
      dedupeKey: `plugin:alarm:ring:${id}`,
      state: 'scheduled',
      dueAt: at,
      firedAt: null,
      reason: null,
      record: { id },
      owner: { name: 'Administrator' },
    })
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(await rings()).toEqual([])
    offset += 2 * MINUTE
    await eventually(async () => (await rings()).length === 1)
    expect(await rings()).toEqual(['first true'])
    expect(await timerOf(id)).toMatchObject({ state: 'fired', dueAt: at })
    await admin.data(UPDATE, { id, input: { name: 'first, renamed' } })
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(await rings()).toEqual(['first true'])
    const { alarmRings } = await admin.data('{ alarmRings { nodes { createdBy { name } } } }')
    expect(alarmRings.nodes[0].createdBy.name).toBe('Plugin alarm')
  }, 30_000)

  test('are moved, cancelled and set again with the record; what is past fires at once', async () => {
    const id = await newAccount('moving', inMinutes(1))
    const later = inMinutes(10)
    await admin.data(UPDATE, { id, input: { alarmAt: later } })
    expect(await timerOf(id)).toMatchObject({ state: 'scheduled', dueAt: later })
    await admin.data(UPDATE, { id, input: { alarmAt: null } })
    expect(await timerOf(id)).toMatchObject({ state: 'cancelled', dueAt: later })
    await admin.data(UPDATE, { id, input: { alarmAt: later } })
    expect(await timerOf(id)).toMatchObject({ state: 'scheduled' })
    await admin.data('mutation ($id: ID!) { deleteAccount(id: $id) { id } }', { id })
    expect(await timerOf(id)).toMatchObject({ state: 'cancelled', reason: 'Its record was deleted.', record: null })
    await admin.data('mutation ($id: ID!) { restoreAccount(id: $id) { account { id } } }', { id })
    expect(await timerOf(id)).toMatchObject({ state: 'scheduled', dueAt: later, record: { id } })
    await admin.data(UPDATE, { id, input: { alarmAt: inMinutes(-60) } })
    await eventually(async () => (await rings()).includes('moving true'))
  }, 30_000)

  test('take effect once, though their work fails behind it', async () => {
    await newAccount('twice', inMinutes(-1))
    await eventually(async () => (await rings()).includes('twice true'))
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    expect((await rings()).filter((title) => title === 'twice true')).toHaveLength(1)
  }, 30_000)

  test('are not done for a record that is gone when the work begins', async () => {
    const before = await rings()
    const bulk = 'mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { accounts { id } } }'
    const { accounts } = (await admin.data(bulk, { input: Array.from({ length: 5 }, (_, index) => ({ name: `gone ${index}`, alarmAt: inMinutes(1) })) }))
      .createAccounts
    await admin.data('mutation ($ids: [ID!]!) { deleteAccounts(ids: $ids) { changeSetId } }', { ids: accounts.map(({ id }: { id: string }) => id) })
    offset += MINUTE
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(await rings()).toEqual(before)
  }, 30_000)

  test('stand in the way of no write while what is done at them is slow, and fails', async () => {
    for (let index = 0; index < 6; index += 1) await newAccount(`slow ${index}`, inMinutes(-1))
    for (const deadline = Date.now() + 8_000; Date.now() < deadline; ) {
      expect(codesOf(await admin.send(CREATE, { input: { name: 'written meanwhile' } }))).toEqual([])
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }, 30_000)

  test('refuse the write of a record of which no moment follows, as a failure of the plugin', async () => {
    expect(codesOf(await admin.send(CREATE, { input: { name: 'broken' } }))).toEqual(['PLUGIN_UNAVAILABLE'])
  })

  test('of records that changed while the plugin was away follow when it is back', async () => {
    const at = inMinutes(5)
    const [silenced, kept, gone] = [await newAccount('away', at), await newAccount('silent at first', at), await newAccount('away, gone', at)]
    expect(await timerOf(kept)).toBeUndefined()
    await step(admin, 'disablePlugin', 'alarm')
    const RENAME = 'mutation ($id: ID!, $name: String!) { updateAccount(id: $id, input: {name: $name}) { changeSetId } }'
    await admin.data(RENAME, { id: silenced, name: 'silent now' })
    await admin.data(RENAME, { id: kept, name: 'heard' })
    await admin.data('mutation ($id: ID!) { deleteAccount(id: $id) { id } }', { id: gone })
    expect((await timerOf(silenced)).state).toBe('scheduled')
    await step(admin, 'enablePlugin', 'alarm')
    await eventually(async () => (await timerOf(silenced)).state === 'cancelled' && (await timerOf(kept))?.state === 'scheduled')
    expect(await timerOf(kept)).toMatchObject({ dueAt: at, record: { id: kept }, owner: { name: 'Administrator' } })
    const before = await rings()
    offset += 5 * MINUTE
    await eventually(async () => (await rings()).includes('heard true'))
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect((await rings()).length).toBe(before.length + 1)
  }, 40_000)

  test('are cancelled when the plugin is purged', async () => {
    const id = await newAccount('last', inMinutes(60))
    await step(admin, 'uninstallPlugin', 'alarm')
    expect((await timerOf(id)).state).toBe('scheduled')
    await step(admin, 'purgePlugin', 'alarm')
    expect(await timerOf(id)).toMatchObject({ state: 'cancelled', reason: 'Its plugin is no more.' })
  })
})
