import { type ASTNode, type DocumentNode, type FragmentDefinitionNode, Kind, type OperationDefinitionNode, type SelectionSetNode, visit } from 'graphql'
import type { DocumentLimits, Excess } from './document-limits.ts'

interface Size {
  readonly selections: number
  readonly depth: number
}

const EMPTY: Size = { selections: 0, depth: 0 }

/** The limits that a document exceeds, each once, by its text alone: it need not be valid. */
export function documentExcesses(document: DocumentNode, limits: DocumentLimits): readonly Excess[] {
  const { aliases, directives } = writtenCounts(document)
  const sizes = operationSizes(document)
  const most = (of: (size: (typeof sizes)[number]) => number) => Math.max(0, ...sizes.map(of))
  const asked = {
    depth: most(({ depth }) => depth),
    aliases,
    rootFields: most(({ rootFields }) => rootFields),
    directives,
    selections: most(({ selections }) => selections),
  }
  return Object.entries(asked).flatMap(([name, count]) => {
    const limit = name as keyof typeof asked
    return count > limits[limit] ? [{ limit, asked: count, allowed: limits[limit] }] : []
  })
}

/** What stands in the text: aliases in all, and the most directives at one place. */
function writtenCounts(document: DocumentNode): { readonly aliases: number; readonly directives: number } {
  let aliases = 0
  let directives = 0
  visit(document, {
    enter: (node: ASTNode) => {
      if (node.kind === Kind.FIELD && node.alias) aliases += 1
      if ('directives' in node && node.directives) directives = Math.max(directives, node.directives.length)
    },
  })
  return { aliases, directives }
}

/** A fragment is counted once, however often it is spread, so that a short document which unfolds to 2^100 fields is measured as fast as any other. Those in a circle, which are not valid, end where the circle closes. */
function operationSizes(document: DocumentNode): readonly (Size & { readonly rootFields: number })[] {
  const fragments = new Map<string, FragmentDefinitionNode>()
  const operations: OperationDefinitionNode[] = []
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
    else if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition)
  }
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
    known.set(name, EMPTY)
    const fragment = fragments.get(name)
    const size = fragment ? sizeOf(fragment.selectionSet) : EMPTY
    known.set(name, size)
    return size
  }

  return operations.map(({ selectionSet }) => ({ ...sizeOf(selectionSet), rootFields: rootKeys(selectionSet, fragments).size }))
}

/** Response keys at the root; the same field twice is one. */
function rootKeys(set: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): ReadonlySet<string> {
  const keys = new Set<string>()
  const visited = new Set<string>()
  const collect = (from: SelectionSetNode | undefined): void => {
    for (const selection of from?.selections ?? []) {
      if (selection.kind === Kind.FIELD) keys.add((selection.alias ?? selection.name).value)
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet)
      else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value)
        collect(fragments.get(selection.name.value)?.selectionSet)
      }
    }
  }
  collect(set)
  return keys
}
