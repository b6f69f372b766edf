import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { codesOf, issuesOf, type TestClient } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { cursorOf, subscribe, untilPlaced } from '../support/subscription.ts'

/** Watchers of tickets: what watching opens, for whom, until when, and that nobody comes to read a ticket by it without somebody who may share it. */
type Person = Awaited<ReturnType<TestServer['addUser']>>
let server: TestServer
let admin: TestClient
let raw: pg.Client
let [agent, rep, other, reader]: [Person, Person, Person, Person] = [] as never

beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
  raw = new pg.Client(server.database.url)
  await raw.connect()
  agent = await server.addUser('Agent', 'service_agent')
  // Own tickets alone.
  rep = await server.addUser('Rep', 'sales_rep')
  other = await server.addUser('Other', 'sales_rep')
  // Every ticket to read, watchers to write.
  const grants = [
    { module: 'ticket', actions: ['READ'], scope: 'ALL' },
    { module: 'ticketWatcher', actions: ['CREATE', 'READ', 'DELETE'], scope: 'ALL' },
  ]
  await admin.data(ROLES.create, { input: { key: 'reader', name: 'Reader', grants } })
  reader = await server.addUser('Reader', 'reader')
}, 60_000)
afterAll(async () => {
  await raw?.end()
  await server?.close()
})

let ticket: string
beforeEach(async () => {
  ticket = await ticketOf(agent.client)
})

const ticketOf = async (client: TestClient, input: object = {}): Promise<string> =>
  (await client.data('mutation ($input: CreateTicketInput!) { createTicket(input: $input) { ticket { id } } }', { input: { subject: 'Late', ...input } }))
    .createTicket.ticket.id
const WATCH = 'mutation ($input: CreateTicketWatcherInput!) { createTicketWatcher(input: $input) { ticketWatcher { id } } }'
const tryWatch = (user: Person, by: TestClient, id = ticket) => by.send(WATCH, { input: { ticket: { id }, user: { id: user.id } } })
const watch = async (user: Person, by: TestClient, id = ticket): Promise<string> => {
  const { data, errors } = await tryWatch(user, by, id)
  expect(errors).toEqual([])
  return data.createTicketWatcher.ticketWatcher.id
}
const UNWATCH = 'mutation ($id: ID!) { deleteTicketWatcher(id: $id) { changeSetId } }'
const reads = async ({ client }: Person, id = ticket) => codesOf(await client.send('query ($id: ID!) { ticket(id: $id) { subject } }', { id })).length === 0
const shares = async (id = ticket) =>
  (await admin.data('query ($id: ID!) { recordShares(module: "ticket", recordId: $id) { userId level watching } }', { id })).recordShares
const share = (user: Person, level: string, by: TestClient = agent.client) =>
  by.send('mutation ($input: ShareRecordInput!) { shareRecord(input: $input) { share { id } } }', {
    input: { module: 'ticket', recordId: ticket, userId: user.id, level },
  })
const update = (input: object, by: TestClient = agent.client) =>
  by.send('mutation ($id: ID!, $input: UpdateTicketInput!) { updateTicket(id: $id, input: $input) { changeSetId } }', { id: ticket, input })

const UPDATED = 'subscription ($id: ID, $after: String) { ticketUpdated(id: $id, after: $after) { operation changedFields ticket { subject status } } }'

