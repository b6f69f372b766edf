import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getVariableValues,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  TypeInfo,
  typeFromAST,
  validate,
  visit,
  visitWithTypeInfo,
} from 'graphql'
import type { HiddenNameError } from '../plan/hidden-names.ts'
import { COERCION } from './session.ts'

/** No field is named so: names of two underscores are GraphQL's own. */
const STRANGER = '__stranger'

export interface SentOperation {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly variables: Readonly<Record<string, unknown>>
}

/**
 * What graphql-js says of the operation where the hidden name stands for nothing: the name is replaced by one that is truly unknown, the
 * operation is validated again, and the answer gets the name back. So a hidden name is told with the places and words of an unknown one.
 */
export function unknownNameErrors(hidden: HiddenNameError, { schema, document, operation, variables }: SentOperation): readonly GraphQLError[] {
  const inDocument = validate(schema, renamedDocument(hidden, schema, document), undefined, COERCION)
  if (inDocument.length > 0) return named(inDocument, hidden)
  const renamed: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(variables)) {
    const definition = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name)
    const type = definition && typeFromAST(schema, definition.type)
    renamed[name] = isInputType(type) ? renamedValue(hidden, type, value) : value
  }
  return named(getVariableValues(schema, operation.variableDefinitions ?? [], renamed, COERCION).errors ?? [], hidden)
}

function renamedDocument({ field, type }: HiddenNameError, schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  const types = new TypeInfo(schema)
  const rename = <T extends { readonly name: { readonly value: string } }>(node: T, parent: string | undefined): T | undefined =>
    node.name.value === field && parent === type ? { ...node, name: { ...node.name, value: STRANGER } } : undefined
  return visit(
    document,
    visitWithTypeInfo(types, {
      ObjectField: (node) => rename(node, getNamedType(types.getParentInputType() ?? undefined)?.name),
      Field: (node) => rename(node, types.getParentType()?.name),
    }),
  )
}

function renamedValue(hidden: HiddenNameError, type: GraphQLInputType, value: unknown): unknown {
  if (isNonNullType(type)) return renamedValue(hidden, type.ofType, value)
  if (isListType(type)) return Array.isArray(value) ? value.map((item) => renamedValue(hidden, type.ofType, item)) : renamedValue(hidden, type.ofType, value)
  if (!isInputObjectType(type) || typeof value !== 'object' || value === null) return value
  const fields = type.getFields()
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const field = fields[name]
      return [name === hidden.field && type.name === hidden.type ? STRANGER : name, field ? renamedValue(hidden, field.type, member) : member]
    }),
  )
}

function named(errors: readonly GraphQLError[], { field }: HiddenNameError): readonly GraphQLError[] {
  for (const error of errors) error.message = error.message.replaceAll(STRANGER, field)
  return errors
}
