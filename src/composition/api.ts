import {
  createAccessInsight,
  createAccessTokens,
  createAccountMessages,
  createAddressThrottle,
  createApiKeys,
  createAuditLog,
  createAuthenticator,
  createGrantUsage,
  createInvitations,
  createOneTimeTokens,
  createPasswordResets,
  createRoles,
  createSessions,
  createShares,
  createSignInThrottle,
  createTokenPasswords,
  createUserPasswords,
  requireAdministrator,
  requireCurrentRights,
} from '../auth/index.ts'
import type { Config } from '../config/index.ts'
import { createTicketMerging } from '../domain/index.ts'
import { coreModules } from '../entities/index.ts'
import type { Signals, Tail } from '../events/index.ts'
import { type Budgets, chargeCost, type Logger, type Metrics } from '../http/index.ts'
import { latestValues } from '../lib/latest-values.ts'
import { BUILT_IN } from '../plugins/built-in.ts'
import { createPluginHost } from '../plugins/host/index.ts'
import type { Principal } from '../records/access/policy.ts'
import { type AuditEntry, createReadLog, createRefusalLog, writeEntries } from '../records/audit/index.ts'
import { StaleEpochError } from '../records/epochs.ts'
import { createFieldUsage, createMetadata, loadRegistry } from '../records/metadata/index.ts'
import { buildStaticSchema } from '../resolvers/static-schema.ts'
import { buildSchema, kernelNames } from '../schema/build/index.ts'
import { createEngine, type EngineOptions, Idempotency, schemaResolvers } from '../schema/execute/index.ts'
import type { GraphQLEngine } from '../schema/operation.ts'
import { applyShield } from '../schema/shield.ts'
import { schemaText } from '../schema/visible/schema-text.ts'
import { deriveKeys } from '../start/secrets.ts'
import { announceSchema } from './announce-schema.ts'
import type { AppOverrides, Kernel } from './kernel.ts'

interface ApiOptions extends Pick<AppOverrides, 'secrets' | 'metadataPatience' | 'outbound' | 'emailDriver'> {
  readonly config: Pick<Config, 'role' | 'plugins' | 'pluginPaths' | 'pluginPrivateHosts' | 'idempotencyRetention' | 'maxCost' | 'smtpUrl'>
  readonly logger: Logger
  readonly path: EngineOptions['path']
  readonly signals: Signals
  readonly tail: Tail
  readonly metrics: Pick<Metrics, 'plugins'>
  readonly budgets: Budgets
}

/** Identity, schema and executor over a kernel. */
export async function createApi(
  kernel: Kernel,
  { config, secrets, logger, path, metadataPatience, signals, tail, metrics, budgets, outbound, emailDriver }: ApiOptions,
) {
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
  const addresses = createAddressThrottle(database, now)
  const tokens = createOneTimeTokens(deriveKeys(secrets, 'one-time tokens'), now)
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
    announce: (version) => announceSchema(version, { engine, signals, logger }),
    writeUsage: usage.flush,
    ...(metadataPatience !== undefined && { patience: metadataPatience }),
  })
  const host = createPluginHost({
    database,
    writer,
    registry,
    now,
    log: logger,
    organisationCurrency: kernel.organisationCurrency,
    metadata,
    principalOfUser: authenticator.principalOfUser,
    system: kernel.system,
    noteReads: reads.note,
    metrics: metrics.plugins,
    signals,
    role: config.role,
    outbound: { opened: config.pluginPrivateHosts, ...outbound },
    sources: { builtIn: BUILT_IN, packages: config.plugins, paths: config.pluginPaths, directory: process.cwd() },
    served: () => engine.runtime.schema,
  })
  kernel.judgeBy(host.rulesOf)
  const cursorKey = Buffer.from(deriveKeys(secrets, 'cursors')[0]?.secret ?? []).toString('base64url')
  const sessions = createSessions({ database, hasher, accessTokens, throttle, addresses, now })
  const operations = buildStaticSchema({
    authenticator,
    sessions,
    apiKeys: createApiKeys(database, now),
    passwords: createUserPasswords({ database, hasher, throttle, now }),
    passwordResets: createPasswordResets({ database, throttle: addresses }),
    tokenPasswords: createTokenPasswords({ database, hasher, tokens, signIns: throttle, throttle: addresses, now }),
    invitations: createInvitations({
      database,
      writer,
      tokens,
      now,
      // Only processes that send know what they send with.
      emailIsSetUp: config.role === 'api' ? null : config.smtpUrl !== undefined || emailDriver !== undefined,
    }),
    roles: createRoles({ database, registry, now }),
    shares: createShares({ database, registry, now }),
    access: createAccessInsight({ database, registry, authenticator, usage: grantUsage, now }),
    metadata,
    auditLog: createAuditLog({ database, registry, cursorKey, reads }),
    ticketMerging: createTicketMerging(writer),
    plugins: host.administration,
    steps: host.steps,
    schemaText,
    schemaChanges: () => latestValues((give) => later(engine, (schemaVersion) => give({ schemaVersion }))),
  })
  const plain = applyShield(operations, rightsAreCurrent)
  const engine = await createEngine({
    database,
    writer,
    settings: { organisationCurrency: kernel.organisationCurrency, cursorKey },
    buildRuntime: async () => {
      const served = await loadRegistry(database, coreModules())
      await host.prepare(served)
      const schema = host.build(operations, served, (extended) =>
        buildSchema({
          registry: served,
          staticSchema: extended === operations ? plain : applyShield(extended, rightsAreCurrent),
          resolvers: schemaResolvers,
        }),
      )
      return { version: served.version, registry: served, schema }
    },
    onSwap: (runtime) => {
      kernel.serve(runtime.registry)
      host.serve(runtime.registry)
    },
    report: (error, requestId) => logger.error({ requestId, err: error }, 'operation failed'),
    onUse: usage.note,
    onGrantUse: grantUsage.note,
    audit: { note: reads.note, refused: refusals.note, now },
    idempotency: new Idempotency({ database, keys: deriveKeys(secrets, 'idempotent answers'), now, retention: config.idempotencyRetention * 3_600_000 }),
    path,
    tail,
    maxCost: config.maxCost,
    charge: chargeCost(budgets),
  })
  return {
    engine,
    host,
    callerOf: authenticator.callerOf,
    principalOfUser: authenticator.principalOfUser,
    accountMessages: createAccountMessages({ database, writer, registry, system: () => kernel.system('account messages'), tokens, now }),
    idle: authenticator.idle,
    sessions,
    usage,
    grantUsage,
    reads,
    refusals,
  }
}

/** Versions that are served after now. */
function later(engine: GraphQLEngine, give: (version: number) => void): () => void {
  const { version } = engine.runtime
  return engine.onRuntime((runtime) => runtime.version > version && give(runtime.version))
}
