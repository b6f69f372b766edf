import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type NodeProcess, startNode } from '../support/nodes.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** Two processes give turns at the same time: each turn once, and to whoever had none longest. */
let server: TestServer
let node: NodeProcess
beforeAll(async () => {
  server = await startTestServer()
  node = await startNode(server.database.url)
}, 60_000)
afterAll(async () => {
  await node?.close()
  await server?.close()
})

const made = async (module: string, input: object): Promise<string> => {
  const type = `${module[0]?.toUpperCase()}${module.slice(1)}`
  return (await server.admin.data(`mutation ($input: Create${type}Input!) { made: create${type}(input: $input) { record: ${module} { id } } }`, { input })).made
    .record.id
}

async function rotatingTeam(name: string, size: number): Promise<{ readonly category: string; readonly members: readonly string[] }> {
  const team = await made('team', { name })
  const members = await Promise.all(Array.from({ length: size }, (_, index) => made('user', { name: `${name} ${index}`, team: { id: team } })))
  const category = await made('complaintCategory', { name, defaultTeam: { id: team }, assignment: 'round_robin' })
  return { category, members }
}

test('of processes that create tickets at once none gives a turn twice, in whatever order they name their teams', async () => {
  const teams = [await rotatingTeam('One', 4), await rotatingTeam('Two', 3)]
  const clients = [server.admin, node.admin]
  const BULK = 'mutation ($input: [CreateTicketInput!]!) { createTickets(input: $input) { tickets { number category { name } assignee { id } } } }'
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, index) => {
      const order = index % 2 === 0 ? teams : [...teams].reverse()
      const input = order.map(({ category }) => ({ subject: 'At once', category: { id: category } }))
      return clients[index % 3 === 0 ? 0 : 1]?.data(BULK, { input })
    }),
  )
  const tickets: { number: string; category: { name: string }; assignee: { id: string } }[] = answers.flatMap((answer) => answer.createTickets.tickets)
  tickets.sort((a, b) => (a.number < b.number ? -1 : 1))
  for (const [index, name] of ['One', 'Two'].entries()) {
    const given = tickets.filter(({ category }) => category.name === name).map(({ assignee }) => assignee.id)
    const { members } = teams[index] as (typeof teams)[number]
    expect(given.length).toBe(24)
    // Numbers run in the order of commits, and so do turns: each round has everybody once.
    for (let start = 0; start < given.length; start += members.length) expect(new Set(given.slice(start, start + members.length)).size).toBe(members.length)
    expect(given.slice(0, -members.length)).toEqual(given.slice(members.length))
  }
}, 60_000)
