import {
  createAccessInsight,
  createAccessTokens,
  createApiKeys,
  createAuditLog,
  createAuthenticator,
  createGrantUsage,
  createPasswordHasher,
  createRoles,
  createSessions,
  createShares,
  createSignInThrottle,
  createStandings,
  createUserPasswords,
  type GrantUsage,
  type PasswordHasher,
  requireAdministrator,
  requireCurrentRights,
  seedRoles,
  systemPrincipal,
  teamAccessRules,
  userAccessRule,
  writeSystemAudit,
} from './auth/index.ts'
import type { Config } from './config/index.ts'
import { coreRules } from './domain/index.ts'
import { coreModules } from './entities/index.ts'
import { StartupError } from './errors/index.ts'
import { connectStamper, createSignals, type Signals, startStamper } from './events/index.ts'
import { createHealth, createHttpServer, createLogger, createMetrics, type Health, type HttpServer, type Logger, type Metrics } from './http/index.ts'
import { repeat } from './jobs/repeat.ts'
import { latestValues } from './lib/latest-values.ts'
import { createRecordIdFactory } from './lib/record-id.ts'
import type { Epochs, Principal } from './records/access/policy.ts'
import { type AuditEntry, checkpointKey, createReadLog, createRefusalLog, type ReadLog, type RefusalLog, writeEntries } from './records/audit/index.ts'
import { createDataSource, databaseOf } from './records/data-source.ts'
import type { Database, StatementObserver } from './records/database.ts'
import { READ_EPOCHS_SQL, StaleEpochError } from './records/epochs.ts'
import { compileExpression } from './records/formula/index.ts'
import {
  adoptFields,
  connectForMaintenance,
  createFieldUsage,
  createMetadata,
  type FieldUsage,
  loadRegistry,
  maintain,
  upgradeConflicts,
} from './records/metadata/index.ts'
import { migrate } from './records/migrations/migrate.ts'
import type { Registry } from './records/registry/index.ts'
import { createWriter } from './records/write/index.ts'
import { buildStaticSchema } from './resolvers/static-schema.ts'
import { buildSchema, kernelNames } from './schema/build/index.ts'
import { createEngine, type EngineOptions, schemaResolvers } from './schema/execute/index.ts'
import type { GraphQLEngine } from './schema/operation.ts'
import { applyShield } from './schema/shield.ts'
import { listenFailure } from './start/check-port.ts'
import { answers, isMigrated, outboxLag } from './start/database-probes.ts'
import { organisationCurrency } from './start/organisation-currency.ts'
import { type DerivedKey, deriveKeys } from './start/secrets.ts'
import type { SetUpServices } from './start/user-accounts.ts'

/** What a start decides outside the configuration, and what tests replace. */
export interface AppOverrides {
  /** The database to use: that of the configuration, or the embedded one. */
  readonly databaseUrl: string
  /** As `readSecrets` gives them. */
  readonly secrets: readonly string[]
  readonly logger?: Logger
  readonly now?: () => Date
  /** Fills the random part of records' ids. */
  readonly randomFill?: (buffer: Buffer) => unknown
  /** Sees each statement besides the metrics. */
  readonly observe?: StatementObserver
  /** Which execution path the engine takes; `auto` unless given. */
  readonly path?: EngineOptions['path']
  /** Do not listen to what other nodes tell: what they change is seen by the poll and by the epochs alone. */
  readonly deaf?: boolean
  /** Milliseconds for which a change of metadata waits for tables that are in use. */
  readonly metadataPatience?: number | undefined
}

/** Database, registry and write pipeline: what set-up work and commands need. */
export interface Kernel extends SetUpServices {
  readonly database: Database
  readonly writer: ReturnType<typeof createWriter>
  readonly registry: () => Registry
  readonly hasher: PasswordHasher
  readonly organisationCurrency: string
  readonly newId: ReturnType<typeof createRecordIdFactory>
  readonly now: () => Date
  /** The registry that is served from now on. */
  serve(registry: Registry): void
  close(): Promise<void>
}

