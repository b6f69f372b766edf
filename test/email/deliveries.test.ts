import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import type { TestClient } from '../support/client.ts'
import { eventually } from '../support/guanxi-process.ts'
import { type MailServer, startMailServer } from '../support/mail-server.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Three attempts. */
const DELAYS = [0.4, 1.5]

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
const DELIVERIES = `query ($record: ID!) { deliveries(filter: {record: {eq: $record}}, first: 10) { nodes {
  id channel state attempts subject address messageId lastError providerId nextAttemptAt sentAt recipient { id } owner { id } record { id } } } }`

const QUEUE = 'mutation ($id: ID!) { updateDelivery(id: $id, input: {state: "queued"}) { delivery { state attempts } } }'
const HEADERS = [
  'auto-submitted',
  'content-transfer-encoding',
  'content-type',
  'date',
  'from',
  'message-id',
  'mime-version',
  'subject',
  'to',
  'x-auto-response-suppress',
]

async function remind(subject: string, input: object = {}): Promise<string> {
  const made = await server.admin.data(CREATE, {
    input: { subject, dueAt: new Date().toISOString(), owner: { id: rep.id }, channels: ['push', 'email'], ...input },
  })
  return made.createReminder.reminder.id
}

async function deliveriesOf(record: string, client = server.admin) {
  return (await client.data(DELIVERIES, { record })).deliveries.nodes
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
      'Due: Sunday, 1 March 2026 at 09:30 (Asia/Shanghai)\n\nAsk for the 合同.\n.\nA line behind a dot.\n',
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

  test('says nothing that its recipient may not read, and is not sent to whoever may not read it at all', async () => {
    const grants = [{ module: 'reminder', actions: ['READ'], scope: 'ALL' }]
    await server.admin.data(ROLES.create, {
      input: { key: 'no_notes', name: 'No notes', grants, fields: [{ module: 'reminder', field: 'note', access: 'HIDDEN' }] },
    })
    const [blind, stranger] = [await server.addUser('Blind', 'no_notes'), await server.addUser('Stranger', 'sales_rep')]
    const hidden = await remind('Only this', { note: 'the secret note', recipient: { id: blind.id } })
    const unseen = await remind('None of his', { recipient: { id: stranger.id } })
    await ended(hidden, 'sent')
    expect(mailsTo(blind.email).map(({ text }) => text)).toEqual([expect.stringContaining('Only this')])
    expect(mailsTo(blind.email)[0]?.raw).not.toContain('secret')
    expect(mailsTo(blind.email)[0]?.text).not.toContain('secret')
    expect((await ended(unseen, 'skipped')).lastError).toContain('do not let it be read')
    expect(mail.asked).not.toContain(stranger.email)
  })

  test('is not sent to whoever is disabled or has no address, and says why', async () => {
    const [gone, mute] = [await server.addUser('Gone', 'sales_rep'), await server.addUser('Mute', 'sales_rep')]
    await server.admin.data('mutation ($id: ID!) { updateUser(id: $id, input: {status: "disabled"}) { changeSetId } }', { id: gone.id })
    await server.admin.data('mutation ($id: ID!) { updateUser(id: $id, input: {email: null}) { changeSetId } }', { id: mute.id })
    const ids = [await remind('1', { owner: { id: gone.id } }), await remind('2', { owner: { id: mute.id } })]
    const reasons = []
    for (const id of ids) reasons.push((await ended(id, 'skipped')).lastError)
    expect(reasons).toEqual(['The recipient is disabled.', 'The recipient has no e-mail address.'])
    // With an address, the one can be sent after all.
    await server.admin.data('mutation ($id: ID!) { updateUser(id: $id, input: {email: "mute@example.com"}) { changeSetId } }', { id: mute.id })
    const [{ id: delivery }] = await deliveriesOf(ids[1] as string)
    await server.admin.data(QUEUE, { id: delivery })
    expect(await ended(ids[1] as string, 'sent')).toMatchObject({ address: 'mute@example.com', attempts: 1, lastError: null })
  })

  test('puts nothing of what somebody wrote into other headers', async () => {
    const eve = await server.addUser('Eve', 'sales_rep')
    const name = 'Eve\r\nBcc: victim@example.com\r\n\r\nBody'
    await server.admin.data('mutation ($id: ID!, $name: String!) { updateUser(id: $id, input: {name: $name}) { changeSetId } }', { id: eve.id, name })
    const id = await remind('Hello\r\nBcc: victim@example.com\nX-Evil: 1\u2028Subject: other\r\n\r\n<html>', { owner: { id: eve.id } })
    await ended(id, 'sent')
    const [received] = mailsTo(eve.email)
    expect([...(received?.headers.keys() ?? [])].sort()).toEqual(HEADERS)
    expect([...(received?.headers.values() ?? [])].every(({ length }) => length === 1)).toBe(true)
    expect(received?.header('subject')).toBe('Reminder: Hello Bcc: victim@example.com X-Evil: 1 Subject: other <html>')
    expect(received?.header('to')).toContain(eve.email)
    expect(mail.asked).not.toContain('victim@example.com')
  })
})

