import type { SystemRights } from '../../auth/index.ts'
import { fieldKey, moduleKey } from '../../auth/module-key.ts'
import type { FieldGrant, Grant } from '../../auth/shipped-roles.ts'
import type { Action } from '../../records/access/policy.ts'
import type { Registry } from '../../records/registry/index.ts'
import { reachOf } from './limit-policy.ts'
import type { LoadedPlugin } from './load-code.ts'

/** All that a plugin's capabilities name, on all records: the modules and their actions, and of sensitive fields those that are named, and those of its own modules. */
export function capableRights(loaded: LoadedPlugin, registry: Registry): SystemRights {
  const own = new Set((loaded.definition.modules ?? []).map(({ name }) => name))
  const asked = Object.entries(loaded.manifest.capabilities.fields ?? {})
  const reach = [...reachOf(loaded)].flatMap(([name, actions]) => {
    const module = registry.modules.get(name)
    return module ? [{ module, actions: [...actions] as Action[] }] : []
  })
  return {
    grants: reach.map(({ module, actions }): Grant => ({ module: moduleKey(module), actions, scope: 'ALL' })),
    fields: reach.flatMap(({ module }): FieldGrant[] => {
      if (own.has(module.name)) return [{ module: moduleKey(module), fieldId: `${moduleKey(module)}.*`, access: 'WRITE' }]
      return asked.flatMap(([key, access]) => {
        const [name, field] = key.split('.') as [string, string]
        const definition = name === module.name ? module.fields.get(field) : undefined
        return definition ? [{ module: moduleKey(module), fieldId: fieldKey(module, definition), access }] : []
      })
    }),
  }
}

/** Likewise, beyond the rights of a user (`asSystem`): with the fields, too, that the plugin has brought to modules of others. */
export function systemRights(loaded: LoadedPlugin, registry: Registry): SystemRights {
  const { grants, fields } = capableRights(loaded, registry)
  const brought = (loaded.definition.fields ?? []).flatMap(({ module: name, name: field }): FieldGrant[] => {
    const module = registry.modules.get(name)
    const definition = module?.fields.get(field)
    return module && definition ? [{ module: moduleKey(module), fieldId: fieldKey(module, definition), access: 'WRITE' }] : []
  })
  return { grants, fields: [...fields, ...brought] }
}
