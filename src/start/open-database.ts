import { existsSync } from 'node:fs'
import type { Config } from '../config/index.ts'
import { StartupError } from '../errors/index.ts'
import { checkDatabase } from './check-database.ts'
import { type EmbeddedDatabase, type EmbeddedDatabaseOptions, embeddedDatabaseUrl, recordedPlacement, startEmbeddedDatabase } from './embedded/index.ts'

/** A database that answers and is fit for Guanxi. */
export interface OpenedDatabase {
  readonly url: string
  /** Set where this process started PostgreSQL. */
  readonly embedded: EmbeddedDatabase | undefined
  /** Stops what was started. */
  close(): Promise<void>
}

export interface OpenDatabaseOptions {
  readonly onEvent?: EmbeddedDatabaseOptions['onEvent']
  /** Use the embedded database of a running Guanxi, where one serves DATA_DIR, instead of refusing. For commands beside the server. */
  readonly share?: boolean
  /** Refuse where DATA_DIR holds no database yet. For commands that ask about one: asked in the wrong directory they would make another. */
  readonly existing?: boolean
}

/** The database of DATABASE_URL, or the embedded one, started when nobody runs it. Throws StartupError with one clear line. */
export async function openDatabase(
  { databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>,
  { onEvent, share = false, existing: mustExist = false }: OpenDatabaseOptions = {},
): Promise<OpenedDatabase> {
  const existing = databaseUrl ?? (share ? await embeddedDatabaseUrl(dataDir) : undefined)
  if (existing !== undefined) {
    await checkDatabase(existing)
    return { url: existing, embedded: undefined, close: async () => {} }
  }
  if (mustExist && (!existsSync(dataDir) || recordedPlacement(dataDir) === undefined))
    throw new StartupError(`There is no database in ${dataDir}. Run the command where the server was started, or set DATA_DIR or DATABASE_URL.`)
  const embedded = await startEmbeddedDatabase(onEvent ? { dataDir, onEvent } : { dataDir })
  return { url: embedded.url, embedded, close: () => embedded.stop() }
}
