import { isDeepStrictEqual } from 'node:util'
import { type BenchCase, type BenchRequest, SERVERS, type ServerName } from './cases.ts'
import type { BenchServer } from './servers/child.ts'

/**
 * Asks all servers everything once. Throws unless Guanxi and the hand-written limit give the same answers (keys in the same order; cursors are each
 * server's own), and unless PostGraphile, which sees all rows, gives as many and as long ones.
 */
export async function compareAnswers(cases: readonly BenchCase[], servers: Readonly<Record<ServerName, BenchServer>>): Promise<void> {
  for (const { name, requests } of cases) {
    for (let index = 0; index < Math.min(20, requests.guanxi.length); index += 1) {
      const [guanxi, postgraphile, limit] = await Promise.all(SERVERS.map((server) => ask(servers[server], requests[server][index] as BenchRequest)))
      const [ours, theirs] = [withoutCursors(guanxi), withoutCursors(limit)]
      if (!isDeepStrictEqual(ours, theirs) || JSON.stringify(ours) !== JSON.stringify(theirs)) {
        throw new Error(`${name}: the answers differ\n  guanxi ${JSON.stringify(ours).slice(0, 1_500)}\n  limit  ${JSON.stringify(theirs).slice(0, 1_500)}`)
      }
      const [wanted, given] = [shape(ours), shape(withoutCursors(postgraphile))]
      if (wanted !== given) throw new Error(`${name}: PostGraphile's answer has another shape\n  guanxi ${wanted}\n  postgraphile ${given}`)
    }
  }
}

async function ask(server: BenchServer, request: BenchRequest): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${server.port}${request.path}`, {
    method: request.method,
    headers: { ...(await server.headers()), 'content-type': 'application/json' },
    ...(request.body === undefined ? {} : { body: request.body }),
  })
  const answer = (await response.json()) as { data?: unknown; errors?: unknown }
  if (answer.errors !== undefined || answer.data === undefined) throw new Error(`${request.path}: ${JSON.stringify(answer).slice(0, 1_500)}`)
  return answer.data
}

function withoutCursors(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, member) => (key.endsWith('Cursor') ? typeof member : member)))
}

/** Member names of everything that comes first, and how many there are of each list. */
function shape(value: unknown): string {
  if (Array.isArray(value)) return `${value.length}×${shape(value[0])}`
  if (typeof value !== 'object' || value === null) return ''
  return `{${Object.entries(value)
    .map(([key, member]) => `${key}${shape(member)}`)
    .join(' ')}}`
}
