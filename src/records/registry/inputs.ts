import type { Expression } from '../../entities/expression.ts'
import type { FieldMetadata, ModuleMetadata } from '../../entities/metadata.ts'
import { RegistryConflict } from './conflict.ts'
import type { FieldPlace } from './definition.ts'
import { systemFields } from './system-fields.ts'

/** Permanent id of a field: the row's of one that was made at run time, else made of its names. */
export function fieldIdOf(module: string, field: Pick<FieldMetadata, 'id' | 'name'>): string {
  return field.id ?? `${module}.${field.name}`
}

/** Ids of the fields that an expression names, each once. */
export function expressionFields(expression: Expression): readonly string[] {
  const ids = new Set<string>()
  const walk = (node: Expression): void => {
    if (node.kind === 'field') ids.add(node.field)
    if (node.kind === 'call') for (const argument of node.arguments) walk(argument)
  }
  walk(expression)
  return [...ids]
}

/** Ids of the fields that a FORMULA or ROLLUP field is computed from directly. */
export function directInputs({ formula, rollup }: Pick<FieldMetadata, 'formula' | 'rollup'>): readonly string[] {
  if (formula) return expressionFields(formula.expression)
  if (!rollup) return []
  return [rollup.via, ...(rollup.field === undefined ? [] : [rollup.field]), ...(rollup.filter ? expressionFields(rollup.filter) : [])]
}

/**
 * All fields behind each computed or generated field, by its id, such ones on the way included. Throws RegistryConflict where one is computed from itself or
 * from a field that does not exist.
 */
export function collectInputs(metadata: readonly ModuleMetadata[]): ReadonlyMap<string, readonly FieldPlace[]> {
  const fields = new Map<string, { readonly place: FieldPlace; readonly field: FieldMetadata }>()
  for (const module of metadata) {
    for (const field of [...systemFields(module.name), ...module.fields])
      fields.set(fieldIdOf(module.name, field), { place: { module: module.name, field: field.name }, field })
  }
  const known = new Map<string, readonly FieldPlace[]>()
  const open = new Set<string>()
  const behind = (id: string): readonly FieldPlace[] => {
    const done = known.get(id)
    if (done) return done
    const { place, field } = fields.get(id) as { place: FieldPlace; field: FieldMetadata }
    if (open.has(id)) throw new RegistryConflict(`field ${place.module}.${place.field} is computed from itself`, 'CYCLE')
    open.add(id)
    const found = new Map<string, FieldPlace>()
    for (const input of sourcesOf(place.module, field)) {
      const source = fields.get(input)
      if (!source) throw new RegistryConflict(`field ${place.module}.${place.field} is computed from a field that does not exist`)
      found.set(input, source.place)
      for (const further of behind(input)) found.set(`${further.module}.${further.field}`, further)
    }
    open.delete(id)
    const places = [...new Map([...found.values()].map((each) => [`${each.module}.${each.field}`, each])).values()]
    known.set(id, places)
    return places
  }
  for (const [id, { field }] of fields) if (field.formula || field.rollup || field.generatedFrom) behind(id)
  return known
}

function sourcesOf(module: string, field: FieldMetadata): readonly string[] {
  // Core fields alone are generated, and from core fields.
  return field.generatedFrom?.map((name) => fieldIdOf(module, { name })) ?? directInputs(field)
}
