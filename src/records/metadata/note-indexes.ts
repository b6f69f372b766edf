import type { MetadataChange } from './change.ts'
import type { HeldModule } from './field-columns.ts'
import { formulaKey } from './formula-key.ts'
import { createIndexSql, type IndexDefinition, indexDefinition } from './index-definitions.ts'
import { tableOf } from './place-columns.ts'
import type { IndexKind, StoredField } from './stored.ts'

/** Indexes are made at once, under the locks of the change, while they have no more rows than this together. */
const ROWS_AT_ONCE = 20_000
const INDEXES_AT_ONCE = 30
/** An index of a text's bigrams takes as long as eight keys: 30 µs a row (measured on texts of 30 characters). */
const SEARCH_WEIGHT = 8

export interface WantedIndexes {
  readonly module: HeldModule
  readonly field: StoredField
  readonly kinds: readonly IndexKind[]
}

/**
 * Notes the indexes that fields ask for. Those of small tables are made by the change itself and are ready when it is; the others are built
 * afterwards beside normal work.
 */
export async function noteIndexes(change: MetadataChange, wanted: readonly WantedIndexes[]): Promise<void> {
  const all = wanted.flatMap(({ module, field, kinds }) =>
    kinds.map((kind) => ({ module, field, index: indexDefinition(field, kind, module.table, formulaKey(field, change.workspace.registry)) })),
  )
  if (all.length === 0) return
  const atOnce = await isSmall(change, all)
  const states = new Map<StoredField, StoredField['indexes']>()
  for (const { field, index } of all) {
    if (atOnce) change.schema.underLock(index.table, createIndexSql(index, false))
    const state = atOnce ? 'ready' : 'building'
    change.rows.push(insertIndex(field.id, index, state))
    states.set(field, [
      ...(states.get(field) ?? field.indexes).filter(({ kind }) => kind !== index.kind),
      { name: index.name, kind: index.kind, state, failure: null },
    ])
  }
  for (const [field, indexes] of states) change.workspace.put({ field: { ...(change.workspace.field(field.id) as StoredField), indexes } })
}

function insertIndex(fieldId: string, { name, kind, table, unique, definition }: IndexDefinition, state: 'ready' | 'building') {
  return {
    text: `INSERT INTO custom_index (name, field_id, kind, table_name, definition, state) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (name) DO UPDATE SET state = EXCLUDED.state, definition = EXCLUDED.definition, attempts = 0, failure = NULL`,
    values: [name, fieldId, kind, table, createIndexSql({ name, table, unique, definition }, true), state],
    purpose: 'platform' as const,
  }
}

async function isSmall(change: MetadataChange, all: readonly { module: HeldModule; index: Pick<IndexDefinition, 'kind'> }[]): Promise<boolean> {
  if (all.length > INDEXES_AT_ONCE) return all.every(({ module }) => change.schema.has(module.table))
  let rows = 0
  for (const table of new Set(all.map(({ module }) => module.table))) {
    if (change.schema.has(table)) continue
    const [count] = await change.transaction.query<{ rows: number }>({
      text: `SELECT count(*)::int AS rows FROM (SELECT FROM public.${table} LIMIT ${ROWS_AT_ONCE + 1}) AS few`,
      purpose: 'platform',
    })
    const weights = all.filter(({ module }) => module.table === table).map(({ index }) => (index.kind === 'search' ? SEARCH_WEIGHT : 1))
    rows += (count?.rows ?? 0) * weights.reduce((sum, weight) => sum + weight, 0)
  }
  return rows <= ROWS_AT_ONCE
}

/** Drops indexes that a field no longer asks for. */
export function dropIndexes(change: MetadataChange, module: HeldModule, field: StoredField, kinds: readonly IndexKind[]): void {
  const dropped = field.indexes.filter(({ kind }) => kinds.includes(kind))
  for (const { name } of dropped) {
    change.schema.underLock(tableOf(module.table, field), `DROP INDEX IF EXISTS public.${name}`)
    change.rows.unshift({ text: 'DELETE FROM custom_index WHERE name = $1', values: [name], purpose: 'platform' })
  }
  if (dropped.length === 0) return
  const stored = change.workspace.field(field.id) as StoredField
  change.workspace.put({ field: { ...stored, indexes: stored.indexes.filter(({ kind }) => !kinds.includes(kind)) } })
}
