import type { ModuleAccess } from '../records/access/policy.ts'
import { isAllowed } from '../records/access/secured.ts'
import type { FieldDefinition, Registry } from '../records/registry/definition.ts'
import { targetOf } from '../records/registry/index.ts'

/**
 * A field that leads to records of one module is HIDDEN, whatever roles say of it, from whoever reads nothing of that module: it would show nothing, and could not be written but to tell
 * whether there was something.
 */
export function limitReferences(modules: ReadonlyMap<string, ModuleAccess>, registry: Registry): ReadonlyMap<string, ModuleAccess> {
  const leadsNowhere = (field: FieldDefinition): boolean => {
    const target = targetOf(field, registry)
    return target !== undefined && !isAllowed(target, 'READ', { modules }, registry)
  }
  return new Map(
    [...modules].map(([name, access]) => {
      const hidden = [...registry.module(name).fields.values()].filter(leadsNowhere).map((field) => field.name)
      if (hidden.length === 0) return [name, access]
      const fields = new Map([...access.fields, ...hidden.map((field) => [field, 'HIDDEN'] as const)])
      const partial = new Map([...access.partial].filter(([field]) => !hidden.includes(field)))
      return [name, Object.freeze({ ...access, fields, partial })]
    }),
  )
}
