import { type AccessPolicy, FIELD_LEVELS, SCOPES } from '../records/access/policy.ts'
import { fieldLevel } from '../records/access/secured.ts'
import type { Registry } from '../records/registry/definition.ts'
import type { RoleRights } from './compile-policy.ts'

/** A right that a role would give and the giver does not hold. */
export interface UnheldRight {
  readonly part: 'grants' | 'fields'
  /** Place in the role's grants or fields. */
  readonly index: number
}

/**
 * What of a role goes beyond a policy: an action, a wider scope, a higher field level. Nobody may make, change or assign a role for which this is
 * not empty. `*` stands for all modules, also those made later, so only someone who holds every right on every module covers it.
 */
export function unheldRights(role: RoleRights, policy: AccessPolicy, registry: Registry): UnheldRight[] {
  const modulesOf = (name: string) => (name === '*' ? [...registry.modules.keys()] : [name])
  const grants = role.grants.flatMap(({ module, actions, scope }, index): UnheldRight[] => {
    const held = modulesOf(module).every((name) =>
      actions.every((action) => {
        const own = policy.modules.get(name)?.actions.get(action)
        return own !== undefined && SCOPES.indexOf(own) >= SCOPES.indexOf(scope)
      }),
    )
    return held ? [] : [{ part: 'grants', index }]
  })
  const fields = role.fields.flatMap(({ module, fieldId, access }, index): UnheldRight[] => {
    const held = modulesOf(module).every((name) =>
      [...(registry.modules.get(name)?.fields.values() ?? [])].every((field) => {
        if (!fieldId.endsWith('.*') && field.id !== fieldId) return true
        const own = fieldLevel(policy, name, field.name)
        // What no one can write (read-only and system fields) is held with READ.
        return FIELD_LEVELS.indexOf(own) >= FIELD_LEVELS.indexOf(access) || (own === 'READ' && (field.readOnly === true || field.system))
      }),
    )
    return held ? [] : [{ part: 'fields', index }]
  })
  return [...grants, ...fields]
}
