import {
  type FieldNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  GraphQLSkipDirective,
  getDirectiveValues,
  isAbstractType,
  Kind,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql'
import type { CollectContext } from './collect-context.ts'

/** Field nodes per response key in the order of their first appearance (GraphQL §6.3.2 CollectFields). */
export type FieldGroups = Map<string, FieldNode[]>

type FieldsContext = Pick<CollectContext, 'schema' | 'fragments' | 'variables'>

/** Fields selected on `type` by all the given selection sets together. */
export function collectFields(type: GraphQLObjectType, sets: readonly (SelectionSetNode | undefined)[], context: FieldsContext): FieldGroups {
  const groups: FieldGroups = new Map()
  const visited = new Set<string>()
  for (const set of sets) if (set) collectInto(groups, visited, type, set, context)
  return groups
}

/** Sub-selections of all nodes of one response key. */
export function subselections(nodes: readonly FieldNode[]): (SelectionSetNode | undefined)[] {
  return nodes.map((node) => node.selectionSet)
}

function collectInto(groups: FieldGroups, visited: Set<string>, type: GraphQLObjectType, set: SelectionSetNode, context: FieldsContext): void {
  for (const selection of set.selections) {
    const variables = context.variables as Record<string, unknown>
    if (getDirectiveValues(GraphQLSkipDirective, selection, variables)?.['if'] === true) continue
    if (getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.['if'] === false) continue
    if (selection.kind === Kind.FIELD) {
      const key = selection.alias?.value ?? selection.name.value
      const group = groups.get(key)
      if (group) group.push(selection)
      else groups.set(key, [selection])
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      if (applies(type, selection.typeCondition, context)) collectInto(groups, visited, type, selection.selectionSet, context)
    } else {
      const name = selection.name.value
      const fragment = context.fragments[name]
      if (visited.has(name) || !fragment) continue
      visited.add(name)
      if (applies(type, fragment.typeCondition, context)) collectInto(groups, visited, type, fragment.selectionSet, context)
    }
  }
}

function applies(type: GraphQLObjectType, condition: Parameters<typeof typeFromAST>[1] | undefined, context: FieldsContext): boolean {
  if (condition === undefined) return true
  const wanted = typeFromAST(context.schema, condition as never)
  if (wanted === type) return true
  return wanted !== undefined && isAbstractType(wanted) && context.schema.isSubType(wanted, type)
}
