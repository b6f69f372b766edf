import { tmpdir } from 'node:os'
import { type App, createApp } from '../../src/app.ts'
import type { AppOverrides } from '../../src/composition/kernel.ts'
import { type Config, loadConfig } from '../../src/config/index.ts'
import type { EngineOptions } from '../../src/schema/execute/index.ts'
import { ensureAdministrator } from '../../src/start/first-administrator.ts'
import { createUser } from '../../src/start/user-accounts.ts'
import { createTestClient, type TestClient } from './client.ts'
import { openTestDatabase, TEST_ENVIRONMENT, TEST_PASSWORD, type TestDatabase, type TestTemplate } from './database.ts'

export interface TestServerOptions {
  readonly template?: TestTemplate
  /** Settings by their environment variable, e.g. `{ DRAIN_TIMEOUT: '100' }`. */
  readonly environment?: Readonly<Record<string, string>>
  readonly now?: () => Date
  /** Ids of records have no random part: two servers with the same clock make the same. */
  readonly plainIds?: boolean
  /** Execution path of reads; `auto` unless given. */
  readonly path?: EngineOptions['path']
  /** Milliseconds for which a change of metadata waits for tables that are in use. */
  readonly metadataPatience?: number
  /** Seconds between attempts to send a message. */
  readonly retryDelays?: readonly number[]
  /** In the place of the network, and of the resolver, for requests of plugins. */
  readonly outbound?: AppOverrides['outbound']
}

/** GUANXI_SECRET of test servers. */
export const TEST_SECRET = 'a secret of tests that is long enough for anybody'

/** A statement as the server ran it. */
export interface ObservedStatement {
  readonly text: string
  readonly purpose: string | undefined
}

/** A whole server inside the test process, on a free port and a database of its own. */
export interface TestServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly app: App
  readonly config: Config
  readonly database: TestDatabase
  readonly anonymous: TestClient
  /** The administrator, signed in. */
  readonly admin: TestClient
  /** Makes a user with these roles and signs in. */
  addUser(name: string, ...roles: readonly string[]): Promise<{ readonly id: string; readonly email: string; readonly client: TestClient }>
  signIn(email: string, password?: string): Promise<TestClient>
  /** Statements of what `work` does, in order. Nothing else may run meanwhile. */
  statementsOf(work: () => Promise<unknown>): Promise<readonly ObservedStatement[]>
  /** Closes the server and begins another one in its place, at the same address and on the same database. */
  restart(): Promise<void>
  /** Closes clients, server and database. */
  close(): Promise<void>
}

/** Starts a server and signs its administrator in. Call `close` in `afterAll`. */
export async function startTestServer({
  template = 'migrated',
  environment = {},
  now,
  plainIds,
  path,
  metadataPatience,
  retryDelays,
  outbound,
}: TestServerOptions = {}): Promise<TestServer> {
  const database = await openTestDatabase(template)
  const config = loadConfig(
    { ...TEST_ENVIRONMENT, REDIS_URL: process.env.TEST_REDIS_URL, LOG_LEVEL: process.env.GUANXI_TEST_LOG ?? TEST_ENVIRONMENT.LOG_LEVEL, ...environment },
    tmpdir(),
  )
  const clients: TestClient[] = []
  let observed: ObservedStatement[] | undefined
  let app: App | undefined
  const close = async (): Promise<void> => {
    for (const client of clients) await client.close()
    letGoOfConnections()
    await app?.close()
    await database.close()
  }
  const create = (port: number): Promise<App> =>
    createApp(
      { ...config, port },
      {
        databaseUrl: database.url,
        secrets: [TEST_SECRET],
        observe: (statement) => {
          // What a node does beside its requests comes at any time.
          if (statement.purpose !== 'background') observed?.push({ text: statement.text, purpose: statement.purpose })
        },
        ...(now && { now }),
        ...(plainIds && { randomFill: (buffer: Buffer) => buffer.fill(0) }),
        ...(path && { path }),
        metadataPatience,
        retryDelays,
        outbound,
      },
    )
  try {
    app = await create(config.port)
    const { kernel } = app
    await ensureAdministrator(kernel, config)
    const { port } = await app.listen()
    const url = `http://127.0.0.1:${port}`
    const client = (token: string | null): TestClient => {
      const made = createTestClient(url, token)
      clients.push(made)
      return made
    }
    const anonymous = client(null)
    const signIn = async (email: string, password = TEST_PASSWORD): Promise<TestClient> => {
      const { signIn: session } = await anonymous.data('mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }', {
        input: { email, password },
      })
      return client(session.accessToken)
    }
    return {
      url,
      get app() {
        return app as App
      },
      config,
      database,
      anonymous,
      admin: await signIn(config.adminEmail),
      signIn,
      addUser: async (name, ...roles) => {
        const email = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '.')}@test.guanxi.local`
        const id = (await createUser(kernel, { name, email, password: TEST_PASSWORD, roles }, 'test')) as string
        return { id, email, client: await signIn(email) }
      },
      statementsOf: async (work) => {
        observed = []
        try {
          await work()
          return observed
        } finally {
          observed = undefined
        }
      },
      restart: async () => {
        letGoOfConnections()
        await app?.close()
        app = await create(port)
        await app.listen()
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

const DISPATCHER = Symbol.for('undici.globalDispatcher.1')

/** A server that closes waits a moment for whoever still holds a connection: those of `fetch` that are idle end now, requests under way are not touched. */
function letGoOfConnections(): void {
  const holder = globalThis as { [DISPATCHER]?: { close(): Promise<void> } & object }
  const dispatcher = holder[DISPATCHER]
  if (!dispatcher) return
  holder[DISPATCHER] = new (dispatcher.constructor as new () => typeof dispatcher)()
  void dispatcher.close()
}
