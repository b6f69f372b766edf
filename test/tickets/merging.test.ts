import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { codesOf, issuesOf, type TestClient } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Tickets that become one: what goes with them, what stays, and that nobody gains by it. */
type Person = Awaited<ReturnType<TestServer['addUser']>>
let server: TestServer
let admin: TestClient
let [agent, rep, other]: [Person, Person, Person] = [] as never

beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
  agent = await server.addUser('Agent', 'service_agent')
  rep = await server.addUser('Rep', 'sales_rep')
  other = await server.addUser('Other', 'sales_rep')
}, 60_000)
afterAll(() => server?.close())

type Input = Readonly<Record<string, unknown>>
const make = async (module: string, input: Input, client: TestClient = agent.client): Promise<string> => {
  const type = `${module[0]?.toUpperCase()}${module.slice(1)}`
  return (await client.data(`mutation ($input: Create${type}Input!) { made: create${type}(input: $input) { record: ${module} { id } } }`, { input })).made
    .record.id
}
const ticketOf = (subject: string, input: Input = {}, client: TestClient = agent.client) => make('ticket', { subject, ...input }, client)
const MERGE = `mutation ($into: ID!, $ids: [ID!]!, $ifVersions: [TicketVersionInput!]) {
  mergeTickets(into: $into, ids: $ids, ifVersions: $ifVersions) { ticket { id subject } changeSetId } }`
const merge = (into: string, ids: readonly string[], by: TestClient = agent.client, more: object = {}) => by.send(MERGE, { into, ids, ...more })
const TICKET = `query ($id: ID!) { ticket(id: $id) { subject status statusReason closedAt version mergedInto { id } mergedTickets { nodes { id } }
  comments(orderBy: [{createdAt: ASC}]) { nodes { body visibility createdBy { id } } } watchers { nodes { user { name } } } tasks { nodes { title } } activities { nodes { subject } }
  links { nodes { kind other { id } } } linkedFrom { nodes { kind ticket { id } } } statusChanges { nodes { toStatus reason } } } }`
const read = async (id: string) => (await admin.data(TICKET, { id })).ticket
const role = (key: string, grants: readonly object[], fields: readonly object[] = []) => admin.data(ROLES.create, { input: { key, name: key, grants, fields } })

