import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type pg from 'pg'
import type { TestServer } from '../support/server.ts'
import { type ClockServer, startClockServer, type TimerWork } from '../support/timers.ts'

let clock: ClockServer
let server: TestServer
let raw: pg.Client
let work: TimerWork
let berlin: string
let shanghai: string

beforeAll(async () => {
  clock = await startClockServer(Date.parse('2026-03-02T08:00:00Z'))
  ;({ server, raw, work } = clock)
  const people = [
    { name: 'Berlin', email: 'berlin@test.guanxi.local', timeZone: 'Europe/Berlin' },
    { name: 'Shanghai', email: 'shanghai@test.guanxi.local', timeZone: 'Asia/Shanghai' },
  ]
  const made = await server.admin.data('mutation ($input: [CreateUserInput!]!) { createUsers(input: $input) { users { id } } }', { input: people })
  ;[berlin, shanghai] = made.createUsers.users.map(({ id }: { id: string }) => id)
}, 60_000)
afterAll(() => clock?.close())

const at = (text: string) => clock.at(text)
async function send(query: string, variables: object = {}) {
  return (await server.signIn(server.config.adminEmail)).send(query, { ...variables })
}
// biome-ignore lint/suspicious/noExplicitAny: whatever the mutation selects
async function change(mutation: string, variables: object = {}): Promise<any> {
  const { data, errors } = await send(`mutation ${mutation}`, variables)
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  await work.follow()
  return data
}
const account = async (input: object): Promise<string> =>
  (await change('($input: CreateAccountInput!) { createAccount(input: $input) { account { id } } }', { input: { name: 'Customer', ...input } })).createAccount
    .account.id
const updateAccount = (id: string, input: object) =>
  change('($id: ID!, $input: UpdateAccountInput!) { updateAccount(id: $id, input: $input) { changeSetId } }', { id, input })
const rule = async (input: object): Promise<string> =>
  (
    await change('($input: CreateReminderRuleInput!) { createReminderRule(input: $input) { reminderRule { id } } }', {
      input: { name: 'Rule', subject: 'Contact the customer', ...input },
    })
  ).createReminderRule.reminderRule.id
const updateRule = (id: string, input: object) =>
  change('($id: ID!, $input: UpdateReminderRuleInput!) { updateReminderRule(id: $id, input: $input) { changeSetId } }', { id, input })

/** Reminders about a record: when, in which state, whose. */
async function remindersOf(record: string): Promise<string[]> {
  const { rows } = await raw.query(
    `SELECT to_char(r.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI') AS due, r.state, u.name FROM reminders r JOIN timers t ON t.reminder_id = r.id JOIN users u ON u.id = r.owner_id
     WHERE t.basis ->> 'record' = $1 AND t.state = r.state AND t.due_at = r.due_at AND t.owner_id = r.owner_id AND r.deleted_at IS NULL ORDER BY r.due_at, r.id`,
    [record],
  )
  return rows.map(({ due, state, name }) => `${due} ${state} ${name}`)
}
async function reasonOf(record: string): Promise<string> {
  return (await raw.query(`SELECT reason FROM timers WHERE basis ->> 'record' = $1 AND state = 'cancelled'`, [record])).rows[0].reason
}
async function reminderOf(record: string): Promise<string> {
  return (await raw.query(`SELECT reminder_id AS id FROM timers WHERE basis ->> 'record' = $1`, [record])).rows[0].id
}

let nextContact: string

