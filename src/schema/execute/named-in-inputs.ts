import type { FieldDefinition, ModuleDefinition, Registry } from '../../records/registry/definition.ts'
import { targetOf } from '../../records/registry/index.ts'
import type { RecordInput, RecordRef } from '../../records/write/request.ts'

/** Adds the ids of the custom fields that inputs of a module write, and of those by which they find other records. All names are present ones. */
export function noteWritten(inputs: readonly RecordInput[], module: ModuleDefinition, registry: Registry, named: Set<string>): void {
  for (const field of module.fields.values()) {
    if (field.custom && inputs.some((input) => field.name in input)) named.add(field.id)
    const target = targetOf(field, registry)
    if (target?.uniqueFields.some(({ custom }) => custom))
      noteKeys(
        inputs.flatMap((input) => refsOf(input[field.name], field)),
        target,
        named,
      )
  }
}

/** Adds the ids of the custom fields by which records of a module are found. */
export function noteKeys(refs: readonly RecordRef[], module: ModuleDefinition, named: Set<string>): void {
  for (const field of module.uniqueFields) if (field.custom && refs.some((ref) => field.name in ref)) named.add(field.id)
}

function refsOf(value: unknown, field: FieldDefinition): readonly RecordRef[] {
  if (typeof value !== 'object' || value === null) return []
  if (field.type !== 'REFERENCES') return [value as RecordRef]
  return Object.values(value as Readonly<Record<string, readonly RecordRef[] | null>>).flatMap((refs) => refs ?? [])
}
