import { createStandings } from './auth/index.ts'
import { createApi } from './composition/api.ts'
import { startBackground } from './composition/background.ts'
import { startBudgets } from './composition/budgets.ts'
import { createDisposal } from './composition/disposal.ts'
import { createExplorer } from './composition/explorer.ts'
import { startJobs } from './composition/jobs.ts'
import { type AppOverrides, createKernel, type Kernel } from './composition/kernel.ts'
import type { Config } from './config/index.ts'
import { createSignals, followChanges } from './events/index.ts'
import { createHealth, createHttpServer, createLogger, createMetrics, type Health, type HttpServer, type Logger, type Metrics } from './http/index.ts'
import { repeat } from './jobs/repeat.ts'
import type { PluginPace } from './plugins/host/index.ts'
import type { StatementObserver } from './records/database.ts'
import { DOCUMENT_LIMITS } from './schema/limits/index.ts'
import type { GraphQLEngine } from './schema/operation.ts'
import { listenFailure } from './start/check-port.ts'
import { answers, isMigrated, outboxLag } from './start/database-probes.ts'

/** A server that is ready to listen. */
export interface App {
  readonly kernel: Kernel
  readonly engine: GraphQLEngine
  readonly logger: Logger
  readonly metrics: Metrics
  readonly health: Health
  /** What plugins do by themselves, for whoever will not wait for its next round. */
  readonly plugins: PluginPace
  /** Starts to serve. Throws StartupError for a taken port. */
  listen(): Promise<{ readonly host: string; readonly port: number }>
  /** Drains and lets go of everything; the database server itself is the caller's. */
  close(): Promise<void>
}

/** Wires one server. Everything that it holds is let go by `close`. */
export async function createApp(config: Config, overrides: AppOverrides): Promise<App> {
  const { secrets, logger = createLogger(config.logLevel) } = overrides
  const metrics = createMetrics()
  const observe: StatementObserver = (statement, milliseconds) => {
    metrics.statement(statement, milliseconds)
    overrides.observe?.(statement, milliseconds)
  }
  const disposal = createDisposal()
  disposal.add(metrics.close)
  try {
    const kernel = await createKernel(config, { ...overrides, observe })
    disposal.add(kernel.close)
    const { database } = kernel
    const signals = await createSignals({
      database,
      databaseUrl: overrides.databaseUrl,
      redisUrl: config.redisUrl,
      onError: (error, message) => logger.warn({ err: error }, message),
    })
    disposal.add(signals.close)
    const tail = followChanges({
      database,
      signals: overrides.deaf === true ? DEAF : signals,
      onError: (error) => logger.warn({ err: error }, 'changes not looked at; it is tried again'),
    })
    disposal.add(tail.stop)
    const { budgets, stop: stopBudgets } = await startBudgets({ config, database, logger })
    disposal.add(stopBudgets)
    const { engine, host, callerOf, principalOfUser, accountMessages, idle, sessions, ...notes } = await createApi(kernel, {
      config,
      secrets,
      logger,
      path: overrides.path,
      metadataPatience: overrides.metadataPatience,
      outbound: overrides.outbound,
      emailDriver: overrides.emailDriver,
      signals,
      tail,
      metrics,
      budgets,
    })
    disposal.add(idle)
    disposal.add(host.stop)
    disposal.add(kernel.onCommit(host.wake))
    await host.start()
    const background = startBackground(kernel, engine, {
      config,
      databaseUrl: overrides.databaseUrl,
      logger,
      signals,
      notes,
      secrets,
      deaf: overrides.deaf === true,
    })
    disposal.add(background.stop)
    if (config.role !== 'api') {
      const { databaseUrl, retryDelays, emailDriver } = overrides
      const jobs = startJobs(kernel, { config, databaseUrl, logger, principalOf: principalOfUser, retryDelays, emailDriver, host, accountMessages })
      disposal.add(jobs.stop)
      metrics.watch({ queue: jobs.state })
    }
    const health = createHealth({ database: () => answers(database), migrations: () => isMigrated(database) })
    metrics.watch({ pool: database.pool, outboxLag: () => outboxLag(database) })
    const http: HttpServer = await createHttpServer({
      engine,
      callerOf,
      config,
      logger,
      metrics,
      health,
      standings: createStandings(database),
      explorer: createExplorer({ config, database, sessions, logger }),
      answerPlugin: host.answer,
      limits: { ...DOCUMENT_LIMITS, cost: config.maxCost, depth: config.maxDepth, aliases: config.maxAliases, rootFields: config.maxRootFields },
      budgets,
      waiting: database.waiting,
    })
    disposal.add(http.close)
    const rights = repeat({
      every: RIGHTS_INTERVAL,
      run: http.checkRights,
      onError: (error) => logger.warn({ err: error }, 'rights of open sockets not looked at; it is tried again'),
    })
    disposal.add(rights.stop)
    return {
      kernel,
      engine,
      logger,
      metrics,
      health,
      plugins: host,
      listen: async () => {
        try {
          return await http.listen()
        } catch (error) {
          throw listenFailure(error as NodeJS.ErrnoException, config.host, config.port)
        }
      },
      close: disposal.run,
    }
  } catch (error) {
    await disposal.run().catch((failure: unknown) => logger.warn({ err: failure }, 'a server that could not be made was not let go of entirely'))
    throw error
  }
}

/** Hears nothing. */
const DEAF = { subscribe: () => () => {} }

/** Milliseconds between two looks at the rights of open sockets, which close within a second of a change, whether or not any message tells of it. */
const RIGHTS_INTERVAL = 400
