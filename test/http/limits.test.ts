import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { createOverload } from '../../src/http/overload.ts'
import { type Answer, codesOf, type TestClient, TRANSPORTS } from '../support/client.ts'
import { eventually } from '../support/guanxi-process.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** What one user, one address and all together may ask for, over both transports. */
const REQUESTS = 40
const QUEUE = 12

let server: TestServer
/** Signed in before the budget of those who are not is used up. */
const users = new Map<string, { readonly id: string; readonly client: TestClient }>()
const userOf = (name: string) => users.get(name) as { readonly id: string; readonly client: TestClient }

beforeAll(async () => {
  server = await startTestServer({
    environment: {
      REQUESTS_PER_USER: String(REQUESTS),
      REQUESTS_SIGNED_OUT: '30',
      COST_PER_USER: '20000',
      MAX_COST: '5000',
      POOL_SIZE: '4',
      POOL_QUEUE: String(QUEUE),
    },
  })
  for (const name of ['told', 'busy', 'http', 'ws']) users.set(name, await server.addUser(name, 'read_only'))
}, 60_000)
afterAll(() => server?.close())

/** Sends until it is refused, as often as the window may have let more pass at most. */
async function untilRefused(send: () => Promise<Answer>, limit: number): Promise<{ readonly answer: Answer; readonly passed: number }> {
  for (let passed = 0; passed <= 2 * limit; passed += 1) {
    const answer = await send()
    if (answer.errors.length > 0) return { answer, passed }
  }
  throw new Error('nothing was refused')
}

const post = (query: string, token: string | null, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }), ...headers },
    body: JSON.stringify({ query }),
  })

/** What every refusal for a rate tells. */
function expectRefusal({ errors, data }: Pick<Answer, 'errors' | 'data'>, limitName: string, limit: number): number {
  expect(data ?? null).toBeNull()
  expect(errors).toEqual([
    {
      message: expect.stringContaining(String(limit)),
      extensions: expect.objectContaining({ code: 'RATE_LIMITED', retryable: true, requestId: expect.any(String), limitName, limit, window: 60 }),
    },
  ])
  const retryAfter = errors[0]?.extensions['retryAfter'] as number
  expect(errors[0]?.message).toContain(`${retryAfter} seconds`)
  expect(retryAfter).toBeGreaterThanOrEqual(1)
  expect(retryAfter).toBeLessThanOrEqual(120)
  return retryAfter
}

describe('requests are counted', () => {
  test('and every answer tells how many are left', async () => {
    const { client } = userOf('told')
    const left = async () => {
      const { headers } = await post('{ __typename }', client.token)
      expect(headers.get('ratelimit-policy')).toBe(`"requests";q=${REQUESTS};w=60`)
      return Number(/^"requests";r=(\d+);t=\d+$/.exec(headers.get('ratelimit') ?? '')?.[1])
    }
    const first = await left()
    expect(first).toBeLessThan(REQUESTS)
    expect(await left()).toBe(first - 1)
  })

  test('by user, over both transports together and by whatever key; others go on', async () => {
    const { client, id } = userOf('busy')
    const { secret } = (
      await server.admin.data(
        'mutation ($userId: ID!) { createApiKey(input: {name: "k", roleKey: "read_only", userId: $userId, expiresAt: "2099-01-01T00:00:00Z"}) { secret } }',
        { userId: id },
      )
    ).createApiKey
    let turn = 0
    const { answer, passed } = await untilRefused(() => client.send('{ __typename }', {}, { transport: TRANSPORTS[turn++ % 2] as 'http' }), REQUESTS)
    expect(passed).toBeGreaterThanOrEqual(REQUESTS)
    expectRefusal(answer, 'requests', REQUESTS)
    for (const transport of TRANSPORTS) {
      const { answer: again } = await untilRefused(() => client.send('{ __typename }', {}, { transport }), REQUESTS)
      expectRefusal(again, 'requests', REQUESTS)
    }
    const refused = await post('{ __typename }', secret)
    expect([refused.status, refused.headers.get('content-type')]).toEqual([429, 'application/json; charset=utf-8'])
    const body = (await refused.json()) as Answer
    expect(refused.headers.get('retry-after')).toBe(String(expectRefusal(body, 'requests', REQUESTS)))
    expect(refused.headers.get('ratelimit')).toMatch(/^"requests";r=0;t=\d+$/)
    // A subscription is no way around it.
    const errors = await new Promise<unknown>((resolve) => {
      client
        .socket()
        .subscribe({ query: 'subscription { accountChanged { cursor } }' }, { next: () => {}, error: resolve, complete: () => resolve('completed') })
    })
    expect(errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }])
    expect(codesOf(await server.admin.send('{ __typename }'))).toEqual([])
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
  })

  test('by address for whoever is not signed in, whatever he sends along; whoever is goes on', async () => {
    let turn = 0
    const { answer } = await untilRefused(async () => {
      turn += 1
      const response = await post('{ __typename }', turn % 2 === 0 ? `wrong ${turn}` : null, {
        'x-forwarded-for': `198.51.100.${turn}`,
        'user-agent': `x${turn}`,
      })
      const body = (await response.json()) as Answer
      return response.status === 429 ? { ...body, status: 429 } : { status: response.status, data: null, errors: [] }
    }, 30)
    expectRefusal(answer, 'signed-out', 30)
    expect(codesOf(await server.anonymous.send('{ __typename }', {}, { transport: 'ws' }))).toEqual(['RATE_LIMITED'])
    expect(codesOf(await server.admin.send('{ __typename }'))).toEqual([])
  })
})

