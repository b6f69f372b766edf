import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Writers that lock the same two records in opposite order: each deadlock costs one of them a second run, and all finish. */
let server: TestServer

beforeAll(async () => {
  // As many connections as writers: waiting for one is another matter.
  server = await startTestServer({ environment: { POOL_SIZE: '20' } })
})
afterAll(() => server.close())

const MOVE = `mutation ($first: ID!, $second: ID!, $name: String) {
  a: updateAccount(id: $first, input: {legalName: $name}) { changeSetId }
  b: updateAccount(id: $second, input: {legalName: $name}) { changeSetId }
}`

test('16 writers on two records in opposite order all finish, and no update is lost', async () => {
  const { createAccounts } = await server.admin.data('mutation { createAccounts(input: [{name: "A"}, {name: "B"}]) { accounts { id } } }')
  const [a, b] = createAccounts.accounts.map(({ id }: { id: string }) => id)
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, index) => {
      const [first, second] = index % 2 === 0 ? [a, b] : [b, a]
      return server.admin.send(MOVE, { first, second, name: `Writer ${index}` })
    }),
  )
  expect(answers.flatMap(({ errors }) => errors)).toEqual([])
  const { accounts } = await server.admin.data('{ accounts { nodes { version legalName } } }')
  expect(accounts.nodes.map(({ version }: { version: number }) => version)).toEqual([17, 17])
  expect(accounts.nodes[0].legalName).toBe(accounts.nodes[1].legalName)
}, 60_000)
