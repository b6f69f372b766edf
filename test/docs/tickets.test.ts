import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { startTestServer, type TestServer } from '../support/server.ts'
import { subscribe } from '../support/subscription.ts'

/** What the guide to tickets shows runs as it stands, in its order, and gives what its text says. */
let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
}, 60_000)
afterAll(() => server?.close())

const GUIDE = readFileSync(new URL('../../docs/tickets.md', import.meta.url), 'utf8')
const DOCUMENTS = [...GUIDE.matchAll(/```graphql\n(.*?)```/gs)].map(([, document]) => document as string)

test('the documents of docs/tickets.md run', async () => {
  const { admin } = server
  const made = await admin.data(`mutation {
    createTeam(input: {ref: "t", name: "Service"}) { team { id } } createUser(input: {name: "Wang Fang", team: {ref: "t"}}) { user { id } }
    a: createTicket(input: {subject: "A"}) { ticket { id } } b: createTicket(input: {subject: "B"}) { ticket { id } } }`)
  const variables = { team: made.createTeam.team.id, user: made.createUser.user.id, ticket: made.a.ticket.id, other: made.b.ticket.id }
  const answers: string[] = []
  for (const document of DOCUMENTS) {
    const used = Object.fromEntries(Object.entries(variables).filter(([name]) => document.includes(`$${name}:`)))
    if (document.startsWith('subscription')) {
      const { changeCursor } = await admin.data('{ changeCursor }')
      const following = subscribe(
        admin,
        document.replace('($ticket: ID!)', '($ticket: ID!, $after: String)').replace('(id: $ticket)', '(id: $ticket, after: $after)'),
        {
          ...used,
          after: changeCursor,
        },
      )
      await admin.data('mutation ($ticket: ID!) { updateTicket(id: $ticket, input: {priority: "urgent"}) { changeSetId } }', { ticket: variables.ticket })
      await following.until(1)
      following.close()
      expect(following.told[0]).toMatchObject({ errors: [], data: { ticketUpdated: { ticket: { number: expect.any(String) } } } })
    } else answers.push(JSON.stringify(await admin.data(document, used)))
  }
  expect(DOCUMENTS.length).toBe(7)
  const all = answers.join('\n')
  expect(all).toContain(
    '"team":{"name":"Service"},"priority":"high","assignee":{"name":"Wang Fang"},"assignmentReason":"round robin in team Service by category Late 迟到: 1 active"',
  )
  expect(all).toContain('"fromStatus":"new","toStatus":"resolved"')
  expect(all).toContain('"reason":"Sent again by express"')
  expect(all).toContain('"mergedTickets":{"nodes":[{"number":"T-000002"}]}')
})
