import { isDeepStrictEqual } from 'node:util'
import { type Issue, validationFailed } from '../../errors/index.ts'
import type { MetadataChange } from './change.ts'
import { deleteModule, updateModule } from './change-module.ts'
import { createFields, type NewField } from './create-fields.ts'
import { createModule, type ModuleSite } from './create-module.ts'
import { type Dependent, dependentsOf, expressionsOver, outsideDependents } from './dependents.ts'
import { describeField, describeModule } from './describe-field.ts'
import type { FieldInput, ModuleInput } from './field-input.ts'
import { deleteField } from './remove-field.ts'
import type { StoredField } from './stored.ts'
import { type FieldPatch, previewConversion, updateField } from './update-field.ts'
import type { Workspace } from './workspace.ts'

/** The wanted state of one module: of a core one its custom fields, of a custom one everything. */
export interface ModuleState extends Omit<ModuleInput, 'pluralName' | 'fields'> {
  /** Demanded of custom modules. */
  readonly pluralName?: string | null
  readonly fields?: readonly FieldState[] | null
}

/** `was`: the name that the field has now, where it is to be renamed. */
export type FieldState = FieldInput & { readonly was?: string | null }

/** One difference between the state that holds and the one that is wanted. */
export interface PlanStep {
  readonly action: 'CREATE' | 'CHANGE' | 'REMOVE'
  readonly module: string
  /** Null: the module itself. */
  readonly field: string | null
  /** Members of the description that change. */
  readonly changes: readonly string[]
  /** What depends on it. */
  readonly touches: readonly Dependent[]
  /** Values that have no form in the new type. */
  readonly unconvertible: { readonly count: number; readonly examples: readonly string[] } | null
}

/** The whole state: each module that has custom fields, and each custom one. */
export function exportState(workspace: Workspace): ModuleState[] {
  const fieldsOf = (number: number): FieldState[] =>
    workspace
      .fieldsOf(number)
      .filter(({ state }) => state === 'active')
      .map((field) => describeField(field, workspace.registry))
  const core = workspace.core.flatMap(({ name, number }) => {
    const fields = fieldsOf(number)
    return fields.length > 0 ? [{ name, fields }] : []
  })
  const custom = workspace.modules.filter(({ state }) => state === 'active').map((module) => ({ ...describeModule(module), fields: fieldsOf(module.number) }))
  return [...core, ...custom]
}

/**
 * Makes the stored metadata what `wanted` says: all of it in one change. Modules and fields that it does not name are removed. A plan tells each step;
 * with `planOnly` steps that could not be carried out are told in it and left out.
 */
export async function applyState(change: MetadataChange, wanted: readonly ModuleState[], site: ModuleSite, planOnly: boolean): Promise<PlanStep[]> {
  const { workspace } = change
  checkState(wanted, workspace)
  const steps: PlanStep[] = []
  const isNew = (state: ModuleState) => workspace.module(state.name) === undefined
  const created = wanted.filter(isNew)
  for (const [index, state] of wanted.entries()) {
    if (!created.includes(state)) continue
    await createModule(change, { ...state, pluralName: state.pluralName as string, fields: (state.fields ?? []).filter(isPlain) }, site, ['input', index])
    steps.push(step('CREATE', state.name, null), ...(state.fields ?? []).filter(isPlain).map(({ name }) => step('CREATE', state.name, name)))
  }
  await removeFields(change, wanted, steps, planOnly)
  const added = wanted.flatMap((state, index) => newFields(workspace, state, created.includes(state), index))
  await createFields(change, added, site.currency)
  steps.push(...added.map(({ module, input }) => step('CREATE', module.name, input.name)))
  for (const [index, state] of wanted.entries())
    if (!created.includes(state)) await changeModule(change, state, site.currency, ['input', index], steps, planOnly)
  removeModules(change, wanted, steps, planOnly)
  return steps
}

function step(action: PlanStep['action'], module: string, field: string | null, more: Partial<PlanStep> = {}): PlanStep {
  return { action, module, field, changes: [], touches: [], unconvertible: null, ...more }
}

/** Fields that need nothing but their module come with it; the others once all modules are there. */
function isPlain({ type, requiredWhen }: FieldInput): boolean {
  return !['REFERENCE', 'REFERENCES', 'USER', 'FORMULA', 'ROLLUP'].includes(type) && requiredWhen == null
}

function checkState(wanted: readonly ModuleState[], workspace: Workspace): void {
  const issues: Issue[] = []
  const names = new Set<string>()
  for (const [index, state] of wanted.entries()) {
    if (names.has(state.name)) issues.push({ path: ['input', index, 'name'], code: 'REPEATED', message: `The module ${state.name} is described twice.` })
    names.add(state.name)
    const fields = new Set<string>()
    for (const [place, { name }] of (state.fields ?? []).entries()) {
      if (fields.has(name)) issues.push({ path: ['input', index, 'fields', place, 'name'], code: 'REPEATED', message: `The field ${name} is described twice.` })
      fields.add(name)
    }
    if (!workspace.module(state.name) && state.pluralName == null)
      issues.push({ path: ['input', index, 'pluralName'], code: 'REQUIRED', message: `There is no module ${state.name}; a new one needs its pluralName.` })
  }
  if (issues.length > 0) throw validationFailed(issues)
}

/** The stored field that a wanted one stands for: of its name, or of the one that it had. */
function counterpart(workspace: Workspace, module: string, { name, was }: FieldState): StoredField | undefined {
  const number = workspace.module(module)?.number
  const active = number === undefined ? [] : workspace.fieldsOf(number).filter(({ state }) => state === 'active')
  return active.find((field) => field.name === (was ?? name)) ?? active.find((field) => field.name === name)
}

