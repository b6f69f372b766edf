import { bindValues } from '../access/bind-values.ts'
import type { Principal } from '../access/policy.ts'
import { secured } from '../access/secured.ts'
import { partlyShownSql, shownFields } from '../access/shown-fields.ts'
import type { Executor } from '../database.ts'
import { epochsHoldSql, StaleEpochError } from '../epochs.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../registry/definition.ts'
import { historyKey } from '../registry/index.ts'

/** What a change set did to a field of a record. */
export interface RecordedChange {
  readonly recordId: string
  readonly version: number
  readonly field: FieldDefinition
  readonly before: unknown
  readonly after: unknown
}

/** Records of one module in one change set. */
export interface ChangedRecords {
  readonly changeSetId: string
  readonly recordIds: readonly string[]
}

interface HistoryRow {
  readonly recordId: string
  readonly version: number
  readonly changeSetId: string
  /** Fields that are shown on this record, although not on all. */
  readonly shown: readonly string[]
  readonly changes: Readonly<Record<string, { readonly before: unknown; readonly after: unknown }>>
}

/** Before and after of changes of one module's records, by change set, in one statement: of records that the reader may read, and fields that it may read in full. */
export async function readChanges(
  executor: Executor,
  principal: Principal,
  registry: Registry,
  module: ModuleDefinition,
  asked: readonly ChangedRecords[],
): Promise<ReadonlyMap<string, readonly RecordedChange[]>> {
  const { policy } = principal
  const pairs = asked.flatMap(({ changeSetId, recordIds }) => recordIds.map((recordId) => ({ changeSetId, recordId })))
  const values: unknown[] = [policy.epochs.schema, policy.epochs.access, pairs.map((pair) => pair.changeSetId), pairs.map((pair) => pair.recordId)]
  const binder = bindValues(values, policy)
  const table = secured(module, 'READ', policy, 't', registry, binder)
  const partlyShown = partlyShownSql({ module, alias: 't', policy, registry, binder }, historyKey)
  const rows = await executor.query<{ fresh: boolean; rows: readonly HistoryRow[] }>({
    text: `SELECT ${epochsHoldSql('$1', '$2')} AS fresh, (SELECT coalesce(json_agg(r), '[]'::json) FROM (
      SELECT h.record_id AS "recordId", h.version, h.change_set_id AS "changeSetId", h.changes, ${partlyShown} AS shown
        FROM unnest($3::uuid[], $4::uuid[]) AS k(change_set_id, record_id) JOIN record_history h ON h.record_id = k.record_id AND h.change_set_id = k.change_set_id
        JOIN ${table.from} ON t.id = h.record_id WHERE ${table.condition} ORDER BY h.record_id, h.version) r) AS rows`,
    values,
    purpose: 'platform',
  })
  if (rows[0]?.fresh !== true) throw new StaleEpochError()
  const fields = new Map([...module.fields.values()].map((field) => [historyKey(field), field]))
  const everywhere = new Set(shownFields({ module, policy }))
  const found = new Map<string, RecordedChange[]>()
  for (const { recordId, version, changeSetId, changes, shown } of rows[0].rows) {
    for (const [key, { before, after }] of Object.entries(changes)) {
      const field = fields.get(key)
      if (!field || !(everywhere.has(field) || shown.includes(key))) continue
      const known = found.get(changeSetId)
      const change = { recordId, version, field, before, after }
      if (known) known.push(change)
      else found.set(changeSetId, [change])
    }
  }
  return found
}
