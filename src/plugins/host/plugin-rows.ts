import { randomUUID } from 'node:crypto'
import type { Executor, Statement } from '../../records/database.ts'

export type PluginState = 'enabled' | 'disabled' | 'quarantined' | 'uninstalled'

/** A row of `plugin`. */
export interface PluginRow {
  readonly name: string
  readonly version: string
  readonly state: PluginState
  /** What an administrator agreed to last; null where nobody has yet: it has never been enabled. */
  readonly capabilities: Readonly<Record<string, unknown>> | null
  readonly settings: Readonly<Record<string, unknown>>
  readonly permissions: Readonly<Record<string, readonly string[]>>
  readonly userId: string | null
  readonly lastError: string | null
  /** The step of its life that it has begun and not ended. */
  readonly step: BegunStep | null
}

/** A step by which a version comes into service, and the process that takes it. */
export interface BegunStep {
  readonly kind: 'enable' | 'upgrade'
  /** On upgrade: the version that was in service before. */
  readonly from?: string
  readonly node: string
}

/** It has been in service at some time; the row of one that has not tells what was in the way. */
export function wasEnabled(row: PluginRow | undefined): row is PluginRow {
  return row !== undefined && row.capabilities !== null
}

export async function readPlugins(executor: Executor): Promise<ReadonlyMap<string, PluginRow>> {
  const rows = await executor.query<PluginRow>({
    text: 'SELECT name, version, state, capabilities, settings, permissions, user_id::text AS "userId", last_error AS "lastError", step FROM plugin ORDER BY name',
    purpose: 'platform',
  })
  return new Map(rows.map((row) => [row.name, row]))
}

/** Asks every process to load a version; null: none any more. A plugin that nobody has enabled yet gets its row. Answers what tells this asking from others. */
export async function want(executor: Executor, name: string, version: string | null, lastError: string | null = null): Promise<string> {
  const attempt = randomUUID()
  await executor.query({
    text: `INSERT INTO plugin (name, version, state, wanted_version, attempt, capabilities) SELECT $1, $2, 'disabled', $2, $3::uuid, 'null' WHERE $2::text IS NOT NULL
      ON CONFLICT (name) DO UPDATE SET wanted_version = excluded.wanted_version, attempt = excluded.attempt`,
    values: [name, version, attempt],
    purpose: 'platform',
  })
  if (version !== null) return attempt
  await executor.query({
    text: `UPDATE plugin SET wanted_version = NULL, last_error = coalesce($2, last_error), last_error_at = CASE WHEN $2::text IS NULL THEN last_error_at ELSE now() END WHERE name = $1`,
    values: [name, lastError],
    purpose: 'platform',
  })
  return attempt
}

export async function noteError(executor: Executor, name: string, error: string): Promise<void> {
  await executor.query({
    text: 'UPDATE plugin SET last_error = $2, last_error_at = now() WHERE name = $1',
    values: [name, error.slice(0, 2_000)],
    purpose: 'background',
  })
}

/** Names of enabled plugins whose step has not ended. */
export async function begunSteps(executor: Executor): Promise<readonly string[]> {
  const rows = await executor.query<{ name: string }>({
    text: `SELECT name FROM plugin WHERE step IS NOT NULL AND state = 'enabled' ORDER BY name`,
    purpose: 'background',
  })
  return rows.map(({ name }) => name)
}

/** The step is taken by another process from now on; false where somebody else was sooner, or it has ended. */
export async function claimStep(executor: Executor, name: string, step: BegunStep, node: string): Promise<boolean> {
  const rows = await executor.query({
    text: `UPDATE plugin SET step = $3 WHERE name = $1 AND state = 'enabled' AND step = $2 RETURNING 1`,
    values: [name, JSON.stringify(step), JSON.stringify({ ...step, node })],
    purpose: 'platform',
  })
  return rows.length > 0
}

/** The step has been taken. */
export async function endStep(executor: Executor, name: string, node: string): Promise<void> {
  await executor.query({ text: `UPDATE plugin SET step = NULL WHERE name = $1 AND step ->> 'node' = $2`, values: [name, node], purpose: 'platform' })
}

/** Sets a state in a change of metadata; the error stays unless one is given, and goes when the plugin is enabled. */
export function stateStatement(name: string, state: PluginState, error: string | null = null): Statement {
  return {
    text: `UPDATE plugin SET state = $2, wanted_version = NULL, changed_at = now(),
        last_error = CASE WHEN $3::text IS NULL THEN last_error ELSE $3 END, last_error_at = CASE WHEN $3::text IS NULL THEN last_error_at ELSE now() END WHERE name = $1`,
    values: [name, state, error],
    purpose: 'platform',
  }
}
