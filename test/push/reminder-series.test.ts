import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type pg from 'pg'
import type { TestServer } from '../support/server.ts'
import { type ClockServer, startClockServer, type TimerWork } from '../support/timers.ts'

let clock: ClockServer
let server: TestServer
let raw: pg.Client
let work: TimerWork

beforeAll(async () => {
  clock = await startClockServer(Date.parse('2026-03-02T08:00:00Z'))
  ;({ server, raw, work } = clock)
}, 60_000)
afterAll(() => clock?.close())

const CREATE = 'mutation ($input: CreateReminderInput!) { createReminder(input: $input) { reminder { id timeZone basis } } }'
const UPDATE = 'mutation ($id: ID!, $input: UpdateReminderInput!) { updateReminder(id: $id, input: $input) { reminder { id basis series { id } } } }'

const at = (text: string) => clock.at(text)
const admin = () => server.signIn(server.config.adminEmail)
const update = async (id: string, input: object) => (await admin()).send(UPDATE, { id, input })

/** Times and states of a series, in order. */
async function seriesOf(subject: string): Promise<unknown[]> {
  const { rows } = await raw.query(
    `SELECT r.id, r.series_id, to_char(r.due_at AT TIME ZONE 'UTC', 'MM-DD"T"HH24:MI') AS due, r.state, t.reason FROM reminders r JOIN timers t ON t.reminder_id = r.id WHERE r.subject = $1 ORDER BY r.due_at`,
    [subject],
  )
  const first = rows[0].id
  expect(rows.map(({ series_id }) => series_id)).toEqual([null, ...rows.slice(1).map(() => first)])
  return rows.map(({ due, state, reason }) => (reason === null ? `${due} ${state}` : `${due} ${state}: ${reason}`))
}
async function idOf(subject: string, state: string): Promise<string> {
  return (await raw.query('SELECT id FROM reminders WHERE subject = $1 AND state = $2', [subject, state])).rows[0].id
}
async function create(subject: string, dueAt: string, recurrence: string, input: object = {}) {
  return (await (await admin()).data(CREATE, { input: { subject, dueAt, recurrence, ...input } })).createReminder.reminder
}

test('each time is a reminder of its own: putting one off or acknowledging it leaves the others alone', async () => {
  await create('Daily', '2026-03-02T09:00:00Z', 'FREQ=DAILY;COUNT=3', { note: 'Bring the list', tags: ['desk'] })
  at('2026-03-02T09:00:00Z')
  expect(await work.fire()).toBe(1)
  expect(await seriesOf('Daily')).toEqual(['03-02T09:00 fired', '03-03T09:00 scheduled'])
  await update(await idOf('Daily', 'fired'), { dueAt: '2026-03-02T10:00:00Z' })
  at('2026-03-02T10:00:00Z')
  expect(await work.fire()).toBe(1)
  // It has a follower: the series goes on from there, however it is scheduled again.
  const again = await update(await idOf('Daily', 'fired'), { dueAt: '2026-03-02T11:00:00Z' })
  expect(again.errors).toEqual([])
  expect((await update(again.data?.updateReminder.reminder.id, { recurrence: 'FREQ=HOURLY' })).errors[0]?.extensions).toMatchObject({
    issues: [{ code: 'NOT_SCHEDULED' }],
  })
  at('2026-03-02T11:00:00Z')
  expect(await work.fire()).toBe(1)
  // Fired again, it brings no second follower.
  expect(await seriesOf('Daily')).toEqual(['03-02T11:00 fired', '03-03T09:00 scheduled'])
  await update(await idOf('Daily', 'fired'), { state: 'acknowledged' })
  at('2026-03-03T09:00:00Z')
  await work.fire()
  at('2026-03-04T09:00:00Z')
  await work.fire()
  expect(await seriesOf('Daily')).toEqual(['03-02T11:00 acknowledged', '03-03T09:00 fired', '03-04T09:00 fired'])
  expect((await raw.query(`SELECT DISTINCT note, cardinality(tags) AS tags FROM reminders WHERE subject = 'Daily'`)).rows).toEqual([
    { note: 'Bring the list', tags: 1 },
  ])
})