/** Connects, migrates, and makes the shipped roles where they are missing. Throws StartupError where the database is not fit. */
export async function createKernel(
  config: Pick<Config, 'poolSize' | 'organisationCurrency'>,
  { databaseUrl, now = () => new Date(), randomFill, observe }: AppOverrides,
): Promise<Kernel> {
  const dataSource = createDataSource({ url: databaseUrl, max: config.poolSize })
  await dataSource.initialize()
  try {
    const database = databaseOf(dataSource, observe)
    await refuseUpgrade(database)
    await migrate(dataSource)
    await database.transaction(async (transaction) => {
      const adopted = await adoptFields(transaction, coreModules())
      if (adopted.length > 0) await writeSystemAudit(transaction, 'upgrade', { at: now(), action: 'customField.adopt', fields: adopted })
      await seedRoles(transaction, now())
    })
    const currency = await organisationCurrency(database, config.organisationCurrency)
    let registry = await loadRegistry(database, coreModules())
    const newId = createRecordIdFactory(() => now().getTime(), randomFill)
    const writer = createWriter({
      database,
      registry: () => registry,
      newId,
      now,
      rules: [...coreRules, userAccessRule, ...teamAccessRules],
      compileExpression,
    })
    return {
      database,
      writer,
      registry: () => registry,
      hasher: createPasswordHasher(),
      organisationCurrency: currency,
      newId,
      now,
      serve: (served) => {
        registry = served
      },
      close: () => dataSource.destroy(),
    }
  } catch (error) {
    await dataSource.destroy()
    throw error
  }
}

/** Stops before anything is migrated where fields or modules of the database stand in this version's way. */
async function refuseUpgrade(database: Database): Promise<void> {
  const conflicts = await upgradeConflicts(database, coreModules())
  if (conflicts.length > 0) throw new StartupError(conflicts.join(' '))
}

/** A server that is ready to listen. */
export interface App {
  readonly kernel: Kernel
  readonly engine: GraphQLEngine
  readonly logger: Logger
  readonly metrics: Metrics
  readonly health: Health
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
  const kernel = await createKernel(config, { ...overrides, observe })
  const { database } = kernel
  let signals: Signals | undefined
  try {
    signals = await createSignals({
      database,
      databaseUrl: overrides.databaseUrl,
      redisUrl: config.redisUrl,
      onError: (error, message) => logger.warn({ err: error }, message),
    })
    const { engine, callerOf, idle, ...notes } = await createApi(kernel, {
      secrets,
      logger,
      path: overrides.path,
      metadataPatience: overrides.metadataPatience,
      signals,
    })
    const background = startBackground(kernel, engine, {
      config,
      databaseUrl: overrides.databaseUrl,
      logger,
      signals,
      notes,
      secrets,
      deaf: overrides.deaf === true,
    })
    const health = createHealth({ database: () => answers(database), migrations: () => isMigrated(database) })
    metrics.watch({ pool: database.pool, outboxLag: () => outboxLag(database) })
    const http: HttpServer = await createHttpServer({ engine, callerOf, config, logger, metrics, health, standings: createStandings(database) })
    const rights = repeat({
      every: RIGHTS_INTERVAL,
      run: http.checkRights,
      onError: (error) => logger.warn({ err: error }, 'rights of open sockets not looked at; it is tried again'),
    })
    return {
      kernel,
      engine,
      logger,
      metrics,
      health,
      listen: async () => {
        try {
          return await http.listen()
        } catch (error) {
          throw listenFailure(error as NodeJS.ErrnoException, config.host, config.port)
        }
      },
      close: async () => {
        await rights.stop()
        await http.close()
        await background.stop()
        await signals?.close()
        await idle()
        await kernel.close()
        metrics.close()
      },
    }
  } catch (error) {
    await signals?.close()
    await kernel.close()
    metrics.close()
    throw error
  }
}

