import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type pg from 'pg'
import type { TestClient } from '../support/client.ts'
import { ROLES } from '../support/role-documents.ts'
import type { TestServer } from '../support/server.ts'
import { cursorOf, subscribe } from '../support/subscription.ts'
import { type ClockServer, startClockServer, type TimerWork } from '../support/timers.ts'

let clock: ClockServer
let server: TestServer
let raw: pg.Client
let work: TimerWork
let person: { readonly id: string; readonly email: string; client: TestClient }
let other: { readonly id: string; client: TestClient }

beforeAll(async () => {
  // Ahead of the clock by which sockets end.
  clock = await startClockServer(Math.ceil(Date.now() / 60_000) * 60_000)
  ;({ server, raw, work } = clock)
  const grants = [
    { module: 'reminder', actions: ['CREATE', 'READ', 'UPDATE', 'DELETE', 'RESTORE'], scope: 'OWN' },
    { module: 'timer', actions: ['READ'], scope: 'OWN' },
    { module: 'task', actions: ['CREATE', 'READ', 'DELETE', 'RESTORE'], scope: 'OWN' },
  ]
  await server.admin.data(ROLES.create, { input: { key: 'diarist', name: 'Diarist', grants } })
  person = await server.addUser('Person', 'diarist')
  other = await server.addUser('Other', 'diarist')
}, 60_000)
afterAll(() => clock?.close())

const FIELDS =
  'id state dueAt snoozeCount acknowledgedAt acknowledgedBy { name } record { id } timers { nodes { id kind state dueAt reason firedAt dedupeKey basis owner { id } record { id } } }'
const CREATE = `mutation ($input: CreateReminderInput!) { createReminder(input: $input) { reminder { ${FIELDS} } } }`
const UPDATE = `mutation ($id: ID!, $input: UpdateReminderInput!) { updateReminder(id: $id, input: $input) { reminder { ${FIELDS} } } }`

const later = (minutes: number) => new Date(clock.now() + minutes * 60_000).toISOString()
/** Time goes by; access tokens end meanwhile. */
async function pass(minutes: number): Promise<void> {
  clock.at(clock.now() + minutes * 60_000)
  person.client = await server.signIn(person.email)
}
async function create(input: object) {
  return (await person.client.data(CREATE, { input: { subject: 'Call back', dueAt: later(10), ...input } })).createReminder.reminder
}
async function update(id: string, input: object) {
  return (await person.client.data(UPDATE, { id, input })).updateReminder.reminder
}
async function read(id: string) {
  return (await person.client.data(`query ($id: ID!) { reminder(id: $id) { ${FIELDS} } }`, { id })).reminder
}
async function issuesOf(id: string, input: object): Promise<string[]> {
  const { errors } = await person.client.send(UPDATE, { id, input })
  return ((errors[0]?.extensions?.['issues'] ?? []) as { path: string[]; code: string }[]).map(({ path, code }) => `${path.at(-1)} ${code}`)
}

test('a reminder has one timer, which says the same and is found by what it is about', async () => {
  const task = (await person.client.data('mutation { createTask(input: {title: "Offer"}) { task { id } } }')).createTask.task.id
  const made = await create({ record: { id: task } })
  expect(made.timers.nodes).toEqual([
    {
      id: expect.any(String),
      kind: 'reminder',
      state: 'scheduled',
      dueAt: made.dueAt,
      reason: null,
      firedAt: null,
      dedupeKey: `reminder:${made.id}`,
      basis: { at: made.dueAt },
      owner: { id: person.id },
      record: { id: task },
    },
  ])
  const moved = await update(made.id, { dueAt: later(20) })
  expect(moved.timers.nodes).toEqual([{ ...made.timers.nodes[0], dueAt: moved.dueAt, basis: { at: moved.dueAt } }])
  const due =
    'query ($before: DateTime) { timers(filter: {state: {eq: "scheduled"}, dueAt: {lte: $before}}, orderBy: [{dueAt: ASC}]) { nodes { reminder { id } } } }'
  expect((await person.client.data(due, { before: later(30) })).timers.nodes).toEqual([{ reminder: { id: made.id } }])
  // Nobody else's, and nobody's to write.
  expect((await other.client.data(due, { before: later(30) })).timers.nodes).toEqual([])
  for (const operation of ['deleteTimer(id: $id)', 'updateTimer(id: $id, input: {state: "fired"})']) {
    const { errors } = await server.admin.send(`mutation ($id: ID!) { ${operation} { changeSetId } }`, { id: made.timers.nodes[0].id })
    expect(errors[0]?.extensions).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' })
  }
  await person.client.data('mutation ($id: ID!) { deleteReminder(id: $id) { id } }', { id: made.id })
  await pass(30)
  expect(await work.fire()).toBe(0)
})

