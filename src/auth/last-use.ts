import { LRUCache } from 'lru-cache'
import type { Principal } from '../records/access/policy.ts'
import type { Database } from '../records/database.ts'

/** Keeps `last_used_at` of sessions and API keys, at most once a minute each and never in the way of a request. */
export interface LastUse {
  note(principal: Principal): void
  /** Resolves when nothing is being written. */
  idle(): Promise<void>
}

const INTERVAL = 60_000
const REMEMBERED = 10_000

export interface LastUseOptions {
  readonly database: Database
  readonly now: () => Date
  readonly onBackgroundError: (error: unknown) => void
}

export function createLastUse({ database, now, onBackgroundError }: LastUseOptions): LastUse {
  const noted = new LRUCache<string, number>({ max: REMEMBERED })
  const writing = new Set<Promise<void>>()

  async function write(table: 'api_key' | 'session', id: string, at: Date): Promise<void> {
    try {
      await database.query({
        text: `UPDATE ${table} SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)`,
        values: [id, at, new Date(at.getTime() - INTERVAL)],
        purpose: 'authentication',
      })
    } catch (error) {
      onBackgroundError(error)
    }
  }

  return {
    note: ({ apiKeyId, sessionId }) => {
      const id = apiKeyId ?? sessionId
      if (id === undefined) return
      const at = now()
      const last = noted.get(id)
      if (last !== undefined && at.getTime() - last < INTERVAL) return
      noted.set(id, at.getTime())
      const promise: Promise<void> = write(apiKeyId === undefined ? 'session' : 'api_key', id, at).finally(() => writing.delete(promise))
      writing.add(promise)
    },
    idle: async () => {
      await Promise.all(writing)
    },
  }
}