describe('whoever is made a watcher', () => {
  test('reads the ticket and is told of its changes, until the watching ends', async () => {
    expect(await reads(rep)).toBe(false)
    const id = await watch(rep, agent.client)
    expect(await reads(rep)).toBe(true)
    expect(await shares()).toEqual([{ userId: rep.id, level: 'READ', watching: true }])
    expect(codesOf(await update({ subject: 'Mine' }, rep.client))).toEqual(['FORBIDDEN'])
    const after = await cursorOf(raw, rep.client)
    const [one, all] = [subscribe(rep.client, UPDATED, { id: ticket, after }), subscribe(rep.client, UPDATED, { after })]
    await update({ status: 'open' })
    for (const following of [one, all]) {
      await following.until(1)
      following.close()
      expect(following.told.map(({ data }) => data?.ticketUpdated)).toEqual([
        { operation: 'UPDATED', changedFields: expect.arrayContaining(['status']), ticket: { subject: 'Late', status: 'open' } },
      ])
    }
    await agent.client.data(UNWATCH, { id })
    expect(await reads(rep)).toBe(false)
    expect(await shares()).toEqual([])
    const { rows } = await raw.query(
      `SELECT action, actor_id, details FROM audit_log WHERE record_ids = ARRAY[$1]::uuid[] AND action LIKE '%share' ORDER BY sequence`,
      [ticket],
    )
    const terms = { level: 'READ', expiresAt: null, watching: true }
    expect(rows).toEqual([
      { action: 'ticket.share', actor_id: agent.id, details: { user: rep.id, before: null, after: terms } },
      { action: 'ticket.unshare', actor_id: agent.id, details: { user: rep.id, before: terms, after: null } },
    ])
  })

  test('keeps what was shared by hand, which ends for itself', async () => {
    expect((await share(rep, 'WRITE')).errors).toEqual([])
    const id = await watch(rep, agent.client)
    expect(await shares()).toEqual(
      expect.arrayContaining([
        { userId: rep.id, level: 'WRITE', watching: false },
        { userId: rep.id, level: 'READ', watching: true },
      ]),
    )
    await agent.client.data(UNWATCH, { id })
    expect(await shares()).toEqual([{ userId: rep.id, level: 'WRITE', watching: false }])
    // The other way round: what came first stays when the other goes.
    await watch(rep, agent.client)
    const byHand = (await admin.data('query ($id: ID!) { recordShares(module: "ticket", recordId: $id) { id watching } }', { id: ticket })).recordShares
    await agent.client.data('mutation ($id: ID!) { unshareRecord(id: $id) { share { id } } }', {
      id: byHand.find((each: { watching: boolean }) => !each.watching).id,
    })
    expect(await reads(rep)).toBe(true)
  })

  test('watches once', async () => {
    await watch(rep, agent.client)
    const before = await contentOf(server.database.url)
    expect(issuesOf(await tryWatch(rep, agent.client))).toEqual(['input.user: DUPLICATE'])
    expect(await contentOf(server.database.url)).toEqual(before)
    const raced = await Promise.all([1, 2, 3].map(() => tryWatch(other, agent.client)))
    expect(raced.filter(({ errors }) => errors.length === 0).length).toBe(1)
    for (const answer of raced) if (answer.errors.length > 0) expect(issuesOf(answer)).toEqual(['input.user: DUPLICATE'])
  })

  test('comes and goes with the ticket, and goes with the user', async () => {
    const act = (name: string, id: string) => admin.data(`mutation ($id: ID!) { ${name}(id: $id) { changeSetId } }`, { id })
    const leaving = await server.addUser(`Leaving ${Date.now()}`, 'sales_rep')
    await watch(rep, agent.client)
    await watch(leaving, agent.client)
    await act('deleteTicket', ticket)
    expect(await reads(rep)).toBe(false)
    await act('restoreTicket', ticket)
    expect([await reads(rep), (await shares()).length]).toEqual([true, 2])
    await act('deleteUser', leaving.id)
    expect(await shares()).toEqual([{ userId: rep.id, level: 'READ', watching: true }])
    await act('restoreUser', leaving.id)
    const { watchers } = (await admin.data('query ($id: ID!) { ticket(id: $id) { watchers { nodes { user { id } } } } }', { id: ticket })).ticket
    expect(watchers.nodes.length).toBe(2)
  })
})

