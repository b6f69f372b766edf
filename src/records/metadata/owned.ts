import { say, validationFailed } from '../../errors/index.ts'
import { ownersOf } from './plugin-state.ts'
import { exportState, type FieldState, type ModuleState } from './state.ts'
import type { Workspace } from './workspace.ts'

/** What a plugin has brought changes with the plugin alone. Throws VALIDATION_FAILED. */
export function refuseOwned({ name, ownerPlugin }: { readonly name: string; readonly ownerPlugin: string | null }, argument: string): void {
  if (ownerPlugin === null) return
  throw validationFailed([{ path: [argument], code: 'OWNED', message: say`${name} belongs to the plugin ${ownerPlugin} and changes with it alone.` }])
}

/** The state without what belongs to plugins: of their modules the fields that administrators have added. */
export function exportOwn(workspace: Workspace): ModuleState[] {
  const owners = ownersOf(workspace)
  return exportState(workspace).flatMap((state): ModuleState[] => {
    const fields = (state.fields ?? []).filter(({ name }) => owners.field(state.name, name) == null)
    if (owners.module(state.name) == null) return fields.length > 0 || owners.module(state.name) === null ? [{ ...state, fields }] : []
    return fields.length > 0 ? [{ name: state.name, fields }] : []
  })
}

/** An administrator's state, and what belongs to plugins as it stands. Throws VALIDATION_FAILED where it would change that. */
export function withOwned(wanted: readonly ModuleState[], workspace: Workspace): ModuleState[] {
  const owners = ownersOf(workspace)
  const standing = new Map(exportState(workspace).map((state) => [state.name, state]))
  const states = wanted.map((state, index): ModuleState => {
    const before = standing.get(state.name)
    const owner = owners.module(state.name)
    const kept = ownedFields(before, owners)
    const clash = (state.fields ?? []).findIndex(({ name, was }) => kept.some((field) => field.name === name || field.name === was))
    if (clash >= 0) refuse(['input', index, 'fields', clash, 'name'], `${state.name}.${state.fields?.[clash]?.name}`)
    if (owner == null || !before) return kept.length > 0 ? { ...state, fields: [...(state.fields ?? []), ...kept] } : state
    const { name: _, fields, ...described } = state
    if (Object.values(described).some((value) => value != null)) refuse(['input', index], state.name)
    return { ...before, fields: [...(fields ?? []), ...kept] }
  })
  const named = new Set(wanted.map(({ name }) => name))
  const unnamed = [...standing.values()].flatMap((state): ModuleState[] => {
    const kept = ownedFields(state, owners)
    if (named.has(state.name) || (owners.module(state.name) == null && kept.length === 0)) return []
    // A module of an administrator that leaves takes along what a plugin has added to it.
    return owners.module(state.name) === null ? [] : [{ ...state, fields: kept }]
  })
  return [...states, ...unnamed]
}

function ownedFields(state: ModuleState | undefined, owners: ReturnType<typeof ownersOf>): readonly FieldState[] {
  return (state?.fields ?? []).filter(({ name }) => owners.field(state?.name as string, name) != null)
}

function refuse(path: readonly (string | number)[], what: string): never {
  throw validationFailed([{ path, code: 'OWNED', message: say`${what} belongs to a plugin and changes with it alone; leave it out.` }])
}
