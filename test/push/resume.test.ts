import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { Redis } from 'ioredis'
import pg from 'pg'
import { createTestClient, type TestClient } from '../support/client.ts'
import { TEST_PASSWORD } from '../support/database.ts'
import { eventually } from '../support/guanxi-process.ts'
import { drawnCases, type NodeProcess, startNode, tell } from '../support/nodes.ts'
import { ROLES } from '../support/role-documents.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { SIGNAL_WAYS } from '../support/signal-ways.ts'
import { randomNumbers } from '../support/small-world.ts'
import { subscribe, untilPlaced } from '../support/subscription.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

/**
 * Nothing is lost: whoever loses the connection, or the node behind it, and goes on after the last cursor that reached him, is told exactly what he may know, as a model says that looks at nothing but what was
 * written and at the owners of records. Where nodes signal by a Redis, that is killed, frozen and emptied meanwhile.
 */
const CHANGES = drawnCases(150, 250, 3_000)
const KILLS = drawnCases(1, 2, 30)
const SEED = Number(process.env.GUANXI_SEED ?? 5)
const random = randomNumbers(SEED)
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T

interface Reader {
  readonly name: string
  readonly email: string
  /** He may see a record that is like this. */
  readonly sees: (image: Readonly<Record<string, unknown>>) => boolean
  readonly shows: (field: string) => boolean
  cursor: string
  readonly told: string[]
  connections: number
}

let server: TestServer
let raw: pg.Client
let nodes: NodeProcess[]
let people: readonly string[]

/** A Redis that can be harmed without harm to others who use it. */
interface FragileRedis {
  readonly url: string
  /** Does it harm, again and again, until it is over; then it is well. Answers how often. */
  disturb(isOver: () => boolean): Promise<number>
  close(): Promise<void>
}

async function openFragileRedis(redisUrl: string): Promise<FragileRedis> {
  const url = new URL(redisUrl)
  const target = { host: url.hostname, port: Number(url.port || 6379) }
  const direct = new Redis(redisUrl)
  let proxy: TcpProxy = await startTcpProxy(target)
  url.host = `127.0.0.1:${proxy.port}`
  const pause = () => new Promise((resolve) => setTimeout(resolve, 300 + random() * 700))
  const harms = [
    // Killed, and started again in a while.
    async () => {
      const { port } = proxy
      await proxy.close()
      await pause()
      proxy = await startTcpProxy(target, port)
    },
    async () => {
      proxy.freeze()
      await pause()
      proxy.thaw()
    },
    async () => void (await direct.flushall()),
  ]
  return {
    url: url.href,
    disturb: async (isOver) => {
      let count = 0
      for (; !isOver(); count += 1) {
        await harms[count % harms.length]?.()
        await pause()
      }
      return count
    },
    close: async () => {
      direct.disconnect()
      await proxy.close()
    },
  }
}

const CHANGED = 'subscription ($after: String) { accountChanged(after: $after) { cursor operation id version changedFields account { id } } }'

async function signIn(url: string, email: string): Promise<TestClient> {
  const { signIn: session } = await createTestClient(url, null).data('mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }', {
    input: { email, password: TEST_PASSWORD },
  })
  return createTestClient(url, session.accessToken)
}

/** Follows changes until told to stop; breaks off by himself, and goes on at any node. */
async function follow(reader: Reader, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    let client: TestClient | undefined
    try {
      client = await signIn(pick(nodes).url, reader.email)
      const subscription = subscribe(client, CHANGED, { after: reader.cursor })
      reader.connections += 1
      const end = Date.now() + 200 + random() * 2_000
      let read = 0
      while (!subscription.ended && !isOver() && (Date.now() < end || read === subscription.told.length)) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        for (; read < subscription.told.length; read += 1) {
          const { data, errors } = subscription.told[read] as (typeof subscription.told)[number]
          if (errors.length > 0) throw new Error(errors.map(({ extensions }) => extensions.code).join())
          const { cursor, operation, id, version, changedFields } = data.accountChanged
          reader.cursor = cursor
          reader.told.push(`${version} ${id} ${operation} ${operation === 'UPDATED' ? [...changedFields].sort() : ''}`)
        }
        if (Date.now() > end + 3_000) break
      }
      subscription.close()
    } catch (error) {
      // The node is down, or has just come back.
      if (/CURSOR|RESYNC|FORBIDDEN|INTERNAL/.test(String(error))) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    } finally {
      await client?.close()
    }
  }
}

