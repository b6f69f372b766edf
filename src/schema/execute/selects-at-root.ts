import { type FragmentDefinitionNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'

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
