import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { codesOf, type TestClient } from '../support/client.ts'
import { makeField } from '../support/metadata.ts'
import type { TestServer } from '../support/server.ts'
import { type ClockServer, startClockServer, type TimerWork } from '../support/timers.ts'

/** What a reminder is computed from is no way to a date that is hidden: it is there for those who read the date, and for whom it has told. */
let clock: ClockServer
let server: TestServer
let work: TimerWork
let admin: () => Promise<TestClient>
let owner: () => Promise<TestClient>
let reader: () => Promise<TestClient>

beforeAll(async () => {
  clock = await startClockServer(Date.parse('2026-03-02T08:00:00Z'))
  ;({ server, work } = clock)
  const [rep, viewer] = [await server.addUser('Owner', 'sales_rep'), await server.addUser('Reader', 'read_only')]
  admin = () => server.signIn(server.config.adminEmail)
  owner = () => server.signIn(rep.email)
  reader = () => server.signIn(viewer.email)
  await makeField(server.admin, { module: 'account', name: 'layoffDate', type: 'DATE', sensitivity: 'sensitive' })
  await server.admin.data(
    `mutation { createReminderRule(input: {name: "Layoffs", module: "account", field: "layoffDate", offsetDays: -1, subject: "Prepare"}) { changeSetId } }`,
  )
  await server.admin.data(
    `mutation { createReminderRule(input: {name: "Contact", module: "account", field: "nextContactAt", subject: "Call"}) { changeSetId } }`,
  )
  await server.admin.data(
    `mutation { createAccount(input: {name: "Customer", layoffDate: "2026-03-09", nextContactAt: "2026-03-20T10:00:00Z", owner: {id: "${rep.id}"}}) { changeSetId } }`,
  )
  await work.follow()
}, 60_000)
afterAll(() => clock?.close())

const DAY = '2026-03-08T09:00:00.000Z'
const LISTS = '{ reminders { totalCount nodes { subject dueAt basis } } timers { totalCount nodes { dueAt basis reason } } }'
const told = async (client: TestClient) => {
  const { reminders, timers } = await client.data(LISTS)
  expect([reminders.totalCount, timers.totalCount]).toEqual([reminders.nodes.length, timers.nodes.length])
  return [...reminders.nodes, ...timers.nodes].map(({ dueAt }) => dueAt).sort()
}
const BOTH = [DAY, DAY, '2026-03-20T10:00:00.000Z', '2026-03-20T10:00:00.000Z']
const CONTACT = BOTH.slice(2)

test('nobody who does not read the date is told it, on any path, before it comes', async () => {
  expect(await told(await admin())).toEqual(BOTH)
  const { reminders, timers } = await (await admin()).data('{ reminders { nodes { id subject } } timers { nodes { id basis } } }')
  const reminder = reminders.nodes.find(({ subject }: { readonly subject: string }) => subject === 'Prepare').id
  const timer = timers.nodes.find(({ basis }: { readonly basis: { readonly at: string } }) => basis.at === DAY).id
  for (const ask of [owner, reader]) {
    const client = await ask()
    expect(await told(client)).toEqual(CONTACT)
    for (const name of ['reminder', 'timer']) {
      const count = `groups: ${name}sAggregate(filter: {dueAt: {lt: "2026-03-10T00:00:00Z"}}) { count min { dueAt } }`
      expect(await client.data(`{ found: ${name}s(filter: {dueAt: {lt: "2026-03-10T00:00:00Z"}}) { totalCount } ${count} }`)).toMatchObject({
        found: { totalCount: 0 },
        groups: [{ count: 0, min: { dueAt: null } }],
      })
      expect((await client.data(`{ found: ${name}s(orderBy: [{dueAt: ASC}], first: 1) { nodes { dueAt } } }`)).found.nodes).toEqual([{ dueAt: CONTACT[0] }])
    }
    for (const id of [reminder, timer]) expect(codesOf(await client.send(`{ node(id: "${id}") { id } }`))).toEqual(['NOT_FOUND'])
    expect(codesOf(await client.send(`{ reminder(id: "${reminder}") { history { nodes { changes { after } } } } }`))).toEqual(['NOT_FOUND'])
  }
  const put = await (await owner()).send(`mutation { updateReminder(id: "${reminder}", input: {state: "cancelled"}) { changeSetId } }`)
  expect(codesOf(put)).toEqual(['NOT_FOUND'])
})

test('when it comes its recipient is told, and nobody else; put off it stays with him, and moved it is gone again', async () => {
  const { changeCursor } = await (await owner()).data('{ changeCursor }')
  clock.at(DAY)
  await work.fire()
  expect([await told(await owner()), await told(await reader())]).toEqual([BOTH, CONTACT])
  const feed = `{ changes(after: "${changeCursor}", modules: ["reminder"]) { nodes { operation record { ... on Reminder { subject state } } } } }`
  expect((await (await owner()).data(feed)).changes.nodes).toEqual([{ operation: 'ENTERED', record: { subject: 'Prepare', state: 'fired' } }])
  const mine = (await (await owner()).data('{ reminders(filter: {subject: {eq: "Prepare"}}) { nodes { id } } }')).reminders.nodes[0].id
  const later = '2026-03-09T09:00:00.000Z'
  await (await owner()).data(`mutation { updateReminder(id: "${mine}", input: {dueAt: "${later}"}) { reminder { state } } }`)
  expect(await told(await owner())).toEqual([later, later, ...CONTACT])
  const { accounts } = await (await admin()).data('{ accounts { nodes { id } } }')
  await (await admin()).data(`mutation { updateAccount(id: "${accounts.nodes[0].id}", input: {layoffDate: "2026-06-01"}) { changeSetId } }`)
  await work.follow()
  expect(await told(await admin())).toEqual([...CONTACT, '2026-05-31T09:00:00.000Z', '2026-05-31T09:00:00.000Z'])
  expect([await told(await owner()), await told(await reader())]).toEqual([CONTACT, CONTACT])
})
