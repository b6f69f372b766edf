import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isObjectType,
  type SelectionSetNode,
  typeFromAST,
} from 'graphql'
import type { Facts } from './facts.ts'
import { outputText, quoted, scalarText } from './print-schema-types.ts'

/** What the types of documents are made of. */
export interface TypingContext {
  readonly schema: GraphQLSchema
  readonly facts: Facts
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** Names of `schema.ts` that the types use. */
  readonly used: Set<string>
}

/** A selection set that counts always, or only where a directive says so. */
interface Part {
  readonly set: SelectionSetNode
  readonly conditional: boolean
}

/** What is asked under one response key. */
interface Group {
  readonly nodes: { readonly node: FieldNode; readonly conditional: boolean }[]
}

/** TypeScript of what a selection set is answered with; the documents are valid. Types that answer alike are one member of the union. */
export function selectionType(type: GraphQLCompositeType, set: SelectionSetNode, context: TypingContext): string {
  return typeOf(type, [{ set, conditional: false }], context)
}

function typeOf(type: GraphQLCompositeType, parts: readonly Part[], context: TypingContext): string {
  const possible = isAbstractType(type) ? context.schema.getPossibleTypes(type) : [type as GraphQLObjectType]
  /** By their text, in which the name of the type stands open. */
  const alike = new Map<string, string[]>()
  for (const each of possible) {
    const text = objectText(each, parts, context)
    alike.set(text, [...(alike.get(text) ?? []), each.name])
  }
  return [...alike].map(([text, names]) => text.replaceAll(OPEN_NAME, names.map(quoted).join(' | '))).join(' | ')
}

/** No text of a schema holds it. */
const OPEN_NAME = '\u0000'

function objectText(type: GraphQLObjectType, parts: readonly Part[], context: TypingContext): string {
  const groups = new Map<string, Group>()
  for (const part of parts) collect(type, part, groups, context, new Set())
  const members = [...groups].map(([key, { nodes }]) => {
    const isOptional = nodes.every(({ conditional }) => conditional)
    return `readonly ${key}${isOptional ? '?' : ''}: ${fieldText(type, nodes, isOptional, context)}`
  })
  return members.length > 0 ? `{ ${members.join('; ')} }` : '{}'
}

function fieldText(type: GraphQLObjectType, nodes: Group['nodes'], isOptional: boolean, context: TypingContext): string {
  const name = (nodes[0] as Group['nodes'][number]).node.name.value
  if (name === '__typename') return OPEN_NAME
  const field = type.getFields()[name]
  // `__schema` and `__type` tell about types, which no program is written against.
  if (!field) return 'unknown'
  const below = nodes.flatMap(({ node, conditional }) => (node.selectionSet ? [{ set: node.selectionSet, conditional: conditional && !isOptional }] : []))
  const choice = context.facts.output(type.name, name)
  if (choice) context.used.add(choice.typeName)
  return outputText(field.type, context.facts.isFilled(type.name, name), choice, (named) => namedText(named, below, context))
}

function namedText(type: GraphQLNamedType, below: readonly Part[], context: TypingContext): string {
  if (isCompositeType(type)) return typeOf(type, below, context)
  if (!isEnumType(type)) return scalarText(type.name)
  context.used.add(type.name)
  return type.name
}

function collect(type: GraphQLObjectType, { set, conditional }: Part, groups: Map<string, Group>, context: TypingContext, visited: Set<string>): void {
  for (const selection of set.selections) {
    const depends = conditional || (selection.directives ?? []).some(({ name }) => name.value === 'skip' || name.value === 'include')
    if (selection.kind === 'Field') {
      const key = selection.alias?.value ?? selection.name.value
      const group = groups.get(key) ?? { nodes: [] }
      group.nodes.push({ node: selection, conditional: depends })
      groups.set(key, group)
      continue
    }
    const fragment = selection.kind === 'InlineFragment' ? selection : context.fragments.get(selection.name.value)
    if (!fragment || !applies(fragment.typeCondition, type, context.schema)) continue
    if (selection.kind === 'FragmentSpread') {
      const mark = `${selection.name.value} ${depends}`
      if (visited.has(mark)) continue
      visited.add(mark)
    }
    collect(type, { set: fragment.selectionSet, conditional: depends }, groups, context, visited)
  }
}

function applies(condition: FragmentDefinitionNode['typeCondition'] | undefined, type: GraphQLObjectType, schema: GraphQLSchema): boolean {
  if (!condition) return true
  const wanted = typeFromAST(schema, condition)
  if (wanted === type) return true
  return !isObjectType(wanted) && isAbstractType(wanted) && schema.isSubType(wanted, type)
}
