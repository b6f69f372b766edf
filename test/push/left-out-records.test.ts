import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type pg from 'pg'
import { type JobWorker, startJobWorker } from '../../src/jobs/job-worker.ts'
import { remindOfRecord } from '../../src/jobs/remind-of-records.ts'
import { eventually, runGuanxi, temporaryDirectory } from '../support/guanxi-process.ts'
import { type ClockServer, startClockServer, type TimerWork } from '../support/timers.ts'

/** Records whose reminders cannot be written keep nobody else's back, and are not forgotten. */
let clock: ClockServer
let raw: pg.Client
let work: TimerWork
let rule: string
let jobs: JobWorker | undefined

beforeAll(async () => {
  clock = await startClockServer(Date.parse('2026-03-02T08:00:00Z'))
  ;({ raw, work } = clock)
  const made = await clock.server.admin.data('mutation ($input: CreateReminderRuleInput!) { createReminderRule(input: $input) { reminderRule { id } } }', {
    input: { name: 'Rule', subject: 'Contact the customer', module: 'account', field: 'nextContactAt' },
  })
  rule = made.createReminderRule.reminderRule.id
  // Nothing that the system makes can say it: reminders of that year cannot be made.
  await clock.server.admin.data(
    `mutation { createCustomField(input: {module: "reminder", name: "approval", type: TEXT, label: "Approval", requiredWhen: "year(dueAt) = 2030"}) { schemaVersion } }`,
  )
  await work.follow()
}, 60_000)
afterAll(async () => {
  await jobs?.stop()
  await clock?.close()
})
beforeEach(async () => {
  await jobs?.stop()
  jobs = undefined
  await raw.query('DELETE FROM graphile_worker._private_jobs')
})

const REFUSED = '2030-05-01T10:00:00Z'
const FINE = '2031-05-01T10:00:00Z'
const FINE_REMINDER = '2031-05-01T10:00 scheduled'

async function accounts(...dates: readonly string[]): Promise<string[]> {
  const made = await clock.server.admin.data('mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { accounts { id } } }', {
    input: dates.map((nextContactAt, index) => ({ name: `Customer ${index}`, nextContactAt })),
  })
  return made.createAccounts.accounts.map(({ id }: { id: string }) => id)
}
async function write(id: string, input: object): Promise<void> {
  const { admin } = clock.server
  await admin.data('mutation ($id: ID!, $input: UpdateAccountInput!) { updateAccount(id: $id, input: $input) { changeSetId } }', { id, input })
}
async function remindersOf(...records: readonly string[]): Promise<string[][]> {
  const { rows } = await raw.query<{ record: string; what: string }>(
    `SELECT t.basis ->> 'record' AS record, to_char(t.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI') || ' ' || t.state AS what FROM timers t JOIN reminders r ON r.id = t.reminder_id AND r.state = t.state
     ORDER BY t.id`,
  )
  return records.map((id) => rows.filter(({ record }) => record === id).map(({ what }) => what))
}
const leftOut = async () =>
  (
    await raw.query<{ record: string; state: string; error: string | null }>(
      `SELECT payload ->> 'record' AS record, CASE WHEN attempts >= max_attempts AND locked_at IS NULL THEN 'dead' ELSE 'waits' END AS state, last_error AS error
       FROM graphile_worker._private_jobs WHERE key LIKE 'reminders:%' ORDER BY 1`,
    )
  ).rows
const place = async () => (await raw.query('SELECT position FROM follower')).rows[0].position
/** Runs the jobs, without the pauses between their attempts. */
async function runJobs(): Promise<void> {
  const { database, writer, registry, system, now } = clock.server.app.kernel
  const job = remindOfRecord({ database, writer, registry, principal: () => system('reminder rules'), now })
  jobs ??= startJobWorker({ databaseUrl: clock.server.database.url, jobs: [job], concurrency: 2, answerWithin: 31_000, patience: 5_000, report: () => {} })
  await eventually(async () => {
    await raw.query(
      `UPDATE graphile_worker._private_jobs SET run_at = now() WHERE locked_by IS NULL AND run_at > now(); NOTIFY "jobs:insert", '{"r":1,"count":1000}'`,
    )
    return (await leftOut()).every(({ state }) => state === 'dead')
  }, 30_000)
}