describe('what operations cost is counted', () => {
  const COSTLY = '{ accounts(first: 40) { nodes { contacts(first: 100) { nodes { name } } } } }'

  test.each(TRANSPORTS)('by user, over %s', async (transport) => {
    const { client } = userOf(transport)
    const { answer, passed } = await untilRefused(() => client.send(COSTLY, {}, { transport }), 10)
    expect(passed).toBeGreaterThanOrEqual(4)
    expectRefusal(answer, 'cost', 20_000)
    if (transport === 'http') {
      const response = await post(COSTLY, client.token)
      expect([response.status, Number(response.headers.get('retry-after'))]).toEqual([429, expect.any(Number)])
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    // What costs little may still be had, sooner.
    expect(codesOf(await client.send('{ __typename }', {}, { transport }))).toEqual([])
  })
})

describe('more than the process can do', () => {
  test('is refused while as many wait for the database as may; health answers, and what waits is done in the end', async () => {
    // Keeps the socket of its client open.
    const leave = server.admin
      .socket()
      .subscribe({ query: 'subscription { schemaChanged { schemaVersion } }' }, { next: () => {}, error: () => {}, complete: () => {} })
    expect(codesOf(await server.admin.send('{ __typename }', {}, { transport: 'ws' }))).toEqual([])
    const lock = new pg.Client(server.database.url)
    await lock.connect()
    await lock.query('BEGIN')
    await lock.query('LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE')
    const waiting: Promise<Answer>[] = []
    const ask = (transport: 'http' | 'ws' = 'http') => server.admin.send('{ accounts(first: 1) { totalCount } }', {}, { transport })
    try {
      // As many as run, and as many as may wait.
      for (let index = 0; index < 4 + QUEUE; index += 1) waiting.push(ask())
      await eventually(async () => server.app.kernel.database.waiting() >= QUEUE)
      for (const transport of TRANSPORTS) {
        const { errors } = await ask(transport)
        expect(errors).toEqual([
          { message: expect.stringContaining('database'), extensions: expect.objectContaining({ code: 'UNAVAILABLE', retryable: true, retryAfter: 1 }) },
        ])
      }
      const refused = await post('{ __typename }', server.admin.token)
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
      expect((await fetch(`${server.url}/health`)).status).toBe(200)
    } finally {
      await lock.query('ROLLBACK')
      await lock.end()
    }
    // What the server does beside its requests waits in the same queue, so that a few of them may have come too late.
    const answers = await Promise.all(waiting)
    for (const answer of answers) if (answer.errors.length === 0) expect(answer.data).toEqual({ accounts: { totalCount: 0 } })
    expect(answers.filter(({ errors }) => errors.length === 0).length).toBeGreaterThan(QUEUE / 2)
    expect([...new Set(answers.flatMap(codesOf))].filter((code) => code !== 'UNAVAILABLE')).toEqual([])
    expect(codesOf(await ask())).toEqual([])
    leave()
  })

  test('is noticed by an event loop that is late again and again, and forgotten when it is not', async () => {
    const overload = createOverload({ delay: 100, queue: 1, waiting: () => 0 })
    overload.watch()
    try {
      const block = (milliseconds: number) => {
        const end = performance.now() + milliseconds
        while (performance.now() < end);
      }
      expect(overload.reason()).toBeNull()
      await eventually(async () => {
        block(300)
        await delay(1)
        return overload.reason() !== null
      })
      await eventually(async () => overload.reason() === null)
    } finally {
      overload.stop()
    }
  })
})
