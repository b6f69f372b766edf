import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { tendAbandoned } from '../../src/jobs/email/abandoned-deliveries.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { writeReminders } from '../support/timers.ts'

let server: TestServer
let raw: pg.Client
let rep: Awaited<ReturnType<TestServer['addUser']>>
let peer: Awaited<ReturnType<TestServer['addUser']>>

// A process that answers only: what is queued stays where it is.
beforeAll(async () => {
  server = await startTestServer()
  raw = new pg.Client(server.database.url)
  await raw.connect()
  rep = await server.addUser('Rep', 'sales_rep')
  peer = await server.addUser('Peer', 'sales_rep')
}, 60_000)
afterAll(async () => {
  await raw?.end()
  await server?.close()
})
beforeEach(async () => {
  await raw.query('DELETE FROM graphile_worker._private_jobs; DELETE FROM deliveries')
})

async function reminders(count: number, input: object = {}): Promise<string[]> {
  const made = await server.admin.data('mutation ($input: [CreateReminderInput!]!) { createReminders(input: $input) { reminders { id } } }', {
    input: Array.from({ length: count }, (_, index) => ({
      subject: `Reminder ${index}`,
      dueAt: '2030-01-01T00:00:00Z',
      owner: { id: rep.id },
      channels: ['email'],
      ...input,
    })),
  })
  return made.createReminders.reminders.map(({ id }: { id: string }) => id)
}

const fire = (ids: readonly string[]) => writeReminders(server, ids, { state: 'fired' })
const updates = (ids: readonly string[], input: object) => ({ updates: ids.map((id) => ({ id, input })) })
const counts = async () =>
  (
    await raw.query<{ deliveries: number; jobs: number }>(
      'SELECT (SELECT count(*)::int FROM deliveries) AS deliveries, (SELECT count(*)::int FROM graphile_worker.jobs) AS jobs',
    )
  ).rows[0]

describe('a delivery and its job', () => {
  test('are there when the reminder has fired, and not when nothing was committed', async () => {
    const [id] = (await reminders(1)) as [string]
    await expect(writeReminders(server, [id], { state: 'fired' }, new Error('lost on the way'))).rejects.toThrow('lost on the way')
    expect(await counts()).toEqual({ deliveries: 0, jobs: 0 })
    const refused = await server.admin.send('mutation ($id: ID!) { updateReminder(id: $id, input: {state: "fired"}) { changeSetId } }', { id })
    expect(refused.errors[0]?.extensions.code).toBe('VALIDATION_FAILED')
    expect(await counts()).toEqual({ deliveries: 0, jobs: 0 })
    await fire([id])
    expect(await counts()).toEqual({ deliveries: 1, jobs: 1 })
    const { rows } = await raw.query(`SELECT d.state, j.task_identifier AS task, j.key = d.id::text AS keyed FROM deliveries d, graphile_worker.jobs j`)
    expect(rows).toEqual([{ state: 'queued', task: 'delivery.send', keyed: true }])
  })

  test('are made once for a reminder that fires, and again when it fires again', async () => {
    const [id] = (await reminders(1)) as [string]
    await fire([id])
    await writeReminders(server, [id], { note: 'Known' })
    expect(await counts()).toEqual({ deliveries: 1, jobs: 1 })
    // Put off, and found too late.
    await writeReminders(server, [id], { dueAt: '2031-01-01T00:00:00Z' })
    await writeReminders(server, [id], { state: 'missed' })
    await writeReminders(server, [id], { state: 'acknowledged' })
    expect(await counts()).toEqual({ deliveries: 2, jobs: 2 })
  })

  test('need as many statements for many reminders as for two', async () => {
    const statements = async (count: number) => {
      const ids = await reminders(count)
      return (await server.statementsOf(() => fire(ids))).length
    }
    expect(await statements(1_000)).toBe(await statements(2))
    expect(await counts()).toEqual({ deliveries: 1_002, jobs: 1_002 })
  })

  test('go when the queue is asked again: one job, however often', async () => {
    const [id] = (await reminders(1)) as [string]
    await fire([id])
    await raw.query(`UPDATE deliveries SET state = 'dead', attempts = 7, last_error = 'x'`)
    const { deliveries } = await server.admin.data('{ deliveries(filter: {state: {eq: "dead"}}, first: 5) { nodes { id } } }')
    const answer = await server.admin.data(
      'mutation ($updates: [DeliveryUpdateItem!]!) { updateDeliveries(updates: $updates) { deliveries { state attempts lastError nextAttemptAt } } }',
      updates([deliveries.nodes[0].id], { state: 'queued' }),
    )
    expect(answer.updateDeliveries.deliveries).toEqual([{ state: 'queued', attempts: 0, lastError: null, nextAttemptAt: expect.any(String) }])
    expect(await counts()).toEqual({ deliveries: 1, jobs: 1 })
  })
})