describe('what the mail server does not take', () => {
  test('is tried again with the same Message-ID, until it is taken', async () => {
    const user = await server.addUser('Patient', 'sales_rep')
    const port = mail.port
    await mail.close()
    const id = await remind('While it is down', { owner: { id: user.id } })
    const failed = await eventually(async () => {
      const [delivery] = await deliveriesOf(id)
      return delivery?.lastError && delivery
    })
    expect(failed.lastError).toBe('The mail server could not be reached.')
    mail = await startMailServer(port)
    const delivery = await ended(id, 'sent')
    expect(delivery.attempts).toBeGreaterThan(1)
    expect(delivery.messageId).toBe(failed.messageId)
    expect(delivery.lastError).toBeNull()
    expect(mailsTo(user.email).map((each) => each.header('message-id'))).toEqual([failed.messageId])
  })

  test('for good is not tried again, unless an administrator says so', async () => {
    const user = await server.addUser('Unknown', 'sales_rep')
    mail.onRecipient = (address) => (address === user.email ? '550 5.1.1 No such user here' : undefined)
    const id = await remind('Refused', { owner: { id: user.id } })
    const refused = await ended(id, 'failed')
    expect(refused).toMatchObject({ attempts: 1, lastError: '550 5.1.1 No such user here', nextAttemptAt: null, sentAt: null })
    expect(mail.asked.filter((address) => address === user.email)).toHaveLength(1)
    expect((await user.client.send(QUEUE, { id: refused.id })).errors[0]?.extensions.code).toBe('FORBIDDEN')
    mail.onRecipient = () => undefined
    await server.admin.data(QUEUE, { id: refused.id })
    expect(await ended(id, 'sent')).toMatchObject({ attempts: 1, messageId: refused.messageId, lastError: null })
    expect((await server.admin.send(QUEUE, { id: refused.id })).errors[0]?.extensions.code).toBe('VALIDATION_FAILED')
  })

  test('is given up after the last attempt, keeps nothing else back, and can be queued again', async () => {
    const [poison, other] = [await server.addUser('Poison', 'sales_rep'), await server.addUser('Other', 'sales_rep')]
    mail.onMail = ({ to }) => (to === poison.email ? '451 4.3.0 Try again later' : undefined)
    const id = await remind('Again and again', { owner: { id: poison.id } })
    await eventually(async () => mail.asked.includes(poison.email))
    await ended(await remind('Meanwhile', { owner: { id: other.id } }), 'sent')
    const dead = await ended(id, 'dead')
    expect(dead).toMatchObject({ attempts: 3, lastError: '451 4.3.0 Try again later', nextAttemptAt: null })
    expect(mail.asked.filter((address) => address === poison.email)).toHaveLength(3)
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    expect(metrics).toContain('guanxi_deliveries{state="dead"} 1')
    expect(metrics).toContain('guanxi_jobs{state="running"} 0')
    const history = await server.admin.data('query ($id: ID!) { delivery(id: $id) { history(first: 50) { nodes { changes { field after } } } } }', {
      id: dead.id,
    })
    const states = history.delivery.history.nodes.flatMap(({ changes }: { changes: { field: string; after: unknown }[] }) =>
      changes.filter(({ field }) => field === 'state').map(({ after }) => after),
    )
    expect(states.reverse()).toEqual(['queued', 'sending', 'queued', 'sending', 'queued', 'sending', 'dead'])
    mail.onMail = () => undefined
    await server.admin.data(QUEUE, { id: dead.id })
    expect((await ended(id, 'sent')).messageId).toBe(dead.messageId)
  })
})
