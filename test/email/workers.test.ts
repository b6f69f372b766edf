import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import pg from 'pg'
import { eventually } from '../support/guanxi-process.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'
import { type NodeProcess, startNode } from '../support/nodes.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { writeReminders } from '../support/timers.ts'

let mail: MailServer
let server: TestServer
let raw: pg.Client
let rep: Awaited<ReturnType<TestServer['addUser']>>
const workers: NodeProcess[] = []

async function startWorker(): Promise<void> {
  const environment = { GUANXI_ROLE: 'worker', SMTP_URL: mail.url, MAIL_FROM: 'crm@example.com', JOB_CONCURRENCY: '3' }
  workers.push(await startNode(server.database.url, { environment, retryDelays: [0.5, 0.5] }))
}

/** The process that sends a delivery. */
async function sender(id: string): Promise<NodeProcess> {
  const { rows } = await raw.query(
    'SELECT h.process FROM graphile_worker._private_jobs j JOIN worker_heartbeat h ON h.worker_id = j.locked_by WHERE j.key = $1',
    [id],
  )
  const pid = Number(rows[0].process.split(' ').at(-1))
  return workers.find((each) => each.pid === pid) as NodeProcess
}

function kill(killed: NodeProcess): void {
  process.kill(killed.pid, 'SIGKILL')
  workers.splice(workers.indexOf(killed), 1)
}

beforeAll(async () => {
  mail = await startMailServer()
  server = await startTestServer()
  raw = new pg.Client(server.database.url)
  await raw.connect()
  rep = await server.addUser('Rep', 'sales_rep')
  await Promise.all([startWorker(), startWorker()])
}, 120_000)
afterEach(() => {
  mail.onMail = () => undefined
})
afterAll(async () => {
  await Promise.all(workers.map((each) => each.close()))
  await raw?.end()
  await server?.close()
  await mail?.close()
}, 60_000)

/** Fires reminders by hand; the ids of their deliveries. */
async function fire(count: number): Promise<string[]> {
  const input = Array.from({ length: count }, (_, index) => ({
    subject: `Number ${index}`,
    dueAt: '2030-01-01T00:00:00Z',
    owner: { id: rep.id },
    channels: ['email'],
  }))
  const made = await server.admin.data('mutation ($input: [CreateReminderInput!]!) { createReminders(input: $input) { reminders { id } } }', { input })
  const ids: string[] = made.createReminders.reminders.map(({ id }: { id: string }) => id)
  await writeReminders(server, ids, { state: 'fired' })
  return (await raw.query<{ id: string }>('SELECT id FROM deliveries WHERE record_id = ANY($1) ORDER BY id', [ids])).rows.map(({ id }) => id)
}

const stored = async (id: string) =>
  (await raw.query('SELECT state, attempts, message_id AS "messageId", last_error AS "lastError" FROM deliveries WHERE id = $1', [id])).rows[0]
const isSent = async (id: string) => (await stored(id)).state === 'sent'
const timesTaken = (id: string): number => mail.mails.filter((each) => each.header('message-id') === `<${id}@example.com>`).length
const jobs = async () => Number((await raw.query('SELECT count(*) FROM graphile_worker.jobs')).rows[0].count)

/** A delivery whose message the mail server has whole, and takes when it is to answer. */
async function sendHeld(): Promise<{ readonly id: string; readonly answer: () => void }> {
  let answer = (): void => {}
  const held = new Promise<void>((resolve) => {
    answer = resolve
  })
  const given = untilMail(() => held)
  const [id] = (await fire(1)) as [string]
  await given
  return { id, answer }
}

/** Resolves when the mail server has a whole message, before it takes it. */
function untilMail(answer: () => Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    mail.onMail = async () => {
      mail.onMail = () => undefined
      resolve()
      await answer()
      return undefined
    }
  })
}