/** Milliseconds between two looks at the rights of open sockets, which close within a second of a change, whether or not any message tells of it. */
const RIGHTS_INTERVAL = 400

interface ApiOptions extends Pick<AppOverrides, 'secrets' | 'metadataPatience'> {
  readonly logger: Logger
  readonly path: EngineOptions['path']
  readonly signals: Signals
}

/** Identity, schema and executor over a kernel. */
async function createApi(kernel: Kernel, { secrets, logger, path, metadataPatience, signals }: ApiOptions) {
  const { database, registry, hasher, now, writer } = kernel
  const accessTokens = createAccessTokens({ issuer: 'guanxi', audience: 'guanxi', keys: deriveKeys(secrets, 'access tokens'), lifetime: 900, now })
  const authenticator = createAuthenticator({
    database,
    registry,
    accessTokens,
    now,
    onBackgroundError: (error) => logger.warn({ err: error }, 'time of last use not written'),
  })
  const throttle = createSignInThrottle(database, now)
  const rightsAreCurrent = (principal: Principal) =>
    requireCurrentRights(database, principal).then(
      () => true,
      (error: unknown) => {
        if (error instanceof StaleEpochError) return false
        throw error
      },
    )
  const usage = createFieldUsage(database, now)
  const write = (entries: readonly AuditEntry[]) => writeEntries(database, entries, 'background')
  const reads = createReadLog({ write, now })
  const refusals = createRefusalLog({ write, now, onError: (error) => logger.warn({ err: error }, 'a refusal not written to the audit; it is tried again') })
  const grantUsage = createGrantUsage(database, now)
  const metadata = createMetadata({
    database,
    core: coreModules(),
    now,
    authorize: requireAdministrator,
    kernel: () => kernelNames(engine.runtime.schema, engine.runtime.registry),
    organisationCurrency: kernel.organisationCurrency,
    announce: (version) => announceSchema(version, engine, signals),
    writeUsage: usage.flush,
    ...(metadataPatience !== undefined && { patience: metadataPatience }),
  })
  const cursorKey = Buffer.from(deriveKeys(secrets, 'cursors')[0]?.secret ?? []).toString('base64url')
  const operations = buildStaticSchema({
    authenticator,
    sessions: createSessions({ database, hasher, accessTokens, throttle, now }),
    apiKeys: createApiKeys(database, now),
    passwords: createUserPasswords({ database, hasher, throttle, now }),
    roles: createRoles({ database, registry, now }),
    shares: createShares({ database, registry, now }),
    access: createAccessInsight({ database, registry, authenticator, usage: grantUsage, now }),
    metadata,
    auditLog: createAuditLog({ database, registry, cursorKey, reads }),
    schemaChanges: () => latestValues((give) => later(engine, (schemaVersion) => give({ schemaVersion }))),
  })
  const staticSchema = applyShield(operations, rightsAreCurrent)
  const engine = await createEngine({
    database,
    writer,
    settings: { organisationCurrency: kernel.organisationCurrency, cursorKey },
    buildRuntime: async () => {
      const served = await loadRegistry(database, coreModules())
      const schema = buildSchema({ registry: served, staticSchema, resolvers: schemaResolvers })
      return { version: served.version, registry: served, schema }
    },
    onSwap: (runtime) => kernel.serve(runtime.registry),
    report: (error, requestId) => logger.error({ requestId, err: error }, 'operation failed'),
    onUse: usage.note,
    onGrantUse: grantUsage.note,
    audit: { note: reads.note, refused: refusals.note, now },
    path,
  })
  return { engine, callerOf: authenticator.callerOf, idle: authenticator.idle, usage, grantUsage, reads, refusals }
}

/** Topic of the signal that the schema is at a version, which is its text. */
const SCHEMA_TOPIC = 'schema'

