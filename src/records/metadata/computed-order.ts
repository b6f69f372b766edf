import { ExpressionError, parseExpression } from '../formula/index.ts'
import { type FieldDefinition, fieldNamed } from '../registry/index.ts'
import type { FieldInput } from './field-input.ts'
import type { Workspace } from './workspace.ts'

/** A description of a FORMULA or ROLLUP, and the module that it belongs to. */
export interface DescribedField {
  readonly module: { readonly name: string }
  readonly input: FieldInput
}

export interface ComputedOrder<T> {
  /** Each is computed from fields of earlier groups only, and from what is there already. */
  readonly groups: readonly (readonly T[])[]
  /** Fields that are computed from themselves, and what is computed from those. */
  readonly circular: readonly T[]
}

export function isComputedInput({ type }: Pick<FieldInput, 'type'>): boolean {
  return type === 'FORMULA' || type === 'ROLLUP'
}

/**
 * An order in which computed fields can be made, whatever the order of their descriptions. The lists that rollups go over must be in the workspace. A
 * text that does not parse depends on nothing here; whoever defines it tells what is wrong with it.
 */
export function inOrder<T extends DescribedField>(fields: readonly T[], workspace: Workspace): ComputedOrder<T> {
  const owners = new Map<string, T>()
  for (const field of fields) for (const name of [field.input.name, ...(field.input.aliases ?? [])]) owners.set(`${field.module.name}.${name}`, field)
  const needs = new Map(fields.map((field) => [field, new Set(inputsOf(field, workspace).flatMap((key) => owners.get(key) ?? []))]))
  const groups: T[][] = []
  let open = [...fields]
  while (open.length > 0) {
    const waiting = new Set(open)
    const free = open.filter((field) => ![...(needs.get(field) ?? [])].some((need) => waiting.has(need)))
    if (free.length === 0) return { groups, circular: open }
    groups.push(free)
    const done = new Set(free)
    open = open.filter((field) => !done.has(field))
  }
  return { groups, circular: [] }
}

/** Fields that the description names, as `<module>.<field>`. */
function inputsOf({ module: { name }, input }: DescribedField, workspace: Workspace): string[] {
  const module = workspace.module(name)
  const standIn = module?.fields.get('id')
  if (!module || !standIn) return []
  const within = (owner: string, text: string | null | undefined) => namesIn(text, standIn).map((each) => `${owner}.${each}`)
  if (input.type === 'FORMULA') return within(name, input.formula)
  const { rollup } = input
  const listed = rollup && (module.inverses.get(rollup.relation)?.module ?? fieldNamed(module, rollup.relation)?.reference?.module)
  if (!rollup || !listed) return []
  return [...(rollup.field == null ? [] : [`${listed}.${rollup.field}`]), ...within(listed, rollup.filter)]
}

/** Names of fields in an expression; `standIn` is what the parser gets for each. */
function namesIn(text: string | null | undefined, standIn: FieldDefinition): string[] {
  const names = new Set<string>()
  try {
    if (text != null)
      parseExpression(text, (name) => {
        names.add(name)
        return standIn
      })
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
  }
  return [...names]
}
