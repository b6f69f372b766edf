import type { GraphQLNamedType } from 'graphql'
import { isToMany, isToOne, targetOf } from './field-shapes.ts'
import { inputFieldsOf } from './inputs.ts'
import type { ModuleTypes } from './module-types.ts'

/** The types of modules to which no field leads: those that stand for a relation to a module that nothing has. */
export function unusedTypes(all: readonly ModuleTypes[]): ReadonlySet<GraphQLNamedType> {
  const listed = new Set<string>()
  const referred = new Set<string>()
  const linked = new Set<string>()
  for (const { module, write } of all) {
    for (const inverse of module.inverses.values()) listed.add(inverse.module)
    for (const field of module.fields.values()) if (isToMany(field)) listed.add(targetOf(field))
    if (!write) continue
    for (const field of inputFieldsOf(module)) {
      if (isToMany(field)) linked.add(targetOf(field))
      if (isToMany(field) || isToOne(field)) referred.add(targetOf(field))
    }
  }
  const unused = new Set<GraphQLNamedType>()
  for (const { module, ref, refsInput, listFilter } of all) {
    if (!listed.has(module.name)) unused.add(listFilter)
    if (!referred.has(module.name)) unused.add(ref)
    if (!linked.has(module.name)) unused.add(refsInput)
  }
  return unused
}
