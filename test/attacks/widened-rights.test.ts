import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { codesOf, issuesOf, type TestClient } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { makeField } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Ways by which somebody, without being an administrator, might come to see or write more than the roles say. */
let server: TestServer
let admin: TestClient

const SHARE = 'mutation ($input: ShareRecordInput!) { shareRecord(input: $input) { share { id } } }'
const MOVE = 'mutation ($id: ID!, $team: TeamRef) { updateUser(id: $id, input: {team: $team}) { changeSetId } }'
const role = (key: string, grants: readonly object[], fields: readonly object[] = []) => admin.data(ROLES.create, { input: { key, name: key, grants, fields } })
const team = async (input: object): Promise<string> =>
  (await admin.data('mutation ($input: CreateTeamInput!) { createTeam(input: $input) { team { id } } }', { input })).createTeam.team.id
const ticketWithComment = async () => {
  const { ticket, comment } = await admin.data(`mutation { ticket: createTicket(input: {subject: "s", ref: "t"}) { ticket { id } }
    comment: createTicketComment(input: {ticket: {ref: "t"}, body: "secret", visibility: "internal"}) { ticketComment { id } } }`)
  return { ticket: ticket.ticket.id as string, comment: comment.ticketComment.id as string }
}

beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
  const body = [{ module: 'ticketComment', field: 'body', access: 'WRITE' }]
  await role(
    'own_comments',
    [
      { module: 'ticket', actions: ['READ'], scope: 'OWN' },
      { module: 'ticketComment', actions: ['READ', 'CREATE'], scope: 'ALL' },
    ],
    body,
  )
  await role('all_tickets', [{ module: 'ticket', actions: ['READ', 'UPDATE'], scope: 'ALL' }], [{ module: 'ticket', field: 'owner', access: 'READ' }])
}, 60_000)
afterAll(() => server?.close())

test('nobody opens to himself what belongs to a record by sharing it with a team of his own, which others in it get', async () => {
  const own = await team({ name: 'Own' })
  const [paul, mate] = [await server.addUser('Paul', 'own_comments', 'all_tickets'), await server.addUser('Mate', 'own_comments')]
  for (const { id } of [paul, mate]) await admin.data(MOVE, { id, team: { id: own } })
  const { ticket, comment } = await ticketWithComment()
  const ask = ({ client }: typeof paul) => client.send('query ($id: ID!) { node(id: $id) { ... on TicketComment { body } } }', { id: comment })
  expect([codesOf(await ask(paul)), codesOf(await ask(mate))]).toEqual([['NOT_FOUND'], ['NOT_FOUND']])
  await paul.client.data(SHARE, { input: { module: 'ticket', recordId: ticket, teamId: own, level: 'READ' } })
  expect(codesOf(await ask(paul))).toEqual(['NOT_FOUND'])
  expect((await ask(mate)).data).toEqual({ node: { body: 'secret' } })
})

test('nobody keeps a record that goes to somebody else by a share with a team of his own', async () => {
  const own = await team({ name: 'Keeping' })
  const [rep, other] = [await server.addUser('Keeper', 'sales_rep'), await server.addUser('Heir', 'sales_rep')]
  await admin.data(MOVE, { id: rep.id, team: { id: own } })
  const { made } = await rep.client.data('mutation { made: createAccount(input: {name: "kept", type: "customer"}) { account { id } } }')
  const { id } = made.account
  await rep.client.data(SHARE, { input: { module: 'account', recordId: id, teamId: own, level: 'WRITE' } })
  await admin.data('mutation ($id: ID!, $owner: ID!) { updateAccount(id: $id, input: {owner: {id: $owner}}) { changeSetId } }', { id, owner: other.id })
  expect(codesOf(await rep.client.send('query ($id: ID!) { account(id: $id) { name } }', { id }))).toEqual(['NOT_FOUND'])
})

test('nobody widens the scope TEAM by moving somebody up from a team below', async () => {
  await role('hr', [
    { module: 'user', actions: ['READ', 'UPDATE'], scope: 'ALL' },
    { module: 'account', actions: ['READ'], scope: 'TEAM' },
  ])
  const north = await team({ name: 'North' })
  const [below, beside] = [await team({ name: 'Below', parent: { id: north } }), await team({ name: 'Beside', parent: { id: north } })]
  const [hana, zed] = [await server.addUser('Hana', 'hr'), await server.addUser('Zed', 'sales_rep')]
  await admin.data(MOVE, { id: hana.id, team: { id: north } })
  await admin.data(MOVE, { id: zed.id, team: { id: below } })
  await zed.client.data('mutation { createAccount(input: {name: "zeds", type: "customer"}) { account { id } } }')
  const before = await contentOf(server.database.url)
  expect(issuesOf(await hana.client.send(MOVE, { id: zed.id, team: { id: north } }))).toEqual(['input.team: OWN_TEAM'])
  expect(await contentOf(server.database.url)).toEqual(before)
  expect((await hana.client.data('{ accounts { totalCount } }')).accounts.totalCount).toBe(0)
  // From one team below to another nothing comes into sight.
  expect(codesOf(await hana.client.send(MOVE, { id: zed.id, team: { id: beside } }))).toEqual([])
})

