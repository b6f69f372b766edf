import { type FragmentDefinitionNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from 'graphql'
import { GuanxiError } from '../../errors/index.ts'

/** What one operation may select at most, with its fragments written out wherever they are spread. */
export const SELECTION_LIMITS = Object.freeze({
  /** Fields that have a selection of their own: records, lists, composite values. Each may be a sub-select. */
  selections: 500,
  /** Fields inside fields. */
  depth: 30,
})

interface Size {
  readonly selections: number
  readonly depth: number
}

const EMPTY: Size = { selections: 0, depth: 0 }

/**
 * Throws LIMIT_EXCEEDED where the operation is larger than SELECTION_LIMITS. A fragment is counted once, however often it is spread, so
 * that a short document which unfolds to 2^100 fields is refused as fast as any other. Expects a valid document (no fragment cycles).
 */
export function refuseOversized(operation: OperationDefinitionNode, fragments: Readonly<Record<string, FragmentDefinitionNode>>): void {
  const known = new Map<string, Size>()

  const sizeOf = (set: SelectionSetNode): Size => {
    let { selections, depth } = EMPTY
    for (const selection of set.selections) {
      let size: Size
      if (selection.kind === Kind.FRAGMENT_SPREAD) size = fragmentSize(selection.name.value)
      else if (selection.selectionSet === undefined) size = { selections: 0, depth: 1 }
      else {
        const inner = sizeOf(selection.selectionSet)
        size = selection.kind === Kind.FIELD ? { selections: inner.selections + 1, depth: inner.depth + 1 } : inner
      }
      selections += size.selections
      depth = Math.max(depth, size.depth)
    }
    return { selections, depth }
  }

  const fragmentSize = (name: string): Size => {
    const counted = known.get(name)
    if (counted) return counted
    const fragment = fragments[name]
    const size = fragment ? sizeOf(fragment.selectionSet) : EMPTY
    known.set(name, size)
    return size
  }

  const { selections, depth } = sizeOf(operation.selectionSet)
  if (depth > SELECTION_LIMITS.depth)
    throw new GuanxiError('LIMIT_EXCEEDED', `The operation nests fields ${depth} levels deep; ${SELECTION_LIMITS.depth} are allowed.`, {
      limit: SELECTION_LIMITS.depth,
    })
  if (selections > SELECTION_LIMITS.selections)
    throw new GuanxiError(
      'LIMIT_EXCEEDED',
      `With its fragments written out the operation selects more than ${SELECTION_LIMITS.selections} records, lists and composite values. Ask in several operations.`,
      { limit: SELECTION_LIMITS.selections },
    )
}
