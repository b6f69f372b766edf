import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { codesOf, type TestClient } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/**
 * Comments follow their ticket. What one role says of comments holds on the tickets that this role reaches: another role that reaches more tickets, but not their comments, opens
 * none of them.
 */
let server: TestServer
let admin: TestClient
const idOf: Record<string, string> = {}
const nameOf = new Map<string, string>()

const READ = ['READ']
const tickets = (scope: string, actions = READ) => ({ module: 'ticket', actions, scope })
const comments = (actions = READ, where?: object) => ({ module: 'ticketComment', actions, scope: 'ALL', ...(where && { where }) })
const body = (access: string) => [{ module: 'ticketComment', field: 'body', access }]

/** Somebody who holds these roles; the tickets `<name>` are that person's. */
const people: Record<string, { readonly id: string; readonly client: TestClient }> = {}
const personOf = (name: string) => people[name] as (typeof people)[string]

const COMMENTS = '{ ticketComments(orderBy: [{createdAt: ASC}]) { totalCount nodes { id body } } ticketCommentsAggregate { count } }'
/** The person's comments by name, with their text where it is shown. */
async function commentsOf(name: string): Promise<Record<string, string | null>> {
  const { ticketComments, ticketCommentsAggregate } = await personOf(name).client.data(COMMENTS)
  expect([ticketComments.totalCount, ticketCommentsAggregate[0].count]).toEqual([ticketComments.nodes.length, ticketComments.nodes.length])
  return Object.fromEntries(ticketComments.nodes.map((node: { id: string; body: string | null }) => [nameOf.get(node.id) ?? node.id, node.body]))
}

const makeComment = 'mutation ($input: CreateTicketCommentInput!) { createTicketComment(input: $input) { ticketComment { id } } }'

beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
  const role = (key: string, grants: readonly object[], fields: readonly object[] = []) =>
    admin.data(ROLES.create, { input: { key, name: key, grants, fields } })
  await role('own_with_comments', [tickets('OWN', ['READ', 'UPDATE']), comments(['READ', 'CREATE', 'UPDATE'])], body('WRITE'))
  await role('all_without_comments', [tickets('ALL', ['READ', 'UPDATE'])])
  await role('all_with_bare_comments', [tickets('ALL'), comments()], body('HIDDEN'))
  await role('comments_alone', [comments()], body('READ'))
  await role('own_with_public', [tickets('OWN'), comments(READ, { visibility: { eq: 'public' } })], body('READ'))
  for (const [name, ...keys] of [
    ['rows', 'own_with_comments', 'all_without_comments'],
    ['levels', 'own_with_comments', 'all_with_bare_comments'],
    ['addOn', 'comments_alone', 'all_without_comments'],
    ['conditions', 'own_with_public', 'all_with_bare_comments'],
    ['single', 'own_with_comments'],
  ] as const) {
    people[name] = await server.addUser(name)
    for (const key of keys) await admin.data(ROLES.assign, { id: personOf(name).id, key })
  }
  for (const name of [...Object.keys(people), 'foreign']) {
    const owner = people[name] ? { owner: { id: personOf(name).id } } : {}
    const made = await admin.data('mutation ($input: CreateTicketInput!) { createTicket(input: $input) { ticket { id } } }', {
      input: { subject: name, ...owner },
    })
    idOf[name] = made.createTicket.ticket.id
    for (const visibility of ['internal', 'public']) {
      const text = `${name}-${visibility}`
      const comment = await admin.data(makeComment, { input: { ticket: { id: idOf[name] }, body: text, visibility } })
      idOf[text] = comment.createTicketComment.ticketComment.id
      nameOf.set(idOf[text] as string, text)
    }
  }
}, 60_000)
afterAll(() => server?.close())

const everyText = (shows: (name: string) => boolean) => Object.fromEntries([...nameOf.values()].map((name) => [name, shows(name) ? name : null]))

test('rows: comments are those of the tickets that the role with comments reaches, on every way', async () => {
  expect(await commentsOf('rows')).toEqual({ 'rows-internal': 'rows-internal', 'rows-public': 'rows-public' })
  const { client } = personOf('rows')
  const found = await client.data(
    `{
      tickets(orderBy: [{subject: ASC}]) { nodes { subject comments { nodes { id } } } }
      some: tickets(filter: {comments: {some: {}}}) { nodes { subject } }
      guessed: tickets(filter: {comments: {some: {body: {eq: "foreign-public"}}}}) { totalCount }
    }`,
  )
  expect(found.tickets.nodes).toHaveLength(6)
  for (const { subject, comments } of found.tickets.nodes) expect([subject, comments.nodes.length]).toEqual([subject, subject === 'rows' ? 2 : 0])
  expect(found).toMatchObject({ some: { nodes: [{ subject: 'rows' }] }, guessed: { totalCount: 0 } })
  expect(codesOf(await client.send('query ($id: ID!) { node(id: $id) { id } }', { id: idOf['foreign-public'] }))).toEqual(['NOT_FOUND'])
})

