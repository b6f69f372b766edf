import { columnsOf } from '../../entities/columns.ts'
import type { FieldMetadata, ModuleMetadata } from '../../entities/metadata.ts'
import { isComputed } from '../../entities/value-type.ts'
import { DefectError } from '../../errors/index.ts'
import { checkModule } from './check-module.ts'
import { RegistryConflict } from './conflict.ts'
import type { EnabledPlugin, FieldDefinition, FieldPlace, InverseRelation, ModuleDefinition, Registry } from './definition.ts'
import { derivedNames, typeNameOf } from './derived-names.ts'
import { collectInputs, fieldIdOf } from './inputs.ts'
import { systemFields } from './system-fields.ts'

export { isComputed, valueTypeOf } from '../../entities/value-type.ts'
export { RegistryConflict } from './conflict.ts'
export type { EnabledPlugin, FieldDefinition, FieldPlace, InverseRelation, ModuleDefinition, Registry } from './definition.ts'
export { derivedNames, typeNameOf } from './derived-names.ts'
export { directInputs, expressionFields, fieldIdOf } from './inputs.ts'
export { fieldNamed, fieldsById, historyKey, moduleOfTable, requireKey, targetOf, uniqueFieldOf } from './lookup.ts'
export { NAME_PATTERN, OBJECT_NAMES, PRODUCT_MODULE_NAMES, RESERVED_FIELD_NAMES, RESERVED_MODULE_NAMES } from './reserved-names.ts'
export { WRITABLE_SYSTEM_FIELDS } from './system-fields.ts'
export { isInput, isWritable } from './writable.ts'

/** Numbers of modules that were made at run time begin here. */
export const FIRST_CUSTOM_NUMBER = 1000

/**
 * The registry of these modules at a schema epoch: an immutable snapshot. Throws RegistryConflict, naming the owner, where two
 * modules claim one name, a list of one module meets a field of another, or a reference leads nowhere.
 */
export function buildRegistry(metadata: readonly ModuleMetadata[], version: number, plugins: readonly EnabledPlugin[] = []): Registry {
  for (const module of metadata) if (!known.has(module)) checkModule(module)
  checkClaims(metadata)
  const inverses = collectInverses(metadata)
  const inputs = collectInputs(metadata)
  const definitions = metadata.map((module) => definitionOf(module, inverses.get(module.name) ?? NO_INVERSES, inputs))
  const modules: ReadonlyMap<string, ModuleDefinition> = new Map(definitions.map((module) => [module.name, module]))
  return Object.freeze({
    version,
    modules,
    plugins: Object.freeze([...plugins]),
    byNumber: new Map(definitions.map((module) => [module.number, module])),
    module(name: string): ModuleDefinition {
      const found = modules.get(name)
      if (!found) throw new DefectError(`there is no module ${name} in version ${version} of the registry`)
      return found
    },
  })
}

const NO_INVERSES: readonly InverseRelation[] = Object.freeze([])

/** What was made of metadata before: most changes at run time touch one module of many, and the others' metadata are the same objects. */
const known = new WeakMap<ModuleMetadata, { readonly inverses: readonly InverseRelation[]; readonly definition: ModuleDefinition }>()

function definitionOf(module: ModuleMetadata, inverses: readonly InverseRelation[], inputs: ReadonlyMap<string, readonly FieldPlace[]>): ModuleDefinition {
  const before = known.get(module)
  // What computed fields are made of may have changed in other modules.
  if (before && sameInverses(before.inverses, inverses) && !module.fields.some(isComputed)) return before.definition
  const definition = define(module, inverses, inputs)
  known.set(module, { inverses, definition })
  return definition
}

function sameInverses(some: readonly InverseRelation[], others: readonly InverseRelation[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ name, module, field }, index) => name === others[index]?.name && module === others[index].module && field === others[index].field)
  )
}

