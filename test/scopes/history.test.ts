import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { codesOf, type TestClient } from '../support/client.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/**
 * The history of a record, and the images of a version conflict, tell a reader what he could read of the record: no change of fields that are hidden from
 * him, not even that there was one, and no ids of records outside his scope.
 */
let server: TestServer
let clerk: TestClient
let contact: string
let foreign: string
let own: string

const HISTORY = `query ($id: ID!, $first: Int, $after: String) { contact(id: $id) { history(first: $first, after: $after) {
  totalCount nodes { version operation changes { field before after } } edges { cursor } pageInfo { hasNextPage endCursor } } } }`

beforeAll(async () => {
  server = await startTestServer()
  await server.admin.data(ROLES.create, {
    input: {
      key: 'clerk',
      name: 'Clerk',
      grants: [
        { module: 'contact', actions: ['READ', 'UPDATE'], scope: 'ALL' },
        { module: 'account', actions: ['READ'], scope: 'OWN' },
      ],
    },
  })
  const { id: clerkId, client } = await server.addUser('Clerk', 'clerk')
  clerk = client
  const account = async (owner: string) =>
    (await server.admin.data(`mutation { createAccount(input: { name: "x", type: "customer" ${owner} }) { account { id } } }`)).createAccount.account.id
  foreign = await account('')
  own = await account(`, owner: { id: "${clerkId}" }`)
  const created = await server.admin.data(
    `mutation { createContact(input: { name: "Anna", email: "a@example.com", account: { id: "${foreign}" } }) { contact { id } } }`,
  )
  contact = created.createContact.contact.id
  for (const input of [
    `account: { id: "${own}" }`,
    'email: "b@example.com"',
    'email: "c@example.com", jobTitle: "Clerk"',
    'email: null',
    'externalIds: [{ system: "erp", key: "1" }]',
  ])
    await server.admin.data(`mutation { updateContact(id: "${contact}", input: { ${input} }) { changeSetId } }`)
}, 60_000)

afterAll(() => server?.close())

const pageOf = async (client: TestClient, variables: object = {}) => (await client.data(HISTORY, { id: contact, ...variables })).contact.history
const versionsOf = ({ nodes }: { nodes: { version: number }[] }) => nodes.map(({ version }) => version)

test('changes of hidden fields alone are neither listed nor counted', async () => {
  expect(versionsOf(await pageOf(server.admin))).toEqual([6, 5, 4, 3, 2, 1])
  const history = await pageOf(clerk)
  expect([versionsOf(history), history.totalCount]).toEqual([[6, 4, 2, 1], 4])
  expect(history.nodes[1].changes).toEqual([{ field: 'jobTitle', before: null, after: 'Clerk' }])
  expect(JSON.stringify(history)).not.toContain('example.com')
})

test('pages are full and end where the shown ones end', async () => {
  const seen: number[][] = []
  let after: string | null = null
  for (;;) {
    const page: Awaited<ReturnType<typeof pageOf>> = await pageOf(clerk, { first: 2, after })
    seen.push(versionsOf(page))
    if (!page.pageInfo.hasNextPage) break
    after = page.pageInfo.endCursor
  }
  expect(seen).toEqual([
    [6, 4],
    [2, 1],
  ])
})

test('a deletion and a restoration stay, and so does the making of a record', async () => {
  const { createContact } = await server.admin.data('mutation { createContact(input: { name: "x" }) { contact { id } } }')
  const { id } = createContact.contact
  await server.admin.data(`mutation { deleteContact(id: "${id}") { id } }`)
  await server.admin.data(`mutation { restoreContact(id: "${id}") { changeSetId } }`)
  const { history } = (await clerk.data(HISTORY, { id })).contact
  expect(history.nodes.map(({ operation }: { operation: string }) => operation)).toEqual(['RESTORED', 'DELETED', 'CREATED'])
})

test('ids of records out of sight are null, as the relation is, at one more statement for the whole page', async () => {
  const change = (history: { nodes: { version: number; changes: { field: string }[] }[] }, version: number) =>
    history.nodes.find((node) => node.version === version)?.changes.find(({ field }) => field === 'account')
  const statements = await server.statementsOf(async () => {
    const history = await pageOf(clerk)
    expect(change(history, 2)).toEqual({ field: 'account', before: null, after: own })
    expect(change(history, 1)).toEqual({ field: 'account', before: null, after: null })
    expect(JSON.stringify(history)).not.toContain(foreign)
  })
  expect(statements.filter(({ purpose }) => purpose === 'record')).toHaveLength(3)
  const history = await pageOf(server.admin)
  expect(change(history, 2)).toEqual({ field: 'account', before: foreign, after: own })
})

test('a version conflict shows no more', async () => {
  const conflict = async (client: TestClient) => {
    const answer = await client.send(`mutation { updateContact(id: "${contact}", input: { jobTitle: "Chief" }, ifVersion: 1) { changeSetId } }`)
    expect(codesOf(answer)).toEqual(['VERSION_CONFLICT'])
    return answer.errors[0]?.extensions as unknown as Record<'base' | 'current', Record<string, unknown>>
  }
  const [shown, all] = [await conflict(clerk), await conflict(server.admin)]
  expect([shown.base['account'], shown.current['account']]).toEqual([null, own])
  expect(shown.base).not.toHaveProperty('email')
  expect([all.base['account'], all.base['email'], all.current['account']]).toEqual([foreign, 'a@example.com', own])
  // What the record was says when it became so, and by whom.
  const { history } = (await server.admin.data(`{ contact(id: "${contact}") { history { nodes { version at actor { id } } } } }`)).contact
  const made = (version: number) => history.nodes.find((node: { version: number }) => node.version === version)
  expect([all.base['updatedAt'], all.base['updatedBy']]).toEqual([made(1).at, made(1).actor.id])
  expect([all.current['updatedAt'], all.current['version']]).toEqual([made(6).at, 6])
})
