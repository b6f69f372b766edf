import type { FieldDefinition, ModuleDefinition, Registry } from '../records/registry/definition.ts'

/**
 * What roles know a module by: `*`, the name of one that comes with the product, the number of one that was made at run time. The name of such a module
 * is free once it is deleted, and whoever has it next must not inherit rights on the one before.
 */
export function moduleKey({ custom, name, number }: Pick<ModuleDefinition, 'custom' | 'name' | 'number'>): string {
  return custom ? String(number) : name
}

/** What roles know a field by: its permanent id, which system fields of a module that was made at run time have from the module's key. */
export function fieldKey(
  module: Pick<ModuleDefinition, 'custom' | 'name' | 'number'>,
  { id, name, system }: Pick<FieldDefinition, 'id' | 'name' | 'system'>,
): string {
  return system ? `${moduleKey(module)}.${name}` : id
}

/** The module of a key; undefined for `*` and for a module that is deleted. */
export function moduleOfKey(key: string, registry: Registry): ModuleDefinition | undefined {
  return /^\d+$/.test(key) ? registry.byNumber.get(Number(key)) : registry.modules.get(key)
}