test('a delivery whose job is lost gets another one; one whose job was given up is given up', async () => {
  await fire(await reminders(3))
  const { kernel } = server.app
  const tend = () => tendAbandoned({ ...kernel, system: () => kernel.system('test') })
  expect(await tend()).toBe(0)
  await raw.query(`UPDATE deliveries SET updated_at = now() - interval '5 minutes'`)
  expect(await tend()).toBe(0)
  const { rows } = await raw.query('SELECT key FROM graphile_worker.jobs ORDER BY key')
  const [lost, dead, healthy] = rows.map(({ key }) => key)
  await raw.query('DELETE FROM graphile_worker._private_jobs WHERE key = $1', [lost])
  await raw.query('UPDATE graphile_worker._private_jobs SET attempts = max_attempts WHERE key = $1', [dead])
  expect(await tend()).toBe(2)
  expect((await raw.query('SELECT id, state FROM deliveries ORDER BY id')).rows).toEqual([
    { id: lost, state: 'queued' },
    { id: dead, state: 'dead' },
    { id: healthy, state: 'queued' },
  ])
  expect((await raw.query('SELECT key FROM graphile_worker.jobs WHERE attempts = 0 ORDER BY key')).rows).toEqual([{ key: lost }, { key: healthy }])
})

describe('deliveries', () => {
  test('are read by administrators and by whom they are for', async () => {
    const [id] = (await reminders(1)) as [string]
    await fire([id])
    const query = '{ deliveries(first: 5) { nodes { state address recipient { id } } } }'
    const own = [{ state: 'queued', address: rep.email, recipient: { id: rep.id } }]
    expect((await server.admin.data(query)).deliveries.nodes).toEqual(own)
    expect((await rep.client.data(query)).deliveries.nodes).toEqual(own)
    expect((await peer.client.data(query)).deliveries.nodes).toEqual([])
  })

  test('are written by the system alone', async () => {
    const [id] = (await reminders(1)) as [string]
    await fire([id])
    const { deliveries } = await server.admin.data('{ deliveries(first: 1) { nodes { id } } }')
    const [{ id: delivery }] = deliveries.nodes
    const update = 'mutation ($id: ID!, $state: String) { updateDelivery(id: $id, input: {state: $state}) { changeSetId } }'
    for (const state of ['sending', 'sent', 'dead', 'failed', null]) {
      const { errors } = await server.admin.send(update, { id: delivery, state })
      expect([state, errors[0]?.extensions.code]).toEqual([state, 'VALIDATION_FAILED'])
    }
    const { errors } = await server.admin.send('mutation { createDelivery(input: {state: "queued"}) { changeSetId } }')
    expect(errors[0]?.extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      issues: [
        { path: ['input'], code: 'SYSTEM_WRITTEN' },
        { path: ['input', 'channel'], code: 'REQUIRED' },
      ],
    })
    expect((await rep.client.send(update, { id: delivery, state: 'queued' })).errors[0]?.extensions.code).toBe('FORBIDDEN')
    expect((await raw.query('SELECT state FROM deliveries')).rows).toEqual([{ state: 'queued' }])
  })
})

test('channels are those that there are, and one at least', async () => {
  const create =
    'mutation ($channels: [String!]) { createReminder(input: {subject: "x", dueAt: "2030-01-01T00:00:00Z", channels: $channels}) { reminder { channels } } }'
  for (const channels of [[], ['sms'], null]) {
    const { errors } = await server.admin.send(create, { channels })
    expect([channels, errors[0]?.extensions.code]).toEqual([channels, 'VALIDATION_FAILED'])
  }
  await server.admin.data(create, { channels: ['email', 'push'] })
  const found = await server.admin.data('{ reminders(filter: {channels: {hasAll: ["push", "email"]}}, first: 5) { nodes { channels } totalCount } }')
  expect(found.reminders.totalCount).toBe(1)
})
