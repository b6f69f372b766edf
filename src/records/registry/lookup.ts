import { extensionTable } from '../../entities/columns.ts'
import { GuanxiError, say } from '../../errors/index.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from './definition.ts'

/** Field of a module by its name or by an earlier one; undefined where there is none. */
export function fieldNamed(module: ModuleDefinition, name: string): FieldDefinition | undefined {
  return module.fields.get(name) ?? module.aliases.get(name)
}

/** A module's fields by their permanent ids. */
export function fieldsById(module: ModuleDefinition): ReadonlyMap<string, FieldDefinition> {
  return new Map([...module.fields.values()].map((field) => [field.id, field]))
}

/** Module that a REFERENCE, REFERENCES or USER field leads to; undefined for other fields and for references to any module. */
export function targetOf(field: FieldDefinition, registry: Registry): ModuleDefinition | undefined {
  const name = field.reference?.module
  return name === undefined || name === '*' ? undefined : registry.modules.get(name)
}

/** Throws UNAVAILABLE for a key whose unique index is not there: two records could have it, and each look would read the whole table. */
export function requireKey(module: ModuleDefinition, field: FieldDefinition): void {
  if (!field.keyUnavailable) return
  throw new GuanxiError(
    'UNAVAILABLE',
    say`A ${module.name} cannot be found by ${field.name} now: its unique index is still being built, or could not be. Try again shortly, or name the record by its id.`,
    { module: module.name, field: field.name },
  )
}

/**
 * Name under which `record_history.changes` keeps a field's values. A custom field's column passes on to another field one day, its id never does;
 * neither changes with the field's name.
 */
export function historyKey(field: FieldDefinition): string {
  return field.custom ? field.id : field.column
}

/** Module whose records stand in the table, which is the module's own or one of its extensions; undefined for any other table. */
export function moduleOfTable(registry: Registry, table: string): ModuleDefinition | undefined {
  return [...registry.modules.values()].find(
    (module) => module.table === table || module.extensions.some((number) => extensionTable(module.table, number) === table),
  )
}

/**
 * Field whose uniqueness a violated index (`constraint` of SQLSTATE 23505) protects: `<table>_<column>_key`, or
 * `<table>_<column>_lower_key` where case does not count; `table` is the one that holds the field. Undefined for any other index.
 */
export function uniqueFieldOf(module: ModuleDefinition, constraint: string): FieldDefinition | undefined {
  return module.uniqueFields.find((field) => {
    const table = field.extension ? extensionTable(module.table, field.extension) : module.table
    const prefix = `${table}_${field.column}`
    return constraint === `${prefix}_key` || constraint === `${prefix}_lower_key`
  })
}
