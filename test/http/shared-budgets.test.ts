import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import { codesOf, createTestClient, type TestClient } from '../support/client.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { type NodeProcess, startNode } from '../support/nodes.ts'
import { SIGNAL_WAYS } from '../support/signal-ways.ts'

/** What one user may ask for in a minute, of two processes that count together over a Redis, or each alone without one. */
const LIMIT = 60
/** Milliseconds by which each process knows what the other has let pass, on a busy machine too. */
const EXCHANGED = 3_000

/** Far from the end of a minute, at which the budgets fill again. */
async function whileMinuteLasts(milliseconds: number): Promise<void> {
  const left = 60_000 - (Date.now() % 60_000)
  if (left < milliseconds) await delay(left + 100)
}

describe.each(SIGNAL_WAYS)('two processes on $name', ({ redisUrl }) => {
  let database: TestDatabase
  let nodes: readonly NodeProcess[]
  beforeAll(async () => {
    database = await openTestDatabase()
    const environment = { REQUESTS_PER_USER: String(LIMIT) }
    const first = await startNode(database.url, { redisUrl, environment })
    nodes = [first, await startNode(database.url, { redisUrl, environment })]
  }, 120_000)
  afterAll(async () => {
    for (const node of nodes ?? []) await node.close()
    await database?.close()
  })

  /** Somebody new, whose budget nobody has touched, on both processes. */
  async function person(): Promise<readonly TestClient[]> {
    const [{ admin }] = nodes as [NodeProcess, NodeProcess]
    const email = `${randomUUID()}@example.com`
    const made = await admin.data('mutation ($email: String!) { createUser(input: {name: "Busy", email: $email}) { user { id } } }', { email })
    const password = 'a password of somebody who is busy'
    await admin.data('mutation ($id: ID!, $password: String!) { setPassword(input: {userId: $id, password: $password}) { user { id } } }', {
      id: made.createUser.user.id,
      password,
    })
    const { signIn } = await createTestClient((nodes[0] as NodeProcess).url, null).data(
      'mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }',
      {
        input: { email, password },
      },
    )
    return nodes.map(({ url }) => createTestClient(url, signIn.accessToken))
  }
  /** How many of so many requests one after another are let pass. */
  async function passed(client: TestClient, count: number): Promise<number> {
    let sum = 0
    for (let index = 0; index < count; index += 1) if (!codesOf(await client.send('{ __typename }')).includes('RATE_LIMITED')) sum += 1
    return sum
  }

  test(redisUrl === undefined ? 'each lets the whole budget pass' : 'what one has let pass the other takes from the same budget', async () => {
    await whileMinuteLasts(40_000)
    const [one, other] = (await person()) as [TestClient, TestClient]
    expect(await passed(one, LIMIT - 10)).toBe(LIMIT - 10)
    // The other learns of it when it tells what it has let pass itself.
    expect(await passed(other, 1)).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, EXCHANGED))
    const rest = await passed(other, LIMIT)
    expect(rest).toBe(redisUrl === undefined ? LIMIT - 1 : 9)
    await one.close()
    await other.close()
  }, 180_000)

  if (redisUrl !== undefined && !redisUrl.includes('cluster'))
    test('nothing of it stays in Redis longer than it counts, and no key tells of whom', async () => {
      const redis = new Redis(redisUrl)
      try {
        const keys = (await redis.keys('guanxi:count:*')).filter((key) => key.includes(':requests:'))
        expect(keys.length).toBeGreaterThan(0)
        for (const key of keys) {
          const left = await redis.pttl(key)
          // Gone meanwhile, or within two minutes.
          expect(left === -2 || (left > 0 && left <= 120_000)).toBe(true)
        }
      } finally {
        redis.disconnect()
      }
    })
})
