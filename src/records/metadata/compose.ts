import type { FieldMetadata, ModuleMetadata } from '../../entities/metadata.ts'
import type { StoredField, StoredMetadata, StoredModule } from './stored.ts'

/**
 * The modules that are served: core ones with their custom fields behind their own, and custom ones. What is deleted is left out, and so is a
 * reference whose target is.
 */
export function composeModules(core: readonly ModuleMetadata[], stored: Pick<StoredMetadata, 'modules' | 'fields'>): ModuleMetadata[] {
  const active = stored.modules.filter(({ state }) => state === 'active')
  const names = new Set([...core, ...active].map(({ name }) => name))
  const byModule = new Map<number, FieldMetadata[]>()
  for (const field of stored.fields) {
    if (field.state !== 'active') continue
    const { reference } = field.parameters
    if (reference && reference.module !== '*' && !names.has(reference.module)) continue
    const fields = byModule.get(field.moduleNumber)
    if (fields) fields.push(fieldMetadata(field))
    else byModule.set(field.moduleNumber, [fieldMetadata(field)])
  }
  const extended = core.map((module) => {
    const fields = byModule.get(module.number)
    return fields ? { ...module, fields: [...module.fields, ...fields] } : module
  })
  return [...extended, ...active.map((module) => moduleMetadata(module, byModule.get(module.number) ?? []))]
}

function moduleMetadata(module: StoredModule, fields: readonly FieldMetadata[]): ModuleMetadata {
  const { number, name, pluralName, label, pluralLabel, table, nameField, accessParent } = module
  return { number, name, pluralName, label, pluralLabel, table, nameField, ...(accessParent !== null && { accessParent }), fields }
}

/** A stored field as the registry takes it. Search and keys wait for their indexes. */
export function fieldMetadata({ id, name, aliases, type, label, parameters, column, extension, indexes }: StoredField): FieldMetadata {
  const isReady = (kind: string) => indexes.some((index) => index.kind === kind && index.state === 'ready')
  return {
    ...parameters,
    id,
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
