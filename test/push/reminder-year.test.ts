import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type pg from 'pg'
import type { TestServer } from '../support/server.ts'
import { type ClockServer, startClockServer, type TimerWork } from '../support/timers.ts'
import { BIRTHDAYS, MOMENTS, SERIES } from './reminder-year.cases.ts'

const END = Date.parse('2027-01-01T00:00:00Z')

let clock: ClockServer
let server: TestServer
let raw: pg.Client
let work: TimerWork

beforeAll(async () => {
  clock = await startClockServer(Date.parse('2026-01-01T00:00:00Z'))
  ;({ server, raw, work } = clock)
}, 60_000)
afterAll(() => clock?.close())

/** One user for each case, in its zone: what he is told is what the case is about. */
async function makeUsers(cases: readonly (readonly [name: string, zone: string, ...rest: unknown[]])[], kind: string): Promise<string[]> {
  const input = cases.map(([name, timeZone], index) => ({ name, timeZone, email: `${kind}${index}@test.guanxi.local` }))
  const { createUsers } = await server.admin.data('mutation ($input: [CreateUserInput!]!) { createUsers(input: $input) { users { id } } }', { input })
  return createUsers.users.map(({ id }: { id: string }) => id)
}

/** A field of contacts and a rule over it, one for each way of timing. */
async function makeRule(type: 'DATE' | 'DATETIME', timing: object): Promise<string> {
  const name = `date${Object.values(timing)
    .join('')
    .replaceAll(/[^A-Za-z0-9]/g, '')}${type}`
  await server.admin.data('mutation ($input: CreateCustomFieldInput!) { createCustomField(input: $input) { schemaVersion } }', {
    input: { module: 'contact', name, type, label: name },
  })
  await server.admin.data('mutation ($input: CreateReminderRuleInput!) { createReminderRule(input: $input) { reminderRule { id } } }', {
    input: { name, module: 'contact', field: name, subject: name, ...timing },
  })
  return name
}

async function makeContacts(
  cases: readonly { readonly owner: string; readonly type: 'DATE' | 'DATETIME'; readonly timing: object; readonly value: string }[],
): Promise<void> {
  const fields = new Map<string, string>()
  const input = []
  for (const { owner, type, timing, value } of cases) {
    const key = JSON.stringify([type, timing])
    const field = fields.get(key) ?? (await makeRule(type, timing))
    fields.set(key, field)
    input.push({ name: field, owner: { id: owner }, [field]: value })
  }
  await server.admin.data('mutation ($input: [CreateContactInput!]!) { createContacts(input: $input) { changeSetId } }', { input })
}

test('a year of birthdays, recurrences, zones and changes of clocks is what was computed independently', async () => {
  const bySeries = await makeUsers(SERIES, 'series')
  const byBirthday = await makeUsers(BIRTHDAYS, 'birthday')
  const byMoment = await makeUsers(MOMENTS, 'moment')
  await server.admin.data('mutation ($input: [CreateReminderInput!]!) { createReminders(input: $input) { changeSetId } }', {
    input: SERIES.map(([subject, , first, recurrence], index) => ({
      subject,
      dueAt: first.replace('Z', ':00Z'),
      recurrence,
      owner: { id: bySeries[index] },
    })),
  })
  await makeContacts([
    ...BIRTHDAYS.map(([, , value, leapDay, at, offsetDays], index) => ({
      owner: byBirthday[index] as string,
      type: 'DATE' as const,
      timing: { yearly: true, leapDay, at, offsetDays },
      value,
    })),
    ...MOMENTS.map(([, , value, at, offsetDays, offsetMinutes], index) => ({
      owner: byMoment[index] as string,
      type: 'DATETIME' as const,
      timing: { at, offsetDays, offsetMinutes },
      value,
    })),
  ])
  await work.follow()
  for (;;) {
    const [next] = (await raw.query(`SELECT min(due_at) AS due FROM timers WHERE state = 'scheduled'`)).rows
    if (next.due.getTime() >= END) break
    clock.at(next.due.getTime())
    await work.fire()
  }
  await work.follow()
  expect(work.failures).toEqual([])

  const { rows } = await raw.query(
    `SELECT r.owner_id AS owner, array_agg(to_char(r.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"') ORDER BY r.due_at) AS due, bool_and(t.fired_at = t.due_at AND t.due_at = r.due_at AND t.state = r.state) AS exact
     FROM reminders r JOIN timers t ON t.reminder_id = r.id WHERE r.state = 'fired' GROUP BY 1`,
  )
  const found = new Map(rows.map(({ owner, due, exact }) => [owner, exact ? due : 'fired at another time']))
  const told = (users: readonly string[], cases: readonly (readonly unknown[])[]) => cases.map(([name], index) => [name, found.get(users[index] as string)])
  const said = (cases: readonly (readonly unknown[])[]) => cases.map((each) => [each[0], each.at(-1)])
  expect(told(bySeries, SERIES)).toEqual(said(SERIES))
  expect(told(byBirthday, BIRTHDAYS)).toEqual(said(BIRTHDAYS))
  expect(told(byMoment, MOMENTS)).toEqual(said(MOMENTS))
  expect(SERIES.length + BIRTHDAYS.length + MOMENTS.length).toBeGreaterThanOrEqual(40)

  // The next year's birthdays are there already, one each.
  const { rows: ahead } = await raw.query(
    `SELECT count(*)::int AS reminders, count(DISTINCT owner_id)::int AS owners FROM reminders WHERE state = 'scheduled' AND owner_id = ANY($1)`,
    [byBirthday],
  )
  expect(ahead).toEqual([{ reminders: BIRTHDAYS.length, owners: BIRTHDAYS.length }])
}, 120_000)
