/** What the program does where a server holds it off, on a server of the test's own that answers what it is told to. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { prepare } from './world.mjs'

const DOCUMENT = { name: 'Write', kind: 'mutation', text: 'mutation Write { nothing }', resume: null }
let world
let modules
before(async () => {
  world = prepare()
  modules = { ...(await import('../dist/retry.js')), ...(await import('../dist/paced.js')), ...(await import('../dist/guanxi/client.js')) }
})
after(() => world?.remove())

const refusal = (code, more) => ({ status: 200, body: { errors: [{ message: code, extensions: { code, ...more } }] } })

async function withServer(answers, work) {
  const asked = []
  const server = createServer((request, response) => {
    const { status, body, headers } = answers[Math.min(asked.length, answers.length - 1)]
    asked.push({ at: performance.now(), key: request.headers['idempotency-key'] })
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { createGuanxiClient, withRetries, paced } = modules
  const client = createGuanxiClient({ url: `http://127.0.0.1:${server.address().port}`, token: 'x', fetch: paced() })
  try {
    return {
      answer: await work((idempotencyKey) =>
        withRetries(
          () => client.request(DOCUMENT, {}, { idempotencyKey }),
          () => {},
        ),
      ),
      asked,
    }
  } catch (error) {
    return { error, asked }
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

const DONE = { status: 200, body: { data: { done: true } } }

test('waits as long as a refusal says, and sends the same with the same key', async () => {
  const answers = [
    refusal('RATE_LIMITED', { retryable: true, retryAfter: 1 }),
    refusal('UNAVAILABLE', { retryable: true }),
    refusal('UNAVAILABLE', { retryable: false, outcome: 'UNKNOWN' }),
    DONE,
  ]
  const { answer, asked } = await withServer(answers, (send) => send('one key'))
  assert.deepEqual(answer, { done: true })
  assert.deepEqual(
    asked.map(({ key }) => key),
    Array(4).fill('one key'),
  )
  assert.ok(asked[1].at - asked[0].at >= 1_000, 'it came too soon')
})

test('what would come again is thrown at once', async () => {
  const { error, asked } = await withServer([refusal('FORBIDDEN', { retryable: false })], (send) => send('key'))
  assert.equal(error.code, 'FORBIDDEN')
  assert.equal(asked.length, 1)
})

test('slows down before its budget is used up', async () => {
  const budget = (remaining) => ({ ...DONE, headers: { 'ratelimit-policy': '"requests";q=20;w=60', ratelimit: `"requests";r=${remaining};t=1` } })
  const { asked } = await withServer([budget(19), budget(1), budget(19)], async (send) => {
    for (const key of ['a', 'b', 'c']) await send(key)
  })
  const [, second, third] = asked.map(({ at }) => at)
  assert.ok(third - second >= 490, `${third - second} ms`)
  assert.equal(modules.pauseAfter(new Headers(budget(19).headers)), 0)
  assert.equal(modules.pauseAfter(new Headers()), 0)
})
