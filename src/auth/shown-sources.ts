import type { FieldType } from '../entities/metadata.ts'
import type { ModuleAccess } from '../records/access/policy.ts'
import type { FieldDefinition, Registry } from '../records/registry/definition.ts'
import type { RoleRights } from './compile-policy.ts'
import { fieldKey } from './module-key.ts'

/**
 * Says of modules whose records may be computed from fields of other ones which of these are shown on all records. Whoever is shown all fields of all modules, whatever is made or
 * deleted, needs no list.
 */
export function limitSources(modules: ReadonlyMap<string, ModuleAccess>, roles: readonly RoleRights[], registry: Registry): ReadonlyMap<string, ModuleAccess> {
  if (roles.some(showsEverything)) return modules
  const shown = (types: readonly FieldType[]) =>
    [...modules].flatMap(([name, { fields }]) => {
      const module = registry.module(name)
      const isShown = (field: FieldDefinition) => types.includes(field.type) && ['READ', 'WRITE'].includes(fields.get(field.name) ?? '')
      return [...module.fields.values()].filter(isShown).map((field) => fieldKey(module, field))
    })
  return new Map(
    [...modules].map(([name, access]) => {
      const { computedFrom } = registry.module(name)
      return [name, computedFrom ? Object.freeze({ ...access, shownSources: Object.freeze(shown(computedFrom.types)) }) : access]
    }),
  )
}

function showsEverything({ grants, fields }: RoleRights): boolean {
  const reads = grants.some(({ module, actions, scope }) => module === '*' && scope === 'ALL' && actions.includes('READ'))
  return reads && fields.some(({ module, fieldId, access }) => module === '*' && fieldId === '*.*' && (access === 'READ' || access === 'WRITE'))
}
