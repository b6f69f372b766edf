import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { startTestServer, type TestServer } from '../support/server.ts'

/**
 * Keyset paging: while rows come and go between pages, and values tie, no row is seen twice and none is missed that existed
 * throughout; forward and backward.
 */
let server: TestServer
/** Ids of accounts that stay, by their order value. */
let stable: string[]

const INDUSTRIES = ['retail', 'technology', null] as const
const ORDERS = [
  [],
  [{ industry: 'ASC' }],
  [{ industry: 'DESC' }, { size: 'ASC' }],
  [{ size: 'DESC' }],
  [{ owner: { name: 'ASC' } }, { industry: 'ASC' }],
  [{ parent: { name: 'DESC' } }],
  [{ nextContactAt: 'ASC' }, { createdAt: 'DESC' }],
  [{ annualRevenue: 'DESC' }, { name: 'ASC' }],
  [{ id: 'ASC' }],
]

beforeAll(async () => {
  server = await startTestServer()
  const input = Array.from({ length: 60 }, (_, index) => ({
    name: `Account ${index % 7}`,
    industry: INDUSTRIES[index % 3],
    size: index % 5 === 0 ? null : index % 4,
    nextContactAt: index % 2 === 0 ? null : `2026-01-0${1 + (index % 3)}T00:00:00Z`,
    annualRevenue: index % 6 === 0 ? null : { amount: String(index % 4), currency: 'USD' },
    ref: `a${index}`,
    ...(index % 8 === 1 ? { parent: { ref: 'a0' } } : {}),
  }))
  stable = await create(input)
}, 60_000)

afterAll(() => server?.close())

async function create(input: readonly object[]): Promise<string[]> {
  const { createAccounts } = await server.admin.data('mutation ($input: [CreateAccountInput!]!) { createAccounts(input: $input) { accounts { id } } }', {
    input,
  })
  return createAccounts.accounts.map(({ id }: { id: string }) => id)
}

const PAGE = `query ($orderBy: [AccountOrderBy!], $first: Int, $after: String, $last: Int, $before: String) {
  accounts(orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`

it('sees what stays exactly once while other rows come and go between pages', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...ORDERS),
      fc.integer({ min: 1, max: 17 }),
      fc.boolean(),
      fc.array(fc.boolean(), { maxLength: 6 }),
      async (orderBy, size, backward, changes) => {
        const transient: string[] = []
        const seen: string[] = []
        let cursor: string | null = null
        for (let page = 0; page < 200; page += 1) {
          const { accounts } = await server.admin.data(PAGE, { orderBy, ...(backward ? { last: size, before: cursor } : { first: size, after: cursor }) })
          const ids = accounts.nodes.map(({ id }: { id: string }) => id)
          expect(accounts.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual(ids)
          if (ids.length > 0) {
            expect(accounts.pageInfo.startCursor).toBe(accounts.edges[0].cursor)
            expect(accounts.pageInfo.endCursor).toBe(accounts.edges.at(-1).cursor)
          }
          if (backward) seen.unshift(...ids)
          else seen.push(...ids)
          cursor = backward ? accounts.pageInfo.startCursor : accounts.pageInfo.endCursor
          if (!(backward ? accounts.pageInfo.hasPreviousPage : accounts.pageInfo.hasNextPage)) break
          const change = changes[page]
          if (change === true) transient.push(...(await create([{ name: 'Account 3', industry: 'retail', size: 2 }, { name: 'Account 1' }])))
          if (change === false && transient.length > 0)
            await server.admin.data('mutation ($ids: [ID!]!) { deleteAccounts(ids: $ids) { changeSetId } }', { ids: transient.splice(0, 1) })
        }
        if (transient.length > 0) await server.admin.data('mutation ($ids: [ID!]!) { deleteAccounts(ids: $ids) { changeSetId } }', { ids: transient })
        expect(new Set(seen).size).toBe(seen.length)
        const kept = new Set(stable)
        expect(seen.filter((id) => kept.has(id)).sort()).toEqual([...stable].sort())
      },
    ),
    { numRuns: 40 },
  )
}, 120_000)

it('gives the same rows in the same order forward and backward', async () => {
  for (const orderBy of ORDERS) {
    const whole = (await server.admin.data(PAGE, { orderBy, first: 500 })).accounts.nodes
    const fromEnd = (await server.admin.data(PAGE, { orderBy, last: 500 })).accounts.nodes
    expect(fromEnd).toEqual(whole)
    const middle = (await server.admin.data(PAGE, { orderBy, first: 30 })).accounts
    const { accounts: before } = await server.admin.data(PAGE, { orderBy, last: 10, before: middle.pageInfo.endCursor })
    expect(before.nodes).toEqual(whole.slice(19, 29))
    expect(before.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true })
  }
})

describe('a cursor is refused', () => {
  const refused = async (variables: object) => {
    const { errors, data } = await server.admin.send(PAGE, { first: 5, ...variables })
    expect(errors).toMatchObject([{ extensions: { code: 'CURSOR_INVALID', retryable: false } }])
    expect(data).toEqual({ accounts: null })
  }
  let cursor: string
  beforeAll(async () => {
    cursor = (await server.admin.data(PAGE, { orderBy: [{ industry: 'ASC' }], first: 5 })).accounts.pageInfo.endCursor
  })

  it('when it belongs to a list of another order', () => refused({ after: cursor, orderBy: [{ size: 'ASC' }] }))
  it('when it belongs to the other direction', () => refused({ after: cursor, orderBy: [{ industry: 'DESC' }] }))
  it('when it is no cursor', () => refused({ after: 'abc' }))
  it('when it is empty', () => refused({ after: '' }))
  it('when one character was changed', async () => {
    for (let index = 0; index < cursor.length; index += 7) {
      const changed = cursor.slice(0, index) + (cursor[index] === 'A' ? 'B' : 'A') + cursor.slice(index + 1)
      await refused({ after: changed, orderBy: [{ industry: 'ASC' }] })
    }
  })
  it('when it belongs to another module', async () => {
    await server.admin.data('mutation { createContact(input: {name: "Contact"}) { contact { id } } }')
    const { contacts } = await server.admin.data('{ contacts(orderBy: [{createdAt: DESC}]) { pageInfo { endCursor } } }')
    await refused({ after: contacts.pageInfo.endCursor, orderBy: [{ createdAt: 'DESC' }] })
  })
})