test('of times that passed while nothing ran the last one fires, and says how many there were', async () => {
  at('2026-04-01T08:00:00Z')
  await create('Asleep', '2026-04-01T09:00:00Z', 'FREQ=DAILY')
  await create('Asleep weekly', '2026-04-01T09:00:00Z', 'FREQ=WEEKLY')
  at('2026-04-05T20:00:00Z')
  expect(await work.fire()).toBe(2)
  expect(await seriesOf('Asleep')).toEqual(['04-05T09:00 fired: 4 earlier times of the series passed while nothing fired them.', '04-06T09:00 scheduled'])
  expect(await seriesOf('Asleep weekly')).toEqual(['04-01T09:00 missed: It was found 6420 minutes after it was due.', '04-08T09:00 scheduled'])
  await update(await idOf('Asleep', 'scheduled'), { state: 'cancelled' })
  await update(await idOf('Asleep weekly', 'scheduled'), { state: 'cancelled' })
})

test('cancelling the time that comes ends the series; another rule begins it anew', async () => {
  at('2026-05-01T08:00:00Z')
  await create('Ends', '2026-05-01T09:00:00Z', 'FREQ=DAILY')
  at('2026-05-01T09:00:00Z')
  await work.fire()
  const fired = await idOf('Ends', 'fired')
  expect((await update(fired, { recurrence: 'FREQ=WEEKLY' })).errors[0]?.extensions).toMatchObject({ issues: [{ code: 'NOT_SCHEDULED' }] })
  const next = await idOf('Ends', 'scheduled')
  await update(next, { state: 'cancelled' })
  at('2026-05-10T09:00:00Z')
  expect(await work.fire()).toBe(0)
  const { data } = await update(next, { dueAt: '2026-05-11T07:00:00Z', recurrence: 'FREQ=WEEKLY;COUNT=2' })
  expect(data?.updateReminder.reminder).toMatchObject({ series: null, basis: { series: next, number: 1, recurrence: 'FREQ=WEEKLY;COUNT=2' } })
  at('2026-05-11T07:00:00Z')
  await work.fire()
  at('2026-05-18T07:00:00Z')
  await work.fire()
  const { rows } = await raw.query(
    `SELECT to_char(due_at AT TIME ZONE 'UTC', 'MM-DD') AS due FROM reminders WHERE subject = 'Ends' AND state = 'fired' ORDER BY due_at`,
  )
  expect(rows.map(({ due }) => due)).toEqual(['05-01', '05-11', '05-18'])
})

test('moving the first time moves the series, moving a later one that one alone', async () => {
  at('2026-06-01T08:00:00Z')
  const { id, timeZone } = await create('Moved', '2026-06-01T09:00:00Z', 'FREQ=DAILY', { timeZone: 'Asia/Kathmandu' })
  expect(timeZone).toBe('Asia/Kathmandu')
  await update(id, { dueAt: '2026-06-01T10:00:00Z' })
  at('2026-06-01T10:00:00Z')
  await work.fire()
  await update(await idOf('Moved', 'scheduled'), { dueAt: '2026-06-02T11:30:00Z' })
  at('2026-06-02T11:30:00Z')
  await work.fire()
  expect(await seriesOf('Moved')).toEqual(['06-01T10:00 fired', '06-02T11:30 fired', '06-03T10:00 scheduled'])
  await update(await idOf('Moved', 'scheduled'), { state: 'cancelled' })
})

