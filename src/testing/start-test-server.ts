import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CapturedEvent, type EventFilter, readEvents } from './events.ts'
import { createFixtures, type Fixtures } from './fixtures.ts'
import { startHostProcess } from './host-process.ts'
import type { CapturedEmail, LogLine, ObservedStatement, WantedPlugin } from './protocol.ts'
import { createStubbedHosts, type StubbedHost, type StubbedHosts } from './stubbed-hosts.ts'
import { createTestClient, type TestClient } from './test-client.ts'
import { createTestClock, type TestClock } from './test-clock.ts'

/** Keys of the roles that the product ships, or of one that the test has made. */
export type RoleKey = 'admin' | 'sales_manager' | 'sales_rep' | 'marketing' | 'service_agent' | 'finance' | 'read_only' | (string & {})

/** A plugin of a test server. */
export interface PluginOption {
  /** Its folder, relative to where the test is run, or a file URL; or the name of its package, or of a plugin that comes with the product. */
  readonly plugin: string | URL
  readonly settings?: Readonly<Record<string, unknown>>
  /** False: it is there, and the test enables it. */
  readonly enable?: boolean
}

export interface TestServerOptions {
  /** Enabled in this order. */
  readonly plugins?: readonly (string | URL | PluginOption)[]
  /** With the demo data: accounts, products, orders of a trading company. */
  readonly demo?: boolean
  /** Where the server's clock stands: a Date, or RFC 3339; the moment of the start unless given. */
  readonly clock?: Date | string
  /** Hosts that plugins reach, by name. */
  readonly hosts?: Readonly<Record<string, StubbedHost>>
  /** Settings of the server by their environment variable. */
  readonly environment?: Readonly<Record<string, string>>
  /** Milliseconds after which the server must have come to rest, wherever that is waited for; 15,000 unless given. */
  readonly patience?: number
}

/** The whole product, on a free port of this machine and on a database of its own. */
export interface TestServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Connection string of its PostgreSQL. */
  readonly databaseUrl: string
  readonly clock: TestClock
  readonly hosts: StubbedHosts
  readonly fixtures: Fixtures
  /** Nobody. */
  readonly anonymous: TestClient
  /** A user with this role alone, the same each time. */
  as(role: RoleKey): TestClient
  /** A further user. */
  addUser(name: string, ...roles: readonly RoleKey[]): Promise<{ readonly id: string; readonly email: string; readonly client: TestClient }>
  /** Waits until handlers of events have been told of all changes, and all jobs that are due have run. Throws where that does not come. */
  settle(): Promise<void>
  /** Statements that `work` costs, in order. The server comes to rest before; nothing else may be asked of it meanwhile. */
  statements(work: () => Promise<unknown>, purpose?: string): Promise<readonly ObservedStatement[]>
  /** Changes since the start, in their order, once the server has come to rest. */
  events(filter?: EventFilter): Promise<readonly CapturedEvent[]>
  /** Messages since the start, once the server has come to rest. */
  emails(): Promise<readonly CapturedEmail[]>
  /** What plugins have logged, and what went wrong in the server; the latest 5,000 lines. */
  logs(): Promise<readonly LogLine[]>
  /** Ends it, and takes away all that it has left. */
  close(): Promise<void>
}

/**
 * Starts a server in a process of its own, with PostgreSQL and with plugins enabled; the first start on a machine makes the template that later ones copy. TEST_DATABASE_URL may name a PostgreSQL to use
 * instead, with a role that may create databases. Throws what stands in the way of the server or of a plugin. Call `close` when the tests have ended.
 */
export async function startTestServer({
  plugins = [],
  demo = false,
  clock,
  hosts: given = {},
  environment = {},
  patience = 15_000,
}: TestServerOptions = {}): Promise<TestServer> {
  const hosts = createStubbedHosts(given)
  const { calls, end } = startHostProcess(hosts)
  const clients = new Map<string, TestClient>()
  const others: TestClient[] = []
  const close = async (): Promise<void> => {
    for (const client of [...clients.values(), ...others]) await client.close()
    try {
      await calls.stop()
    } finally {
      await end()
    }
  }
  try {
    const { url, databaseUrl, now, admin } = await calls.start({
      plugins: plugins.map(wantedPlugin),
      template: demo ? 'demo' : 'migrated',
      clock: clock === undefined ? null : momentOf(clock),
      environment,
      directory: process.cwd(),
    })
    const clientOf = (token: () => Promise<string | null>): TestClient => createTestClient(async () => ({ url, token: await token() }))
    const anonymous = clientOf(async () => null)
    others.push(anonymous)
    const as = (role: RoleKey): TestClient => {
      const known = clients.get(role) ?? clientOf(async () => (await calls.addUser(`A ${role}`, `${role}@test.guanxi.local`, [role])).token)
      clients.set(role, known)
      return known
    }
    const administrator = clientOf(async () => admin.token)
    clients.set('admin', administrator)
    const testClock = createTestClock(now, (moment) => calls.setClock(moment, patience))
    const settle = (): Promise<void> => calls.settle(patience)
    await settle()
    const { changeCursor } = await administrator.query('{ changeCursor }')
    return {
      url,
      databaseUrl,
      clock: testClock,
      hosts,
      fixtures: createFixtures(administrator, testClock.now),
      anonymous,
      as,
      addUser: async (name, ...roles) => {
        const email = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.')}@test.guanxi.local`
        const { id, token } = await calls.addUser(name, email, roles)
        const client = clientOf(async () => token)
        others.push(client)
        return { id, email, client }
      },
      settle,
      statements: async (work, purpose) => {
        await settle()
        await calls.beginStatements()
        let seen: readonly ObservedStatement[] = []
        try {
          await work()
        } finally {
          seen = await calls.endStatements()
        }
        return purpose === undefined ? seen : seen.filter((statement) => statement.purpose === purpose)
      },
      events: async (filter = {}) => {
        await settle()
        return readEvents(administrator, changeCursor, filter)
      },
      emails: async () => {
        await settle()
        return calls.emails()
      },
      logs: () => calls.logs(),
      close,
    }
  } catch (error) {
    await close().catch(() => {})
    throw error
  }
}

function momentOf(clock: Date | string): number {
  const moment = new Date(clock).getTime()
  if (Number.isNaN(moment)) throw new Error(`clock: ${String(clock)} is no moment.`)
  return moment
}

function wantedPlugin(option: string | URL | PluginOption): WantedPlugin {
  const { plugin, settings, enable = true } = typeof option === 'string' || option instanceof URL ? { plugin: option } : option
  return { source: sourceOf(plugin), enable, ...(settings && { settings }) }
}

/** A folder as an absolute path; the name of a package or plugin as it is. */
function sourceOf(plugin: string | URL): string {
  if (plugin instanceof URL || plugin.startsWith('file:')) return fileURLToPath(plugin).replace(/\/$/, '')
  const isPath = /^\.{0,2}(\/|$)/.test(plugin) || plugin === '.' || plugin === '..'
  if (!isPath) return plugin
  const folder = resolve(plugin)
  if (!existsSync(folder)) throw new Error(`There is no folder ${folder}.`)
  return folder
}
