import { setTimeout as delay } from 'node:timers/promises'
import { createPasswordHasher, type PasswordHasher, seedRoles, teamAccessRules, userAccessRule, writeSystemAudit } from '../auth/index.ts'
import type { Config } from '../config/index.ts'
import { coreRules } from '../domain/index.ts'
import { coreModules } from '../entities/index.ts'
import { StartupError } from '../errors/index.ts'
import type { Logger } from '../http/index.ts'
import type { EmailDriver } from '../jobs/email/email-driver.ts'
import { createRecordIdFactory } from '../lib/record-id.ts'
import type { ResolveHost, Transport } from '../plugins/host/index.ts'
import type { Principal } from '../records/access/policy.ts'
import { createDataSource, databaseOf } from '../records/data-source.ts'
import type { Database, StatementObserver } from '../records/database.ts'
import { compileExpression } from '../records/formula/index.ts'
import { adoptFields, loadRegistry, upgradeConflicts } from '../records/metadata/index.ts'
import { migrate } from '../records/migrations/migrate.ts'
import type { Registry } from '../records/registry/index.ts'
import { createWriter, type RulesAround } from '../records/write/index.ts'
import type { EngineOptions } from '../schema/execute/index.ts'
import { organisationCurrency } from '../start/organisation-currency.ts'
import type { SetUpServices } from '../start/user-accounts.ts'
import { createSystem } from './system.ts'

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
  /** Seconds between attempts to send a message. */
  readonly retryDelays?: readonly number[] | undefined
  /** Sends e-mail in the place of the mail server that is configured. */
  readonly emailDriver?: EmailDriver | undefined
  /** Where requests of plugins go: `transport` in the place of the network, `resolve` in that of the resolver. */
  readonly outbound?: { readonly transport?: Transport; readonly resolve?: ResolveHost } | undefined
}

/** Milliseconds for which statements under way may keep the connections at the end. */
const FAREWELL = 2_000

/** Database, registry and write pipeline: what set-up work and commands need. */
export interface Kernel extends SetUpServices {
  readonly database: Database
  readonly writer: ReturnType<typeof createWriter>
  readonly registry: () => Registry
  readonly hasher: PasswordHasher
  readonly organisationCurrency: string
  readonly newId: ReturnType<typeof createRecordIdFactory>
  readonly now: () => Date
  /** Who does what no person asked for, by the epochs of now; the reason stands in the audit. */
  readonly system: (reason: string) => Promise<Principal>
  /** Calls with each change set that this process commits; answers an unsubscribe function. */
  onCommit(listener: () => void): () => void
  /** The registry that is served from now on. */
  serve(registry: Registry): void
  /** What plugins have to say about writes; nothing until it is told. */
  judgeBy(rulesOf: (registry: Registry) => RulesAround): void
  close(): Promise<void>
}

/** Connects, migrates, and makes the shipped roles where they are missing. Throws StartupError where the database is not fit. */
export async function createKernel(
  config: Pick<Config, 'poolSize' | 'statementTimeout' | 'organisationCurrency'>,
  { databaseUrl, now = () => new Date(), randomFill, observe }: AppOverrides,
): Promise<Kernel> {
  const dataSource = createDataSource({ url: databaseUrl, max: config.poolSize, statementTimeout: config.statementTimeout })
  await dataSource.initialize()
  try {
    const database = databaseOf(dataSource, observe, config.statementTimeout)
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
    const listeners = new Set<() => void>()
    let pluginRules: ((served: Registry) => RulesAround) | undefined
    const writer = createWriter({
      database,
      registry: () => registry,
      newId,
      now,
      rules: [...coreRules, userAccessRule, ...teamAccessRules],
      pluginRules: (served) => pluginRules?.(served) ?? NO_PLUGINS,
      compileExpression,
      onCommit: () => {
        for (const listener of listeners) listener()
      },
    })
    return {
      database,
      writer,
      registry: () => registry,
      system: createSystem(database, () => registry),
      hasher: createPasswordHasher(),
      organisationCurrency: currency,
      newId,
      now,
      onCommit: (listener) => {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      serve: (served) => {
        registry = served
      },
      close: async () => {
        // It waits for each statement under way, which nobody else does any more.
        await Promise.race([dataSource.destroy(), delay(FAREWELL, undefined, { ref: false })])
      },
      judgeBy: (rulesOf) => {
        pluginRules = rulesOf
      },
    }
  } catch (error) {
    await dataSource.destroy()
    throw error
  }
}

const NO_PLUGINS: RulesAround = Object.freeze({ first: [], last: [] })

/** Stops before anything is migrated where fields or modules of the database stand in this version's way. */
async function refuseUpgrade(database: Database): Promise<void> {
  const conflicts = await upgradeConflicts(database, coreModules())
  if (conflicts.length > 0) throw new StartupError(conflicts.join(' '))
}