test('it fires, is put off by a later time, fires again and is acknowledged once', async () => {
  const { id } = await create({})
  expect(await issuesOf(id, { state: 'fired' })).toEqual(['state READ_ONLY'])
  expect(await issuesOf(id, { state: 'acknowledged' })).toEqual(['state TRANSITION'])
  await pass(10)
  expect(await work.fire()).toBe(1)
  expect(await read(id)).toMatchObject({
    state: 'fired',
    snoozeCount: null,
    timers: { nodes: [{ state: 'fired', firedAt: new Date(clock.now()).toISOString() }] },
  })
  expect(await work.fire()).toBe(0)

  expect(await issuesOf(id, { dueAt: later(-5) })).toEqual(['dueAt PAST'])
  expect(await issuesOf(id, { state: 'scheduled' })).toEqual(['dueAt PAST'])
  expect(await update(id, { dueAt: later(15) })).toMatchObject({
    state: 'scheduled',
    snoozeCount: 1,
    timers: { nodes: [{ state: 'scheduled', dueAt: later(15) }] },
  })
  await pass(15)
  expect(await work.fire()).toBe(1)
  expect(await update(id, { dueAt: later(15), state: 'scheduled' })).toMatchObject({ state: 'scheduled', snoozeCount: 2 })
  await pass(15)
  expect(await work.fire()).toBe(1)

  const acknowledged = { state: 'acknowledged', acknowledgedAt: new Date(clock.now()).toISOString(), acknowledgedBy: { name: 'Person' }, snoozeCount: 2 }
  expect(await update(id, { state: 'acknowledged' })).toMatchObject({ ...acknowledged, timers: { nodes: [{ state: 'acknowledged' }] } })
  await pass(1)
  expect(await update(id, { state: 'acknowledged' })).toMatchObject(acknowledged)
  expect(await issuesOf(id, { dueAt: later(15) })).toEqual(['dueAt ACKNOWLEDGED'])
  expect(await issuesOf(id, { state: 'scheduled' })).toEqual(['state TRANSITION'])
  const { rows } = await raw.query(`SELECT count(*)::int AS fired FROM record_history WHERE record_id = $1 AND changes -> 'state' ->> 'after' = 'fired'`, [id])
  expect(rows).toEqual([{ fired: 3 }])
})

test('a cancelled one stays silent until it gets another time', async () => {
  const { id } = await create({})
  expect(await update(id, { state: 'cancelled' })).toMatchObject({ state: 'cancelled', timers: { nodes: [{ state: 'cancelled' }] } })
  await pass(20)
  expect(await work.fire()).toBe(0)
  expect(await update(id, { dueAt: later(5) })).toMatchObject({ state: 'scheduled', snoozeCount: null })
  await pass(5)
  expect(await work.fire()).toBe(1)
})

test('what nothing fired for longer than a day is missed, and is told all the same', async () => {
  const after = await cursorOf(raw, person.client)
  const punctual = await create({ subject: 'Late', dueAt: later(60) })
  const missed = await create({ subject: 'Far too late', dueAt: later(30) })
  await pass(30 + 1_440 + 1)
  expect(await work.fire()).toBe(2)
  expect(await read(punctual.id)).toMatchObject({ state: 'fired' })
  expect(await read(missed.id)).toMatchObject({
    state: 'missed',
    timers: { nodes: [{ state: 'missed', reason: 'It was found 1441 minutes after it was due.' }] },
  })
  const told = subscribe(person.client, 'subscription ($after: String) { reminderDue(after: $after) { reminder { subject state } } }', { after })
  await told.until(2)
  told.close()
  expect(told.told.map(({ data }) => data.reminderDue.reminder)).toEqual(
    expect.arrayContaining([
      { subject: 'Late', state: 'fired' },
      { subject: 'Far too late', state: 'missed' },
    ]),
  )
  await update(missed.id, { state: 'acknowledged' })
})

test('goes silent with the record that it is about, and comes back with it', async () => {
  const task = (await person.client.data('mutation { createTask(input: {title: "Offer"}) { task { id } } }')).createTask.task.id
  const several = [await create({ record: { id: task }, dueAt: later(10) }), await create({ record: { id: task }, dueAt: later(100) })]
  await person.client.data('mutation ($id: ID!) { deleteTask(id: $id) { id } }', { id: task })
  for (const { id } of several)
    expect(await read(id)).toMatchObject({
      state: 'cancelled',
      record: null,
      timers: { nodes: [{ state: 'cancelled', reason: 'Its record was deleted.' }] },
    })
  await pass(20)
  expect(await work.fire()).toBe(0)
  await person.client.data('mutation ($id: ID!) { restoreTask(id: $id) { changeSetId } }', { id: task })
  await work.follow()
  const [past, ahead] = several as [{ id: string }, { id: string }]
  expect(await read(past.id)).toMatchObject({ state: 'cancelled' })
  expect(await read(ahead.id)).toMatchObject({
    state: 'scheduled',
    record: { id: task },
    timers: { nodes: [{ state: 'scheduled', reason: null, basis: { at: ahead && expect.any(String) } }] },
  })
  // To take the record from a reminder is no reason to be silent.
  expect(await update(ahead.id, { record: null })).toMatchObject({ state: 'scheduled', record: null })
})
