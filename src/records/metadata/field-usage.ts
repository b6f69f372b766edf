import type { Database } from '../database.ts'

/** One execution of an operation that named custom fields. */
export interface FieldUse {
  readonly fieldIds: readonly string[]
  /** Null for an operation without a name. */
  readonly operation: string | null
  /** As the client calls itself. */
  readonly client: string | null
}

export interface FieldUsage {
  /** Counts in memory. */
  note(use: FieldUse): void
  /** Adds what was counted to the table. What cannot be written is kept for the next time. */
  flush(): Promise<void>
}

/** Pairs of field and operation that are counted between two flushes; further ones are not. */
const MOST_COUNTED = 20_000
const MOST_DAYS = 60

/** Counts which operations name which custom fields, so that whoever removes a field knows whom it hurts. */
export function createFieldUsage(database: Database, now: () => Date): FieldUsage {
  let counts = new Map<string, number>()

  async function write(taken: ReadonlyMap<string, number>): Promise<void> {
    const keys = [...taken.keys()].map((key) => JSON.parse(key) as [string, string, string])
    await database.query({
      text: `INSERT INTO field_usage AS u (field_id, operation, client, day, count)
             SELECT k.field_id, k.operation, k.client, $5::date, k.count FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS k(field_id, operation, client, count)
             WHERE EXISTS (SELECT FROM custom_field f WHERE f.id = k.field_id) ORDER BY 1, 2, 3
             ON CONFLICT (field_id, operation, client, day) DO UPDATE SET count = u.count + EXCLUDED.count`,
      values: [keys.map(([id]) => id), keys.map(([, operation]) => operation), keys.map(([, , client]) => client), [...taken.values()], now()],
      purpose: 'platform',
    })
    await database.query({ text: `DELETE FROM field_usage WHERE day < $1::date - ${MOST_DAYS}`, values: [now()], purpose: 'platform' })
  }

  return {
    note: ({ fieldIds, operation, client }) => {
      for (const id of fieldIds) {
        const key = JSON.stringify([id, operation ?? '', client ?? ''])
        const count = counts.get(key)
        if (count !== undefined || counts.size < MOST_COUNTED) counts.set(key, (count ?? 0) + 1)
      }
    },
    flush: async () => {
      if (counts.size === 0) return
      const taken = counts
      counts = new Map()
      try {
        await write(taken)
      } catch (error) {
        for (const [key, count] of taken) counts.set(key, (counts.get(key) ?? 0) + count)
        throw error
      }
    },
  }
}
