import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { checkRedis } from '../../src/start/doctor/check-redis.ts'
import { codesOf } from '../support/client.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { SIGNAL_WAYS } from '../support/signal-ways.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

/** Without its Redis a node serves as before; only other nodes hear of changes later. */
describe.each(['is not there', 'does not answer'])('a server whose Redis %s', (state) => {
  let silent: TcpProxy
  let server: TestServer
  let redisUrl: string

  beforeAll(async () => {
    silent = await startTcpProxy()
    redisUrl = state === 'is not there' ? 'redis://user:hunter2@127.0.0.1:1/0' : `redis://user:hunter2@127.0.0.1:${silent.port}/0`
    server = await startTestServer({ environment: { REDIS_URL: redisUrl, REQUESTS_PER_USER: '50' } })
  })
  afterAll(async () => {
    await server?.close()
    await silent?.close()
  })

  test('is ready, and answers', async () => {
    const ready = await fetch(`${server.url}/ready`)
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }])
    expect(await server.admin.data('{ accounts { totalCount } }')).toEqual({ accounts: { totalCount: 0 } })
  })

  test('changes its schema without waiting for it', async () => {
    const began = performance.now()
    const { id } = await makeField(server.admin, { module: 'account', name: 'made', type: 'TEXT' })
    expect(performance.now() - began).toBeLessThan(1_500)
    expect(await server.admin.data('{ accounts { nodes { made } } }')).toEqual({ accounts: { nodes: [] } })
    await server.admin.data(METADATA.deleteField, { id })
  })

  // Rates fail neither open nor closed: each process keeps to them by itself.
  test('goes on counting requests by itself, and lets people sign in', async () => {
    const { client, email } = await server.addUser('Busy', 'read_only')
    let passed = 0
    for (let refused: readonly string[] = []; refused.length === 0; refused = codesOf(await client.send('{ accounts { totalCount } }'))) passed += 1
    expect(codesOf(await client.send('{ me { id } }'))).toEqual(['RATE_LIMITED'])
    expect(passed).toBeGreaterThanOrEqual(50)
    expect((await server.signIn(email)).token).toEqual(expect.any(String))
    expect(codesOf(await server.admin.send('{ accounts { totalCount } }'))).toEqual([])
  })

  test('the doctor says why and what to do, without the password', async () => {
    const { level, message } = await checkRedis(redisUrl)
    const reason = state === 'is not there' ? 'nothing listens there' : 'it does not answer'
    expect([level, message]).toEqual([
      'warn',
      expect.stringMatching(new RegExp(`^127\\.0\\.0\\.1:\\d+ cannot be used: ${reason}\\. Start it, or correct REDIS_URL`)),
    ])
    expect(message).not.toContain('hunter2')
  })
})

for (const { redisUrl } of SIGNAL_WAYS.filter(({ name }) => name === 'Redis')) {
  test('the doctor finds a Redis that answers, and how fast', async () => {
    expect(await checkRedis(redisUrl as string)).toMatchObject({ level: 'ok', message: expect.stringMatching(/ answers in \d+\.\d ms$/) })
  })

  test('the doctor tells a wrong password', async () => {
    const url = new URL(redisUrl as string)
    url.username = 'nobody'
    url.password = 'hunter2'
    const { level, message } = await checkRedis(url.href)
    expect([level, message]).toEqual(['warn', expect.stringMatching(/WRONGPASS|password/)])
    expect(message).not.toContain('hunter2')
  })
}
