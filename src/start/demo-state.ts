import { quoteIdentifier } from '../lib/quote-identifier.ts'
import type { Database, Executor, PoolClientLike } from '../records/database.ts'
import type { Registry } from '../records/registry/definition.ts'

/** `none`: never loaded; `loading`: a load was cut off; `loaded`. */
export type DemoState = 'none' | 'loading' | 'loaded'

const SETTING = 'demo.state'
const LOCK = 'guanxi demo data'

export async function readDemoState(executor: Executor): Promise<DemoState> {
  const [row] = await executor.query<{ state: DemoState }>({
    text: `SELECT value #>> '{}' AS state FROM setting WHERE key = $1`,
    values: [SETTING],
    purpose: 'platform',
  })
  return row?.state ?? 'none'
}

export async function writeDemoState(executor: Executor, state: DemoState): Promise<void> {
  await executor.query({
    text: 'INSERT INTO setting (key, value) VALUES ($1, to_jsonb($2::text)) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value',
    values: [SETTING, state],
    purpose: 'platform',
  })
}

/** Nobody has written a record yet, set-up apart. */
export async function isEmpty(executor: Executor): Promise<boolean> {
  const rows = await executor.query({ text: `SELECT 1 FROM change_set WHERE cause <> 'system' LIMIT 1`, purpose: 'platform' })
  return rows.length === 0
}

/** Runs the work while no other process does the same; nodes that start at once take turns. */
export async function oneAtATime<T>({ pool }: Database, work: () => Promise<T>): Promise<T> {
  const client: PoolClientLike = await pool.connect()
  try {
    await client.query({ text: 'SELECT pg_advisory_lock(hashtext($1))', values: [LOCK] })
    return await work()
  } finally {
    // Ending the session frees the lock even where the statement to do so could not be sent.
    client.release(true)
  }
}

/**
 * Removes what a load left behind that was cut off: rows, their history and events. Everything goes in one statement,
 * because foreign keys are checked at its end. Nothing has been served from these rows.
 */
export async function removeUnfinishedDemo(database: Database, registry: Registry, requestId: string): Promise<void> {
  const demo = '(SELECT id FROM change_set WHERE request_id = $1)'
  const ofUsers = `IN (SELECT id FROM users WHERE change_set_id IN ${demo})`
  const records = [...registry.modules.values()].map(({ table }) => `DELETE FROM ${quoteIdentifier(table)} WHERE change_set_id IN ${demo}`)
  const traces = [
    `DELETE FROM external_id x USING record_history h WHERE h.record_id = x.record_id AND h.change_set_id IN ${demo}`,
    `DELETE FROM record_history WHERE change_set_id IN ${demo}`,
    `DELETE FROM outbox WHERE change_set_id IN ${demo}`,
    `DELETE FROM audit_log WHERE change_set_id IN ${demo}`,
    `DELETE FROM change_set WHERE request_id = $1`,
  ]
  const rights = ['user_role', 'user_credential', 'team_member'].map((table) => `DELETE FROM ${table} WHERE user_id ${ofUsers}`)
  const steps = [...records, ...traces, ...rights].map((text, index) => `d${index} AS (${text})`)
  await database.query({ text: `WITH ${steps.join(', ')} SELECT 1`, values: [requestId], purpose: 'platform' })
}
