import { isComputed } from '../entities/value-type.ts'
import { FIELD_LEVELS, type Principal, SCOPES } from '../records/access/policy.ts'
import { fieldLevel } from '../records/access/secured.ts'
import type { FieldDefinition, Registry } from '../records/registry/definition.ts'
import { isAdministrator } from './administrator.ts'
import type { RoleRights } from './compile-policy.ts'

/** A right that a role would give and the giver does not hold. */
export interface UnheldRight {
  readonly part: 'grants' | 'fields'
  /** Place in the role's grants or fields. */
  readonly index: number
}

/**
 * What of a role goes beyond the rights of whoever gives it: an action, a wider scope, a higher field level. Nobody may make, change or assign a role for
 * which this is not empty. `*` means modules made later too, so administrators alone hold it.
 */
export function unheldRights(role: RoleRights, giver: Principal, registry: Registry): UnheldRight[] {
  const { policy } = giver
  const grants = role.grants.flatMap(({ module, actions, scope }, index): UnheldRight[] => {
    const isHeld = (action: (typeof actions)[number]) => {
      const own = policy.modules.get(module)?.actions.get(action)
      return own !== undefined && SCOPES.indexOf(own) >= SCOPES.indexOf(scope)
    }
    const held = module === '*' ? isAdministrator(giver) : actions.every(isHeld)
    return held ? [] : [{ part: 'grants', index }]
  })
  const fields = role.fields.flatMap(({ module, fieldId, access }, index): UnheldRight[] => {
    const named = [...(registry.modules.get(module)?.fields.values() ?? [])].filter((field) => fieldId === `${module}.*` || field.id === fieldId)
    const isHeld = (field: FieldDefinition) => {
      const own = fieldLevel(policy, module, field.name)
      // What no one can write (read-only, computed and system fields) is held with READ.
      return FIELD_LEVELS.indexOf(own) >= FIELD_LEVELS.indexOf(access) || (own === 'READ' && (field.readOnly === true || field.system || isComputed(field)))
    }
    const held = module === '*' ? isAdministrator(giver) : named.every(isHeld)
    return held ? [] : [{ part: 'fields', index }]
  })
  return [...grants, ...fields]
}