function newFields(workspace: Workspace, state: ModuleState, isNew: boolean, index: number): NewField[] {
  const module = workspace.module(state.name)
  if (!module) return []
  return (state.fields ?? []).flatMap((field, place) => {
    if ((isNew && isPlain(field)) || counterpart(workspace, state.name, field)) return []
    const { was: _, ...input } = field
    return [{ module: { name: module.name, number: module.number, table: module.table }, input, path: ['input', index, 'fields', place] }]
  })
}

/** Fields that are computed from others go before those. */
async function removeFields(change: MetadataChange, wanted: readonly ModuleState[], steps: PlanStep[], planOnly: boolean): Promise<void> {
  const { workspace } = change
  const kept = new Set(wanted.flatMap((state) => (state.fields ?? []).map((field) => counterpart(workspace, state.name, field)?.id)))
  const states = new Set(wanted.map(({ name }) => name))
  const isLeaving = (field: StoredField) => {
    const module = workspace.moduleOf(field)
    // The fields of a module that leaves go with it.
    return field.state === 'active' && module !== undefined && !kept.has(field.id) && (!module.custom || states.has(module.name))
  }
  let open = workspace.fields.filter(isLeaving)
  while (open.length > 0) {
    const free = open.filter((field) => expressionsOver(field, workspace).length === 0)
    const round = free.length > 0 ? free : open
    for (const field of round) {
      const touches = await dependentsOf(field, workspace, change.transaction)
      steps.push(step('REMOVE', workspace.moduleOf(field)?.name ?? '', field.name, { touches }))
      if (!planOnly || !touches.some(({ blocking }) => blocking)) deleteField(change, field)
    }
    open = open.filter((field) => !round.includes(field))
  }
}

async function changeModule(
  change: MetadataChange,
  state: ModuleState,
  currency: string,
  path: readonly (string | number)[],
  steps: PlanStep[],
  planOnly: boolean,
): Promise<void> {
  const { workspace } = change
  for (const [place, wanted] of (state.fields ?? []).entries()) {
    const before = counterpart(workspace, state.name, wanted)
    if (before) await changeField(change, state.name, before, wanted, currency, [...path, 'fields', place], steps, planOnly)
  }
  const stored = workspace.customModule(state.name)
  if (stored?.state !== 'active') return
  const { fields: _, kind: __, nameField, ...rest } = state
  // It may still be called by the name that a field of this very state leaves behind.
  const patch = { ...rest, nameField: (state.fields ?? []).find(({ was }) => was != null && was === nameField)?.name ?? nameField }
  const described = describeModule(stored)
  const changes = Object.entries(patch).flatMap(([member, value]) => (value == null || isSame(value, Reflect.get(described, member)) ? [] : [member]))
  if (changes.length === 0) return
  updateModule(change, stored, patch, path)
  steps.push(step('CHANGE', state.name, null, { changes }))
}

/** Members that a description need not name: then they stay as they are. */
const KEPT_UNLESS_NAMED = new Set(['label', 'labels', 'help', 'helps', 'position', 'searchable', 'aliases', 'name'])

async function changeField(
  change: MetadataChange,
  module: string,
  before: StoredField,
  { was: _, ...wanted }: FieldState,
  currency: string,
  path: readonly (string | number)[],
  steps: PlanStep[],
  planOnly: boolean,
): Promise<void> {
  const described: Readonly<Record<string, unknown>> = { ...describeField(before, change.workspace.registry) }
  const given: Readonly<Record<string, unknown>> = { ...wanted }
  const members = new Set([...Object.keys(described), ...Object.keys(given)])
  const patch: Record<string, unknown> = {}
  for (const member of members) {
    const value = given[member] ?? null
    if (value === null && KEPT_UNLESS_NAMED.has(member)) continue
    if (!isSame(value, described[member] ?? null)) patch[member] = value
  }
  if (Object.keys(patch).length === 0) return
  const touches = await dependentsOf(before, change.workspace, change.transaction)
  const unconvertible = patch['type'] === undefined ? null : await previewConversion(change, before, patch as FieldPatch, currency, path)
  steps.push(step('CHANGE', module, before.name, { changes: Object.keys(patch).sort(), touches, unconvertible }))
  if (!planOnly || unconvertible === null) await updateField(change, before, patch as FieldPatch, currency, path)
}

/** False is what a flag is that nobody names; inputs give members that are null where descriptions leave them out. */
function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(plain(a), plain(b))
}

function plain(value: unknown): unknown {
  if (value === false || value === undefined) return null
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(plain)
  if (typeof value !== 'object' || value === null) return typeof value === 'number' ? String(value) : value
  const members = Object.entries(value).flatMap(([name, member]) => (plain(member) === null ? [] : [[name, plain(member)] as const]))
  return Object.fromEntries(members)
}

function removeModules(change: MetadataChange, wanted: readonly ModuleState[], steps: PlanStep[], planOnly: boolean): void {
  const { workspace } = change
  const names = new Set(wanted.map(({ name }) => name))
  const leaving = workspace.modules.filter(({ state, name }) => state === 'active' && !names.has(name))
  // Modules that leave together need not be in any order: what leads from one to another goes with both.
  const numbers = new Set(leaving.map(({ number }) => number))
  for (const module of leaving) {
    const touches = outsideDependents(module, workspace, numbers)
    steps.push(step('REMOVE', module.name, null, { touches }))
    if (!planOnly || touches.length === 0) deleteModule(change, module, numbers)
  }
}
