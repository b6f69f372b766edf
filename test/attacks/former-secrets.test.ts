import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type TestClient, TRANSPORTS } from '../support/client.ts'
import { makeField } from '../support/metadata.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** What a record was while conditions kept it out stays out, although it may be read now. */
let server: TestServer
let admin: TestClient

beforeAll(async () => {
  server = await startTestServer()
  admin = server.admin
}, 60_000)
afterAll(() => server?.close())

const role = (key: string, grants: readonly object[], fields: readonly object[] = []) => admin.data(ROLES.create, { input: { key, name: key, grants, fields } })
const historyOf = async (client: TestClient, type: string, id: string, args = '', transport: (typeof TRANSPORTS)[number] = 'http') => {
  const source = `{ ${type}(id: "${id}") { history${args} { totalCount nodes { version operation changes { field before after } } pageInfo { hasNextPage endCursor } } } }`
  const { data, errors } = await client.send(source, {}, { transport })
  expect(errors).toEqual([])
  return data[type].history
}
const change = (type: string, id: string, input: string) => admin.data(`mutation { update${type}(id: "${id}", input: {${input}}) { changeSetId } }`)

test('the history of a comment begins when it became public', async () => {
  await role(
    'pub',
    [
      { module: 'ticket', actions: ['READ'], scope: 'ALL' },
      { module: 'ticketComment', actions: ['READ'], scope: 'ALL', where: { visibility: { eq: 'public' } } },
    ],
    [{ module: 'ticketComment', field: 'body', access: 'READ' }],
  )
  const { client } = await server.addUser('Public', 'pub')
  const made = await admin.data(`mutation { createTicket(input: {subject: "s", ref: "t"}) { changeSetId }
    createTicketComment(input: {ticket: {ref: "t"}, body: "INTERNAL: known fraud", visibility: "internal"}) { ticketComment { id } } }`)
  const { id } = made.createTicketComment.ticketComment
  await change('TicketComment', id, 'body: "INTERNAL: still"')
  await change('TicketComment', id, 'body: "Thank you", visibility: "public"')
  await change('TicketComment', id, 'body: "Thank you!"')
  for (const transport of TRANSPORTS) {
    const history = await historyOf(client, 'ticketComment', id, '', transport)
    expect(JSON.stringify(history)).not.toContain('INTERNAL')
    expect(history.totalCount).toBe(2)
    expect(history.nodes).toEqual([
      { version: 4, operation: 'UPDATED', changes: [{ field: 'body', before: 'Thank you', after: 'Thank you!' }] },
      {
        version: 3,
        operation: 'UPDATED',
        changes: expect.arrayContaining([
          { field: 'body', before: null, after: 'Thank you' },
          { field: 'visibility', before: null, after: 'public' },
        ]),
      },
    ])
  }
  const first = await historyOf(client, 'ticketComment', id, '(first: 1)')
  expect([first.nodes.length, first.pageInfo.hasNextPage]).toEqual([1, true])
  const rest = await historyOf(client, 'ticketComment', id, `(first: 1, after: "${first.pageInfo.endCursor}")`)
  expect([rest.nodes[0].version, rest.pageInfo.hasNextPage]).toEqual([3, false])
  expect((await historyOf(admin, 'ticketComment', id)).totalCount).toBe(4)
})