test.each([
  ['', 'MINUTELY', 'FREQ=MINUTELY'],
  ['', 'SECONDLY', 'FREQ=SECONDLY'],
  ['needs FREQ', 'no frequency', 'INTERVAL=2'],
  ['part that reminders do not know', 'nothing', ''],
  ['part that reminders do not know', 'week numbers', 'FREQ=YEARLY;BYWEEKNO=20'],
  ['part that reminders do not know', 'a whole property', 'RRULE:FREQ=DAILY'],
  ['names no time within 40 years', 'a day that never comes', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30'],
  ['names no time within 40 years', 'a place that no day has', 'FREQ=DAILY;BYHOUR=9;BYSETPOS=5'],
  ['more than 24 times a day', 'every minute in disguise', 'FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=0,10,20,30,40'],
  ['INTERVAL from 1 to 1000', 'an interval of nothing', 'FREQ=DAILY;INTERVAL=0'],
  ['both COUNT and UNTIL', 'two ends', 'FREQ=DAILY;COUNT=2;UNTIL=20270101'],
  ['needs UNTIL such as', 'an end on no day', 'FREQ=DAILY;UNTIL=20260231'],
  ['days of the week from', 'no day of the week', 'FREQ=WEEKLY;BYDAY=XX'],
  ['number the days of BYDAY', 'the second Monday of a week', 'FREQ=WEEKLY;BYDAY=2MO'],
  ['beside FREQ=HOURLY', 'hours with days', 'FREQ=HOURLY;BYDAY=MO'],
  ['twice', 'a part twice', 'FREQ=DAILY;COUNT=2;COUNT=3'],
])('is refused with %j: %s', async (message, _what, recurrence) => {
  const { data, errors } = await (await admin()).send(CREATE, {
    input: { subject: 'Refused', dueAt: new Date(clock.now() + 60_000).toISOString(), recurrence },
  })
  expect(data).toBeNull()
  expect(errors[0]?.extensions).toMatchObject({
    code: 'VALIDATION_FAILED',
    issues: [{ path: ['input', 'recurrence'], code: 'RECURRENCE', message: expect.stringContaining(message) }],
  })
})

test('a zone must be one, and the owner brings his own', async () => {
  const client = await admin()
  const { errors } = await client.send(CREATE, { input: { subject: 'Zone', dueAt: '2026-07-01T09:00:00Z', recurrence: 'FREQ=DAILY', timeZone: 'Mars/Base' } })
  expect(errors[0]?.extensions).toMatchObject({ issues: [{ path: ['input', 'timeZone'], code: 'TIME_ZONE' }] })
  const user = await client.data(
    'mutation { createUser(input: {name: "Zoned", email: "zoned@test.guanxi.local", timeZone: "America/New_York"}) { user { id } } }',
  )
  const own = await create('Zone', '2026-07-01T09:00:00Z', 'FREQ=DAILY', { recipient: { id: user.createUser.user.id } })
  expect(own).toMatchObject({ timeZone: 'America/New_York', basis: { occurrence: '2026-07-01T05:00:00.000' } })
})

test('a series that was forgotten for a year is caught up with in bounded steps, and none begins far in the past', async () => {
  at('2027-04-01T08:00:00Z')
  await create('Forgotten', '2027-04-01T09:00:00Z', 'FREQ=HOURLY')
  at('2027-08-01T08:30:00Z')
  const began = performance.now()
  await work.fire()
  expect(performance.now() - began).toBeLessThan(5_000)
  // 2,927 hours: two thousands that were passed over, and what is left.
  const states = (await seriesOf('Forgotten')) as string[]
  expect(states.map((text) => text.split(' ')[1])).toEqual(['missed:', 'missed:', 'fired:', 'scheduled'])
  expect(states.at(-1)).toBe('08-01T09:00 scheduled')
  await update(await idOf('Forgotten', 'scheduled'), { state: 'cancelled' })
  const refused = await (await admin()).send(CREATE, { input: { subject: 'Long ago', dueAt: '1970-01-01T00:00:00Z', recurrence: 'FREQ=HOURLY' } })
  expect(refused.errors[0]?.extensions).toMatchObject({ issues: [{ path: ['input', 'dueAt'], code: 'PAST' }] })
  expect((await raw.query("SELECT FROM reminders WHERE subject = 'Long ago'")).rowCount).toBe(0)
})

test('a rule that takes long to understand keeps nobody else waiting', async () => {
  at('2028-01-01T08:00:00Z')
  const days = Array.from({ length: 60 }, (_, index) => `${index % 2 === 0 ? '' : '-'}${(index % 53) + 1}MO`).join()
  const client = await admin()
  const input = Array.from({ length: 300 }, (_, index) => ({
    subject: 'Heavy',
    dueAt: new Date(clock.now() + index * 60_000).toISOString(),
    recurrence: `FREQ=YEARLY;BYSETPOS=366;BYDAY=${days}`,
  }))
  let longest = 0
  let last = performance.now()
  const ticks = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 5)
  const { errors } = await client.send('mutation ($input: [CreateReminderInput!]!) { createReminders(input: $input) { changeSetId } }', { input })
  clearInterval(ticks)
  expect(errors[0]?.extensions.issues).toHaveLength(300)
  // Each of them takes some milliseconds; all of them would take seconds.
  expect(longest).toBeLessThan(1_000)
})
