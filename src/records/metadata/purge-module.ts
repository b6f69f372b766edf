import { extensionTable } from '../../entities/columns.ts'
import { directInputs } from '../registry/index.ts'
import type { MetadataChange } from './change.ts'
import { dropConditions } from './drop-conditions.ts'
import { giveUpField, purgeField } from './remove-field.ts'
import type { StoredField, StoredModule } from './stored.ts'
import { leadsTo } from './targets.ts'
import type { Workspace } from './workspace.ts'

/**
 * Gives a deleted module up for good: its table, its records, its fields, and fields of other modules that can hold nothing without it. The history of
 * its records stays for the audit.
 */
export async function purgeModule(change: MetadataChange, module: StoredModule): Promise<void> {
  const { schema, workspace, rows } = change
  change.touched.push(module.name)
  const own = workspace.fieldsOf(module.number).filter(({ state }) => state !== 'purged')
  const lost = lostWith(module, own, workspace)
  dropConditions(change, new Set(lost.map(({ id }) => id)))
  // Their foreign keys and link tables stand in the way of the table.
  for (const field of lost) purgeField(change, field)
  for (const field of own) giveUpField(change, field)
  for (const extension of await extensionsOf(change, module, own)) {
    schema.drop(extensionTable(module.table, extension))
  }
  schema.drop(module.table)
  workspace.put({ module: { ...module, state: 'purged' } })
  rows.push(
    { text: `UPDATE custom_module SET state = 'purged' WHERE id = $1`, values: [module.id], purpose: 'platform' },
    { text: 'DELETE FROM custom_slot WHERE module_number = $1', values: [module.number], purpose: 'platform' },
    { text: 'DELETE FROM external_id WHERE module_number = $1', values: [module.number], purpose: 'platform' },
    { text: 'DELETE FROM record_share WHERE module_number = $1', values: [module.number], purpose: 'platform' },
    { text: 'DELETE FROM role_grant WHERE module = $1', values: [String(module.number)], purpose: 'platform' },
    { text: 'DELETE FROM role_field WHERE module = $1', values: [String(module.number)], purpose: 'platform' },
    { text: 'DELETE FROM grant_use WHERE module = $1', values: [String(module.number)], purpose: 'platform' },
  )
}

/** Fields of other modules, served or not, that lead to the module, and what is computed from those or from its own. */
function lostWith(module: StoredModule, own: readonly StoredField[], workspace: Workspace): StoredField[] {
  const others = workspace.fields.filter(({ moduleNumber, state }) => moduleNumber !== module.number && state !== 'purged')
  const lost = others.filter((field) => leadsTo(field, module))
  return [...lost, ...computedFrom([...own, ...lost], others)]
}

/** Those of the candidates that are computed from these fields, or from each other on the way there. */
export function computedFrom(fields: readonly StoredField[], candidates: readonly StoredField[]): readonly StoredField[] {
  const ids = new Set(fields.map(({ id }) => id))
  const found: StoredField[] = []
  for (let before = -1; before !== found.length; ) {
    before = found.length
    for (const field of candidates) {
      if (ids.has(field.id) || !directInputs(field.parameters).some((id) => ids.has(id))) continue
      ids.add(field.id)
      found.push(field)
    }
  }
  return found
}

/** Numbers of its extension tables: each has a field's columns, or free ones. */
async function extensionsOf({ transaction }: MetadataChange, { number }: StoredModule, own: readonly StoredField[]): Promise<ReadonlySet<number>> {
  const slots = await transaction.query<{ extension: number }>({
    text: 'SELECT DISTINCT extension FROM custom_slot WHERE module_number = $1',
    values: [number],
    purpose: 'platform',
  })
  return new Set([...slots, ...own].map(({ extension }) => extension).filter((extension) => extension > 0))
}