test.each([
  ['hasAll', { needs: { hasAll: { viewer: 'skills' } } }],
  ['hasNone', { needs: { hasNone: { viewer: 'skills' } } }],
  ['hasAll of tags', { tags: { hasAll: { viewer: 'skills' } } }],
  ['contains', { name: { contains: { viewer: 'motto' } } }],
  ['ne', { name: { ne: { viewer: 'motto' } } }],
  ['not eq', { not: { name: { eq: { viewer: 'motto' } } } }],
  ['not not contains', { not: { not: { name: { startsWith: { viewer: 'motto' } } } } }],
  ['notIn', { team: { id: { notIn: { viewer: 'teams' } } } }],
  ['none', { contacts: { none: { name: { eq: { viewer: 'motto' } } } } }],
  ['every', { contacts: { every: { name: { ne: { viewer: 'motto' } } } } }],
  ['not one', { not: { owner: { id: { eq: { viewer: 'boss' } } } } }],
])('a condition by a value that the viewer does not have admits nothing: %s', async (name, where) => {
  if (name === 'hasAll') {
    const options = ['a', 'b'].map((value) => ({ value, label: value }))
    await makeField(admin, { module: 'account', name: 'needs', type: 'MULTI_SELECT', options })
    await makeField(admin, { module: 'user', name: 'skills', type: 'MULTI_SELECT', options })
    await makeField(admin, { module: 'user', name: 'motto', type: 'TEXT' })
    await makeField(admin, { module: 'user', name: 'boss', type: 'USER' })
    await admin.data(
      'mutation { createAccount(input: {name: "any", type: "customer", ref: "a"}) { account { id } } createContact(input: {name: "c", account: {ref: "a"}}) { changeSetId } }',
    )
  }
  const key = `by_${name.toLowerCase().replaceAll(' ', '_')}`
  await role(key, [
    { module: 'account', actions: ['READ'], scope: 'ALL', where },
    { module: 'contact', actions: ['READ'], scope: 'ALL' },
  ])
  const [nobody, empty] = [await server.addUser(`${key} null`, key), await server.addUser(`${key} empty`, key)]
  await admin.data('mutation ($id: ID!) { updateUser(id: $id, input: {skills: [], motto: ""}) { changeSetId } }', { id: empty.id })
  // Of records that there are none of, everything is true, whatever the value.
  const filter = name === 'none' || name === 'every' ? '(filter: {contacts: {some: {}}})' : ''
  for (const { client } of [nobody, empty]) expect((await client.data(`{ accounts${filter} { totalCount } }`)).accounts.totalCount).toBe(0)
})

test('a condition by an empty text is refused as one that says nothing', async () => {
  for (const operator of ['contains', 'startsWith', 'endsWith', 'gte', 'gt']) {
    const grants = [{ module: 'account', actions: ['READ'], scope: 'ALL', where: { name: { [operator]: '' } } }]
    expect([operator, issuesOf(await admin.send(ROLES.create, { input: { key: 'empty', name: 'x', grants } }))]).toEqual([
      operator,
      [`input.grants.0.where.name.${operator}: REQUIRED`],
    ])
  }
})

test('a role that reads own tickets alone makes no comments below those of others', async () => {
  const { client, id } = await server.addUser('Quinn', 'own_comments', 'all_tickets')
  const { ticket } = await ticketWithComment()
  const create = (ticketId: string) =>
    client.send('mutation ($input: CreateTicketCommentInput!) { createTicketComment(input: $input) { changeSetId } }', {
      input: { ticket: { id: ticketId }, visibility: 'public', body: 'x' },
    })
  expect(codesOf(await create(ticket))).toEqual(['FORBIDDEN'])
  await admin.data('mutation ($id: ID!, $owner: ID!) { updateTicket(id: $id, input: {owner: {id: $owner}}) { changeSetId } }', { id: ticket, owner: id })
  expect(codesOf(await create(ticket))).toEqual([])
})