test('what belongs to the tickets goes to the one that stays, in one change set; they are closed and tell where they went', async () => {
  const [into, a, b, c] = [await ticketOf('Stays'), await ticketOf('A'), await ticketOf('B'), await ticketOf('Else')]
  await make('ticketComment', { ticket: { id: a }, body: 'of A', visibility: 'public' }, admin)
  await make('ticketComment', { ticket: { id: b }, body: 'of B', visibility: 'internal' })
  await make('ticketWatcher', { ticket: { id: a }, user: { id: rep.id } })
  await make('ticketWatcher', { ticket: { id: b }, user: { id: rep.id } })
  await make('ticketWatcher', { ticket: { id: b }, user: { id: other.id } })
  await make('ticketWatcher', { ticket: { id: into }, user: { id: other.id } })
  // Of somebody else, and not for the agent to read.
  await make('task', { title: 'Call back', ticket: { id: a } }, admin)
  await make('activity', { type: 'call', subject: 'Called', ticket: { id: b } }, admin)
  for (const [ticket, to, kind] of [
    [a, b, 'duplicates'],
    [a, into, 'duplicates'],
    [into, c, 'relates_to'],
    [c, a, 'relates_to'],
    [b, c, 'blocks'],
    [c, b, 'caused_by'],
  ])
    await make('ticketLink', { ticket: { id: ticket }, other: { id: to }, kind })
  const comments = async (): Promise<{ version: number; createdBy: { id: string } }[]> =>
    (await admin.data('{ ticketComments { nodes { version createdBy { id } } } }')).ticketComments.nodes
  const authors = (await comments()).map(({ createdBy }) => createdBy.id)
  const { data, errors } = await merge(into, [a, b])
  expect(errors).toEqual([])
  expect(data.mergeTickets).toEqual({ ticket: { id: into, subject: 'Stays' }, changeSetId: expect.any(String) })
  const names = (nodes: readonly { user: { name: string } }[]) => nodes.map(({ user }) => user.name).sort()
  const survivor = await read(into)
  expect(survivor).toMatchObject({ status: 'new', mergedInto: null })
  expect(survivor.mergedTickets.nodes.map(({ id }: { id: string }) => id).sort()).toEqual([a, b].sort())
  expect(survivor.comments.nodes.map(({ body, visibility }: { body: string; visibility: string }) => [body, visibility])).toEqual([
    ['of A', 'public'],
    ['of B', 'internal'],
  ])
  expect(names(survivor.watchers.nodes)).toEqual(['Other', 'Rep'])
  expect([survivor.tasks.nodes, survivor.activities.nodes]).toEqual([[{ title: 'Call back' }], [{ subject: 'Called' }]])
  expect([...survivor.links.nodes.map(({ kind, other: { id } }: { kind: string; other: { id: string } }) => [kind, id])].sort()).toEqual(
    [
      ['blocks', c],
      ['relates_to', c],
    ].sort(),
  )
  expect(survivor.linkedFrom.nodes).toEqual([{ kind: 'caused_by', ticket: { id: c } }])
  for (const id of [a, b]) {
    const merged = await read(id)
    expect(merged).toMatchObject({ status: 'closed', statusReason: 'merged', closedAt: expect.any(String), mergedInto: { id: into } })
    for (const list of ['comments', 'watchers', 'tasks', 'activities', 'links', 'linkedFrom']) expect([list, merged[list].nodes]).toEqual([list, []])
    expect(merged.statusChanges.nodes.length).toBe(2)
  }
  // Moved, and not written anew.
  expect((await comments()).map(({ createdBy }) => createdBy.id)).toEqual(authors)
  expect((await comments()).every(({ version }) => version === 2)).toBe(true)
  const { rows } = await query(
    `SELECT DISTINCT change_set_id FROM (SELECT change_set_id FROM ticket_comments UNION SELECT change_set_id FROM tickets WHERE id = ANY($1)) changed`,
    [[a, b]],
  )
  expect(rows).toEqual([{ change_set_id: data.mergeTickets.changeSetId }])
  // The watchers of the merged tickets read the one that stays, and the merged ones no longer.
  const reads = async ({ client }: Person, id: string) => codesOf(await client.send('query ($id: ID!) { ticket(id: $id) { subject } }', { id })).length === 0
  expect([await reads(rep, into), await reads(rep, a), await reads(other, into), await reads(other, b)]).toEqual([true, false, true, false])
})

