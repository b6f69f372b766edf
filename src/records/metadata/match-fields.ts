import { differences } from './compare-descriptions.ts'
import { isComputedInput } from './computed-order.ts'
import { describeField } from './describe-field.ts'
import type { FieldInput } from './field-input.ts'
import { isServed } from './served.ts'
import type { FieldState, ModuleState } from './state.ts'
import type { StoredField } from './stored.ts'
import type { FieldPatch } from './update-field.ts'
import type { Workspace } from './workspace.ts'

/** A field of the wanted state, and the one that stands for it so far. */
export interface WantedField {
  readonly module: string
  readonly input: FieldInput
  readonly path: readonly (string | number)[]
  /** Undefined: it is to be made. */
  readonly before: StoredField | undefined
  /** It may differ from what stands; what merely is written in another way shows when it is defined. */
  readonly differs: boolean
  /** FORMULA and ROLLUP, wanted or standing. */
  readonly computed: boolean
}

/** Finds for each field of the state the stored one that it stands for: the one that it names by `was`, else the one of its name. */
export function matchFields(wanted: readonly ModuleState[], standing: Workspace): WantedField[] {
  return wanted.flatMap((state, index) => {
    const number = standing.module(state.name)?.number
    const active = number === undefined ? [] : standing.fieldsOf(number).filter((field) => isServed(field, standing))
    const byName = new Map(active.map((field) => [field.name, field]))
    const fields = state.fields ?? []
    const renamed = new Map(fields.flatMap(({ was, name }) => (was != null && byName.has(was) ? [[name, byName.get(was) as StoredField] as const] : [])))
    const claimed = new Set([...renamed.values()].map(({ id }) => id))
    const names = new Set(fields.map(({ name }) => name))
    return fields.map(({ was: _, ...described }: FieldState, place): WantedField => {
      const named = byName.get(described.name)
      const before = renamed.get(described.name) ?? (named && !claimed.has(named.id) ? named : undefined)
      const input = before ? { ...described, aliases: aliasesAfter(before, described, names) } : described
      const computed = isComputedInput(input) || (before !== undefined && isComputedInput(before))
      const path = ['input', index, 'fields', place]
      return { module: state.name, input, path, before, computed, differs: before !== undefined && differs(before, input, standing) }
    })
  })
}

/** A rename leaves the name so far as an alias. Earlier names that are not spoken of give way to fields that the state calls so. */
function aliasesAfter(before: StoredField, { name, aliases }: FieldInput, names: ReadonlySet<string>): readonly string[] {
  const earlier = aliases ?? before.aliases.filter((alias) => !names.has(alias))
  if (before.name === name || names.has(before.name)) return earlier
  return [...earlier.filter((alias) => alias !== before.name), before.name]
}

function differs(before: StoredField, input: FieldInput, standing: Workspace): boolean {
  const described = describeField(before, standing.registry)
  const values = new Set(input.options?.map(({ value }) => value))
  // What the state leaves out stays behind as retired; once it is, there is nothing more to do.
  const options = described.options?.filter(({ value, retired }) => retired !== true || values.has(value))
  return differences({ ...described, ...(options && { options }) }, input).length > 0
}

const MEMBERS: readonly (keyof FieldInput)[] = [
  ...(['name', 'type', 'required', 'unique', 'indexed', 'sensitivity', 'default', 'options', 'transitions', 'reference'] as const),
  ...(['min', 'max', 'minLength', 'maxLength', 'scale', 'pattern', 'numbering', 'formula', 'rollup'] as const),
]
const KEPT: readonly (keyof FieldInput)[] = ['label', 'labels', 'help', 'helps', 'position', 'searchable']

/** The description as a change of the field that stands: whole, but for members that stay unless named, and for the condition, which comes last. */
export function patchOf(input: FieldInput): FieldPatch {
  const named = KEPT.filter((member) => input[member] != null)
  return Object.fromEntries([...MEMBERS, ...named].map((member) => [member, input[member] ?? null])) as FieldPatch
}

/** The stored field under its name and earlier names to come, without the condition, and without its list, whose name another field may take first. */
export function renamedField(before: StoredField, { name, aliases }: FieldInput): StoredField {
  const { requiredWhen: _, reference, ...parameters } = before.parameters
  const { inverseName: __, ...target } = reference ?? { module: '', onDelete: 'clear' }
  return {
    ...before,
    name,
    aliases: (aliases ?? before.aliases).filter((alias) => alias !== name),
    parameters: { ...parameters, ...(reference && { reference: target }) },
  }
}
