import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { App } from '../app.ts'
import { type Config, type Environment, loadConfig } from '../config/index.ts'
import { createLogger, type Logger } from '../http/logger.ts'
import { bannerText } from '../start/banner.ts'
import { placeOf } from '../start/check-database.ts'
import { checkPort } from '../start/check-port.ts'
import type { EmbeddedDatabaseOptions } from '../start/embedded/index.ts'
import { type OpenedDatabase, openDatabase } from '../start/open-database.ts'
import { readSecrets } from '../start/secrets.ts'
import { untilSignal } from '../start/until-signal.ts'
import type { Seeded } from './seeding.ts'

/**
 * `guanxi start`: configuration → database → migrations → roles, administrator, demo data → serve, until a signal. Gives the
 * exit code. Throws StartupError, with everything let go again, for what a person can mend.
 */
export async function start(environment: Environment, directory: string, version: string): Promise<number> {
  const config = loadConfig(environment, directory)
  await checkPort(config.host, config.port)
  const secrets = readSecrets(config)
  const logger = createLogger(config.logLevel)
  const say = (step: string): void => {
    if (!config.production) process.stdout.write(`${step}\n`)
  }
  say(config.databaseUrl === undefined ? `Starting PostgreSQL under ${config.dataDir} …` : 'Connecting to the database …')
  const opening = openDatabase(config, { onEvent: reportEmbedded(logger) })
  // What goes wrong goes wrong soon. While a new cluster is made, the program is loaded beside it.
  await Promise.race([opening, delay(100)])
  const program = Promise.all([import('../app.ts'), import('./seeding.ts')])
  const opened = await opening
  let app: App | undefined
  try {
    const [{ createApp }, { seed }] = await program
    say('Bringing the database up to date …')
    app = await createApp(config, { databaseUrl: opened.url, secrets, logger })
    const seeded = await seed(app.kernel, config, say)
    const address = await app.listen()
    const stopped = serveUntilSignal(app, opened, logger, config, environment.npm_lifecycle_event !== undefined)
    announce({ config, opened, version, seeded, url: urlOf(address), logger })
    return await stopped
  } catch (error) {
    await app?.close().catch(() => {})
    await opened.close()
    throw error
  }
}

/** Milliseconds that all else gets to let go, once requests and jobs had their time to finish. */
const FAREWELL = 5_000

function serveUntilSignal(
  app: App,
  opened: OpenedDatabase,
  logger: Logger,
  { drainTimeout }: Pick<Config, 'drainTimeout'>,
  watchParent: boolean,
): Promise<number> {
  return untilSignal({
    watchParent,
    drain: async (signal) => {
      logger.info({ signal }, 'draining')
      opened.embedded?.retire()
      // Whatever does not come to its end, a database that was cut off for one, ends with the process.
      const closed = await Promise.race([app.close().then(() => true), delay(2 * drainTimeout + FAREWELL, false, { ref: false })])
      if (!closed) logger.warn('not everything let go in time; it ends with the process')
      await opened.close()
      logger.info('stopped')
      await new Promise((resolve) => logger.flush(resolve))
    },
    // PostgreSQL ends by itself after a fast shutdown; nobody waits for it.
    force: () => opened.embedded?.interrupt(),
    failed: (error) => {
      logger.fatal({ err: error }, 'uncaught')
      logger.flush()
    },
  })
}

interface Announcement {
  readonly config: Config
  readonly opened: OpenedDatabase
  readonly version: string
  readonly seeded: Seeded
  readonly url: string
  readonly logger: Logger
}

/** People get a text, production a log line without any password. */
function announce({ config, opened, version, seeded, url, logger }: Announcement): void {
  const { dataDir } = config
  const database = opened.embedded ? `embedded PostgreSQL under ${opened.embedded.directory}` : placeOf(opened.url)
  logger.info(
    { url, version, database, seconds: seconds(), administratorMade: seeded.administrator !== undefined, demoLoaded: seeded.demo !== undefined },
    'ready',
  )
  if (config.production) return
  const kept = (name: string, given: string | undefined) => (given === undefined && existsSync(join(dataDir, name)) ? join(dataDir, name) : undefined)
  const administrator = { email: config.adminEmail, password: seeded.administrator?.generatedPassword, file: kept('admin-password', config.adminPassword) }
  const demo = seeded.demo && {
    logins: seeded.demo.logins,
    accounts: seeded.demo.accounts,
    password: seeded.demo.generatedPassword,
    file: kept('demo-password', config.demoPassword),
  }
  process.stdout.write(bannerText({ version, url, seconds: seconds(), database, explorer: config.explorer, administrator, demo }))
}

/** Since the process began. */
const seconds = () => Math.round(process.uptime() * 100) / 100

function reportEmbedded(logger: Logger): EmbeddedDatabaseOptions['onEvent'] {
  return (event, reason) => {
    if (event === 'restarted') logger.warn('embedded PostgreSQL runs again')
    else if (event === 'told to stop') logger.warn('somebody told embedded PostgreSQL to stop, and the server goes on: it is stopped at once and started again')
    else logger.error({ reason }, event === 'ended' ? 'embedded PostgreSQL ended by itself; it is started again' : 'embedded PostgreSQL does not start')
  }
}

function urlOf({ host, port }: { host: string; port: number }): string {
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${reachable}:${port}`
}
