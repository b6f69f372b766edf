import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import type { TestClient } from '../support/client.ts'
import { eventually } from '../support/guanxi-process.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const DELAYS = [0.3, 0.3]

let mail: MailServer
let server: TestServer
let raw: pg.Client
let rep: { readonly id: string; readonly email: string; readonly client: TestClient }

beforeAll(async () => {
  mail = await startMailServer()
  const environment = { GUANXI_ROLE: 'all', SMTP_URL: mail.url, MAIL_FROM: '"关系 CRM" <crm@example.com>', SMTP_TIMEOUT: '1000' }
  server = await startTestServer({ environment, retryDelays: DELAYS })
  raw = new pg.Client(server.database.url)
  await raw.connect()
  rep = await server.addUser('Rep', 'sales_rep')
}, 60_000)
afterAll(async () => {
  await raw?.end()
  await server?.close()
  await mail?.close()
})
beforeEach(() => {
  mail.onRecipient = () => undefined
  mail.onMail = () => undefined
})
afterEach(async () => {
  // No delivery of one test is under way in the next.
  await eventually(async () => (await raw.query(`SELECT FROM deliveries WHERE state IN ('queued', 'sending')`)).rowCount === 0)
})

const CREATE = 'mutation ($input: CreateReminderInput!) { createReminder(input: $input) { reminder { id channels } } }'
const DELIVERIES = `query ($record: String!) { deliveries(filter: {record: {eq: $record}}, first: 10) { nodes {
  id channel state attempts subject address messageId lastError providerId nextAttemptAt sentAt recipient { id } owner { id } record { id } } } }`

async function remind(subject: string, input: object = {}): Promise<string> {
  const made = await server.admin.data(CREATE, {
    input: { subject, dueAt: new Date().toISOString(), owner: { id: rep.id }, channels: ['push', 'email'], ...input },
  })
  return made.createReminder.reminder.id
}

async function deliveriesOf(record: string, client = server.admin) {
  return (await client.data(DELIVERIES.replace('$record: String!', '$record: ID!'), { record })).deliveries.nodes
}

// biome-ignore lint/suspicious/noExplicitAny: what the query selects
const ended = (record: string, ...states: string[]): Promise<any> =>
  eventually(async () => {
    const [delivery] = await deliveriesOf(record)
    return delivery && states.includes(delivery.state) && delivery
  }, 15_000)

const mailsTo = (address: string) => mail.mails.filter(({ to }) => to === address)

describe('a reminder with the channel email', () => {
  test('is sent to its recipient once it fires, once, and the log says so', async () => {
    await server.admin.data('mutation ($id: ID!) { updateUser(id: $id, input: {locale: "en-GB", timeZone: "Asia/Shanghai"}) { changeSetId } }', { id: rep.id })
    const id = await remind('Call 王芳 back — über the offer', { dueAt: '2026-03-01T01:30:00.000Z', note: 'Ask for the 合同.\n.\nA line behind a dot.' })
    const delivery = await ended(id, 'sent')
    expect(delivery).toMatchObject({
      channel: 'email',
      attempts: 1,
      address: rep.email,
      subject: 'Reminder: Call 王芳 back — über the offer',
      messageId: `<${delivery.id}@example.com>`,
      lastError: null,
      nextAttemptAt: null,
      recipient: { id: rep.id },
      owner: { id: rep.id },
      record: { id },
    })
    expect(Date.parse(delivery.sentAt)).toBeGreaterThan(Date.now() - 60_000)
    const [received, ...more] = mailsTo(rep.email)
    expect(more).toEqual([])
    expect(received?.header('subject')).toBe('Reminder: Call 王芳 back — über the offer')
    expect(received?.header('from')).toBe('关系 CRM <crm@example.com>')
    expect(received?.header('to')).toBe(`Rep <${rep.email}>`)
    expect(received?.header('message-id')).toBe(delivery.messageId)
    expect(received?.header('auto-submitted')).toBe('auto-generated')
    expect(received?.header('content-type')).toMatch(/^text\/plain; charset=utf-8/)
    expect(Date.parse(received?.header('date') ?? '')).toBeGreaterThan(Date.now() - 60_000)
    expect(received?.text.replaceAll('\r\n', '\n')).toContain(
      'Due: Sunday 1 March 2026 at 09:30 (Asia/Shanghai)\n\nAsk for the 合同.\n.\nA line behind a dot.\n',
    )
    expect((await raw.query('SELECT FROM graphile_worker.jobs')).rowCount).toBe(0)
  })

  test('is told by push alone unless it says otherwise', async () => {
    const made = await server.admin.data(CREATE, { input: { subject: 'Push', dueAt: new Date().toISOString(), owner: { id: rep.id } } })
    const { id, channels } = made.createReminder.reminder
    expect(channels).toEqual(['push'])
    await eventually(async () => (await raw.query(`SELECT FROM reminders WHERE id = $1 AND state = 'fired'`, [id])).rowCount === 1)
    expect(await deliveriesOf(id)).toEqual([])
  })
})
