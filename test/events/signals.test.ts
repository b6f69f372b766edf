import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { createSignals, type Signals } from '../../src/events/index.ts'
import { createDatabase, type Database } from '../../src/records/database.ts'
import { openTestDatabase, type TestDatabase } from '../support/database.ts'
import { eventually } from '../support/guanxi-process.ts'
import { SIGNAL_WAYS } from '../support/signal-ways.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

interface Node extends Signals {
  /** What the listeners of `schema` were told, in order. */
  readonly heard: (string | null)[]
  readonly errors: string[]
}

describe('signals between nodes', () => {
  let first: TestDatabase
  let second: TestDatabase
  let pools: pg.Pool[]
  let nodes: Node[] = []
  let proxies: TcpProxy[] = []

  beforeAll(async () => {
    first = await openTestDatabase('empty')
    second = await openTestDatabase('empty')
    pools = [first, second].map(({ url }) => new pg.Pool({ connectionString: url, max: 2 }))
    for (const pool of pools) pool.on('error', () => {})
  })
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.close()))
    await Promise.all(proxies.map((proxy) => proxy.close()))
    nodes = []
    proxies = []
  })
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.end()))
    await first.close()
    await second.close()
  })

  const databaseAt = (index: number): Database => createDatabase(pools[index] as pg.Pool)

  async function startNode(redisUrl: string | undefined, index = 0): Promise<Node> {
    const errors: string[] = []
    const heard: (string | null)[] = []
    const signals = await createSignals({
      database: databaseAt(index),
      databaseUrl: [first, second][index]?.url as string,
      redisUrl,
      onError: (error, message) => errors.push(`${message}: ${(error as Error).message}`),
    })
    signals.subscribe('schema', (text) => heard.push(text))
    const node = { ...signals, heard, errors }
    nodes.push(node)
    return node
  }

  /** As many nodes as asked for, each listening. */
  async function startNodes(count: number, redisUrl: string | undefined): Promise<Node[]> {
    const started = await Promise.all(Array.from({ length: count }, () => startNode(redisUrl)))
    await eventually(async () => started.every(({ heard }) => heard.length > 0))
    return started
  }

  /** A way to the server of the URL that the test can cut. */
  async function through(url: string): Promise<{ readonly url: string; readonly proxy: TcpProxy }> {
    const target = new URL(url)
    const proxy = await startTcpProxy({ host: target.hostname, port: Number(target.port || 6379) })
    proxies.push(proxy)
    target.hostname = '127.0.0.1'
    target.port = String(proxy.port)
    return { url: target.href, proxy }
  }

  for (const { name, redisUrl } of SIGNAL_WAYS) {
    describe(`over ${name}`, () => {
      test('a signal reaches every node, the one that sent it too, with its text as it was; other topics stay silent', async () => {
        const [a, b, c] = (await startNodes(3, redisUrl)) as [Node, Node, Node]
        const others: unknown[] = []
        b.subscribe('other', (text) => others.push(text))
        const text = '客户「張偉」 \\ " \' 🚀 \n $1'
        a.publish('schema', text)
        await eventually(async () => [a, b, c].every(({ heard }) => heard.length === 2))
        expect([a, b, c].map(({ heard }) => heard)).toEqual([
          [null, text],
          [null, text],
          [null, text],
        ])
        // Told once, because the topic's listener came when listening had begun.
        expect(others).toEqual([null])
      })

      test('who has unsubscribed hears nothing', async () => {
        const [a, b] = (await startNodes(2, redisUrl)) as [Node, Node]
        const heard: unknown[] = []
        const unsubscribe = b.subscribe('schema', (text) => heard.push(text))
        unsubscribe()
        a.publish('schema', '1')
        await eventually(async () => b.heard.length === 2)
        expect(heard).toEqual([null])
      })

      test('two databases do not hear each other', async () => {
        const [a] = (await startNodes(1, redisUrl)) as [Node]
        const other = await startNode(redisUrl, 1)
        await eventually(async () => other.heard.length > 0)
        other.publish('schema', 'of the second')
        a.publish('schema', 'of the first')
        await eventually(async () => a.heard.length === 2 && other.heard.length === 2)
        await new Promise((resolve) => setTimeout(resolve, 100))
        expect([a.heard, other.heard]).toEqual([
          [null, 'of the first'],
          [null, 'of the second'],
        ])
      })
    })
  }

  test('PostgreSQL ends the listening session: the node listens again, and is told that it may have missed something', async () => {
    const [a, b] = (await startNodes(2, undefined)) as [Node, Node]
    const terminate = `SELECT count(pg_terminate_backend(pid))::int AS count FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'guanxi-signals'`
    for (let round = 1; round <= 3; round += 1) {
      const { rows } = await (pools[0] as pg.Pool).query<{ count: number }>(terminate)
      expect(rows[0]?.count).toBe(2)
      await eventually(async () => [a, b].every(({ heard }) => heard.filter((text) => text === null).length === round + 1))
      a.publish('schema', `round ${round}`)
      await eventually(async () => [a, b].every(({ heard }) => heard.at(-1) === `round ${round}`))
      expect(b.errors).toHaveLength(round)
    }
  })

  test('what others send on the channel is passed over', async () => {
    const [a] = (await startNodes(1, undefined)) as [Node]
    for (const text of ['', 'junk', '[]', '["schema"]', '["schema",1]', '{"topic":"schema"}', 'null']) {
      await (pools[0] as pg.Pool).query('SELECT pg_notify($1, $2)', ['guanxi_signals', text])
    }
    a.publish('schema', 'ours')
    await eventually(async () => a.heard.length > 1)
    expect(a.heard).toEqual([null, 'ours'])
  })

  test('a text that NOTIFY could not carry is refused at once', async () => {
    const [a] = (await startNodes(1, undefined)) as [Node]
    expect(() => a.publish('schema', '关'.repeat(2_700))).toThrow('longer than 7900 bytes')
  })

  test('a listening connection that gets no answer: signals go out all the same, and closing takes a moment', async () => {
    const silent = await startTcpProxy()
    proxies.push(silent)
    const errors: string[] = []
    const [hearer] = (await startNodes(1, undefined)) as [Node]
    const signals = await createSignals({
      database: databaseAt(0),
      databaseUrl: `postgres://nobody@127.0.0.1:${silent.port}/none`,
      onError: (_, message) => errors.push(message),
    })
    signals.publish('schema', '1')
    await eventually(async () => hearer.heard.at(-1) === '1')
    const began = performance.now()
    await signals.close()
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(errors).toEqual([])
  })

  const silentPort = async () => proxies[proxies.push(await startTcpProxy()) - 1]?.port
  for (const [name, redis] of [
    ['Redis that is not there', async () => 'redis://127.0.0.1:1'],
    ['Redis that takes connections and does not answer', async () => `redis://127.0.0.1:${await silentPort()}`],
    ['Redis Cluster that is not there', async () => 'redis://127.0.0.1:1,127.0.0.1:2'],
    ['Redis Cluster that takes connections and does not answer', async () => `redis+cluster://127.0.0.1:${await silentPort()}`],
  ] as const) {
    test(`a ${name}: publishing waits for nothing, each failure is told, closing takes a moment`, async () => {
      const node = await startNode(await redis())
      const began = performance.now()
      for (let index = 0; index < 10; index += 1) node.publish('schema', `${index}`)
      expect(performance.now() - began).toBeLessThan(100)
      await eventually(async () => node.errors.filter((error) => error.startsWith('a signal did not get out')).length === 10)
      await eventually(async () => node.errors.some((error) => error.startsWith('signals of other nodes are not heard')))
      const closing = performance.now()
      await node.close()
      expect(performance.now() - closing).toBeLessThan(3_000)
      // Its own word does not go over Redis.
      expect(node.heard).toEqual(Array.from({ length: 10 }, (_, index) => String(index)))
      expect(node.errors).toHaveLength(11)
    })
  }

  for (const { redisUrl } of SIGNAL_WAYS.filter(({ name }) => name === 'Redis')) {
    test('a Redis whose connections are cut: the node listens again, and is told that it may have missed something', async () => {
      const { url, proxy } = await through(redisUrl as string)
      const [a, b] = (await startNodes(2, url)) as [Node, Node]
      proxy.cut()
      await eventually(async () => [a, b].every(({ heard }) => heard.length === 2))
      await eventually(async () => {
        a.publish('schema', 'again')
        return b.heard.includes('again')
      })
      expect(b.heard.slice(0, 2)).toEqual([null, null])
    })

    test('a Redis that freezes and thaws: publishing waits for nothing meanwhile, and signals come again', async () => {
      const { url, proxy } = await through(redisUrl as string)
      const [a, b] = (await startNodes(2, url)) as [Node, Node]
      proxy.freeze()
      const began = performance.now()
      a.publish('schema', 'into the ice')
      expect(performance.now() - began).toBeLessThan(50)
      // The heartbeat finds out; nothing else asks the listening connection.
      await eventually(async () => b.errors.some((error) => error.startsWith('signals of other nodes are not heard')), 15_000)
      proxy.thaw()
      await eventually(async () => {
        a.publish('schema', 'thawed')
        return b.heard.includes('thawed')
      }, 15_000)
    }, 40_000)
  }
})