test('a merged ticket stays closed, and is merged no more; nor is any into itself, or into one that is merged', async () => {
  const [into, a, b] = [await ticketOf('Stays'), await ticketOf('A'), await ticketOf('B')]
  expect(codesOf(await merge(into, [a]))).toEqual([])
  const before = await contentOf(server.database.url)
  const reopen = await agent.client.send('mutation ($id: ID!) { updateTicket(id: $id, input: {status: "open"}) { changeSetId } }', { id: a })
  expect(issuesOf(reopen)).toEqual(['input.status: MERGED'])
  expect(issuesOf(await merge(b, [a]))).toEqual(['ids.0: MERGED'])
  expect(issuesOf(await merge(a, [b]))).toEqual(['into: MERGED'])
  expect(issuesOf(await merge(b, [b.toUpperCase()]))).toEqual(['ids.0: SELF'])
  expect(issuesOf(await merge(into, [b, b]))).toEqual(['ids.1: DUPLICATE'])
  expect(issuesOf(await merge(into, []))).toEqual(['ids: REQUIRED'])
  expect(
    issuesOf(
      await merge(
        into,
        Array.from({ length: 101 }, (_, index) => b.slice(0, 9).replace(/^./, String(index % 10)) + index),
      ),
    ),
  ).toContain('ids: TOO_LONG')
  expect(codesOf(await merge(into, [rep.id]))).toEqual(['NOT_FOUND'])
  expect(codesOf(await merge('nothing', [b]))).toEqual(['NOT_FOUND'])
  expect(codesOf(await merge(into, [b], agent.client, { ifVersions: [{ id: b, version: 7 }] }))).toEqual(['VERSION_CONFLICT'])
  expect(issuesOf(await merge(into, [b], agent.client, { ifVersions: [{ id: a, version: 1 }] }))).toEqual(['ifVersions.0.id: UNKNOWN'])
  expect(await contentOf(server.database.url)).toEqual(before)
  expect(
    codesOf(
      await merge(into, [b], agent.client, {
        ifVersions: [
          { id: b, version: 1 },
          { id: into, version: 1 },
        ],
      }),
    ),
  ).toEqual([])
})

test('two who merge two tickets into each other merge one', async () => {
  for (let round = 0; round < 3; round += 1) {
    const [a, b] = [await ticketOf('A'), await ticketOf('B')]
    const answers = await Promise.all([merge(a, [b]), merge(b, [a])])
    expect(answers.map(codesOf).sort()).toEqual([[], ['VALIDATION_FAILED']])
    const [one, two] = [await read(a), await read(b)]
    expect([one.mergedInto, two.mergedInto].filter((each) => each === null).length).toBe(1)
  }
})

test('merging needs UPDATE on all and DELETE on those that are merged, by roles', async () => {
  const [into, mine] = [await ticketOf('Stays'), await ticketOf('Mine', {}, rep.client)]
  const own = await ticketOf('Own', {}, rep.client)
  const foreign = await ticketOf('Foreign')
  const shared = { module: 'ticket', recordId: foreign, userId: rep.id, level: 'WRITE' }
  const SHARE = 'mutation ($input: ShareRecordInput!) { shareRecord(input: $input) { share { id } } }'
  await agent.client.data(SHARE, { input: shared })
  await role('own_tickets', [{ module: 'ticket', actions: ['READ', 'UPDATE', 'DELETE', 'CREATE'], scope: 'OWN' }])
  const owner = await server.addUser('Owner', 'own_tickets')
  const ownerTicket = await ticketOf('Of the owner', {}, owner.client)
  await agent.client.data(SHARE, { input: { ...shared, userId: owner.id } })
  const reader = await server.addUser('Reader', 'read_only')
  const before = await contentOf(server.database.url)
  // A sales representative deletes no tickets.
  expect(codesOf(await merge(own, [mine], rep.client))).toEqual(['FORBIDDEN'])
  expect(codesOf(await merge(into, [mine], rep.client))).toEqual(['NOT_FOUND'])
  // What is only shared is neither merged nor merged into.
  expect(codesOf(await merge(ownerTicket, [foreign], owner.client))).toEqual(['FORBIDDEN'])
  expect(codesOf(await merge(foreign, [ownerTicket], owner.client))).toEqual(['FORBIDDEN'])
  expect(codesOf(await merge(into, [foreign], reader.client))).toEqual(['FORBIDDEN'])
  expect(codesOf(await server.anonymous.send(MERGE, { into, ids: [foreign] }))).toEqual(['UNAUTHENTICATED'])
  expect(await contentOf(server.database.url)).toEqual(before)
})

