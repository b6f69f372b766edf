import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { systemPrincipal } from '../../src/auth/index.ts'
import { coreModules } from '../../src/entities/index.ts'
import { READ_EPOCHS_SQL } from '../../src/records/epochs.ts'
import { createMetadata, findDrift } from '../../src/records/metadata/index.ts'
import { codesOf } from '../support/client.ts'
import { contentOf } from '../support/content.ts'
import { METADATA, makeField } from '../support/metadata.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

/** How long somebody else holds the table, in milliseconds. */
const HELD = process.env.GUANXI_PROVE === '1' ? 30_000 : 2_000
/** What a request may wait for at most; people feel 300, a busy test machine more. */
const FELT = process.env.GUANXI_PROVE === '1' ? 300 : 1_000

const NO_NAMES = { types: new Set<string>(), queries: new Set<string>(), mutations: new Set<string>(), subscriptions: new Set<string>() }

describe('a change of a table that is in use', () => {
  let server: TestServer
  let reader: pg.Client

  beforeAll(async () => {
    server = await startTestServer()
    reader = new pg.Client({ connectionString: server.database.url })
    await reader.connect()
    await server.admin.data('mutation { createAccount(input: {name: "One", type: "customer"}) { account { id } } }')
  })
  afterAll(async () => {
    await reader?.end()
    await server?.close()
  })

  test(
    'comes through when the long reader is done, and nobody waits for long meanwhile',
    async () => {
      await reader.query('BEGIN')
      await reader.query('SELECT count(*) FROM accounts')
      let done = false
      const change = makeField(server.admin, { module: 'account', name: 'late', type: 'TEXT' }).finally(() => {
        done = true
      })
      const released = new Promise<void>((resolve) => setTimeout(() => reader.query('COMMIT').then(() => resolve()), HELD))
      let longest = 0
      let asked = 0
      while (!done) {
        const started = performance.now()
        const { accounts } = await server.admin.data('{ accounts { totalCount } }')
        expect(accounts.totalCount).toBe(1)
        longest = Math.max(longest, performance.now() - started)
        asked += 1
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      await released
      expect((await change).state).toBe('ready')
      expect(asked).toBeGreaterThan(HELD / 200)
      expect(longest).toBeLessThan(FELT)
    },
    HELD + 60_000,
  )

  test('ends with UNAVAILABLE and nothing half-made when the reader stays', async () => {
    const { kernel } = server.app
    const impatient = createMetadata({
      database: kernel.database,
      core: coreModules(),
      now: kernel.now,
      authorize: () => {},
      kernel: () => NO_NAMES,
      organisationCurrency: 'USD',
      writeUsage: async () => {},
      announce: async () => {},
      patience: 800,
    })
    const [epochs] = await kernel.database.query<{ schema: number; access: number }>({ text: READ_EPOCHS_SQL, purpose: 'platform' })
    const principal = systemPrincipal('test', kernel.registry(), epochs as { schema: number; access: number })
    await reader.query('BEGIN')
    await reader.query('SELECT count(*) FROM accounts')
    const before = await contentOf(server.database.url)
    const fields = [{ module: 'account', name: 'never', type: 'MONEY' as const, indexed: true }]
    await expect(impatient.createFields(principal, fields, { origin: { requestId: 'test', client: null, ip: null } })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
    expect(await contentOf(server.database.url)).toEqual(before)
    await reader.query('COMMIT')
    expect(await findDrift(kernel.database, coreModules())).toEqual([])
  })

  test('two that make the same field at once: one succeeds, one gets DUPLICATE', async () => {
    const other = await startNode(server)
    try {
      for (let round = 0; round < 5; round += 1) {
        const input = { module: 'account', name: `twin${round}`, type: 'TEXT' }
        const answers = await Promise.all([server.admin.send(METADATA.createField, { input }), other.send(METADATA.createField, { input })])
        expect(answers.map((answer) => codesOf(answer).join() || 'ok').sort()).toEqual(['DUPLICATE', 'ok'])
      }
      expect(await findDrift(server.app.kernel.database, coreModules())).toEqual([])
    } finally {
      await other.close()
    }
  })
})

/** A second node on the same database, with the administrator's session. */
async function startNode(server: TestServer) {
  const { createApp } = await import('../../src/app.ts')
  const { createTestClient } = await import('../support/client.ts')
  const app = await createApp(server.config, { databaseUrl: server.database.url, secrets: ['a secret of tests that is long enough for anybody'] })
  const { port } = await app.listen()
  const client = createTestClient(`http://127.0.0.1:${port}`, server.admin.token)
  return {
    send: client.send,
    close: async () => {
      await client.close()
      await app.close()
    },
  }
}
