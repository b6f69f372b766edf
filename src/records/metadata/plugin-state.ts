import { GuanxiError, listed, type Message, say } from '../../errors/index.ts'
import { applyState } from './apply.ts'
import type { MetadataChange, MetadataOwner } from './change.ts'
import { renewRequiredChecks } from './change-module.ts'
import type { ModuleSite } from './create-module.ts'
import type { FieldInput, ModuleInput } from './field-input.ts'
import { computedFrom, purgeModule } from './purge-module.ts'
import { purgeField } from './remove-field.ts'
import { exportState, type ModuleState } from './state.ts'
import type { StoredModule, StoredState } from './stored.ts'
import type { Workspace } from './workspace.ts'

/** What a plugin brings: modules of its own, and fields of modules that others have made. */
export interface PluginSchema {
  readonly modules: readonly ModuleInput[]
  readonly fields: readonly (FieldInput & { readonly module: string })[]
  /** Fields of the plugin that it does not bring now and will bring again: withheld with their values, where they are there. */
  readonly held?: readonly FieldName[]
}

/** A field by its names. */
export interface FieldName {
  readonly module: string
  readonly name: string
}

/**
 * Makes the plugin's modules and fields what its schema says, whatever it brought before; what was withheld is served again with its data, what the schema does not name any
 * more is deleted. Nobody else's are touched. Throws VALIDATION_FAILED, DUPLICATE for names that belong to somebody else, LIMIT_EXCEEDED.
 */
export async function applyPlugin(change: MetadataChange, owner: MetadataOwner, schema: PluginSchema, site: ModuleSite): Promise<void> {
  move(change, owner.plugin, 'withheld', 'active')
  holdFields(change, owner.plugin, schema.held ?? [])
  await applyState({ ...change, owner }, withPlugin(change.workspace, owner.plugin, schema), site, false)
}

/** Takes the plugin's modules and fields out of what is served, and keeps them with their data. What others have built on them waits for them. */
export function withholdPlugin(change: MetadataChange, plugin: string): void {
  move(change, plugin, 'active', 'withheld')
}

/** Takes some of the plugin's fields out of what is served, and keeps them with their values. */
export function holdFields({ workspace, rows, touched }: MetadataChange, plugin: string, names: readonly FieldName[]): void {
  const held = workspace.fields.filter(
    (field) =>
      field.ownerPlugin === plugin &&
      field.state === 'active' &&
      names.some(({ module, name }) => name === field.name && workspace.holderOf(field)?.name === module),
  )
  if (held.length === 0) return
  for (const field of held) workspace.put({ field: { ...field, state: 'withheld' } })
  rows.push({ text: `UPDATE custom_field SET state = 'withheld' WHERE id = ANY($1::uuid[])`, values: [held.map(({ id }) => id)], purpose: 'platform' })
  touched.push(...held.map((field) => `${workspace.holderOf(field)?.name}.${field.name}`))
}

/** Gives the plugin's modules and fields up for good, with their data and whatever others have built on them. */
export async function purgePlugin(change: MetadataChange, plugin: string): Promise<void> {
  const { workspace } = change
  for (const module of workspace.modules) if (module.ownerPlugin === plugin && module.state !== 'purged') await purgeModule(change, module)
  const standing = workspace.fields.filter(({ state }) => state !== 'purged')
  const own = standing.filter(({ ownerPlugin }) => ownerPlugin === plugin)
  for (const field of [...own, ...computedFrom(own, standing)]) purgeField(change, field)
}