test('one reminder follows the date, its owner and its zone, and goes with the date', async () => {
  nextContact = await rule({ module: 'account', field: 'nextContactAt', offsetDays: -1 })
  const id = await account({ nextContactAt: '2026-03-30T00:30:00Z', owner: { id: berlin } })
  // 02:30 on a day on which Berlin's clock leaves that out.
  expect(await remindersOf(id)).toEqual(['2026-03-29T01:30 scheduled Berlin'])
  await updateAccount(id, { nextContactAt: '2026-04-10T10:00:00Z' })
  expect(await remindersOf(id)).toEqual(['2026-04-09T10:00 scheduled Berlin'])
  await updateAccount(id, { name: 'Another name' })
  expect(await remindersOf(id)).toEqual(['2026-04-09T10:00 scheduled Berlin'])
  await updateAccount(id, { owner: { id: shanghai } })
  expect(await remindersOf(id)).toEqual(['2026-04-09T10:00 scheduled Shanghai'])
  await updateAccount(id, { nextContactAt: null })
  expect(await remindersOf(id)).toEqual(['2026-04-09T10:00 cancelled Shanghai'])
  expect(await reasonOf(id)).toBe('Next contact is empty.')
  await updateAccount(id, { nextContactAt: '2026-04-20T10:00:00Z' })
  expect(await remindersOf(id)).toEqual(['2026-04-19T10:00 scheduled Shanghai'])
  await change('($id: ID!) { deleteAccount(id: $id) { id } }', { id })
  expect(await remindersOf(id)).toEqual(['2026-04-19T10:00 cancelled Shanghai'])
  await change('($id: ID!) { restoreAccount(id: $id) { changeSetId } }', { id })
  expect(await remindersOf(id)).toEqual(['2026-04-19T10:00 scheduled Shanghai'])
  expect((await raw.query('SELECT record_id FROM reminders WHERE id = $1', [await reminderOf(id)])).rows).toEqual([{ record_id: id }])
})

test('what somebody put off, acknowledged, cancelled or deleted stays so until the date moves', async () => {
  at('2026-05-01T08:00:00Z')
  const [acknowledged, snoozed, cancelled, deleted] = [
    await account({ nextContactAt: '2026-05-10T10:00:00Z', owner: { id: berlin } }),
    await account({ nextContactAt: '2026-05-10T11:00:00Z', owner: { id: berlin } }),
    await account({ nextContactAt: '2026-05-20T12:00:00Z', owner: { id: berlin } }),
    await account({ nextContactAt: '2026-05-20T13:00:00Z', owner: { id: berlin } }),
  ]
  at('2026-05-09T12:00:00Z')
  await work.fire()
  const write = async (record: string, input: object) =>
    change('($id: ID!, $input: UpdateReminderInput!) { updateReminder(id: $id, input: $input) { changeSetId } }', { id: await reminderOf(record), input })
  await write(acknowledged, { state: 'acknowledged' })
  await write(snoozed, { dueAt: '2026-05-12T09:00:00Z' })
  await write(cancelled, { state: 'cancelled' })
  await change('($id: ID!) { deleteReminder(id: $id) { id } }', { id: await reminderOf(deleted) })
  for (const id of [acknowledged, snoozed, cancelled, deleted]) await updateAccount(id, { name: 'Touched' })
  const state = async () => {
    const found = []
    for (const id of [acknowledged, snoozed, cancelled, deleted]) found.push(await remindersOf(id))
    return found
  }
  expect(await state()).toEqual([['2026-05-09T10:00 acknowledged Berlin'], ['2026-05-12T09:00 scheduled Berlin'], ['2026-05-19T12:00 cancelled Berlin'], []])
  for (const id of [acknowledged, snoozed, cancelled, deleted]) await updateAccount(id, { nextContactAt: '2026-06-10T10:00:00Z' })
  expect(await state()).toEqual([acknowledged, snoozed, cancelled, deleted].map(() => ['2026-06-09T10:00 scheduled Berlin']))
})

test('a moment that has passed makes no reminder, unless what it is about is still to come', async () => {
  at('2026-07-01T12:00:00Z')
  const [soon, past] = [
    await account({ nextContactAt: '2026-07-02T08:00:00Z', owner: { id: berlin } }),
    await account({ nextContactAt: '2026-06-30T08:00:00Z', owner: { id: berlin } }),
  ]
  expect(await remindersOf(soon)).toEqual(['2026-07-01T08:00 scheduled Berlin'])
  expect(await remindersOf(past)).toEqual([])
  expect(await work.fire()).toBeGreaterThan(0)
  expect(await remindersOf(soon)).toEqual(['2026-07-01T08:00 fired Berlin'])
})

