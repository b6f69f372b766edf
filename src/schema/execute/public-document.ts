import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInputObjectType,
  isLeafType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  specifiedScalarTypes,
  type TypeNode,
} from 'graphql'
import type { Registry } from '../../records/registry/definition.ts'
import type { Runtime } from '../operation.ts'
import { audienceOf } from '../rules.ts'

/**
 * Whether the document names nothing but what every installation has and everybody may call: the public root fields with what they answer, of records only
 * plain fields that are not custom ones. What the schema says of such a document tells nothing about the installation; of any other it may not be asked for
 * somebody who has not signed in, since its answer would tell names that exist from others.
 */
export function isPublicDocument(document: DocumentNode, { schema, registry }: Pick<Runtime, 'schema' | 'registry'>): boolean {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
    else if (definition.kind !== Kind.OPERATION_DEFINITION) return false
  }
  const walk = createWalk(schema, registry, fragments)
  const inputs = publicInputs(schema)
  const isPublic = document.definitions.every((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return true
    const root = schema.getRootType(definition.operation)
    return root && walk.isPublic(definition.selectionSet, root) && (definition.variableDefinitions ?? []).every(({ type }) => inputs.has(nameOf(type)))
  })
  return isPublic && walk.visited.size === fragments.size
}

function createWalk(schema: GraphQLSchema, registry: Registry, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
  const visited = new Set<string>()
  const isRoot = (type: GraphQLNamedType): boolean =>
    type === schema.getQueryType() || type === schema.getMutationType() || type === schema.getSubscriptionType()

  function isPublic(set: SelectionSetNode, type: GraphQLNamedType): boolean {
    return set.selections.every((selection) => {
      if (selection.kind === Kind.FIELD) {
        const { name, selectionSet } = selection
        if (name.value === '__typename') return true
        const field = isObjectType(type) ? type.getFields()[name.value] : undefined
        if (!isPublicField(type, name.value, (selection.arguments ?? []).length > 0)) return false
        const below = field && getNamedType(field.type)
        return !selectionSet || (isCompositeType(below) ? isPublic(selectionSet, below) : false)
      }
      if (selection.kind === Kind.INLINE_FRAGMENT) return isSame(selection.typeCondition?.name.value, type) && isPublic(selection.selectionSet, type)
      const fragment = fragments.get(selection.name.value)
      if (!fragment || !isSame(fragment.typeCondition.name.value, type)) return false
      if (visited.has(selection.name.value)) return true
      visited.add(selection.name.value)
      return isPublic(fragment.selectionSet, type)
    })
  }

  function isPublicField(type: GraphQLNamedType, name: string, hasArguments: boolean): boolean {
    if (isRoot(type)) return audienceOf(type.name, name) === 'public'
    const { kind, module } = (isObjectType(type) && type.extensions.guanxi) || {}
    if (kind === 'parts') return true
    if (kind !== 'record') return kind === undefined && audienceOf(type.name, name) !== undefined
    const field = isObjectType(type) ? type.getFields()[name] : undefined
    if (!field || hasArguments) return false
    const descriptor = field.extensions.guanxi
    if (descriptor?.kind === 'computed' || descriptor?.kind === 'displayName') return true
    if (descriptor?.kind !== 'field' || registry.module(module as string).fields.get(descriptor.field)?.custom !== false) return false
    const value = getNamedType(field.type)
    return isLeafType(value) || (isObjectType(value) && value.extensions.guanxi?.kind === 'parts')
  }

  return { isPublic, visited }
}

function isSame(condition: string | undefined, type: GraphQLNamedType): boolean {
  return condition === undefined || condition === type.name
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type)
}

/** Names of the types that variables for public root fields can have. */
function publicInputs(schema: GraphQLSchema): ReadonlySet<string> {
  const names = new Set(specifiedScalarTypes.map(({ name }) => name))
  const add = (input: GraphQLInputType): void => {
    const type = getNamedType(input)
    if (names.has(type.name)) return
    names.add(type.name)
    if (isInputObjectType(type)) for (const field of Object.values(type.getFields())) add(field.type)
  }
  for (const root of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(root?.getFields() ?? {})) {
      if (audienceOf(root?.name ?? '', field.name) === 'public') for (const argument of field.args) add(argument.type)
    }
  }
  return names
}
