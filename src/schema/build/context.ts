import { DefectError } from '../../errors/index.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../../records/registry/definition.ts'
import type { ModuleTypes } from './module-types.ts'
import type { SchemaResolvers } from './options.ts'
import type { SharedTypes } from './shared/index.ts'

/** What the families of one build share. Lives as long as the build; the types' thunks are the last to use it. */
export interface BuildContext {
  readonly registry: Registry
  readonly resolvers: SchemaResolvers
  readonly shared: SharedTypes
  /** A field's description; the same text in each of the ten or so types that mention the field. */
  readonly describe: (field: FieldDefinition) => string
  readonly modules: ReadonlyMap<string, ModuleTypes>
}

/** Types of a module by name. Throws DefectError for a module that the registry does not have (a reference into nothing). */
export function typesOf(context: BuildContext, module: string): ModuleTypes {
  const types = context.modules.get(module)
  if (!types) throw new DefectError(`The registry refers to the module ${module} and does not have it.`)
  return types
}

/** The module that a connection or relation lists, with its types. */
export function listedModule(context: BuildContext, name: string): ModuleDefinition {
  return typesOf(context, name).module
}
