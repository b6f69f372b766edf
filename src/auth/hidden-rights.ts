import type { Registry } from '../records/registry/definition.ts'
import type { RoleRights } from './compile-policy.ts'
import { fieldKey, moduleOfKey } from './module-key.ts'
import type { PredicateObject } from './predicate-names.ts'
import type { FieldGrant, Grant } from './shipped-roles.ts'
import { shownPredicate } from './translate-predicate.ts'

/**
 * What a role says of modules and fields that are deleted, grants whose predicates name such fields included: nobody is told of it, so nobody means to change
 * it, and it holds again when they are restored.
 */
export function hiddenRights({ grants, fields }: RoleRights, registry: Registry): RoleRights {
  return { grants: grants.filter((grant) => shownGrant(grant, registry) === undefined), fields: fields.filter((field) => !isShownField(field, registry)) }
}

/** A grant as administrators see it, by names of today; undefined where its module, or something that its predicate names, is deleted. */
export function shownGrant({ module: key, actions, scope, where }: Grant, registry: Registry): ShownGrant | undefined {
  const module = moduleOfKey(key, registry)
  if (key !== '*' && !module) return undefined
  const shown = where && module ? shownPredicate(where, module, registry) : null
  return shown === undefined ? undefined : { module: module?.name ?? key, actions, scope, where: shown }
}

export interface ShownGrant extends Grant {
  readonly where: PredicateObject | null
}

function isShownField({ module: key, fieldId }: FieldGrant, registry: Registry): boolean {
  const module = moduleOfKey(key, registry)
  if (key === '*') return true
  return module !== undefined && (fieldId === `${key}.*` || [...module.fields.values()].some((field) => fieldKey(module, field) === fieldId))
}
