import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import pg from 'pg'
import { forgetDeliveries } from '../../src/jobs/email/forget-deliveries.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { writeReminders } from '../support/timers.ts'

const DAY = 86_400_000

let server: TestServer
let raw: pg.Client
let rep: string

// A process that answers only: what is queued stays where it is.
beforeAll(async () => {
  server = await startTestServer()
  raw = new pg.Client(server.database.url)
  await raw.connect()
  rep = (await server.addUser('Rep', 'sales_rep')).id
}, 60_000)
afterAll(async () => {
  await raw?.end()
  await server?.close()
})
beforeEach(async () => {
  await raw.query('DELETE FROM graphile_worker._private_jobs; DELETE FROM deliveries')
})

/** Deliveries in these states, so many days old. */
async function deliveries(states: readonly string[], days: number): Promise<string[]> {
  const input = states.map((_, index) => ({ subject: `Reminder ${index}`, dueAt: '2030-01-01T00:00:00Z', owner: { id: rep }, channels: ['email'] }))
  const made = await server.admin.data('mutation ($input: [CreateReminderInput!]!) { createReminders(input: $input) { reminders { id } } }', { input })
  const reminders: string[] = made.createReminders.reminders.map(({ id }: { id: string }) => id)
  await writeReminders(server, reminders, { state: 'fired' })
  const { rows } = await raw.query<{ id: string }>(
    `UPDATE deliveries d SET state = n.state, updated_at = now() - make_interval(days => $3) FROM unnest($1::uuid[], $2::text[]) AS n (reminder, state)
     WHERE d.record_id = n.reminder RETURNING d.id`,
    [reminders, states, days],
  )
  return rows.map(({ id }) => id)
}
const left = async (): Promise<string[]> => (await raw.query('SELECT state FROM deliveries ORDER BY state')).rows.map(({ state }) => state)
const forget = (days = 90) => {
  const { database, registry, system } = server.app.kernel
  return forgetDeliveries({ database, registry, system: () => system('delivery retention') }, new Date(Date.now() - days * DAY))
}
const ENDED = ['sent', 'failed', 'dead', 'skipped']

test('what has ended goes when it is old, in batches, with its job; what is still to be sent stays, however old it is', async () => {
  await deliveries([...ENDED, 'queued', 'sending'], 91)
  await deliveries(ENDED, 89)
  await deliveries(
    Array.from({ length: 900 }, () => 'sent'),
    120,
  )
  const jobs = async () => (await raw.query('SELECT count(*)::int AS count FROM graphile_worker._private_jobs')).rows[0].count
  expect(await jobs()).toBe(910)
  expect(await forget()).toBe(904)
  expect(await left()).toEqual(['dead', 'failed', 'queued', 'sending', 'sent', 'skipped'])
  expect(await jobs()).toBe(6)
  expect(await forget()).toBe(0)
}, 60_000)

test('what others hold is passed over and goes the next time; nobody waits', async () => {
  const [held] = await deliveries(['sent', 'sent', 'sent'], 100)
  const writer = new pg.Client(server.database.url)
  await writer.connect()
  try {
    await writer.query('BEGIN')
    await writer.query('SELECT FROM deliveries WHERE id = $1 FOR UPDATE', [held])
    expect(await forget()).toBe(2)
    await writer.query('ROLLBACK')
  } finally {
    await writer.end()
  }
  expect(await forget()).toBe(1)
})

test('one that a record refers to stays, by whichever field, and goes when it does not; what hangs on it goes along', async () => {
  const { admin } = server
  const field = (input: object) => admin.data('mutation ($input: CreateCustomFieldInput!) { createCustomField(input: $input) { schemaVersion } }', { input })
  await field({ module: 'account', name: 'lastMessage', type: 'REFERENCE', label: 'Last message', reference: { module: 'delivery' } })
  await field({ module: 'delivery', name: 'readers', type: 'REFERENCES', label: 'Readers', reference: { module: 'user' } })
  await field({ module: 'delivery', name: 'remark', type: 'TEXT', label: 'Remark' })
  const [byField, byReminder, free] = (await deliveries(['sent', 'sent', 'sent'], 100)) as [string, string, string]
  const client = await server.signIn(server.config.adminEmail)
  const made = await client.data('mutation ($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }', {
    input: { name: 'Customer', lastMessage: { id: byField } },
  })
  const about = await client.data('mutation ($input: CreateReminderInput!) { createReminder(input: $input) { reminder { id } } }', {
    input: { subject: 'About a message', dueAt: '2031-01-01T00:00:00Z', record: { id: byReminder } },
  })
  await client.data('mutation ($id: ID!, $input: UpdateDeliveryInput!) { updateDelivery(id: $id, input: $input) { changeSetId } }', {
    id: free,
    input: { remark: 'Known', readers: { add: [{ id: rep }] } },
  })
  await raw.query(`UPDATE deliveries SET updated_at = now() - interval '100 days'`)
  const ids = async () => (await raw.query('SELECT id FROM deliveries ORDER BY id')).rows.map(({ id }) => id)
  expect(await forget()).toBe(1)
  expect(await ids()).toEqual([byField, byReminder].sort())
  // In the recycle bin it still refers to it, since it can be restored.
  await client.data('mutation ($id: ID!) { deleteAccount(id: $id) { id } }', { id: made.createAccount.account.id })
  await raw.query(`UPDATE deliveries SET updated_at = now() - interval '100 days'`)
  expect(await forget()).toBe(0)
  await client.data('mutation ($id: ID!) { updateReminder(id: $id, input: {record: null}) { changeSetId } }', { id: about.createReminder.reminder.id })
  expect(await forget()).toBe(1)
  expect(await ids()).toEqual([byField])
}, 60_000)
