import type { DocumentNode, GraphQLSchema } from 'graphql'
import type { FieldDefinition, ModuleDefinition } from '../../records/registry/definition.ts'
import type { Runtime } from '../operation.ts'

/**
 * Names of fields and lists that are gone in the later runtime, or lead to something of another type. A document that was valid before and names none of
 * them is valid still: whatever the schema makes of a field (selections, filters, orders, groups, keys, inputs) carries the field's own name, what is new
 * takes nothing away, and a rule such as `required` is no part of a type. Null where whole types are gone: then nothing can be told from names.
 */
export function lostNames(before: Runtime, after: Runtime): ReadonlySet<string> | null {
  if (!hasTypesOf(after.schema, before.schema)) return null
  const lost = new Set<string>()
  for (const module of before.registry.modules.values()) {
    const later = after.registry.modules.get(module.name)
    if (!later) return null
    if (later === module) continue
    for (const name of changedFields(module, later)) lost.add(name)
    for (const { name, module: listed } of module.inverses.values()) if (later.inverses.get(name)?.module !== listed) lost.add(name)
  }
  return lost
}

/** The document has one of these texts somewhere; also said of one whose text is not known. */
export function mentions(document: DocumentNode, names: ReadonlySet<string>): boolean {
  if (names.size === 0) return false
  const text = document.loc?.source.body
  if (text === undefined) return true
  for (const name of names) if (text.includes(name)) return true
  return false
}

function hasTypesOf(schema: GraphQLSchema, other: GraphQLSchema): boolean {
  const types = schema.getTypeMap()
  return Object.keys(other.getTypeMap()).every((name) => name in types)
}

/** A module's fields of this version keep their shapes; those made at run time are compared, by each name that they can be reached under. */
function* changedFields(before: ModuleDefinition, after: ModuleDefinition): Iterable<string> {
  for (const [name, field] of [...before.fields, ...before.aliases]) {
    if (!field.custom) continue
    const later = after.fields.get(name) ?? after.aliases.get(name)
    if (later === undefined || shape(later) !== shape(field)) yield name
  }
}

/** All of a field that decides about types of the schema. */
function shape({ type, reference, formula, rollup, unique, keyUnavailable, searchable, readOnly, createOnly, maintained }: FieldDefinition): string {
  return [type, reference?.module, formula?.type, rollup?.type, unique, keyUnavailable, searchable, readOnly, createOnly, maintained].join()
}
