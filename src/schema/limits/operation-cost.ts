import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'
import { DEFAULT_PAGE, MAX_PAGE } from '../plan/collect-list.ts'

/** Entries of a list that has no pages: options of a field, roles of a user. */
const PLAIN_LIST = 10
/** Groups of an aggregate that is not told how many. */
const GROUPS = 1_000

export interface OperationCost {
  readonly cost: number
  /** It is the same whatever the variables are. */
  readonly constant: boolean
}

interface OperationParts {
  readonly operation: OperationDefinitionNode
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>
}

type Variables = Readonly<Record<string, unknown>>

/**
 * How many records the lists of an operation may bring: for each list its page, times the pages of the lists that it stands in. A list without `first` or `last` counts its default page, one that is
 * chosen by a list of ids or inputs as many as were given. A root field counts one at least. What `@skip` and `@include` leave out counts nothing. Only lists whose records are selected count:
 * `totalCount` alone brings none. Expects a document that is valid against the schema; a fragment is walked once, however often it is spread.
 */
export function operationCost({ operation, fragments }: OperationParts, schema: GraphQLSchema, given: Variables): OperationCost {
  const known = new Map<string, number>()
  let constant = true
  const defaults = new Map((operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => [variable.name.value, defaultValue]))

  const variable = (name: string): unknown => {
    constant = false
    if (given[name] !== undefined) return given[name]
    const fallback = defaults.get(name)
    return fallback && plainValue(fallback)
  }
  const plainValue = (node: ValueNode): unknown => {
    if (node.kind === Kind.VARIABLE) return variable(node.name.value)
    if (node.kind === Kind.INT) return Number(node.value)
    if (node.kind === Kind.BOOLEAN) return node.value
    if (node.kind === Kind.LIST) return node.values
    return undefined
  }
  const isLeftOut = ({ directives = [] }: { readonly directives?: readonly DirectiveNode[] | undefined }): boolean =>
    directives.some(({ name, arguments: args }) => {
      const condition = args?.find((argument) => argument.name.value === 'if')
      if (!condition) return false
      return name.value === 'skip' ? plainValue(condition.value) === true : name.value === 'include' && plainValue(condition.value) === false
    })

  /** Records that the lists of the selection bring for one of what it is selected from; `page` is that of the first list below. */
  const below = (set: SelectionSetNode, type: GraphQLNamedType | undefined, page: number | null): number => {
    let sum = 0
    for (const selection of set.selections) {
      if (isLeftOut(selection)) continue
      if (selection.kind === Kind.FIELD) sum += ofField(selection, type, page)
      else if (selection.kind === Kind.INLINE_FRAGMENT)
        sum += below(selection.selectionSet, selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : type, page)
      else sum += ofFragment(selection.name.value, page)
    }
    return sum
  }
  const ofFragment = (name: string, page: number | null): number => {
    const key = `${page ?? ''} ${name}`
    const counted = known.get(key)
    if (counted !== undefined) return counted
    const fragment = fragments[name]
    const sum = fragment ? below(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value), page) : 0
    known.set(key, sum)
    return sum
  }
  const ofField = (node: FieldNode, type: GraphQLNamedType | undefined, page: number | null): number => {
    if (!node.selectionSet || node.name.value.startsWith('__')) return 0
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[node.name.value] : undefined
    if (!field) return 0
    const own = pageOf(field, node, plainValue)
    const named = getNamedType(field.type)
    if (!isListType(getNullableType(field.type))) return below(node.selectionSet, named, own)
    return (page ?? own ?? PLAIN_LIST) * (1 + below(node.selectionSet, named, null))
  }

  const root = schema.getRootType(operation.operation) ?? undefined
  const ofRoots = (set: SelectionSetNode): number => {
    let sum = 0
    for (const selection of set.selections) {
      if (isLeftOut(selection)) continue
      if (selection.kind === Kind.FIELD) sum += Math.max(1, ofField(selection, root, null))
      else if (selection.kind === Kind.INLINE_FRAGMENT) sum += ofRoots(selection.selectionSet)
      else sum += ofRootFragment(selection.name.value)
    }
    return sum
  }
  const ofRootFragment = (name: string): number => {
    const key = `root ${name}`
    const counted = known.get(key) ?? (fragments[name] ? ofRoots(fragments[name].selectionSet) : 0)
    known.set(key, counted)
    return counted
  }
  const cost = ofRoots(operation.selectionSet)
  return { cost, constant }
}

/** Entries that a field with pages, or with a list among its arguments, brings at most; null for any other. What is no page at all is refused where it is read. */
function pageOf({ args, extensions }: GraphQLField<unknown, unknown>, node: FieldNode, plainValue: (node: ValueNode) => unknown): number | null {
  if (args.length === 0) return null
  const argument = (name: string) => {
    const value = node.arguments?.find((each) => each.name.value === name)?.value
    return value && plainValue(value)
  }
  const paged = args.find(({ name }) => name === 'first')
  if (paged) {
    const asked = argument('first') ?? argument('last')
    if (typeof asked === 'number') return Math.min(Math.max(asked, 0), extensions.guanxi?.kind === 'aggregate' ? GROUPS : MAX_PAGE)
    if (extensions.guanxi?.kind === 'aggregate') return node.arguments?.some(({ name }) => name.value === 'groupBy') ? GROUPS : 1
    return typeof paged.defaultValue === 'number' ? paged.defaultValue : DEFAULT_PAGE
  }
  let longest: number | null = null
  for (const { name, type } of args) {
    if (!isListType(getNullableType(type))) continue
    const list = argument(name)
    if (list !== undefined) longest = Math.max(longest ?? 0, Array.isArray(list) ? list.length : 1)
  }
  return longest
}
