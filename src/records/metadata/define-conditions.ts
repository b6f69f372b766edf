import type { Issue } from '../../errors/index.ts'
import { defineRequiredWhen } from './check-computed.ts'
import type { FieldSite } from './define-field.ts'
import type { FieldInput } from './field-input.ts'
import type { StoredField } from './stored.ts'

/** A field that stands in the workspace, and the description whose `requiredWhen` it is to get. */
export interface ConditionalField {
  readonly id: string
  readonly input: FieldInput
  readonly site: FieldSite
  readonly path: readonly (string | number)[]
}

/** Gives fields their `requiredWhen` once all that a condition can name is there: it may use what is computed from the very field. */
export function defineConditions(fields: readonly ConditionalField[], issues: Issue[]): void {
  const defined = fields.flatMap(({ id, input, site, path }) => {
    const requiredWhen = defineRequiredWhen(input, site, path, issues)
    return requiredWhen ? [{ id, requiredWhen, workspace: site.workspace }] : []
  })
  for (const { id, requiredWhen, workspace } of defined) {
    const field = workspace.field(id) as StoredField
    workspace.put({ field: { ...field, parameters: { ...field.parameters, requiredWhen } } })
  }
}
