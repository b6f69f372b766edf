import 'reflect-metadata'
import { DataSource, type Logger } from 'typeorm'
import { entityClasses } from '../entities/index.ts'
import { SnakeNamingStrategy } from '../entities/naming-strategy.ts'
import { createDatabase, type Database, type PoolLike, type StatementObserver } from './database.ts'
import { ImpatientClient } from './impatient-client.ts'
import { migrations } from './migrations/index.ts'

export interface DataSourceSettings {
  /** `postgres://…`; anything that pg accepts. */
  readonly url: string
  /** Connections at most; 10 unless given. */
  readonly max?: number
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string
  /** Milliseconds that a statement may take; 30,000 unless given. */
  readonly statementTimeout?: number
  /** Where TypeORM writes what it does; nowhere unless given, since whoever calls it sees its errors. */
  readonly logger?: 'advanced-console'
}

const silence = () => {}
const SILENT: Logger = Object.freeze({
  logQuery: silence,
  logQueryError: silence,
  logQuerySlow: silence,
  logSchemaBuild: silence,
  logMigration: silence,
  log: silence,
})

export const STATEMENT_TIMEOUT = 30_000
/** Milliseconds beyond a statement's own limit after which its answer will not come any more. */
const ON_THE_WAY = 1_000

/** Milliseconds within which a statement is answered, if it ever is. */
export const answerWithin = (statementTimeout: number): number => statementTimeout + ON_THE_WAY

/**
 * Settings of each connection. JIT compiles for longer than our statements run; a statement that takes so long is lost to its
 * caller anyway; a client that dies, or is cut off, must hold neither the locks of its transaction nor the connection itself. (The pool closes what is idle for 10 s.)
 */
const sessionSettings = (statementTimeout: number) => ({
  jit: 'off',
  // Planning a page of records costs as much as reading it, and the planner cannot use the length of a key list anyway.
  plan_cache_mode: 'force_generic_plan',
  statement_timeout: String(statementTimeout),
  idle_in_transaction_session_timeout: String(2 * statementTimeout),
  idle_session_timeout: '30000',
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  TimeZone: 'UTC',
})

/** TypeORM's data source over one pool, not yet connected. The schema is made by migrations alone, never synchronised. */
export function createDataSource({ url, max = 10, applicationName = 'guanxi', statementTimeout = STATEMENT_TIMEOUT, logger }: DataSourceSettings): DataSource {
  const options = Object.entries(sessionSettings(statementTimeout))
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')
  return new DataSource({
    type: 'postgres',
    url,
    poolSize: max,
    applicationName,
    entities: [...entityClasses],
    migrations,
    migrationsTableName: 'typeorm_migration',
    namingStrategy: new SnakeNamingStrategy(),
    logger: logger ?? SILENT,
    synchronize: false,
    installExtensions: false,
    extra: { options, connectionTimeoutMillis: 5000, keepAlive: true, keepAliveInitialDelayMillis: 10_000, Client: ImpatientClient, pipeline: true },
  })
}

/** The record engine's database over the data source's own pool, so that both share its connections. `statementTimeout`: that of the data source. */
export function databaseOf(dataSource: DataSource, observe?: StatementObserver, statementTimeout = STATEMENT_TIMEOUT): Database {
  const { master } = dataSource.driver as unknown as { master: PoolLike }
  return createDatabase(master, observe, answerWithin(statementTimeout))
}
