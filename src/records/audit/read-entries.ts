import type { Executor } from '../database.ts'
import { AUDIT_COLUMNS, type AuditRow } from './chain.ts'

/** Which rows; what is left out or null is not asked. */
export interface EntryFilter {
  readonly actorId?: string | null
  readonly moduleNumber?: number | null
  readonly recordId?: string | null
  readonly action?: string | null
  readonly result?: string | null
  readonly changeSetId?: string | null
  /** Inclusive. */
  readonly from?: Date | null
  /** Exclusive. */
  readonly to?: Date | null
}

/** A row as it is read, with the name that its actor has now. */
export interface StoredEntry extends AuditRow {
  /** Place in the chain; null until the stamper has given one. */
  readonly position: string | null
  readonly actorName: string | null
}

/** Rows from the newest on, those before the sequence `before`, at most `limit`. */
export async function readEntries(executor: Executor, filter: EntryFilter, before: string | null, limit: number): Promise<StoredEntry[]> {
  const values: unknown[] = []
  const bind = (value: unknown): string => `$${values.push(value)}`
  const conditions = Object.entries(CONDITIONS).flatMap(([name, condition]) => {
    const value = filter[name as keyof EntryFilter]
    return value === undefined || value === null ? [] : [condition(bind(value))]
  })
  if (before !== null) conditions.push(`a.sequence < ${bind(before)}::bigint`)
  return executor.query<StoredEntry>({
    text: `SELECT r.*, (SELECT u.name FROM users u WHERE u.id = r."actorId"::uuid) AS "actorName" FROM (
      SELECT ${AUDIT_COLUMNS}, position::text FROM audit_log a WHERE ${conditions.join(' AND ') || 'TRUE'} ORDER BY a.sequence DESC LIMIT ${bind(limit)}) r`,
    values,
    purpose: 'platform',
  })
}

/** Rows of change sets are found by the record's history: they may name a thousand records each, and no index of these is kept up on each write. */
const CONDITIONS: Readonly<Record<keyof EntryFilter, (value: string) => string>> = {
  actorId: (value) => `a.actor_id = ${value}::uuid`,
  moduleNumber: (value) => `a.module_number = ${value}::int`,
  recordId: (value) =>
    `a.record_ids @> ARRAY[${value}::uuid] AND (a.change_set_id IS NULL OR a.change_set_id = ANY (ARRAY(SELECT h.change_set_id FROM record_history h WHERE h.record_id = ${value}::uuid)))`,
  action: (value) => `a.action = ${value}`,
  // Said twice, so that PostgreSQL sees that the index of refusals will do.
  result: (value) => `a.result = ${value} AND (a.result <> 'ok' OR ${value} = 'ok')`,
  changeSetId: (value) => `a.change_set_id = ${value}::uuid`,
  from: (value) => `a.at >= ${value}::timestamptz`,
  to: (value) => `a.at < ${value}::timestamptz`,
}