test('a rule that changes, rests, or goes takes its reminders along, page by page', async () => {
  at('2026-08-01T08:00:00Z')
  const input = Array.from({ length: 600 }, (_, index) => ({ name: `Many ${index}`, owner: { id: shanghai }, nextContactAt: '2026-09-10T10:00:00Z' }))
  await change('($input: [CreateAccountInput!]!) { createAccounts(input: $input) { changeSetId } }', { input })
  const states = async () =>
    (
      await raw.query(
        `SELECT to_char(r.due_at AT TIME ZONE 'UTC', 'MM-DD"T"HH24:MI') || ' ' || r.state AS what, count(*)::int FROM reminders r JOIN accounts a ON a.id = r.record_id
         WHERE a.name LIKE 'Many %' GROUP BY 1`,
      )
    ).rows.map(({ what, count }) => `${count} ${what}`)
  expect(await states()).toEqual(['600 09-09T10:00 scheduled'])
  await updateRule(nextContact, { offsetDays: -2, at: '09:00' })
  expect(await states()).toEqual(['600 09-08T01:00 scheduled'])
  await change('($id: ID!) { updateUser(id: $id, input: {timeZone: "America/New_York"}) { changeSetId } }', { id: shanghai })
  expect(await states()).toEqual(['600 09-08T13:00 scheduled'])
  await updateRule(nextContact, { active: false })
  expect(await states()).toEqual(['600 09-08T13:00 cancelled'])
  await updateRule(nextContact, { active: true })
  expect(await states()).toEqual(['600 09-08T13:00 scheduled'])
  await change('($id: ID!) { deleteReminderRule(id: $id) { id } }', { id: nextContact })
  expect(await states()).toEqual(['600 09-08T13:00 cancelled'])
}, 120_000)

test('a task that is done reminds nobody, and does again when it is taken up; the rule may tell its assignee', async () => {
  at('2026-10-01T08:00:00Z')
  await rule({ module: 'task', field: 'dueAt', offsetMinutes: -30, recipient: 'assignee' })
  const made = await change('($input: CreateTaskInput!) { createTask(input: $input) { task { id } } }', {
    input: { title: 'Offer', dueAt: '2026-10-05T08:00:00Z', owner: { id: berlin }, assignee: { id: shanghai } },
  })
  const { id } = made.createTask.task
  const update = (input: object) => change('($id: ID!, $input: UpdateTaskInput!) { updateTask(id: $id, input: $input) { changeSetId } }', { id, input })
  expect(await remindersOf(id)).toEqual(['2026-10-05T07:30 scheduled Shanghai'])
  await update({ status: 'done' })
  expect(await remindersOf(id)).toEqual(['2026-10-05T07:30 cancelled Shanghai'])
  expect(await reasonOf(id)).toBe('Its record is done.')
  await update({ status: 'open' })
  expect(await remindersOf(id)).toEqual(['2026-10-05T07:30 scheduled Shanghai'])
  await update({ assignee: null })
  expect(await remindersOf(id)).toEqual(['2026-10-05T07:30 cancelled Shanghai'])
})

test('a custom field by another name is the same field; without it there is nothing to remind of', async () => {
  at('2026-11-01T08:00:00Z')
  await change('{ createCustomField(input: {module: "account", name: "auditDay", type: DATE, label: "Audit"}) { schemaVersion } }')
  await rule({ module: 'account', field: 'auditDay' })
  const id = await account({ auditDay: '2026-12-01', owner: { id: berlin } })
  expect(await remindersOf(id)).toEqual(['2026-12-01T08:00 scheduled Berlin'])
  await change('{ updateCustomField(module: "account", name: "auditDay", input: {name: "reviewDay"}) { schemaVersion } }')
  await updateAccount(id, { reviewDay: '2026-12-03' })
  expect(await remindersOf(id)).toEqual(['2026-12-03T08:00 scheduled Berlin'])
  await change('{ deleteCustomField(module: "account", name: "reviewDay") { schemaVersion } }')
  expect(await remindersOf(id)).toEqual(['2026-12-03T08:00 cancelled Berlin'])
  await change('{ restoreCustomField(module: "account", name: "reviewDay") { schemaVersion } }')
  expect(await remindersOf(id)).toEqual(['2026-12-03T08:00 scheduled Berlin'])
})

