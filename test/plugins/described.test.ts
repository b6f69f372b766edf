import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { codesOf, issuesOf, type TestClient } from '../support/client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { eventually, pluginFolder, pluginNamed, refusedStep, step } from './kit.ts'

const MODULES = `
  modules: [
    { name: 'parcel', pluralName: 'parcels', nameField: 'title', fields: [
      { name: 'title', type: 'TEXT' },
      { name: 'dueAt', type: 'DATE' },
      { name: 'stops', type: 'INTEGER', readOnly: true },
      { name: 'state', type: 'SELECT', default: 'open', options: [{ value: 'open' }, { value: 'lost' }] },
    ] },
    { name: 'parcelStop', pluralName: 'parcelStops', nameField: 'place', accessParent: 'parcel', fields: [
      { name: 'place', type: 'TEXT' },
      { name: 'parcel', type: 'REFERENCE', required: true, reference: { module: 'parcel', inverseName: 'stopList', onDelete: 'cascade' } },
    ] },
  ],
  fields: [{ module: 'account', name: 'parcelCost', type: 'MONEY', sensitivity: 'finance', levels: { finance: 'WRITE' } }],
  grants: [
    { role: 'sales_rep', module: 'parcel', actions: ['CREATE', 'READ', 'UPDATE'], scope: 'OWN' },
    { role: 'sales_rep', module: 'parcelStop', actions: ['CREATE', 'READ', 'UPDATE', 'DELETE'], scope: 'ALL' },
    { role: 'service_agent', module: 'parcel', actions: ['READ'], scope: 'ALL' },
    { role: 'service_agent', module: 'parcelStop', actions: ['CREATE', 'READ', 'UPDATE'], scope: 'ALL' },
  ],
  transitions: { 'parcel.state': [{ from: null, to: 'open' }, { from: 'open', to: 'lost', roles: [] }] },
  after: [{ module: 'parcelStop', run: async (changes, { derive, records, user }) => {
    if (user.self) throw new Error('nobody but users writes stops here')
    for (const { after } of changes) await derive.update('parcel', [{ id: after.parcel, values: { stops: await records.count('parcelStop', { parcel: { id: { eq: after.parcel } } }) } }])
  } }],
  jobs: [{ name: 'lose', run: async ({ id }, context) => context.records.change((records) => records.update('parcel', [{ id, values: { state: 'lost' } }])) }],
  graphql: { types: 'extend type Mutation { loseParcel(id: ID!): String } extend type Query { parcelClock: String }', Query: { parcelClock: async (args, context) => context.now().toISOString() },
    Mutation: { loseParcel: async ({ id }, { records }) => { await records.change((changes) => changes.update('parcel', [{ id, values: { state: 'lost' } }])); return id } } },
  events: [{ name: 'losers', modules: ['parcel'], on: ['UPDATED'], run: async (events, context) => context.once(async (records, jobs) => {
    for (const { id, changedFields } of events) if (changedFields.includes('title')) await jobs.add('lose', { id })
  }) }],`

const REMINDERS = `reminders: [
  { name: 'week', module: 'parcel', field: 'dueAt', offsetDays: -7, subject: 'A parcel is due in a week' },
  { name: 'day', module: 'parcel', field: 'dueAt', offsetDays: -1, at: '08:00', subject: 'A parcel is due tomorrow', label: 'Parcels, the day before' },
],`

const RULES = '{ reminderRules(orderBy: [{name: ASC}]) { nodes { id name field offsetDays at active externalIds { system key } } } }'
const manifest = { capabilities: { modules: { account: ['READ'] }, jobs: true } }

