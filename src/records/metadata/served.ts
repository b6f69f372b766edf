import { expressionFields } from '../registry/index.ts'
import type { StoredField } from './stored.ts'
import type { Workspace } from './workspace.ts'

/** False for a field that is deleted, and for one that waits for what it leads to, or is computed from: nobody sees it until that comes back. */
export function isServed(field: StoredField, workspace: Workspace): boolean {
  return field.state === 'active' && workspace.moduleOf(field)?.fields.get(field.name)?.id === field.id
}

/** The field's condition names a field that is not served, and asks for nothing until that comes back. */
export function conditionWaits({ parameters: { requiredWhen } }: Pick<StoredField, 'parameters'>, workspace: Workspace): boolean {
  if (!requiredWhen) return false
  return expressionFields(requiredWhen).some((id) => {
    const input = workspace.field(id)
    return input !== undefined && !isServed(input, workspace)
  })
}
