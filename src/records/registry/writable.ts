import { isComputed } from '../../entities/value-type.ts'
import type { FieldDefinition, ModuleDefinition } from './definition.ts'
import { WRITABLE_SYSTEM_FIELDS } from './system-fields.ts'

/** Clients give the field a value, on create at least. */
export function isInput(field: FieldDefinition): boolean {
  if (field.readOnly || field.maintained || isComputed(field)) return false
  return !field.system || WRITABLE_SYSTEM_FIELDS.has(field.name)
}

/** Clients write the module at all: at least one field of its own is an input. Records of others come and go by what the system does. */
export function isWritable(module: ModuleDefinition): boolean {
  return [...module.fields.values()].some((field) => !field.system && isInput(field))
}