test('a rule that reminds in every year goes on in the next one, whatever its recipient does with that of this year', async () => {
  at('2027-03-01T08:00:00Z')
  const yearly = await rule({ module: 'contact', field: 'birthday', yearly: true, at: '09:00', subject: 'Birthday' })
  const born = async (name: string): Promise<string> =>
    (
      await change('($input: CreateContactInput!) { createContact(input: $input) { contact { id } } }', {
        input: { name, birthday: '1990-05-10', owner: { id: berlin } },
      })
    ).createContact.contact.id
  const [cancelled, deleted] = [await born('Cancelled'), await born('Deleted')]
  const cancel = async (id: string) =>
    change('($id: ID!) { updateReminder(id: $id, input: {state: "cancelled"}) { changeSetId } }', { id: await reminderOf(id) })
  await cancel(cancelled)
  await change('($id: ID!) { deleteReminder(id: $id) { id } }', { id: await reminderOf(deleted) })
  expect(await remindersOf(cancelled)).toEqual(['2027-05-10T07:00 cancelled Berlin', '2028-05-10T07:00 scheduled Berlin'])
  expect(await remindersOf(deleted)).toEqual(['2028-05-10T07:00 scheduled Berlin'])
  at('2027-06-01T08:00:00Z')
  await work.fire()
  for (const id of [cancelled, deleted]) await change('($id: ID!) { updateContact(id: $id, input: {jobTitle: "Touched"}) { changeSetId } }', { id })
  expect(await remindersOf(cancelled)).toEqual(['2027-05-10T07:00 cancelled Berlin', '2028-05-10T07:00 scheduled Berlin'])
  expect(await remindersOf(deleted)).toEqual(['2028-05-10T07:00 scheduled Berlin'])
  at('2028-06-01T08:00:00Z')
  await work.fire()
  await work.follow()
  expect(await remindersOf(deleted)).toEqual(['2028-05-10T07:00 missed Berlin', '2029-05-10T07:00 scheduled Berlin'])
  await change('($id: ID!) { deleteReminderRule(id: $id) { id } }', { id: yearly })
  expect(await remindersOf(deleted)).toEqual(['2028-05-10T07:00 missed Berlin', '2029-05-10T07:00 cancelled Berlin'])
})

test.each([
  ['module NOT_FOUND', { module: 'nothing', field: 'dueAt' }],
  ['module NOT_APPLICABLE', { module: 'reminder', field: 'dueAt' }],
  ['field NOT_FOUND', { module: 'account', field: 'name' }],
  ['field NOT_FOUND', { module: 'account', field: 'nothing' }],
  ['recipient NOT_FOUND', { module: 'account', field: 'nextContactAt', recipient: 'name' }],
  ['at PATTERN', { module: 'account', field: 'nextContactAt', at: '9:00' }],
])('is refused: %s', async (issue, input) => {
  const { errors } = await send('mutation ($input: CreateReminderRuleInput!) { createReminderRule(input: $input) { changeSetId } }', {
    input: { name: 'Bad', subject: 'Bad', ...input },
  })
  expect(((errors[0]?.extensions?.['issues'] ?? []) as { path: string[]; code: string }[]).map(({ path, code }) => `${path.at(-1)} ${code}`)).toEqual([issue])
})

test('nobody but administrators makes rules, and whoever was given that reads what they go by', async () => {
  const grants = [
    { module: 'reminderRule', actions: ['CREATE', 'READ'], scope: 'ALL' },
    { module: 'contact', actions: ['READ'], scope: 'ALL' },
  ]
  await change('($input: CreateRoleInput!) { createRole(input: $input) { role { key } } }', { input: { key: 'rule_maker', name: 'Rule maker', grants } })
  const [representative, maker] = [await server.addUser('Representative', 'sales_rep'), await server.addUser('Maker', 'rule_maker')]
  const input = { name: 'Birthdays', module: 'contact', field: 'birthday', subject: 'Birthday' }
  const CREATE = 'mutation ($input: CreateReminderRuleInput!) { createReminderRule(input: $input) { changeSetId } }'
  expect((await representative.client.send(CREATE, { input })).data).toBeNull()
  // The birthday is hidden from him.
  const { errors } = await maker.client.send(CREATE, { input })
  expect(errors[0]?.extensions).toMatchObject({ code: 'VALIDATION_FAILED', issues: [{ code: 'NOT_FOUND' }] })
  expect((await maker.client.send(CREATE, { input: { ...input, field: 'createdAt' } })).errors).toEqual([])
})
