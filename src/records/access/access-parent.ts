import { DefectError } from '../../errors/index.ts'
import type { ModuleDefinition, Registry } from '../registry/definition.ts'
import type { Action } from './policy.ts'

/** What the parent must allow for the action on its child. */
export function parentAction(action: Action): Action {
  return action === 'READ' || action === 'EXPORT' ? action : 'UPDATE'
}

export function parentOf(module: ModuleDefinition, registry: Registry) {
  const field = module.fields.get(module.accessParent as string)
  if (!field?.reference) throw new DefectError(`${module.name}.accessParent names no reference field`)
  return { field, module: registry.module(field.reference.module) }
}
