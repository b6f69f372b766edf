import { isComputed } from '../entities/value-type.ts'
import { coversAll } from '../records/access/admissions.ts'
import { FIELD_LEVELS, type Principal } from '../records/access/policy.ts'
import { fieldLevel } from '../records/access/secured.ts'
import type { FieldDefinition, Registry } from '../records/registry/definition.ts'
import { isAdministrator } from './administrator.ts'
import type { RoleRights } from './compile-policy.ts'
import { fieldKey, moduleOfKey } from './module-key.ts'
import { admissionOf } from './role-reach.ts'

/** A right that a role would give and the giver does not hold. */
export interface UnheldRight {
  readonly part: 'grants' | 'fields'
  /** Place in the role's grants or fields. */
  readonly index: number
}

/**
 * What of a role goes beyond the rights of whoever gives it: an action, a wider scope, other rows than its own predicate admits, a higher field level. Nobody may make, change or assign a role for
 * which this is not empty. `*` means modules made later too, so administrators alone hold it.
 */
export function unheldRights(role: RoleRights, giver: Principal, registry: Registry): UnheldRight[] {
  const { policy } = giver
  // As administrators hold what will be made later, so they hold what is deleted and may come back.
  const holdsAll = isAdministrator(giver)
  const grants = role.grants.flatMap((grant, index): UnheldRight[] => {
    const module = moduleOfKey(grant.module, registry)
    const given = module && admissionOf(grant, module, registry)
    // What cannot be read now may reach rows again one day.
    const held = module && given ? grant.actions.every((action) => coversAll(policy.modules.get(module.name)?.actions.get(action) ?? [], [given])) : holdsAll
    return held ? [] : [{ part: 'grants', index }]
  })
  const fields = role.fields.flatMap(({ module: key, fieldId, access }, index): UnheldRight[] => {
    const module = moduleOfKey(key, registry)
    if (!module) return holdsAll ? [] : [{ part: 'fields', index }]
    const named = [...module.fields.values()].filter((field) => fieldId === `${key}.*` || fieldKey(module, field) === fieldId)
    const isHeld = (field: FieldDefinition) => {
      const own = fieldLevel(policy, module.name, field.name)
      // What no one can write (read-only, computed and system fields) is held with READ.
      return FIELD_LEVELS.indexOf(own) >= FIELD_LEVELS.indexOf(access) || (own === 'READ' && (field.readOnly === true || field.system || isComputed(field)))
    }
    return named.every(isHeld) ? [] : [{ part: 'fields', index }]
  })
  return [...grants, ...fields]
}