/** Of two nodes the second one hears no signals of others. */
const nodeAt = (index: number, redisUrl: string | undefined) => startNode(server.database.url, { deaf: index === 1, ...(redisUrl && { redisUrl }) })

/** Kills a node and starts another one in its place, again and again. */
async function killNodes(onKill: () => void, redisUrl: string | undefined): Promise<void> {
  for (let kills = 0; kills < KILLS; kills += 1) {
    await new Promise((resolve) => setTimeout(resolve, 500 + random() * 1_000))
    const index = kills % nodes.length
    process.kill((nodes[index] as NodeProcess).pid, 'SIGKILL')
    onKill()
    nodes[index] = await nodeAt(index, redisUrl)
  }
}

/** Makes all changes; `killed`: how often a node has been, which is spread over them. */
async function change(killed: () => number): Promise<void> {
  const { admin } = server
  const ids: string[] = []
  const gone: string[] = []
  const values = () => ({
    ...(random() < 0.4 && { owner: { id: pick(people) } }),
    ...(random() < 0.3 && { industry: pick(['energy', 'retail', 'media']) }),
    ...(random() < 0.3 && { taxNumber: `91310000MA1FL${Math.floor(random() * 90_000) + 10_000}` }),
    ...(random() < 0.3 && { website: `https://example.com/${Math.floor(random() * 1_000)}` }),
  })
  for (let count = 0; count < CHANGES; count += 1) {
    while (killed() < Math.round((count * KILLS) / CHANGES)) await new Promise((resolve) => setTimeout(resolve, 25))
    const drawn = random()
    if (ids.length < 5 || drawn < 0.2) {
      const made = await admin.data('mutation ($input: CreateAccountInput!) { made: createAccount(input: $input) { account { id } } }', {
        input: { name: `A${count}`, type: 'customer', ...values() },
      })
      ids.push(made.made.account.id)
    } else if (drawn < 0.3) {
      const [id] = ids.splice(Math.floor(random() * ids.length), 1) as [string]
      await admin.data('mutation ($id: ID!) { deleteAccount(id: $id) { changeSetId } }', { id })
      gone.push(id)
    } else if (drawn < 0.35 && gone.length > 0) {
      const id = gone.pop() as string
      await admin.data('mutation ($id: ID!) { restoreAccount(id: $id) { changeSetId } }', { id })
      ids.push(id)
    } else {
      await admin.data('mutation ($id: ID!, $input: UpdateAccountInput!) { updateAccount(id: $id, input: $input) { changeSetId } }', {
        id: pick(ids),
        input: values(),
      })
    }
  }
}

interface Written {
  readonly id: string
  readonly version: number
  readonly operation: string
  readonly changed: readonly string[]
  readonly before: Record<string, unknown> | null
  readonly after: Record<string, unknown> | null
}

function expected({ sees, shows }: Reader, written: readonly Written[]): string[] {
  return written.flatMap(({ id, version, operation, changed, before, after }) => {
    const [was, is] = [before, after].map((image) => image !== null && image['deleted_at'] === null && sees(image))
    const names = changed.map((field) => field.split('.')[1] as string).filter(shows)
    const told =
      was && is
        ? names.length > 0 && `UPDATED ${names.sort()}`
        : was
          ? `${operation === 'DELETED' ? 'DELETED' : 'LEFT'} `
          : is && `${operation === 'CREATED' || operation === 'RESTORED' ? operation : 'ENTERED'} `
    return told ? [`${version} ${id} ${told}`] : []
  })
}