test('nobody comes to read or write by merging what belongs to tickets of others', async () => {
  const commentFields = [{ module: 'ticketComment', field: 'body', access: 'WRITE' }]
  // Reads comments below his own tickets alone; all tickets are his to update and delete, but not to own.
  await role(
    'own_comments',
    [
      { module: 'ticket', actions: ['READ'], scope: 'OWN' },
      { module: 'ticketComment', actions: ['READ'], scope: 'ALL' },
    ],
    commentFields,
  )
  await role('all_tickets', [{ module: 'ticket', actions: ['READ', 'UPDATE', 'DELETE'], scope: 'ALL' }], [{ module: 'ticket', field: 'owner', access: 'READ' }])
  const paul = await server.addUser('Paul', 'own_comments', 'all_tickets')
  const [foreign, own] = [await ticketOf('Foreign'), await ticketOf('Own', { owner: { id: paul.id } }, admin)]
  const comment = await make('ticketComment', { ticket: { id: foreign }, body: 'a secret', visibility: 'internal' })
  expect(codesOf(await merge(own, [foreign], paul.client))).toEqual([])
  const asked = await paul.client.send('query ($id: ID!) { ticketComment(id: $id) { body } }', { id: comment })
  expect([codesOf(asked), JSON.stringify(asked)]).toEqual([['NOT_FOUND'], expect.not.stringContaining('a secret')])
  expect((await read(foreign)).comments.nodes.length).toBe(1)

  // Reads all comments, and writes those below his own tickets: what he cannot write he does not bring there.
  await role(
    'writes_below_own',
    [
      { module: 'ticket', actions: ['READ', 'UPDATE'], scope: 'OWN' },
      { module: 'ticketComment', actions: ['READ', 'UPDATE'], scope: 'ALL' },
    ],
    commentFields,
  )
  await role(
    'reads_all',
    [
      { module: 'ticket', actions: ['READ', 'UPDATE', 'DELETE'], scope: 'ALL' },
      { module: 'ticketComment', actions: ['READ'], scope: 'ALL' },
    ],
    [{ module: 'ticket', field: 'owner', access: 'READ' }],
  )
  const quinn = await server.addUser('Quinn', 'writes_below_own', 'reads_all')
  const [theirs, his] = [await ticketOf('Theirs'), await ticketOf('His', { owner: { id: quinn.id } }, admin)]
  await make('ticketComment', { ticket: { id: theirs }, body: 'theirs', visibility: 'public' })
  const before = await contentOf(server.database.url)
  expect(codesOf(await merge(his, [theirs], quinn.client))).toEqual(['FORBIDDEN'])
  expect(await contentOf(server.database.url)).toEqual(before)

  // Reads all comments without what they say, and those below his own tickets with it: he sees no more of what he brings there.
  const reads = (scope: string) => [
    { module: 'ticket', actions: ['READ'], scope },
    { module: 'ticketComment', actions: ['READ'], scope: 'ALL' },
  ]
  await role('bodies_below_own', reads('OWN'), [{ module: 'ticketComment', field: 'body', access: 'READ' }])
  await role(
    'bare_comments',
    [
      { module: 'ticket', actions: ['READ', 'UPDATE', 'DELETE'], scope: 'ALL' },
      { module: 'ticketComment', actions: ['READ'], scope: 'ALL' },
    ],
    [{ module: 'ticket', field: 'owner', access: 'READ' }],
  )
  const sam = await server.addUser('Sam', 'bodies_below_own', 'bare_comments')
  const [bare, sams] = [await ticketOf('Bare'), await ticketOf('Of Sam', { owner: { id: sam.id } }, admin)]
  const hidden = await make('ticketComment', { ticket: { id: bare }, body: 'not for Sam', visibility: 'public' })
  const unseen = await sam.client.send('query ($id: ID!) { ticketComment(id: $id) { visibility body } }', { id: hidden })
  expect(unseen.data?.ticketComment).toEqual({ visibility: 'public', body: null })
  expect(codesOf(await merge(sams, [bare], sam.client))).toEqual(['FORBIDDEN'])
  expect(JSON.stringify(await sam.client.send('query ($id: ID!) { ticketComment(id: $id) { body } }', { id: hidden }))).not.toContain('not for Sam')

  // A condition looks at the ticket of a task.
  await role(
    'tasks_of_own',
    [
      { module: 'ticket', actions: ['READ', 'UPDATE', 'DELETE'], scope: 'ALL' },
      { module: 'task', actions: ['READ'], scope: 'ALL', where: { ticket: { owner: { id: { eq: { viewer: 'id' } } } } } },
    ],
    [{ module: 'ticket', field: 'owner', access: 'READ' }],
  )
  const tara = await server.addUser('Tara', 'tasks_of_own')
  const [elsewhere, hers] = [await ticketOf('Elsewhere'), await ticketOf('Hers', { owner: { id: tara.id } }, admin)]
  await make('task', { title: 'Hidden', ticket: { id: elsewhere } }, admin)
  expect(codesOf(await merge(hers, [elsewhere], tara.client))).toEqual([])
  expect((await tara.client.data('{ tasks { nodes { title } } }')).tasks.nodes).toEqual([])
  expect((await read(elsewhere)).tasks.nodes).toEqual([{ title: 'Hidden' }])
})