test('rows: comments are made and changed below these tickets alone, although the other role updates all', async () => {
  const { client } = personOf('rows')
  const create = (name: string) => client.send(makeComment, { input: { ticket: { id: idOf[name] }, body: 'by rows', visibility: 'internal' } })
  const update = (name: string) =>
    client.send('mutation ($id: ID!) { updateTicketComment(id: $id, input: {body: "changed"}) { ticketComment { id } } }', { id: idOf[name] })
  const before = await contentOf(server.database.url)
  expect(codesOf(await create('foreign'))).toEqual(['FORBIDDEN'])
  expect(codesOf(await update('foreign-internal'))).toEqual(['NOT_FOUND'])
  expect(await contentOf(server.database.url)).toEqual(before)
  const made = await create('rows')
  expect(codesOf(made)).toEqual([])
  await admin.data('mutation ($id: ID!) { deleteTicketComment(id: $id) { ticketComment { id } } }', {
    id: (made.data as { createTicketComment: { ticketComment: { id: string } } }).createTicketComment.ticketComment.id,
  })
})

test('rows: a ticket that is shared opens its comments, whichever role grants them', async () => {
  const share = await admin.data('mutation ($input: ShareRecordInput!) { shareRecord(input: $input) { share { id } } }', {
    input: { module: 'ticket', recordId: idOf['foreign'], userId: personOf('rows').id, level: 'READ' },
  })
  expect(Object.keys(await commentsOf('rows')).sort()).toEqual(['foreign-internal', 'foreign-public', 'rows-internal', 'rows-public'])
  await admin.data('mutation ($id: ID!) { unshareRecord(id: $id) { share { id } } }', { id: share.shareRecord.share.id })
  expect(Object.keys(await commentsOf('rows')).sort()).toEqual(['rows-internal', 'rows-public'])
})

test('levels: the text is shown below the tickets of the role that shows it, and compared nowhere', async () => {
  expect(await commentsOf('levels')).toEqual(everyText((name) => name.startsWith('levels')))
  const { client } = personOf('levels')
  const { tickets } = await client.data('{ tickets { nodes { subject comments { nodes { body } } } } }')
  for (const { subject, comments } of tickets.nodes)
    expect([subject, comments.nodes.filter(({ body }: { body: string | null }) => body !== null).length]).toEqual([subject, subject === 'levels' ? 2 : 0])
  expect(codesOf(await client.send('{ ticketComments(filter: {body: {eq: "foreign-public"}}) { totalCount } }'))).toEqual(['GRAPHQL_VALIDATION_FAILED'])
})

test('levels: conditions of the child hold beside those of the parent', async () => {
  expect(await commentsOf('conditions')).toEqual(everyText((name) => name === 'conditions-public'))
})

test('a role that says nothing of tickets adds to what others reach', async () => {
  expect(await commentsOf('addOn')).toEqual(everyText(() => true))
})

test('one role is as it was', async () => {
  expect(await commentsOf('single')).toEqual({ 'single-internal': 'single-internal', 'single-public': 'single-public' })
})

test('is explained, known to who asks who can see, and told before a role changes', async () => {
  const ask = (id: string | undefined, user: string) =>
    admin.data(
      `query ($user: ID!, $id: ID!) {
        explainAccess(userId: $user, module: "ticketComment", recordId: $id) { allowed reasons }
        whoCanSee(module: "ticketComment", recordId: $id) { id }
        body: whoCanSee(module: "ticketComment", recordId: $id, field: "body") { id }
      }`,
      { id, user },
    )
  const seenBy = async (name: string, user: string) => {
    const { id } = personOf(user)
    const { explainAccess, whoCanSee, body } = await ask(idOf[name], id)
    const isAmong = (users: { id: string }[]) => users.some((each) => each.id === id)
    expect(isAmong(whoCanSee)).toBe(explainAccess.allowed)
    expect(explainAccess.reasons.join(' ').includes('a role at a time')).toBe(user === 'rows')
    return [isAmong(whoCanSee), isAmong(body)]
  }
  expect(await seenBy('rows-public', 'rows')).toEqual([true, true])
  expect(await seenBy('foreign-public', 'rows')).toEqual([false, false])
  expect(await seenBy('conditions-public', 'conditions')).toEqual([true, true])
  expect(await seenBy('foreign-public', 'conditions')).toEqual([true, false])

  const diff = await admin.data(
    `query ($input: UpdateRoleInput!) { diffRole(roleKey: "own_with_comments", input: $input) {
      groups { roles actions { module action gains loses reachAfter { scope parent { scope where parent { scope } } } } } } }`,
    { input: { grants: [tickets('TEAM', ['READ', 'UPDATE']), comments(['READ', 'CREATE', 'UPDATE'])] } },
  )
  const group = diff.diffRole.groups.find(({ roles }: { roles: string[] }) => roles.join() === 'all_without_comments,own_with_comments')
  // All tickets are read and updated anyway: it is comments that this person gains.
  expect(group.actions).toEqual(
    ['CREATE', 'READ', 'UPDATE'].map((action) => ({
      module: 'ticketComment',
      action,
      gains: true,
      loses: false,
      reachAfter: [{ scope: 'ALL', parent: [{ scope: 'TEAM', where: null, parent: null }] }],
    })),
  )
})
