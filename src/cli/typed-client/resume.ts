import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type VariableNode,
} from 'graphql'

/** How a subscription goes on where it stopped. */
export interface Resumption {
  /** Variable that takes the cursor. */
  readonly variable: string
  /** Where an event holds its cursor. */
  readonly path: readonly [string, string]
}

/** A subscription as it is sent; `resume` is null for one whose events have no cursor. */
export interface ResumableOperation {
  readonly operation: OperationDefinitionNode
  readonly resume: Resumption | null
}

/**
 * A subscription that takes a cursor and tells cursors, be they asked for or not: what the document lacks of both is put in. Where it gives another cursor than a variable, it
 * begins there each time and is left as it is.
 */
export function resumable(
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): ResumableOperation {
  const [root] = operation.selectionSet.selections
  const field = root?.kind === Kind.FIELD ? schema.getSubscriptionType()?.getFields()[root.name.value] : undefined
  const told = field && 'ofType' in field.type ? field.type.ofType : field?.type
  const takes = field?.args.some(({ name }) => name === 'after')
  if (root?.kind !== Kind.FIELD || !takes || !isObjectType(told) || !told.getFields()['cursor']) return { operation, resume: null }
  const given = root.arguments?.find(({ name }) => name.value === 'after')
  if (given && given.value.kind !== Kind.VARIABLE) return { operation, resume: null }
  const variable = given
    ? (given.value as VariableNode).name.value
    : freeName('after', operation.variableDefinitions?.map((each) => each.variable.name.value) ?? [])
  const [cursorKey, selected] = withCursor(root, fragments)
  const sent: FieldNode = {
    ...root,
    selectionSet: { kind: Kind.SELECTION_SET, selections: selected },
    arguments: given ? root.arguments : [...(root.arguments ?? []), { kind: Kind.ARGUMENT, name: nameNode('after'), value: variableNode(variable) }],
  }
  return {
    operation: {
      ...operation,
      selectionSet: { ...operation.selectionSet, selections: [sent] },
      variableDefinitions: given ? operation.variableDefinitions : [...(operation.variableDefinitions ?? []), definition(variable)],
    },
    resume: { variable, path: [root.alias?.value ?? root.name.value, cursorKey] },
  }
}

/** The selections of a field with its cursor among them, and the key that it stands under. */
function withCursor({ selectionSet }: FieldNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): [string, readonly SelectionNode[]] {
  const selections = selectionSet?.selections ?? []
  const asked = selections.find((each): each is FieldNode => each.kind === Kind.FIELD && each.name.value === 'cursor' && !each.directives?.length)
  if (asked) return [asked.alias?.value ?? 'cursor', selections]
  const key = freeName('cursor', [...otherKeys(selections, fragments, new Set())])
  const added: FieldNode = { kind: Kind.FIELD, name: nameNode('cursor'), ...(key !== 'cursor' && { alias: nameNode(key) }) }
  return [key, [...selections, added]]
}

/** Response keys of anything but the cursor itself. */
function* otherKeys(selections: readonly SelectionNode[], fragments: ReadonlyMap<string, FragmentDefinitionNode>, visited: Set<string>): Iterable<string> {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      if (selection.name.value !== 'cursor') yield selection.alias?.value ?? selection.name.value
    } else if (selection.kind === Kind.INLINE_FRAGMENT) yield* otherKeys(selection.selectionSet.selections, fragments, visited)
    else if (!visited.has(selection.name.value)) {
      visited.add(selection.name.value)
      yield* otherKeys(fragments.get(selection.name.value)?.selectionSet.selections ?? [], fragments, visited)
    }
  }
}

function freeName(wanted: string, taken: readonly string[]): string {
  return taken.includes(wanted) ? freeName(`${wanted}_`, taken) : wanted
}

const nameNode = (value: string) => ({ kind: Kind.NAME, value }) as const
const variableNode = (name: string) => ({ kind: Kind.VARIABLE, name: nameNode(name) }) as const
const definition = (name: string) =>
  ({ kind: Kind.VARIABLE_DEFINITION, variable: variableNode(name), type: { kind: Kind.NAMED_TYPE, name: nameNode('String') } }) as const