describe.each(SIGNAL_WAYS)('where nodes signal by $name', ({ redisUrl }) => {
  let redis: FragileRedis | undefined

  beforeAll(async () => {
    server = await startTestServer()
    raw = new pg.Client(server.database.url)
    await raw.connect()
    redis = redisUrl === undefined ? undefined : await openFragileRedis(redisUrl)
    nodes = []
    for (let index = 0; index < 2; index += 1) nodes.push(await nodeAt(index, redis?.url))
  }, 60_000)
  afterAll(async () => {
    for (const node of nodes) await node.close()
    await redis?.close()
    await raw?.end()
    await server?.close()
  })

  test(
    `${CHANGES} changes reach everybody who may know of them, whoever is killed meanwhile`,
    async () => {
      const { admin } = server
      await admin.data(ROLES.create, {
        input: {
          key: 'energy',
          name: 'Energy',
          grants: [{ module: 'account', actions: ['READ'], scope: 'ALL', where: { industry: { eq: 'energy' } } }],
          fields: [{ module: 'account', field: 'website', access: 'HIDDEN' }],
        },
      })
      const [owner, boss, judge] = [await server.addUser('Owner', 'sales_rep'), await server.addUser('Boss', 'admin'), await server.addUser('Judge', 'energy')]
      people = [owner.id, boss.id, judge.id]
      const levels = async (client: TestClient) => {
        const { module } = await client.data('{ module(name: "account") { fields { name access } } }')
        const shown = new Set(
          module.fields.filter(({ access }: { access: string }) => access === 'READ' || access === 'WRITE').map(({ name }: { name: string }) => name),
        )
        return (field: string) => shown.has(field)
      }
      await untilPlaced(raw)
      const reader = async ({ email, client }: typeof owner, name: string, sees: Reader['sees']): Promise<Reader> => {
        const { changeCursor } = await client.data('{ changeCursor }')
        return { name, email, sees, shows: await levels(client), cursor: changeCursor, told: [], connections: 0 }
      }
      // Cursors are authenticated by each server's own secret, and these nodes have another one.
      const readers = [
        await reader(owner, 'owner', ({ owner_id }) => owner_id === owner.id),
        await reader(boss, 'administrator', () => true),
        await reader(judge, 'by a condition', ({ industry }) => industry === 'energy'),
      ]
      for (const each of readers) {
        const client = await signIn((nodes[0] as NodeProcess).url, each.email)
        each.cursor = (await client.data('{ changeCursor }')).changeCursor
      }
      const start = (await raw.query('SELECT outbox_position FROM stamper')).rows[0].outbox_position
      let over = false
      const following = readers.map((each) => follow(each, () => over))
      let changed = false
      let kills = 0
      const killing = killNodes(() => {
        kills += 1
      }, redis?.url)
      const disturbing = redis?.disturb(() => changed)
      await change(() => kills)
      changed = true
      const [harms] = await Promise.all([disturbing, killing])
      await untilPlaced(raw)
      const { rows } = await raw.query<Written>(
        `SELECT record_id AS id, version, operation, changed_fields AS changed, before, after FROM outbox
        WHERE position > $1 AND module_number = $2 ORDER BY position`,
        [start, server.app.engine.runtime.registry.module('account').number],
      )
      for (const each of readers) {
        const wanted = expected(each, rows)
        await eventually(async () => new Set(each.told).size >= new Set(wanted).size, 20_000).catch(() => {})
      }
      over = true
      await Promise.all(following)
      for (const each of readers) {
        const wanted = expected(each, rows)
        expect(wanted.length).toBeGreaterThan(CHANGES / 20)
        // What is told twice is told in the order of the first time.
        expect([each.name, [...new Set(each.told)]]).toEqual([each.name, wanted])
        tell(
          `${each.name}: ${wanted.length} of ${rows.length} changes, ${each.told.length} deliveries over ${each.connections} connections, ${kills} nodes killed${harms === undefined ? '' : `, Redis harmed ${harms} times`}`,
        )
      }
    },
    CHANGES * 300 + 120_000,
  )
})
