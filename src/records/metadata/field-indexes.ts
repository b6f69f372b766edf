import type { MetadataChange } from './change.ts'
import { wantedIndexes } from './define-field.ts'
import type { HeldModule } from './field-columns.ts'
import { formulaKey } from './formula-key.ts'
import { dropIndexes, noteIndexes } from './note-indexes.ts'
import type { StoredField } from './stored.ts'

/** Makes and drops indexes as a changed field asks for them. `moved`: it has other columns now, which have none. */
export async function changeIndexes(change: MetadataChange, module: HeldModule, before: StoredField, after: StoredField, moved: boolean): Promise<void> {
  const wanted = wantedIndexes(after.type, after.parameters)
  const present = moved ? [] : before.indexes.filter(({ state }) => state !== 'failed').map(({ kind }) => kind)
  if (!moved) {
    const dropped = before.indexes.filter(({ kind, state }) => state === 'failed' || !wanted.includes(kind)).map(({ kind }) => kind)
    dropIndexes(change, module, before, dropped)
  }
  const field = change.workspace.field(after.id) as StoredField
  const kinds = wanted.filter((kind) => !present.includes(kind))
  if (kinds.length > 0) await noteIndexes(change, [{ module, field, kinds }])
}

/** SQL of the indexed formulas, by field id. */
export function formulaKeys({ workspace }: MetadataChange): ReadonlyMap<string, string | undefined> {
  const indexed = workspace.fields.filter((field) => field.state === 'active' && field.type === 'FORMULA' && field.indexes.length > 0)
  return new Map(indexed.map((field) => [field.id, formulaKey(field, workspace.registry)]))
}

/** Indexes of formulas whose SQL is another one now are made anew. */
export async function rebuildFormulaIndexes(change: MetadataChange, before: ReadonlyMap<string, string | undefined>, changed: string): Promise<void> {
  const { workspace } = change
  for (const [id, sql] of before) {
    const field = workspace.field(id)
    const module = field && workspace.moduleOf(field)
    if (!field || !module || formulaKey(field, workspace.registry) === sql) continue
    if (field.indexes.length === 0 && id === changed) continue
    await remakeIndex(change, { table: module.table, number: module.number }, field)
  }
}

/** The index of a formula that comes back: its SQL may be another one than when it was deleted. */
export async function remakeFormulaIndexes(change: MetadataChange, module: HeldModule, fields: readonly StoredField[]): Promise<void> {
  for (const { id, type, indexes } of fields)
    if (type === 'FORMULA' && indexes.length > 0) await remakeIndex(change, module, change.workspace.field(id) as StoredField)
}

async function remakeIndex(change: MetadataChange, module: HeldModule, field: StoredField): Promise<void> {
  dropIndexes(
    change,
    module,
    field,
    field.indexes.map(({ kind }) => kind),
  )
  await noteIndexes(change, [{ module, field: change.workspace.field(field.id) as StoredField, kinds: ['order'] }])
}
