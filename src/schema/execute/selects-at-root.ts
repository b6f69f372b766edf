import { type BooleanValueNode, type DirectiveNode, type FragmentDefinitionNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'
import type { PreparedOperation } from './prepared-operation.ts'

/** Root fields that tell about the schema. */
export const TELLING: ReadonlySet<string> = new Set(['__schema', '__type'])

/** The operation selects one of these fields at its root. */
export function selectsAtRoot(
  names: ReadonlySet<string>,
  operation: OperationDefinitionNode,
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
): boolean {
  const visited = new Set<string>()
  const selects = (set: SelectionSetNode): boolean =>
    set.selections.some((selection) => {
      if (selection.kind === Kind.FIELD) return names.has(selection.name.value)
      if (selection.kind === Kind.INLINE_FRAGMENT) return selects(selection.selectionSet)
      const name = selection.name.value
      if (visited.has(name)) return false
      visited.add(name)
      const fragment = fragments[name]
      return fragment !== undefined && selects(fragment.selectionSet)
    })
  return selects(operation.selectionSet)
}

/** Directives may leave out the root field of a subscription, and then there is nothing to subscribe to. */
export function selectsAny(
  { operation, fragments }: Pick<PreparedOperation, 'operation' | 'fragments'>,
  variables: Readonly<Record<string, unknown>>,
): boolean {
  const isLeftOut = ({ directives = [] }: { readonly directives?: readonly DirectiveNode[] | undefined }): boolean =>
    directives.some(({ name, arguments: given = [] }) => {
      if (name.value !== 'skip' && name.value !== 'include') return false
      const value = given[0]?.value
      const fallback = (variable: string) => operation.variableDefinitions?.find((each) => each.variable.name.value === variable)?.defaultValue
      const condition =
        value?.kind === Kind.VARIABLE
          ? (variables[value.name.value] ?? (fallback(value.name.value) as BooleanValueNode | undefined)?.value)
          : (value as BooleanValueNode | undefined)?.value
      return name.value === 'skip' ? condition === true : condition !== true
    })
  const selects = (set: SelectionSetNode, depth: number): boolean =>
    depth < 20 &&
    set.selections.some((selection) => {
      if (isLeftOut(selection)) return false
      if (selection.kind === Kind.FIELD) return true
      if (selection.kind === Kind.INLINE_FRAGMENT) return selects(selection.selectionSet, depth + 1)
      const fragment = fragments[selection.name.value]
      return fragment !== undefined && selects(fragment.selectionSet, depth + 1)
    })
  return selects(operation.selectionSet, 0)
}