describe('nobody comes to read a ticket, or keeps it, by watching', () => {
  test('without the right to update its ticket', async () => {
    const before = await contentOf(server.database.url)
    // Rep does not read it at all; the reader reads, and may not update.
    expect(issuesOf(await tryWatch(rep, rep.client))).toEqual(['input.ticket.id: NOT_FOUND'])
    for (const user of [rep, reader]) expect(codesOf(await tryWatch(user, reader.client))).toEqual(['FORBIDDEN'])
    expect(await contentOf(server.database.url)).toEqual(before)
  })

  test('through somebody who updates it by a share alone', async () => {
    await share(rep, 'WRITE')
    expect(codesOf(await update({ subject: 'Shared' }, rep.client))).toEqual([])
    const before = await contentOf(server.database.url)
    expect(codesOf(await tryWatch(other, rep.client))).toEqual(['FORBIDDEN'])
    expect(await contentOf(server.database.url)).toEqual(before)
    expect(await reads(other)).toBe(false)
    // Nor does he take others away, which would end their share.
    const id = await watch(other, agent.client)
    expect(codesOf(await rep.client.send(UNWATCH, { id }))).toEqual(['FORBIDDEN'])
    expect(await reads(other)).toBe(true)
  })

  test('of his own accord: what he loses otherwise is lost', async () => {
    ticket = await ticketOf(rep.client)
    await watch(rep, rep.client)
    expect(await shares()).toEqual([])
    await update({ owner: { id: other.id } }, admin)
    expect(await reads(rep)).toBe(false)
    await share(rep, 'WRITE', admin)
    // By a share he may watch, too, and has nothing more of it.
    const mine = (await admin.data('query ($id: ID!) { ticket(id: $id) { watchers { nodes { id } } } }', { id: ticket })).ticket.watchers.nodes[0].id
    await rep.client.data(UNWATCH, { id: mine })
    await watch(rep, rep.client)
    expect(await shares()).toEqual([{ userId: rep.id, level: 'WRITE', watching: false }])
  })

  test('of his own accord, when the ticket is merged into another one', async () => {
    const own = await ticketOf(admin, { owner: { id: rep.id } })
    await watch(rep, rep.client, own)
    await watch(other, agent.client, own)
    await admin.data('mutation ($id: ID!, $owner: ID!) { updateTicket(id: $id, input: {owner: {id: $owner}}) { changeSetId } }', { id: own, owner: agent.id })
    expect([await reads(rep, own), await reads(other, own)]).toEqual([false, true])
    await agent.client.data('mutation ($into: ID!, $ids: [ID!]!) { mergeTickets(into: $into, ids: $ids) { changeSetId } }', { into: ticket, ids: [own] })
    expect([await reads(rep), await reads(other)]).toEqual([false, true])
    expect(await shares()).toEqual([{ userId: other.id, level: 'READ', watching: true }])
  })

  test('where the roles read no tickets at all', async () => {
    const finance = await server.addUser(`Finance ${Date.now()}`, 'finance')
    await watch(finance, agent.client)
    expect(codesOf(await finance.client.send('query ($id: ID!) { ticket(id: $id) { subject } }', { id: ticket }))).toEqual(['FORBIDDEN'])
  })

  test('by moving a watcher to another ticket', async () => {
    const id = await watch(rep, agent.client)
    const foreign = await ticketOf(admin)
    const answer = await agent.client.send(
      'mutation ($id: ID!, $ticket: ID!) { updateTicketWatcher(id: $id, input: {ticket: {id: $ticket}}) { changeSetId } }',
      { id, ticket: foreign },
    )
    expect(codesOf(answer)).toEqual(['GRAPHQL_VALIDATION_FAILED'])
  })
})

test('ticketUpdated reaches staff by their rights, and shows no comment that they may not read', async () => {
  const comments = {
    key: 'public_desk',
    name: 'Public desk',
    grants: [
      { module: 'ticket', actions: ['READ'], scope: 'ALL' },
      { module: 'ticketComment', actions: ['READ'], scope: 'ALL', where: { visibility: { eq: 'public' } } },
    ],
    fields: [{ module: 'ticketComment', field: 'body', access: 'READ' }],
  }
  await admin.data(ROLES.create, { input: comments })
  const outside = await server.addUser('Outside', 'public_desk')
  for (const [visibility, body] of [
    ['internal', 'a secret'],
    ['public', 'an answer'],
  ])
    await agent.client.data('mutation ($input: CreateTicketCommentInput!) { createTicketComment(input: $input) { changeSetId } }', {
      input: { ticket: { id: ticket }, visibility, body },
    })
  const document =
    'subscription ($id: ID, $after: String) { ticketUpdated(id: $id, after: $after) { ticket { status description comments { nodes { body } totalCount } } } }'
  await untilPlaced(raw)
  const cursors = await Promise.all([agent, outside, rep].map(async ({ client }) => ({ client, after: (await client.data('{ changeCursor }')).changeCursor })))
  const told = cursors.map(({ client, after: cursor }) => subscribe(client, document, { id: ticket, after: cursor }))
  await update({ status: 'open', description: 'private' })
  const [full, partial, none] = told as [(typeof told)[number], (typeof told)[number], (typeof told)[number]]
  await full.until(1)
  await partial.until(1)
  for (const each of told) each.close()
  const bodies = (each: typeof full) => each.told[0]?.data.ticketUpdated.ticket.comments.nodes.map(({ body }: { body: string }) => body).sort()
  expect(bodies(full)).toEqual(['a secret', 'an answer'])
  expect(bodies(partial)).toEqual(['an answer'])
  expect(partial.told[0]?.data.ticketUpdated.ticket).toMatchObject({ status: 'open', description: null, comments: { totalCount: 1 } })
  expect(JSON.stringify(partial.told)).not.toContain('secret')
  expect(none.told).toEqual([])
})