/** What plugins describe beyond what administrators can: whose rights decide about a part, fields that only its own code writes, levels in modules of others, reminders. */
describe('what a plugin describes', () => {
  const folder = pluginFolder()
  let server: TestServer
  let admin: TestClient
  let rep: TestClient
  let other: TestClient
  let agent: TestClient
  let finance: TestClient

  const rules = async () => (await admin.data(RULES)).reminderRules.nodes
  const newParcel = async (client: TestClient, title: string, dueAt: string | null = null): Promise<string> =>
    (await client.data('mutation ($title: String, $dueAt: Date) { createParcel(input: {title: $title, dueAt: $dueAt}) { parcel { id } } }', { title, dueAt }))
      .createParcel.parcel.id
  const STOP = 'mutation ($parcel: ID!, $place: String!) { createParcelStop(input: {parcel: {id: $parcel}, place: $place}) { parcelStop { id } } }'

  beforeAll(async () => {
    const path = folder.write({ name: 'parcel', manifest, definition: MODULES + REMINDERS })
    const bad = folder.write({
      name: 'bad',
      definition: `modules: [{ name: 'badPart', pluralName: 'badParts', accessParent: 'whole', fields: [
        { name: 'whole', type: 'REFERENCE', reference: { module: 'account', inverseName: 'badParts', onDelete: 'clear' } }] }],`,
    })
    const worse = folder.write({
      name: 'worse',
      definition: `modules: [{ name: 'worseThing', pluralName: 'worseThings', fields: [{ name: 'name', type: 'TEXT' }, { name: 'price', type: 'MONEY', readOnly: true }] }],`,
    })
    const late = folder.write({
      name: 'late',
      definition: `modules: [{ name: 'lateThing', pluralName: 'lateThings', fields: [{ name: 'name', type: 'TEXT' }] }], reminders: [{ name: 'x', module: 'lateThing', field: 'name', subject: 'x' }],`,
    })
    server = await startTestServer({
      environment: { PLUGIN_PATHS: [path, bad, worse, late].join(','), GUANXI_ROLE: 'all' },
      now: () => new Date('2026-03-02T10:00:00Z'),
    })
    admin = server.admin
    await step(admin, 'enablePlugin', 'parcel')
    rep = (await server.addUser('Rep', 'sales_rep')).client
    other = (await server.addUser('Other', 'sales_rep')).client
    agent = (await server.addUser('Agent', 'service_agent')).client
    finance = (await server.addUser('Finance', 'finance')).client
  }, 60_000)
  afterAll(async () => {
    await server?.close()
    folder.remove()
  })

  test('parts go by the rights of their whole, whatever the scope of their own grants', async () => {
    const mine = await newParcel(rep, 'mine')
    const { parcelStop } = (await rep.data(STOP, { parcel: mine, place: 'Here' })).createParcelStop
    expect(issuesOf(await other.send(STOP, { parcel: mine, place: 'There' }))).toEqual(['input.parcel.id: NOT_FOUND'])
    expect((await other.data('{ parcelStops { totalCount } }')).parcelStops.totalCount).toBe(0)
    expect((await rep.data('{ parcelStops { nodes { id } } }')).parcelStops.nodes).toEqual([{ id: parcelStop.id }])
    // Who reads the whole reads its parts; who cannot change it cannot change them.
    expect((await agent.data('{ parcelStops { nodes { id } } }')).parcelStops.nodes).toEqual([{ id: parcelStop.id }])
    expect(codesOf(await agent.send(STOP, { parcel: mine, place: 'There' }))).toEqual(['FORBIDDEN'])
    const { data } = await other.send('query ($id: ID!) { node(id: $id) { id } }', { id: parcelStop.id })
    expect(data.node).toBeNull()
  })

  test('fields that are read-only take no input, and what hooks set', async () => {
    const id = await newParcel(rep, 'counted')
    await rep.data(STOP, { parcel: id, place: 'One' })
    expect((await rep.data('query ($id: ID!) { parcel(id: $id) { stops } }', { id })).parcel.stops).toBe(1)
    const inputs = (await admin.data('{ __type(name: "UpdateParcelInput") { inputFields { name } } }')).__type.inputFields
    expect(inputs.map(({ name }: { name: string }) => name)).not.toContain('stops')
    const { modules } = await admin.data('{ module(name: "parcel") { fields { name access } } }').then(({ module }) => ({ modules: module.fields }))
    expect(modules.find(({ name }: { name: string }) => name === 'stops').access).toBe('READ')
  })

  test('levels on fields in modules of others are given to shipped roles', async () => {
    const SET = 'mutation { createAccount(input: {name: "Costly"}) { account { id } } }'
    const { id } = (await admin.data(SET)).createAccount.account
    await finance.data('mutation ($id: ID!) { updateAccount(id: $id, input: {parcelCost: {amount: "3", currency: "USD"}}) { changeSetId } }', { id })
    expect(codesOf(await agent.send('{ accounts { nodes { parcelCost { amount } } } }'))).toEqual(['FORBIDDEN_FIELD'])
  })

  test('steps that no role may take are for the plugin by itself, and administrators', async () => {
    const id = await newParcel(rep, 'to be lost')
    expect(issuesOf(await rep.send('mutation ($id: ID!) { updateParcel(id: $id, input: {state: "lost"}) { changeSetId } }', { id }))).toEqual([
      'input.state: TRANSITION',
    ])
    expect(issuesOf(await rep.send('mutation ($id: ID!) { loseParcel(id: $id) }', { id }))).toEqual(['input.0.state: TRANSITION'])
    await rep.data('mutation ($id: ID!) { updateParcel(id: $id, input: {title: "lose me"}) { changeSetId } }', { id })
    await eventually(async () => (await rep.data('query ($id: ID!) { parcel(id: $id) { state } }', { id })).parcel.state === 'lost')
    expect((await rep.data('{ parcelClock }')).parcelClock).toBe('2026-03-02T10:00:00.000Z')
  })

  test('reminders become rules once, which are the administrators’ then', async () => {
    const made = await rules()
    expect(made.map(({ name, offsetDays, at, active }: Record<string, unknown>) => [name, offsetDays, at, active])).toEqual([
      ['A parcel is due in a week', -7, null, true],
      ['Parcels, the day before', -1, '08:00', true],
    ])
    expect(made[0].externalIds).toEqual([{ system: 'plugin parcel', key: 'week' }])
    await newParcel(rep, 'reminded', '2026-04-01')
    const REMINDERS_OF = '{ reminders(orderBy: [{dueAt: ASC}]) { nodes { subject dueAt state } } }'
    await eventually(async () => (await rep.data(REMINDERS_OF)).reminders.nodes.length === 2)
    expect((await rep.data(REMINDERS_OF)).reminders.nodes).toEqual([
      { subject: 'A parcel is due in a week', dueAt: '2026-03-25T09:00:00.000Z', state: 'scheduled' },
      { subject: 'A parcel is due tomorrow', dueAt: '2026-03-31T08:00:00.000Z', state: 'scheduled' },
    ])
    await admin.data('mutation ($id: ID!) { updateReminderRule(id: $id, input: {offsetDays: -10}) { changeSetId } }', { id: made[0].id })
    await step(admin, 'disablePlugin', 'parcel')
    await eventually(async () => (await rep.data(REMINDERS_OF)).reminders.nodes.every(({ state }: { state: string }) => state === 'cancelled'))
    await step(admin, 'enablePlugin', 'parcel')
    expect((await rules()).map(({ offsetDays }: { offsetDays: number }) => offsetDays)).toEqual([-10, -1])
    await eventually(async () => (await rep.data(REMINDERS_OF)).reminders.nodes.every(({ state }: { state: string }) => state === 'scheduled'))
  })

  test('what a later version describes no more is at rest, and all of it goes with a purge', async () => {
    folder.write({
      name: 'parcel',
      version: '1.1.0',
      manifest,
      definition: `${MODULES} reminders: [{ name: 'day', module: 'parcel', field: 'dueAt', offsetDays: -1, subject: 'x' }],`,
    })
    await step(admin, 'upgradePlugin', 'parcel')
    expect((await rules()).map(({ active }: { active: boolean }) => active)).toEqual([false, true])
    await step(admin, 'uninstallPlugin', 'parcel')
    await step(admin, 'purgePlugin', 'parcel')
    expect(await rules()).toEqual([])
  })

  test('what does not hold is refused by name, and changes nothing', async () => {
    expect(await refusedStep(admin, 'enablePlugin', 'bad')).toMatchObject({ extensions: { code: 'VALIDATION_FAILED' }, message: expect.stringMatching(/./) })
    expect(issuesOf(await admin.send('mutation { enablePlugin(name: "bad") { plugin { state } } }'))[0]).toMatch(/accessParent: UNKNOWN$/)
    expect(issuesOf(await admin.send('mutation { enablePlugin(name: "worse") { plugin { state } } }'))[0]).toMatch(/readOnly: NOT_APPLICABLE$/)
    expect(JSON.stringify((await refusedStep(admin, 'enablePlugin', 'late'))?.extensions)).toMatch(/lateThing\.name, which is no date/)
    expect((await pluginNamed(admin, 'bad')).state).not.toBe('enabled')
  })
})