test('several send each message once, and never two at a time', async () => {
  mail.onMail = () => new Promise((resolve) => setTimeout(resolve, 20, undefined))
  const ids = await fire(60)
  await eventually(async () => (await raw.query(`SELECT FROM deliveries WHERE id = ANY($1) AND state = 'sent'`, [ids])).rowCount === 60, 40_000)
  expect(ids.map(timesTaken)).toEqual(ids.map(() => 1))
  expect((await raw.query('SELECT DISTINCT attempts FROM deliveries WHERE id = ANY($1)', [ids])).rows).toEqual([{ attempts: 1 }])
  expect(await jobs()).toBe(0)
  expect((await raw.query('SELECT count(DISTINCT process)::int AS count FROM worker_heartbeat')).rows).toEqual([{ count: 2 }])
}, 60_000)

test('one is killed while it sends: another sends within 10 seconds, and nothing is half done', async () => {
  const given = untilMail(() => new Promise(() => {}))
  const [id] = (await fire(1)) as [string]
  await given
  expect(await stored(id)).toEqual({ state: 'sending', attempts: 1, messageId: `<${id}@example.com>`, lastError: null })
  kill(await sender(id))
  const killedAt = Date.now()
  await eventually(async () => isSent(id), 20_000)
  expect(Date.now() - killedAt).toBeLessThan(10_000)
  expect(await stored(id)).toEqual({ state: 'sent', attempts: 2, messageId: `<${id}@example.com>`, lastError: null })
  expect(timesTaken(id)).toBe(1)
  expect(await jobs()).toBe(0)
  await startWorker()
}, 90_000)

test('one is killed between the server taking the message and noting it: it comes again with the same Message-ID', async () => {
  const lock = new pg.Client(server.database.url)
  await lock.connect()
  const given = untilMail(async () => {
    await lock.query('BEGIN')
    await lock.query('SELECT FROM deliveries FOR UPDATE')
  })
  const [id] = (await fire(1)) as [string]
  await given
  // The message is taken, and its sender waits for the row to note it.
  await eventually(async () => (await raw.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%deliveries%'`)).rowCount === 1)
  kill(await sender(id))
  await lock.query('ROLLBACK')
  await lock.end()
  expect((await stored(id)).state).toBe('sending')
  await eventually(async () => isSent(id), 20_000)
  expect(timesTaken(id)).toBe(2)
  expect(await stored(id)).toMatchObject({ state: 'sent', attempts: 2, lastError: null })
  await startWorker()
}, 90_000)

test('one is frozen while it sends, and wakes up when another has done its work: it writes nothing', async () => {
  const { id, answer } = await sendHeld()
  const frozen = await sender(id)
  process.kill(frozen.pid, 'SIGSTOP')
  try {
    await eventually(async () => isSent(id), 20_000)
    const [before] = (await raw.query('SELECT version, sent_at FROM deliveries WHERE id = $1', [id])).rows
    answer()
    process.kill(frozen.pid, 'SIGCONT')
    // It is alive again, and does other work.
    const next = await fire(5)
    await eventually(async () => (await raw.query(`SELECT FROM deliveries WHERE id = ANY($1) AND state = 'sent'`, [next])).rowCount === 5, 20_000)
    await eventually(async () => (await raw.query(`SELECT FROM worker_heartbeat WHERE seen_at > now() - interval '4 seconds'`)).rowCount === 6)
    const [after] = (await raw.query('SELECT version, sent_at FROM deliveries WHERE id = $1', [id])).rows
    expect(after).toEqual(before)
    expect(await jobs()).toBe(0)
  } finally {
    process.kill(frozen.pid, 'SIGCONT')
  }
}, 90_000)

test('one that is told to stop finishes what it sends, and leaves nothing behind', async () => {
  const { id, answer } = await sendHeld()
  const last = await sender(id)
  const closed = last.close()
  workers.splice(workers.indexOf(last), 1)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect((await stored(id)).state).toBe('sending')
  answer()
  await closed
  expect(await stored(id)).toMatchObject({ state: 'sent', attempts: 1 })
  expect(await jobs()).toBe(0)
  expect((await raw.query(`SELECT FROM worker_heartbeat WHERE process LIKE '% ' || $1`, [String(last.pid)])).rowCount).toBe(0)
}, 60_000)
