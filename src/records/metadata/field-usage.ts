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
/** Characters that are kept of names which clients choose. */
const LONGEST_NAME = 200
const MOST_DAYS = 60

interface Counted {
  readonly operation: string
  readonly client: string
  readonly counts: Map<string, number>
}

/** Counts which operations name which custom fields, so that whoever removes a field knows whom it hurts. */
export function createFieldUsage(database: Database, now: () => Date): FieldUsage {
  let users = new Map<string, Counted>()
  let pairs = 0
  const today = (): string => now().toISOString().slice(0, 10)

  /** Who sends an operation of this name; made where there is room. */
  function userOf(operation: string, client: string): Counted | undefined {
    const key = `${operation}\n${client}`
    let user = users.get(key)
    if (!user && pairs < MOST_COUNTED) {
      user = { operation, client, counts: new Map() }
      users.set(key, user)
    }
    return user
  }

  function add({ counts }: Counted, fieldId: string, times: number): void {
    const before = counts.get(fieldId)
    if (before === undefined && pairs >= MOST_COUNTED) return
    if (before === undefined) pairs += 1
    counts.set(fieldId, (before ?? 0) + times)
  }

  async function write(rows: readonly { fieldId: string; operation: string; client: string; count: number }[]): Promise<void> {
    await database.query({
      text: `INSERT INTO field_usage AS u (field_id, operation, client, day, count)
             SELECT k.field_id, k.operation, k.client, $5::date, k.count FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS k(field_id, operation, client, count)
             WHERE EXISTS (SELECT FROM custom_field f WHERE f.id = k.field_id) ORDER BY 1, 2, 3
             ON CONFLICT (field_id, operation, client, day) DO UPDATE SET count = u.count + EXCLUDED.count`,
      values: [
        rows.map(({ fieldId }) => fieldId),
        rows.map(({ operation }) => operation),
        rows.map(({ client }) => client),
        rows.map(({ count }) => count),
        today(),
      ],
      purpose: 'platform',
    })
    await database.query({ text: `DELETE FROM field_usage WHERE day < $1::date - ${MOST_DAYS}`, values: [today()], purpose: 'platform' })
  }

  return {
    note: ({ fieldIds, operation, client }) => {
      const user = userOf((operation ?? '').slice(0, LONGEST_NAME), (client ?? '').slice(0, LONGEST_NAME))
      if (user) for (const id of fieldIds) add(user, id, 1)
    },
    flush: async () => {
      if (pairs === 0) return
      const taken = users
      users = new Map()
      pairs = 0
      try {
        await write(
          [...taken.values()].flatMap(({ operation, client, counts }) => [...counts].map(([fieldId, count]) => ({ fieldId, operation, client, count }))),
        )
      } catch (error) {
        for (const { operation, client, counts } of taken.values()) {
          const user = userOf(operation, client)
          if (user) for (const [fieldId, count] of counts) add(user, fieldId, count)
        }
        throw error
      }
    },
  }
}