/** Brings all that is the plugin's from one state to the other. */
function move(change: MetadataChange, plugin: string, from: StoredState, to: StoredState): void {
  const { workspace, rows } = change
  const moves = ({ ownerPlugin, state }: Pick<StoredModule, 'ownerPlugin' | 'state'>) => ownerPlugin === plugin && state === from
  const modules = workspace.modules.filter(moves)
  const fields = workspace.fields.filter(moves)
  for (const module of modules) workspace.put({ module: { ...module, state: to } })
  for (const field of fields) workspace.put({ field: { ...field, state: to } })
  if (modules.length + fields.length === 0) return
  // Required references that lead there cannot be demanded while nobody can give them.
  renewRequiredChecks(change, modules)
  for (const table of ['custom_module', 'custom_field'])
    rows.push({ text: `UPDATE ${table} SET state = $3 WHERE owner_plugin = $1 AND state = $2`, values: [plugin, from, to], purpose: 'platform' })
  change.touched.push(...modules.map(({ name }) => name), ...fields.map((field) => `${workspace.holderOf(field)?.name}.${field.name}`))
}

/** The whole state as it stands, with the plugin's part as its schema says. */
function withPlugin(workspace: Workspace, plugin: string, schema: PluginSchema): ModuleState[] {
  const owners = ownersOf(workspace)
  const states = new Map<string, ModuleState>()
  for (const state of exportState(workspace)) {
    const fields = (state.fields ?? []).filter(({ name }) => owners.field(state.name, name) !== plugin)
    if (owners.module(state.name) === plugin && !schema.modules.some(({ name }) => name === state.name)) refuseForeign(state.name, fields, plugin)
    else states.set(state.name, { ...state, fields })
  }
  for (const module of schema.modules) {
    const standing = states.get(module.name)
    if (standing && owners.module(module.name) !== plugin) throw taken(say`The module ${module.name}`, owners.module(module.name), plugin)
    states.set(module.name, { ...standing, ...module, fields: joined(module.name, module.fields ?? [], standing, plugin, owners) })
  }
  for (const [module, fields] of byModule(schema.fields)) {
    const standing = states.get(module) ?? { name: module }
    states.set(module, { ...standing, fields: joined(module, fields, standing, plugin, owners) })
  }
  return [...states.values()]
}

/** The plugin's fields of a module before those of others. */
function joined(module: string, own: readonly FieldInput[], standing: ModuleState | undefined, plugin: string, owners: Owners): readonly FieldInput[] {
  const others = standing?.fields ?? []
  const clash = others.find(({ name }) => own.some((field) => field.name === name))
  if (clash) throw taken(say`The field ${module}.${clash.name}`, owners.field(module, clash.name), plugin)
  return [...own, ...others]
}

function byModule(fields: PluginSchema['fields']): ReadonlyMap<string, readonly FieldInput[]> {
  const groups = new Map<string, FieldInput[]>()
  for (const { module, ...field } of fields) groups.set(module, [...(groups.get(module) ?? []), field])
  return groups
}

/** Fields of administrators on a module that leaves would go with it, and nobody has asked them. */
function refuseForeign(module: string, fields: readonly FieldInput[], plugin: string): void {
  if (fields.length === 0) return
  const names = listed(fields.map(({ name }) => name))
  throw new GuanxiError('DUPLICATE', say`The plugin ${plugin} gives up its module ${module}, which still has fields of others: ${names}. Delete them first.`)
}

function taken(what: Message, owner: string | null | undefined, plugin: string): GuanxiError {
  const message =
    owner == null
      ? say`${what} of the plugin ${plugin} is there already and belongs to the administrators. Rename or delete that first.`
      : say`${what} of the plugin ${plugin} belongs to the plugin ${owner}. Rename or delete that first.`
  return new GuanxiError('DUPLICATE', message)
}

interface Owners {
  /** Undefined: no custom module of that name is served; null: an administrator's. */
  module(name: string): string | null | undefined
  field(module: string, name: string): string | null | undefined
}

/** Whom what is served belongs to. */
export function ownersOf(workspace: Workspace): Owners {
  const modules = new Map(workspace.modules.filter(({ state }) => state === 'active').map(({ name, ownerPlugin }) => [name, ownerPlugin]))
  const active = workspace.fields.filter(({ state }) => state === 'active')
  const fields = new Map(active.map((field) => [`${workspace.moduleOf(field)?.name}.${field.name}`, field.ownerPlugin]))
  return { module: (name) => modules.get(name), field: (module, name) => fields.get(`${module}.${name}`) }
}