test('what left and came back is told by what could be read, whatever types the condition looks at', async () => {
  for (const [name, type] of [
    ['pastLevel', 'INTEGER'],
    ['since', 'DATE'],
    ['seenAt', 'DATETIME'],
    ['open', 'BOOLEAN'],
    ['site', 'URL'],
    ['rate', 'DECIMAL'],
  ])
    await makeField(admin, { module: 'account', name, type })
  const conditions: readonly (readonly [object, string, string])[] = [
    [{ region: { eq: 'DE' } }, 'region: "DE"', 'region: "FR"'],
    [{ pastLevel: { gte: 3 } }, 'pastLevel: 3', 'pastLevel: 1'],
    [{ since: { gt: '2026-01-01' } }, 'since: "2026-02-01"', 'since: null'],
    [{ seenAt: { lt: '2026-01-01T00:00:00Z' } }, 'seenAt: "2025-02-01T10:00:00.5Z"', 'seenAt: "2026-02-01T10:00:00Z"'],
    [{ open: { eq: true } }, 'open: true', 'open: false'],
    [{ site: { startsWith: 'https' } }, 'site: "https://a.example"', 'site: "http://a.example"'],
    [{ rate: { lt: '2.5' } }, 'rate: "1.25"', 'rate: "12345.678"'],
    [{ tags: { hasAll: ['open'] } }, 'tags: ["open"]', 'tags: ["closed", "open two"]'],
    [{ not: { region: { eq: 'FR' } } }, 'region: "DE"', 'region: "FR"'],
    [{ phone: { startsWith: '+49' } }, 'phone: "+4930123456"', 'phone: "+33142685300"'],
  ]
  await role('past', [])
  const { client } = await server.addUser('Past', 'past')
  for (const [where, within, outside] of conditions) {
    await admin.data('mutation ($key: String!, $input: UpdateRoleInput!) { updateRole(key: $key, input: $input) { role { key } } }', {
      key: 'past',
      input: { grants: [{ module: 'account', actions: ['READ'], scope: 'ALL', where }] },
    })
    const { createAccount } = await admin.data(`mutation { createAccount(input: {name: "secret 1", type: "customer", ${outside}}) { account { id } } }`)
    const { id } = createAccount.account
    await change('Account', id, `name: "open 1", ${within}`)
    await change('Account', id, 'name: "open 2"')
    await change('Account', id, `name: "secret 2", ${outside}`)
    await change('Account', id, 'name: "secret 3"')
    await change('Account', id, `name: "open 3", ${within}`)
    const { nodes, totalCount } = await historyOf(client, 'account', id)
    const names = nodes.map(({ version, changes }: { version: number; changes: { field: string; before: unknown; after: unknown }[] }) => [
      version,
      ...changes.filter(({ field }) => field === 'name').flatMap(({ before, after }) => [before, after]),
    ])
    expect([within, totalCount, names]).toEqual([
      within,
      4,
      [
        [6, null, 'open 3'],
        [4, 'open 2', null],
        [3, 'open 1', 'open 2'],
        [2, null, 'open 1'],
      ],
    ])
  }
}, 120_000)

test('a field that conditions show is told where they showed it, and a new owner is told the whole past', async () => {
  await role('names', [{ module: 'account', actions: ['READ'], scope: 'ALL' }], [{ module: 'account', field: 'description', access: 'HIDDEN' }])
  await role(
    'germans',
    [{ module: 'account', actions: ['READ'], scope: 'ALL', where: { region: { eq: 'DE' } } }],
    [{ module: 'account', field: 'description', access: 'READ' }],
  )
  const { client } = await server.addUser('Partly', 'names', 'germans')
  const rep = await server.addUser('Rep', 'sales_rep')
  const { createAccount } = await admin.data(
    'mutation { createAccount(input: {name: "n", type: "customer", region: "FR", description: "secret"}) { account { id } } }',
  )
  const { id } = createAccount.account
  await change('Account', id, 'description: "still secret"')
  await change('Account', id, 'region: "DE", description: "open"')
  const { nodes } = await historyOf(client, 'account', id)
  expect(JSON.stringify(nodes)).not.toContain('secret')
  expect(nodes.map(({ version }: { version: number }) => version)).toEqual([3, 1])
  expect(nodes[0].changes).toEqual(expect.arrayContaining([{ field: 'description', before: null, after: 'open' }]))
  await change('Account', id, `owner: {id: "${rep.id}"}`)
  expect((await historyOf(rep.client, 'account', id)).totalCount).toBe(4)
})
