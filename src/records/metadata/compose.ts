import type { FieldMetadata, ModuleMetadata } from '../../entities/metadata.ts'
import { isUuid } from '../../lib/record-id.ts'
import { directInputs, type EnabledPlugin, expressionFields } from '../registry/index.ts'
import type { StoredField, StoredMetadata, StoredModule } from './stored.ts'

/**
 * The modules that are served: core ones with their custom fields behind their own, and custom ones. What is deleted is left out, and so are
 * references whose target is, and what is computed from them; they come back with it.
 */
export function composeModules(core: readonly ModuleMetadata[], stored: Pick<StoredMetadata, 'modules' | 'fields' | 'plugins'>): ModuleMetadata[] {
  const active = stored.modules.filter(({ state }) => state === 'active')
  const served = servedFields(core, active, stored.fields)
  const isThere = inputTest(served)
  const byModule = new Map<number, FieldMetadata[]>()
  for (const field of served) {
    const { requiredWhen, ...rest } = fieldMetadata(field)
    // A condition over something that is not there asks for nothing.
    const metadata = requiredWhen && expressionFields(requiredWhen).every(isThere) ? { ...rest, requiredWhen } : rest
    const fields = byModule.get(field.moduleNumber)
    if (fields) fields.push(metadata)
    else byModule.set(field.moduleNumber, [metadata])
  }
  const extended = core.map((module) => {
    const fields = byModule.get(module.number)
    return fields ? { ...module, fields: [...module.fields, ...fields] } : module
  })
  const modules = [...extended, ...active.map((module) => moduleMetadata(module, byModule.get(module.number) ?? []))]
  return withMembers(modules, stored.plugins ?? [])
}

/** With the computed fields of plugins among the members of their modules. */
function withMembers(modules: ModuleMetadata[], plugins: readonly EnabledPlugin[]): ModuleMetadata[] {
  const added = new Map<string, string[]>()
  for (const { members } of plugins) for (const [module, names] of Object.entries(members)) added.set(module, [...(added.get(module) ?? []), ...names])
  if (added.size === 0) return modules
  return modules.map((module) => {
    // One that has become a field of the product meanwhile is the plugin's problem, and not that of whoever starts the server.
    const names = added.get(module.name)?.filter((name) => !module.fields.some((field) => field.name === name))
    return names ? { ...module, members: [...(module.members ?? []), ...names] } : module
  })
}

/** Active fields of modules that are served, whose target is served, and everything that they are computed from. */
function servedFields(core: readonly ModuleMetadata[], active: readonly StoredModule[], fields: readonly StoredField[]): readonly StoredField[] {
  const names = new Set(core.map(({ name }) => name))
  const numbers = new Set([...core, ...active].map(({ number }) => number))
  const hasTarget = ({ parameters: { reference } }: StoredField) =>
    !reference || reference.module === '*' || (reference.moduleNumber === undefined ? names.has(reference.module) : numbers.has(reference.moduleNumber))
  let served = fields.filter((field) => field.state === 'active' && numbers.has(field.moduleNumber) && hasTarget(field))
  for (;;) {
    const isThere = inputTest(served)
    const whole = served.filter(({ parameters }) => directInputs(parameters).every(isThere))
    if (whole.length === served.length) return served
    served = whole
  }
}

/** Tells whether a field with this id is served. Ids of fields that come with a module are made of names, and are there with it. */
function inputTest(served: readonly StoredField[]): (id: string) => boolean {
  const ids = new Set(served.map(({ id }) => id))
  return (id) => !isUuid(id) || ids.has(id)
}

function moduleMetadata(module: StoredModule, fields: readonly FieldMetadata[]): ModuleMetadata {
  const { number, name, pluralName, label, pluralLabel, table, nameField, accessParent } = module
  return { number, name, pluralName, label, pluralLabel, table, nameField, ...(accessParent !== null && { accessParent }), fields }
}

/** A stored field as the registry takes it. Search and keys wait for their indexes. */
export function fieldMetadata({ id, ordinal, name, aliases, type, label, parameters, column, extension, indexes }: StoredField): FieldMetadata {
  const isReady = (kind: string) => indexes.some((index) => index.kind === kind && index.state === 'ready')
  return {
    ...parameters,
    id,
    ...(ordinal !== undefined && { ordinal }),
    name,
    aliases,
    type,
    label,
    column,
    extension,
    searchable: parameters.searchable === true && isReady('search'),
    keyUnavailable: parameters.unique === true && !isReady('unique'),
  }
}

/** `ready`, or what is wrong or under way with its indexes, or `deleted`. */
export function fieldState({ state, indexes }: Pick<StoredField, 'state' | 'indexes'>): string {
  if (state !== 'active') return state
  if (indexes.some((index) => index.state === 'failed')) return 'failed'
  return indexes.some((index) => index.state === 'building') ? 'building' : 'ready'
}
