import type { Database } from '../records/database.ts'
import { databaseIdentity } from './database-identity.ts'

/** Numbers that all nodes of one database add to. */
export interface SharedCounters {
  /** Adds to each counter and answers what all nodes have added to it by then. It is forgotten so many milliseconds after the last addition. Rejects where the counters cannot be reached. */
  add(amounts: ReadonlyMap<string, number>, lifetime: number): Promise<ReadonlyMap<string, number>>
  close(): void
}

/** Null without a Redis: each node counts alone. */
export async function createSharedCounters(redisUrl: string | undefined, database: Database): Promise<SharedCounters | null> {
  if (redisUrl === undefined) return null
  const { createRedisCounters } = await import('./redis-counters.ts')
  return createRedisCounters(redisUrl, await databaseIdentity(database))
}