test('one record among many is left to a job, which stays with its reason when it fails for good; the record repairs it', async () => {
  const dates = Array.from({ length: 40 }, (_, index) => (index === 7 || index === 31 ? REFUSED : FINE))
  const ids = await accounts(...dates)
  const before = await place()
  await work.follow()
  expect(BigInt(await place())).toBeGreaterThan(BigInt(before))
  expect(await remindersOf(...ids)).toEqual(dates.map((date) => (date === FINE ? [FINE_REMINDER] : [])))
  const [first, second] = [ids[7], ids[31]] as [string, string]
  expect(await leftOut()).toEqual([first, second].map((record) => ({ record, state: 'waits', error: null })))
  // What comes behind them is followed as if they were not there.
  const [next] = await accounts(FINE)
  await work.follow()
  expect(await remindersOf(next as string)).toEqual([[FINE_REMINDER]])

  await runJobs()
  expect(await leftOut()).toEqual([first, second].map((record) => ({ record, state: 'dead', error: 'approval is required for this reminder as it stands.' })))
  await write(first, { nextContactAt: FINE })
  await work.follow()
  expect(await remindersOf(first, second)).toEqual([[FINE_REMINDER], []])
  expect((await leftOut()).map(({ record }) => record)).toEqual([second])
  // Written again, and as bad as before: it is tried anew.
  await write(second, { name: 'Renamed' })
  await work.follow()
  expect(await leftOut()).toEqual([{ record: second, state: 'waits', error: null }])
}, 120_000)

test('a record that could not be written is, once it can be and somebody asks for it', async () => {
  const [id] = (await accounts(FINE)) as [string]
  await raw.query(`ALTER TABLE timers ADD CONSTRAINT timers_refused CHECK (basis ->> 'record' <> '${id}')`)
  await work.follow()
  expect([await remindersOf(id), (await leftOut()).length]).toEqual([[[]], 1])
  await runJobs()
  expect([await remindersOf(id), (await leftOut()).map(({ state }) => state)]).toEqual([[[]], ['dead']])
  await raw.query('ALTER TABLE timers DROP CONSTRAINT timers_refused')
  const directory = await temporaryDirectory()
  const asked = await runGuanxi(directory.path, 'jobs retry --all --kind reminders.record', { DATABASE_URL: clock.server.database.url }).finished
  await directory.remove()
  expect(asked).toMatchObject({ code: 0, stdout: '1 job will be begun again.\n' })
  await runJobs()
  expect([await remindersOf(id), await leftOut()]).toEqual([[[FINE_REMINDER]], []])
}, 120_000)

test('a rule that goes over all records passes over those that cannot be written', async () => {
  const ids = await accounts(FINE, FINE, FINE)
  await work.follow()
  await raw.query(`ALTER TABLE reminders ADD CONSTRAINT reminders_refused CHECK (record_id <> '${ids[1]}' OR due_at < '2031-05-01T11:00Z')`)
  await clock.server.admin.data('mutation ($id: ID!) { updateReminderRule(id: $id, input: {offsetMinutes: 90}) { changeSetId } }', { id: rule })
  await work.follow()
  const moved = '2031-05-01T11:30 scheduled'
  expect(await remindersOf(...ids)).toEqual([[moved], [FINE_REMINDER], [moved]])
  expect((await leftOut()).map(({ record }) => record)).toContain(ids[1])
  await raw.query('ALTER TABLE reminders DROP CONSTRAINT reminders_refused')
  // The next rule that goes over it repairs it, too.
  await clock.server.admin.data('mutation ($id: ID!) { updateReminderRule(id: $id, input: {offsetMinutes: 0}) { changeSetId } }', { id: rule })
  await work.follow()
  expect(await remindersOf(...ids)).toEqual([[FINE_REMINDER], [FINE_REMINDER], [FINE_REMINDER]])
  expect((await leftOut()).map(({ record }) => record)).not.toContain(ids[1])
}, 120_000)

test('a database that is away leaves nothing out: it goes on from where it was', async () => {
  const [bad, good] = (await accounts(REFUSED, FINE)) as [string, string]
  const before = await place()
  await raw.query('BEGIN; LOCK TABLE timers IN ACCESS EXCLUSIVE MODE')
  const following = work.follow()
  const refused = expect(following).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  // By another connection: within a transaction this view stays as it was.
  await eventually(async () => {
    const ended = await clock.server.app.kernel.database.query({
      text: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%timers%'`,
      purpose: 'background',
    })
    return ended.length === 1
  })
  await refused
  await raw.query('ROLLBACK')
  expect([await place(), await leftOut(), await remindersOf(bad, good)]).toEqual([before, [], [[], []]])
  await work.follow()
  expect(await remindersOf(bad, good)).toEqual([[], [FINE_REMINDER]])
  expect((await leftOut()).map(({ record }) => record)).toEqual([bad])
}, 120_000)