function define(module: ModuleMetadata, inverses: readonly InverseRelation[], inputs: ReadonlyMap<string, readonly FieldPlace[]>): ModuleDefinition {
  const custom = module.number >= FIRST_CUSTOM_NUMBER
  const definition = (field: FieldMetadata, system: boolean): FieldDefinition => {
    const id = fieldIdOf(module.name, field)
    // A number that records had before would be given to another one.
    const fixed = field.type === 'AUTO_NUMBER' ? { createOnly: true } : {}
    return Object.freeze({ ...field, ...fixed, id, module: module.name, custom: field.id !== undefined, system, inputs: inputs.get(id) ?? NO_INPUTS })
  }
  const fields = [...systemFields(module.name).map((field) => definition(field, true)), ...module.fields.map((field) => definition(field, false))]
  return Object.freeze({
    ...module,
    custom,
    typeName: typeNameOf(module.name),
    fields: new Map(fields.map((field) => [field.name, field])),
    aliases: new Map(fields.flatMap((field) => (field.aliases ?? []).map((alias) => [alias, field] as const))),
    extensions: Object.freeze([...new Set(fields.map((field) => field.extension ?? 0))].filter((number) => number > 0).sort((a, b) => a - b)),
    inverses: new Map(inverses.map((inverse) => [inverse.name, inverse])),
    uniqueFields: Object.freeze(fields.filter((field) => field.unique)),
    searchableFields: Object.freeze(fields.filter((field) => field.searchable)),
    storedFields: Object.freeze(fields.filter((field) => columnsOf(field).length > 0)),
    linkFields: Object.freeze(fields.filter(({ type }) => type === 'REFERENCES')),
    virtualFields: Object.freeze(fields.filter((field) => isComputed(field) || (field.extension ?? 0) > 0)),
  })
}

const NO_INPUTS: readonly FieldPlace[] = Object.freeze([])

/** Names, tables, numbers and everything that the schema makes of them belong to one module each. */
function checkClaims(metadata: readonly ModuleMetadata[]): void {
  const owners = new Map<string, string>()
  const claim = (kind: string, what: string | number, owner: string) => {
    const key = `${kind} ${what}`
    const holder = owners.get(key)
    if (holder !== undefined) throw new RegistryConflict(`module ${owner} claims the ${key}, which belongs to module ${holder}`)
    owners.set(key, owner)
  }
  for (const module of metadata) {
    claim('number', module.number, module.name)
    claim('table', module.table, module.name)
    const names = derivedNames(module)
    for (const field of names.queries) claim('query', field, module.name)
    for (const type of names.types) claim('type', type, module.name)
    for (const field of names.mutations) claim('mutation', field, module.name)
    for (const field of names.subscriptions) claim('subscription', field, module.name)
  }
}

function collectInverses(metadata: readonly ModuleMetadata[]): ReadonlyMap<string, readonly InverseRelation[]> {
  const byModule = new Map(metadata.map((module) => [module.name, module]))
  const inverses = new Map<string, InverseRelation[]>()
  for (const module of metadata) {
    for (const field of [...systemFields(module.name), ...module.fields]) {
      const { reference } = field
      if (!reference || reference.module === '*') continue
      const where = `${module.name}.${field.name}`
      const target = byModule.get(reference.module)
      // A registry of a few modules (a test, a plugin's check) need not hold users and teams for the system fields.
      if (!target && reference.inverseName === undefined && (reference.module === 'user' || reference.module === 'team')) continue
      if (!target) throw new RegistryConflict(`field ${where} refers to module ${reference.module}, which does not exist`)
      if (reference.inverseName === undefined) continue
      const taken = inverses.get(target.name) ?? []
      const holder = taken.find((inverse) => inverse.name === reference.inverseName)
      if (holder)
        throw new RegistryConflict(
          `field ${where} claims the list ${target.name}.${reference.inverseName}, which belongs to ${holder.module}.${holder.field}`,
          'DUPLICATE',
        )
      const named = [...systemFields(target.name), ...target.fields].flatMap((other) => [other.name, ...(other.aliases ?? [])])
      if ([...named, ...(target.members ?? [])].includes(reference.inverseName)) {
        throw new RegistryConflict(
          `field ${where} claims the list ${target.name}.${reference.inverseName}, which is a field of module ${target.name}`,
          'DUPLICATE',
        )
      }
      inverses.set(target.name, [...taken, Object.freeze({ name: reference.inverseName, module: module.name, field: field.name })])
    }
  }
  return inverses
}
