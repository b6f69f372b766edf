import { type FragmentDefinitionNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'

/** The operation selects `__schema` or `__type` at its root. */
export function readsSchema(operation: OperationDefinitionNode, fragments: Readonly<Record<string, FragmentDefinitionNode>>): boolean {
  const visited = new Set<string>()
  const reads = (set: SelectionSetNode): boolean =>
    set.selections.some((selection) => {
      if (selection.kind === Kind.FIELD) return selection.name.value === '__schema' || selection.name.value === '__type'
      if (selection.kind === Kind.INLINE_FRAGMENT) return reads(selection.selectionSet)
      const name = selection.name.value
      if (visited.has(name)) return false
      visited.add(name)
      const fragment = fragments[name]
      return fragment !== undefined && reads(fragment.selectionSet)
    })
  return reads(operation.selectionSet)
}