/** Serves a new version here. The other nodes hear of it first, so that they make theirs at the same time. */
async function announceSchema(version: number, engine: GraphQLEngine, signals: Signals): Promise<void> {
  signals.publish(SCHEMA_TOPIC, String(version))
  await engine.refresh()
}

/** Versions that are served after now. */
function later(engine: GraphQLEngine, give: (version: number) => void): () => void {
  const { version } = engine.runtime
  return engine.onRuntime((runtime) => runtime.version > version && give(runtime.version))
}

/** What operations leave in memory, to be written beside them. */
interface Notes {
  readonly grantUsage: GrantUsage
  readonly usage: FieldUsage
  readonly reads: ReadLog
  readonly refusals: RefusalLog
}

interface BackgroundOptions {
  readonly config: Config
  readonly databaseUrl: string
  readonly logger: Logger
  readonly signals: Signals
  readonly notes: Notes
  readonly secrets: readonly string[]
  readonly deaf: boolean
}

/** What runs beside the requests: indexes and clean-up after changes of metadata, counts of who uses which fields and grants, positions, and what other nodes changed. */
function startBackground(kernel: Kernel, engine: GraphQLEngine, { config, databaseUrl, logger, signals, notes, secrets, deaf }: BackgroundOptions) {
  const { usage, grantUsage, reads, refusals } = notes
  const { database, registry, now } = kernel
  const maintenance = repeat({
    every: 30_000,
    run: () =>
      maintain({
        database,
        core: coreModules(),
        now,
        announce: (version) => announceSchema(version, engine, signals),
        connect: () => connectForMaintenance(databaseUrl),
        retention: config.metadataRetention,
        principal: async () => {
          const [epochs] = await database.query<Epochs>({ text: READ_EPOCHS_SQL, purpose: 'platform' })
          return systemPrincipal('metadata retention', registry(), epochs ?? { schema: 0, access: 0 })
        },
      }),
    onError: (error) => logger.warn({ err: error }, 'metadata maintenance failed; it is tried again'),
  })
  const notCounted = (error: unknown): void => logger.warn({ err: error }, 'uses of custom fields or grants not written; it is tried again')
  const count = async () => {
    await usage.flush()
    await grantUsage.flush()
  }
  const counts = repeat({ every: 10_000, run: count, onError: notCounted })
  const notAudited = (error: unknown): void => logger.warn({ err: error }, 'reads and refusals not written to the audit; it is tried again')
  const audit = repeat({ every: 2_000, run: () => Promise.all([reads.flush(), refusals.flush()]), onError: notAudited })
  // However a wake-up is lost, no node stays behind for longer.
  const poll = repeat({ every: 1_000, run: () => engine.refresh(), onError: (error) => logger.debug({ err: error }, 'schema version not read') })
  const hear = (text: string | null): void => {
    if (text !== null && Number(text) <= engine.runtime.version) return
    engine.refresh().catch((error: unknown) => logger.warn({ err: error }, 'the schema that another node told of is not served yet; it is tried again'))
  }
  const [signing] = deriveKeys(secrets, 'audit checkpoints')
  const stamper = startStamper({
    connect: () => connectStamper(databaseUrl),
    now,
    key: checkpointKey(signing as DerivedKey),
    onCheckpoint: (checkpoint) =>
      logger.info(checkpoint, 'checkpoint of the audit log; keep this line elsewhere to prove later that nothing before it was rewritten'),
    onError: (error) => logger.warn({ err: error }, 'events and audit rows not numbered; it is tried again'),
  })
  const forget = [engine.onRuntime(() => maintenance.wake()), ...(deaf ? [] : [signals.subscribe(SCHEMA_TOPIC, hear)])]
  return {
    stop: async () => {
      for (const each of forget) each()
      await Promise.all([maintenance.stop(), poll.stop(), counts.stop(), audit.stop()])
      await Promise.all([reads.flush(), refusals.flush(true)]).catch(notAudited)
      await stamper.stop()
      await count().catch(notCounted)
    },
  }
}
