import { quoteIdentifier } from '../../lib/quote-identifier.ts'
import { bindValues } from '../access/bind-values.ts'
import { shownTargets } from '../access/readable-targets.ts'
import { secured } from '../access/secured.ts'
import { partlyShownSql, shownFields } from '../access/shown-fields.ts'
import type { Executor } from '../database.ts'
import { epochsHoldSql, StaleEpochError } from '../epochs.ts'
import type { ModuleDefinition, Registry } from '../registry/definition.ts'
import { historyKey } from '../registry/index.ts'
import { allOf, instantSql } from '../sql-text.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { judgedHistorySql } from './past-images.ts'
import type { PlanInputs } from './plan-builder.ts'
import { shownStamps } from './stamps.ts'

/** One write on a record, as its reader may see it. */
export interface HistoryEntry {
  readonly version: number
  readonly operation: string
  /** RFC 3339; null where the stamp is not shown, as `actor` then. */
  readonly at: string | null
  readonly actor: { readonly id: string; readonly name: string | null } | null
  readonly changeSetId: string | null
  readonly changes: readonly { readonly field: string; readonly before: unknown; readonly after: unknown }[]
  readonly cursor: string
}

export interface HistoryPage {
  readonly entries: readonly HistoryEntry[]
  readonly hasNextPage: boolean
  readonly totalCount: number
}

interface HistoryRow {
  readonly id: string
  readonly shown: readonly string[]
  readonly total: number
  readonly entries: readonly {
    readonly version: number
    readonly operation: string
    readonly at: string
    readonly actor_id: string | null
    readonly actor_name: string | null
    readonly change_set_id: string | null
    readonly changes: Readonly<Record<string, { readonly before: unknown; readonly after: unknown }>>
    /** Left out where no condition looks at what the record was (`judgedHistorySql`). */
    readonly was?: boolean
    readonly is?: boolean
    readonly partly_was?: readonly string[]
    readonly partly_is?: readonly string[]
  }[]
}

export interface HistoryRequest {
  readonly module: ModuleDefinition
  readonly ids: readonly string[]
  readonly first: number
  readonly after: string | null
}

/** What cursors of a history are authenticated with; a place in one is a version. */
const FINGERPRINT = 'history:'

/** Kept among a record's changes, though no field: its names in other systems, which every reader of the record sees. */
const EXTERNAL_IDS = 'external_ids'

/**
 * History of several records of one module, newest first, in one statement, and a second one for the records that shown values refer to; nothing for those the
 * caller cannot read. A change of nothing that he reads is not listed and not counted; what a record was while conditions of his grants kept it out is null, and a change
 * between two such states is none. Throws CURSOR_INVALID.
 */
export async function readHistory(
  request: HistoryRequest,
  registry: Registry,
  inputs: PlanInputs,
  executor: Executor,
): Promise<ReadonlyMap<string, HistoryPage>> {
  const { module, ids, first, after } = request
  const { policy, checked } = inputs
  const values: unknown[] = [
    checked ? null : policy.epochs.schema,
    checked ? null : policy.epochs.access,
    ids,
    after === null ? null : Number(decodeCursor(after, FINGERPRINT, 1, inputs)[0]),
    first + 1,
  ]
  const shownKeys = new Set(shownFields({ module, policy }).map(historyKey))
  values.push([...shownKeys, EXTERNAL_IDS])
  const binder = bindValues(values, policy)
  const table = secured(module, 'READ', policy, 't', registry, binder)
  const partlyShown = partlyShownSql({ module, alias: 't', policy, registry, binder }, historyKey)
  const judged = judgedHistorySql(module, { policy, registry, binder })
  const entries = judged ?? 'record_history h'
  const tells = (keys: string) => `h.changes ?| ($6::text[] || ${keys})`
  const visible = judged
    ? `CASE h.operation WHEN 'UPDATED' THEN (h.was AND ${tells(bothSql(partlyShown, 'h.partly_was'))}) OR (h.is AND ${tells(bothSql(partlyShown, 'h.partly_is'))}) ELSE h.was OR h.is END`
    : `(h.operation <> 'UPDATED' OR ${tells(partlyShown)})`
  const ofRecord = judged ? 'TRUE' : 'h.record_id = t.id'
  const text = `SELECT ${epochsHoldSql('$1', '$2')} AS fresh, (SELECT coalesce(json_agg(json_build_object('id', t.id, 'shown', ${partlyShown},
    'total', (SELECT count(*) FROM ${entries} WHERE ${ofRecord} AND ${visible}),
    'entries', (SELECT coalesce(json_agg(e), '[]'::json) FROM (
      SELECT h.version, h.operation, ${instantSql('h.at')} AS at, h.actor_id, u.name AS actor_name, h.change_set_id, h.changes${judged ? ', h.was, h.is, h.partly_was, h.partly_is' : ''}
      FROM ${entries} LEFT JOIN users u ON u.id = h.actor_id
      WHERE ${ofRecord} AND ($4::int IS NULL OR h.version < $4) AND ${visible} ORDER BY h.version DESC LIMIT $5) e))), '[]'::json)
    FROM ${table.from} WHERE ${allOf([`${quoteIdentifier('t')}.id = ANY($3::uuid[])`, table.condition])})::text AS data`
  const [row] = await executor.query<{ fresh: boolean; data: string }>({ text, values, purpose: 'record' })
  if (row?.fresh !== true) throw new StaleEpochError()
  const rows = JSON.parse(row.data) as HistoryRow[]
  const fieldOf = new Map([...module.fields.values()].map((field) => [historyKey(field), field]))
  const changesOf = ({ changes, was = true, is = true, partly_was, partly_is }: HistoryRow['entries'][number], { shown }: HistoryRow) =>
    Object.entries(changes).flatMap(([key, { before, after: now }]) => {
      const field = fieldOf.get(key)
      const isShown = (within: boolean, partly: readonly string[] = shown) => within && (shownKeys.has(key) || (shown.includes(key) && partly.includes(key)))
      const [told, tells] = [isShown(was, partly_was), isShown(is, partly_is)]
      return field && (told || tells) ? [{ field, before: told ? before : null, now: tells ? now : null }] : []
    })
  const targets = rows
    .flatMap((each) => each.entries.slice(0, first).flatMap((entry) => changesOf(entry, each)))
    .flatMap(({ field, before, now }) => [[field, before] as const, [field, now] as const])
  const shown = await shownTargets(targets, { policy, registry, executor, checked })
  const pages = rows.map((each): [string, HistoryPage] => {
    const { id, total, entries } = each
    return [
      id,
      {
        totalCount: total,
        hasNextPage: entries.length > first,
        entries: entries.slice(0, first).map((entry) => ({
          version: entry.version,
          operation: entry.operation,
          ...shownStamps(
            module,
            { operation: entry.operation, at: entry.at, actor: entry.actor_id === null ? null : { id: entry.actor_id, name: entry.actor_name } },
            (field) => shownKeys.has(historyKey(field)) || each.shown.includes(historyKey(field)),
          ),
          changeSetId: entry.change_set_id,
          changes: changesOf(entry, each).map(({ field, before, now }) => ({ field: field.name, before: shown(field, before), after: shown(field, now) })),
          cursor: encodeCursor([String(entry.version)], FINGERPRINT, inputs.cursorKey),
        })),
      },
    ]
  })
  return new Map(pages)
}

/** Keys that are in both lists. */
function bothSql(one: string, other: string): string {
  return `ARRAY(SELECT unnest(${one}) INTERSECT SELECT unnest(${other}))`
}
