import { type Issue, type Message, say, validationFailed } from '../../errors/index.ts'
import { describeField, describeModule } from './describe-field.ts'
import type { FieldInput, ModuleInput } from './field-input.ts'
import { isServed } from './served.ts'
import type { Workspace } from './workspace.ts'

/** The wanted state of one module: of a core one its custom fields, of a custom one everything. */
export interface ModuleState extends Omit<ModuleInput, 'pluralName' | 'fields'> {
  /** Demanded of custom modules. */
  readonly pluralName?: string | null
  readonly fields?: readonly FieldState[] | null
}

/** `was`: the name that the field has now, where it is to be renamed. */
export type FieldState = FieldInput & { readonly was?: string | null }

/** The whole state: each module that has custom fields, and each custom one. What a field has none of is told too where silence would mean "as it is". */
export function exportState(workspace: Workspace): ModuleState[] {
  const fieldsOf = (number: number): FieldState[] =>
    workspace
      .fieldsOf(number)
      .filter((field) => isServed(field, workspace))
      .map((field) => ({ helps: [], aliases: [], ...describeField(field, workspace.registry) }))
  const core = workspace.core.flatMap(({ name, number }) => {
    const fields = fieldsOf(number)
    return fields.length > 0 ? [{ name, fields }] : []
  })
  const custom = workspace.modules.filter(({ state }) => state === 'active').map((module) => ({ ...describeModule(module), fields: fieldsOf(module.number) }))
  return [...core, ...custom]
}

/** Throws VALIDATION_FAILED for a state that contradicts itself, whatever it is applied to. */
export function checkState(wanted: readonly ModuleState[], { core, registry }: Workspace): void {
  const issues: Issue[] = []
  const coreNames = new Set(core.map(({ name }) => name))
  const targets = new Set([...coreNames, '*', ...wanted.map(({ name }) => name)])
  const names = new Set<string>()
  for (const [index, state] of wanted.entries()) {
    const refuse = (path: readonly (string | number)[], code: string, message: Message) => issues.push({ path: ['input', index, ...path], code, message })
    if (names.has(state.name)) refuse(['name'], 'REPEATED', say`The module ${state.name} is described twice.`)
    names.add(state.name)
    if (coreNames.has(state.name)) checkCoreState(state, refuse)
    else if (!registry.modules.has(state.name) && state.pluralName == null)
      refuse(['pluralName'], 'REQUIRED', say`There is no module ${state.name}; a new one needs its pluralName.`)
    const fields = new Set<string>()
    const earlier = new Set<string>()
    for (const [place, { name, was, reference }] of (state.fields ?? []).entries()) {
      if (fields.has(name)) refuse(['fields', place, 'name'], 'REPEATED', say`The field ${name} is described twice.`)
      fields.add(name)
      if (was != null && earlier.has(was)) refuse(['fields', place, 'was'], 'REPEATED', say`Two fields are to be made of ${was}.`)
      if (was != null) earlier.add(was)
      if (reference != null && !targets.has(reference.module))
        refuse(['fields', place, 'reference', 'module'], 'UNKNOWN', say`The state has no module named ${JSON.stringify(reference.module.slice(0, 60))}.`)
    }
  }
  if (issues.length > 0) throw validationFailed(issues)
}

const OF_CUSTOM_MODULES = ['label', 'labels', 'pluralLabel', 'pluralLabels', 'kind', 'nameField', 'position', 'accessParent'] as const

function checkCoreState(state: ModuleState, refuse: (path: readonly string[], code: string, message: Message) => void): void {
  for (const member of OF_CUSTOM_MODULES)
    if (state[member] != null) refuse([member], 'FIXED', say`The module ${state.name} comes with the product: a state says nothing but its custom fields.`)
}
