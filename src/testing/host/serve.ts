import { tmpdir } from 'node:os'
import pg from 'pg'
import { type App, createApp } from '../../app.ts'
import { createApiKeys } from '../../auth/index.ts'
import { createDisposal } from '../../composition/disposal.ts'
import { loadConfig } from '../../config/index.ts'
import { createLogger } from '../../http/index.ts'
import { createTimerWorker } from '../../jobs/fire-timers.ts'
import { followReminderRules } from '../../jobs/follow-reminder-rules.ts'
import { underCurrentEpochs } from '../../records/under-current-epochs.ts'
import { createUser } from '../../start/user-accounts.ts'
import { connect } from '../connection.ts'
import type { CapturedEmail, HostCalls, LogLine, ObservedStatement, StartedServer, StartRequest, TestCalls, TestUser } from '../protocol.ts'
import { type FoundSource, findPlugin } from './find-plugin.ts'
import { settle } from './settle.ts'
import { stubbedTransport } from './stubbed-transport.ts'
import { nextDue, releaseJobs, setDatabaseClock, setUpClock } from './test-clock.ts'
import { TEST_PASSWORD, testEnvironment } from './test-environment.ts'

/** A server that a test process asks things of. */
export interface ServedTest extends Pick<HostCalls, 'addUser' | 'setClock' | 'settle'> {
  readonly started: StartedServer
  beginStatements(): void
  endStatements(): readonly ObservedStatement[]
  emails(): readonly CapturedEmail[]
  logs(): readonly LogLine[]
  close(): Promise<void>
}

/** Lines that are kept, and moments at which one move of the clock stops. */
const MOST_LINES = 5_000
const MOST_STOPS = 1_000

/** Serves the whole product, with the plugins that are wanted enabled. */
export async function serve(request: StartRequest, databaseUrl: string, test: TestCalls): Promise<ServedTest> {
  const disposal = createDisposal()
  let moment = new Date(request.clock ?? Date.now())
  const now = (): Date => new Date(moment)
  const emails: CapturedEmail[] = []
  const logs: LogLine[] = []
  let statements: ObservedStatement[] | undefined
  try {
    const raw = new pg.Client({ connectionString: databaseUrl, application_name: 'guanxi-testing' })
    // A database that goes away is told of by what asks it next.
    raw.on('error', () => {})
    await raw.connect()
    disposal.add(() => raw.end())
    await setUpClock(raw, moment)
    const plugins = request.plugins.map((wanted) => findPlugin(wanted, request.directory))
    const list = (kind: FoundSource['kind']) => [...new Set(plugins.flatMap((plugin) => (plugin.kind === kind ? plugin.source : [])))].join(',')
    const config = loadConfig({ ...testEnvironment(), PLUGINS: list('package'), PLUGIN_PATHS: list('path'), ...request.environment }, tmpdir())
    const app = await createApp(config, {
      databaseUrl,
      secrets: ['a secret of tests that is long enough for anybody'],
      now,
      logger: createLogger(config.logLevel, { write: (line) => keepLine(logs, line) }),
      observe: ({ text, purpose }) => {
        if (purpose !== 'background') statements?.push({ text, purpose: purpose ?? 'other' })
      },
      emailDriver: {
        domain: 'test.guanxi.local',
        send: async ({ to, subject, text, messageId, date }) => {
          emails.push({ to: to.address, subject, text, messageId, date: date.toISOString() })
          return { providerId: null }
        },
      },
      outbound: { transport: stubbedTransport(test) },
    })
    disposal.add(app.close)
    const address = await app.listen()
    const url = `http://127.0.0.1:${address.port}`
    const admin = await userWithKey(app, 'Administrator', 'administrator@test.guanxi.local', ['admin'])
    const work = backgroundWork(app, raw, config.reminderMissedAfter * 60_000)
    const rest = (patience: number): Promise<void> => settle(raw, work, patience)
    const moveTo = async (target: Date, patience: number): Promise<void> => {
      moment = target
      await setDatabaseClock(raw, target)
      await rest(patience)
    }
    const connection = connect(url, admin.token)
    disposal.add(connection.close)
    for (const plugin of plugins) await putToWork(connection, plugin)
    return {
      started: { url, databaseUrl, now: moment.getTime(), admin },
      addUser: (...values) => userWithKey(app, ...values),
      settle: rest,
      setClock: async (milliseconds, patience) => {
        const target = new Date(milliseconds)
        for (let stops = 0; stops < MOST_STOPS; stops += 1) {
          const due = [await nextDue(raw, target), app.plugins.nextMoment(moment, target)].filter((each) => each !== null)
          if (due.length === 0) break
          await moveTo(new Date(Math.max(moment.getTime(), Math.min(...due.map(Number)))), patience)
        }
        await moveTo(target, patience)
      },
      beginStatements: () => {
        statements = []
      },
      endStatements: () => {
        const seen = statements ?? []
        statements = undefined
        return seen
      },
      emails: () => emails,
      logs: () => logs,
      close: disposal.run,
    }
  } catch (error) {
    await disposal.run().catch(() => {})
    throw error
  }
}

function keepLine(logs: LogLine[], text: string): void {
  const { pid: _, ...line } = JSON.parse(text) as LogLine & { readonly pid: unknown }
  if (line.level === 'info' && line.plugin === undefined) return
  logs.push(line)
  if (logs.length > MOST_LINES) logs.shift()
}

async function userWithKey({ kernel }: App, name: string, email: string, roles: readonly string[]): Promise<TestUser> {
  const id = (await createUser(kernel, { name, email, password: TEST_PASSWORD, roles }, 'test kit')) as string
  // A key and no session: it does not end when the clock is put forward.
  const principal = await kernel.system('test kit')
  const { secret } = await createApiKeys(kernel.database, kernel.now).create(
    principal,
    { name: 'test kit', userId: id },
    { requestId: 'test kit', ip: null, client: null, userAgent: null },
  )
  return { id, email, token: secret }
}

function backgroundWork({ kernel, plugins }: App, raw: pg.Client, tolerance: number) {
  const { database, writer, registry, system, now } = kernel
  const fire = createTimerWorker({ database, writer, registry, principal: () => system('timers'), now, tolerance, onFailure: () => {} })
  return {
    behind: plugins.behind,
    push: async () => {
      await releaseJobs(raw)
      plugins.wake()
      await plugins.runDue()
      await underCurrentEpochs(() => fire())
      await underCurrentEpochs(() => followReminderRules({ database, writer, registry, principal: () => system('reminder rules'), now }))
    },
  }
}

async function putToWork({ data }: ReturnType<typeof connect>, { name, enable, settings }: FoundSource): Promise<void> {
  if (!enable) return
  const { enablePlugin } = await data('mutation ($name: String!) { enablePlugin(name: $name) { plugin { state lastError } } }', { name })
  if (enablePlugin.plugin.state !== 'enabled') throw new Error(`The plugin ${name} is ${enablePlugin.plugin.state}: ${enablePlugin.plugin.lastError}`)
  if (settings)
    await data('mutation ($name: String!, $settings: JSON!) { updatePluginSettings(name: $name, settings: $settings) { plugin { name } } }', { name, settings })
}
