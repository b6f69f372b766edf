import { expressionFields } from '../registry/index.ts'
import type { MetadataChange } from './change.ts'

/** A condition over a field that is gone can never hold again, nor be written down. */
export function dropConditions({ workspace, rows, touched }: MetadataChange, lost: ReadonlySet<string>): void {
  for (const field of workspace.fields) {
    const { requiredWhen, ...parameters } = field.parameters
    if (!requiredWhen || lost.has(field.id) || !expressionFields(requiredWhen).some((id) => lost.has(id))) continue
    workspace.put({ field: { ...field, parameters } })
    touched.push(`${workspace.holderOf(field)?.name}.${field.name}`)
    rows.push({ text: `UPDATE custom_field SET parameters = parameters - 'requiredWhen' WHERE id = $1`, values: [field.id], purpose: 'platform' })
  }
}
