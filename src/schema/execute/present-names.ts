import { say, validationFailed } from '../../errors/index.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../../records/registry/definition.ts'
import { fieldNamed, targetOf } from '../../records/registry/index.ts'
import type { RecordInput, RecordRef } from '../../records/write/request.ts'

type Path = readonly (string | number)[]

/** Inputs and keys of one module with their members under the present names of their fields, which are the only ones that the write pipeline knows. */
export interface PresentNames {
  /** Throws VALIDATION_FAILED where a field is given under two of its names. */
  input(input: RecordInput, path: Path): RecordInput
  ref(ref: RecordRef): RecordRef
}

/** Most modules have no field of an earlier name, and refer to none that has: what they are given is left as it is. */
const AS_GIVEN: PresentNames = { input: (input) => input, ref: (ref) => ref }

export function presentNames(module: ModuleDefinition, registry: Registry): PresentNames {
  const isRenamed = (each: ModuleDefinition | undefined): boolean => each !== undefined && each.aliases.size > 0
  if (!isRenamed(module) && ![...module.fields.values()].some((field) => isRenamed(targetOf(field, registry)))) return AS_GIVEN
  return { input: (input, path) => presentInput(input, module, path, registry), ref: (ref) => presentRef(ref, module) }
}

function presentInput(input: RecordInput, module: ModuleDefinition, path: Path, registry: Registry): RecordInput {
  const given = new Map<string, string>()
  const members = Object.entries(input).map(([name, value]) => {
    const field = fieldNamed(module, name)
    if (!field) return [name, value]
    const other = given.get(field.name)
    if (other !== undefined) {
      throw validationFailed([{ path: [...path, name], code: 'REPEATED', message: say`${other} and ${name} are names of one field; give one of them.` }])
    }
    given.set(field.name, name)
    return [field.name, presentValue(value, field, registry)]
  })
  return Object.fromEntries(members)
}

function presentRef(ref: RecordRef, module: ModuleDefinition): RecordRef {
  return Object.fromEntries(Object.entries(ref).map(([name, value]) => [module.aliases.get(name)?.name ?? name, value]))
}

function presentValue(value: unknown, field: FieldDefinition, registry: Registry): unknown {
  const target = targetOf(field, registry)
  if (target === undefined || target.aliases.size === 0 || typeof value !== 'object' || value === null) return value
  if (field.type !== 'REFERENCES') return presentRef(value as RecordRef, target)
  const lists = Object.entries(value as Readonly<Record<string, readonly RecordRef[] | null>>)
  return Object.fromEntries(lists.map(([change, refs]) => [change, refs?.map((ref) => presentRef(ref, target)) ?? refs]))
}
