import { afterAll, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { createTestClient, type TestClient } from '../support/client.ts'
import { eventually } from '../support/guanxi-process.ts'
import { type NodeProcess, startNode } from '../support/nodes.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { cursorOf, subscribe } from '../support/subscription.ts'

let server: TestServer
let workers: NodeProcess[]
let raw: pg.Client
let owner: { readonly id: string; readonly email: string; readonly client: TestClient }
let other: { readonly id: string; readonly email: string; readonly client: TestClient }

beforeAll(async () => {
  server = await startTestServer()
  raw = new pg.Client(server.database.url)
  await raw.connect()
  const grants = [{ module: 'reminder', actions: ['READ', 'UPDATE'], scope: 'ALL' }]
  await server.admin.data(ROLES.create, { input: { key: 'reminded', name: 'Reminded', grants } })
  owner = await server.addUser('Owner', 'reminded')
  other = await server.addUser('Other', 'reminded')
  workers = [
    await startNode(server.database.url, { environment: { GUANXI_ROLE: 'all' } }),
    await startNode(server.database.url, { environment: { GUANXI_ROLE: 'all' } }),
  ]
}, 60_000)
afterAll(async () => {
  for (const worker of workers ?? []) await worker.close()
  await raw?.end()
  await server?.close()
})

const DUE = 'subscription ($after: String) { reminderDue(after: $after) { cursor operation reminder { subject state recipient { name } } } }'
const remind = async (subject: string, seconds: number, input: object = {}): Promise<string> => {
  const dueAt = new Date(Date.now() + seconds * 1_000).toISOString()
  const made = await server.admin.data('mutation ($input: CreateReminderInput!) { createReminder(input: $input) { reminder { id } } }', {
    input: { subject, dueAt, ...input },
  })
  return made.createReminder.reminder.id
}

test('fire when they are due, once, whoever fires them, and tell their recipients on every device', async () => {
  const after = await cursorOf(raw, owner.client)
  const devices = [subscribe(owner.client, DUE, { after }), subscribe(createTestClient(server.url, owner.client.token), DUE, { after })]
  const others = subscribe(other.client, DUE, { after: await cursorOf(raw, other.client) })
  const ids = [
    await remind('For the recipient', 1, { recipient: { id: owner.id }, owner: { id: other.id } }),
    await remind('For the owner', 1, { owner: { id: owner.id } }),
    await remind('Later', 3_600, { owner: { id: owner.id } }),
    await remind('For the other', 1, { recipient: { id: other.id }, owner: { id: owner.id } }),
    await remind('By e-mail alone', 1, { owner: { id: owner.id }, channels: ['email'] }),
  ]
  for (const device of devices) await device.until(2, 10_000)
  await others.until(1, 10_000)
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const subjects = (subscription: (typeof devices)[number]) => subscription.told.map(({ data }) => data.reminderDue.reminder.subject).sort()
  for (const device of devices) {
    device.close()
    expect(subjects(device)).toEqual(['For the owner', 'For the recipient'])
    expect(device.told.map(({ data }) => [data.reminderDue.operation, data.reminderDue.reminder.state])).toEqual([
      ['ENTERED', 'fired'],
      ['ENTERED', 'fired'],
    ])
  }
  others.close()
  expect(subjects(others)).toEqual(['For the other'])
  const { rows } = await raw.query(
    `SELECT record_id AS id, count(*)::int AS fired FROM record_history WHERE changes -> 'state' ->> 'after' = 'fired' AND record_id = ANY($1) GROUP BY 1`,
    [ids],
  )
  expect(rows.map(({ fired }) => fired)).toEqual([1, 1, 1, 1])
}, 30_000)

test('that fired while nobody listened are told after the cursor; acknowledged once, they are so for all', async () => {
  const after = await cursorOf(raw, owner.client)
  const id = await remind('Missed', 0, { owner: { id: owner.id } })
  await eventually(async () => (await raw.query(`SELECT FROM reminders WHERE id = $1 AND state = 'fired'`, [id])).rowCount === 1)
  const late = subscribe(owner.client, DUE, { after })
  await late.until(1)
  expect(late.told[0]?.data.reminderDue.reminder.subject).toBe('Missed')
  await owner.client.data('mutation ($id: ID!) { updateReminder(id: $id, input: {state: "acknowledged"}) { changeSetId } }', { id })
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  late.close()
  expect(late.told).toHaveLength(1)
  expect((await raw.query('SELECT state FROM reminders WHERE id = $1', [id])).rows).toEqual([{ state: 'acknowledged' }])
}, 30_000)

test('are fired once each when a worker is killed in the midst of it', async () => {
  const count = 600
  const inputs = Array.from({ length: count }, (_, index) => ({
    subject: `Many ${index}`,
    dueAt: new Date(Date.now() + 2_500).toISOString(),
    owner: { id: owner.id },
  }))
  await server.admin.data('mutation ($input: [CreateReminderInput!]!) { createReminders(input: $input) { changeSetId } }', { input: inputs })
  const fired = async () => Number((await raw.query(`SELECT count(*) AS count FROM reminders WHERE subject LIKE 'Many %' AND state = 'fired'`)).rows[0].count)
  await eventually(async () => (await fired()) > 0, 20_000)
  process.kill((workers.shift() as NodeProcess).pid, 'SIGKILL')
  await eventually(async () => (await fired()) === count, 20_000)
  const { rows } = await raw.query(
    `SELECT h.fired, count(*)::int AS reminders FROM (SELECT record_id, count(*)::int AS fired FROM record_history WHERE changes -> 'state' ->> 'after' = 'fired'
       AND record_id IN (SELECT id FROM reminders WHERE subject LIKE 'Many %') GROUP BY 1) h GROUP BY 1`,
  )
  expect(rows).toEqual([{ fired: 1, reminders: count }])
}, 60_000)

test('are left to workers by a process that only answers, and a worker answers nothing', async () => {
  const worker = await startTestServer({ environment: { GUANXI_ROLE: 'worker' } }).catch((error: unknown) => String(error))
  // A test server signs in, which nobody can at a worker.
  expect(String(worker)).toContain('answers no requests')
})