test('what stays with a merged ticket, since the caller cannot read it, is not taken away as a double', async () => {
  // Reads watchers and links of his own tickets alone; all tickets are his to update and delete.
  await role('own_surroundings', [
    { module: 'ticket', actions: ['READ'], scope: 'OWN' },
    { module: 'ticketWatcher', actions: ['READ'], scope: 'ALL' },
    { module: 'ticketLink', actions: ['READ'], scope: 'ALL' },
  ])
  await role('merges_all', [{ module: 'ticket', actions: ['READ', 'UPDATE', 'DELETE'], scope: 'ALL' }], [{ module: 'ticket', field: 'owner', access: 'READ' }])
  const uma = await server.addUser('Uma', 'own_surroundings', 'merges_all')
  const [foreign, own, third] = [await ticketOf('Foreign'), await ticketOf('Own', { owner: { id: uma.id } }, admin), await ticketOf('Third')]
  for (const ticket of [foreign, own]) {
    await make('ticketWatcher', { ticket: { id: ticket }, user: { id: rep.id } })
    await make('ticketLink', { ticket: { id: ticket }, other: { id: third }, kind: 'blocks' })
  }
  await make('ticketLink', { ticket: { id: foreign }, other: { id: own }, kind: 'duplicates' })
  // These she reads, and they come along: one would lead to itself, one would be there twice.
  await make('ticketLink', { ticket: { id: own }, other: { id: foreign }, kind: 'caused_by' })
  const mine = await ticketOf('Mine', { owner: { id: uma.id } }, admin)
  await make('ticketWatcher', { ticket: { id: mine }, user: { id: rep.id } })
  await make('ticketLink', { ticket: { id: mine }, other: { id: third }, kind: 'blocks' })
  expect(codesOf(await merge(own, [foreign, mine], uma.client))).toEqual([])
  const surroundings = async (id: string) => {
    const { watchers, links } = await read(id)
    return [watchers.nodes.map(({ user }: { user: { name: string } }) => user.name), links.nodes.map(({ kind }: { kind: string }) => kind).sort()]
  }
  expect(await surroundings(foreign)).toEqual([['Rep'], ['blocks', 'duplicates']])
  expect(await surroundings(own)).toEqual([['Rep'], ['blocks']])
  expect(await surroundings(mine)).toEqual([[], []])
  // Who watches what stayed there still reads it.
  expect(codesOf(await rep.client.send('query ($id: ID!) { ticket(id: $id) { subject } }', { id: foreign }))).toEqual([])
})

async function query(text: string, values: readonly unknown[]) {
  const { default: pg } = await import('pg')
  const client = new pg.Client(server.database.url)
  await client.connect()
  try {
    return await client.query(text, [...values])
  } finally {
    await client.end()
  }
}
