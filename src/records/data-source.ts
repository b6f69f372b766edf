import 'reflect-metadata'
import { DataSource, type Logger } from 'typeorm'
import { entityClasses } from '../entities/index.ts'
import { SnakeNamingStrategy } from '../entities/naming-strategy.ts'
import { createDatabase, type Database, type PoolLike, type StatementObserver } from './database.ts'
import { migrations } from './migrations/index.ts'

export interface DataSourceSettings {
  /** `postgres://…`; anything that pg accepts. */
  readonly url: string
  /** Connections at most; 10 unless given. */
  readonly max?: number
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string
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

/**
 * Settings of each connection. JIT compiles for longer than our statements run; a statement that takes 30 s is lost to its
 * caller anyway; a client that dies inside a transaction must not hold its locks.
 */
const SESSION_SETTINGS = {
  jit: 'off',
  // Planning a page of records costs as much as reading it, and the planner cannot use the length of a key list anyway.
  plan_cache_mode: 'force_generic_plan',
  statement_timeout: '30000',
  idle_in_transaction_session_timeout: '60000',
  TimeZone: 'UTC',
}

/** TypeORM's data source over one pool, not yet connected. The schema is made by migrations alone, never synchronised. */
export function createDataSource({ url, max = 10, applicationName = 'guanxi', logger }: DataSourceSettings): DataSource {
  const options = Object.entries(SESSION_SETTINGS)
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
    extra: { options, connectionTimeoutMillis: 5000 },
  })
}

/** The record engine's database over the data source's own pool, so that both share its connections. */
export function databaseOf(dataSource: DataSource, observe?: StatementObserver): Database {
  const { master } = dataSource.driver as unknown as { master: PoolLike }
  return createDatabase(master, observe)
}
