import { extensionTable } from '../../entities/columns.ts'
import type { MetadataChange } from './change.ts'
import type { StoredModule } from './stored.ts'

/** Gives a deleted module up for good: its table, its records and its fields go. The history of its records stays for the audit. */
export function purgeModule(change: MetadataChange, module: StoredModule): void {
  const { schema, workspace, rows } = change
  const fields = workspace.fieldsOf(module.number)
  const links = [...fields, ...workspace.fields.filter(({ parameters }) => parameters.reference?.module === module.name)].filter(
    ({ type }) => type === 'REFERENCES',
  )
  for (const { column } of new Set(links)) schema.underLock(column, `DROP TABLE IF EXISTS public.${column}`)
  for (const extension of new Set(fields.map((field) => field.extension).filter((number) => number > 0))) {
    const table = extensionTable(module.table, extension)
    schema.underLock(table, `DROP TABLE IF EXISTS public.${table}`)
  }
  // Deleted fields of other modules may still lead to it.
  for (const field of workspace.fields) {
    const leadsHere = field.parameters.reference?.module === module.name && field.moduleNumber !== module.number && field.type !== 'REFERENCES'
    const holder = leadsHere ? workspace.moduleOf(field) : undefined
    if (holder) schema.alter(holder.table, `DROP CONSTRAINT IF EXISTS ${field.column}_fkey`)
  }
  schema.underLock(module.table, `DROP TABLE public.${module.table}`)
  for (const field of fields) {
    workspace.put({ field: { ...field, state: 'purged', indexes: [] } })
    rows.push(
      { text: `UPDATE custom_field SET state = 'purged' WHERE id = $1`, values: [field.id], purpose: 'platform' },
      { text: 'DELETE FROM custom_index WHERE field_id = $1', values: [field.id], purpose: 'platform' },
      { text: 'DELETE FROM role_field WHERE field_id = $1', values: [field.id], purpose: 'platform' },
    )
  }
  workspace.put({ module: { ...module, state: 'purged' } })
  change.touched.push(module.name)
  rows.push(
    { text: `UPDATE custom_module SET state = 'purged' WHERE id = $1`, values: [module.id], purpose: 'platform' },
    { text: 'DELETE FROM custom_slot WHERE module_number = $1', values: [module.number], purpose: 'platform' },
    { text: 'DELETE FROM external_id WHERE module_number = $1', values: [module.number], purpose: 'platform' },
  )
}
