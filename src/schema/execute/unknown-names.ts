import { randomBytes } from 'node:crypto'
import {
  BREAK,
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
import type { HiddenMembers } from '../visible/hidden-members.ts'
import { COERCION } from './session.ts'

/** Put before a hidden name it makes one that no field has: names of two underscores are GraphQL's own. Random, so that nobody writes it himself. */
const STRANGER = `__${randomBytes(12).toString('hex')}_`

export interface SentOperation {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  readonly variables: Readonly<Record<string, unknown>>
}

/**
 * What graphql-js says of the operation where the hidden names stand for nothing: all of them are replaced by names that are truly unknown, the operation is
 * validated, and the errors get the names back. So hidden names are told with the places, the words and the number of unknown ones.
 */
export function unknownNameErrors(sent: SentOperation, hidden: HiddenMembers): readonly GraphQLError[] {
  const { schema, document, operation, variables } = sent
  const inDocument = documentErrors(schema, document, hidden)
  if (inDocument.length > 0) return inDocument
  const renamed = Object.fromEntries(
    Object.entries(variables).map(([name, value]) => {
      const type = variableType(sent, name)
      return [name, type ? renamedValue(hidden, type, value) : value]
    }),
  )
  return named(getVariableValues(schema, operation.variableDefinitions ?? [], renamed, COERCION).errors ?? [])
}

/** As `unknownNameErrors`, of the document alone. */
export function documentErrors(schema: GraphQLSchema, document: DocumentNode, hidden: HiddenMembers): readonly GraphQLError[] {
  return named(validate(schema, renamedDocument(hidden, schema, document), undefined, COERCION))
}

/** The document names something hidden: in literals and defaults of any of its operations and fragments, selected or skipped, as an unknown name counts. */
export function namesHidden(schema: GraphQLSchema, document: DocumentNode, hidden: HiddenMembers): boolean {
  let found = false
  visitNames(schema, document, hidden, () => {
    found = true
    return BREAK
  })
  return found
}

/** Some variable's value does. */
export function givesHidden(sent: SentOperation, hidden: HiddenMembers): boolean {
  return Object.entries(sent.variables).some(([name, value]) => {
    const type = typeof value === 'object' && value !== null ? variableType(sent, name) : undefined
    return type !== undefined && valueNames(hidden, type, value)
  })
}

function variableType({ schema, operation }: SentOperation, name: string): GraphQLInputType | undefined {
  const definition = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name)
  const type = definition && typeFromAST(schema, definition.type)
  return isInputType(type) ? type : undefined
}

function renamedDocument(hidden: HiddenMembers, schema: GraphQLSchema, document: DocumentNode): DocumentNode {
  return visitNames(schema, document, hidden, (node) => ({ ...node, name: { ...node.name, value: `${STRANGER}${node.name.value}` } }))
}

interface Named {
  readonly name: { readonly value: string }
}

/** Calls with each node that names something hidden. */
function visitNames(schema: GraphQLSchema, document: DocumentNode, hidden: HiddenMembers, meet: (node: Named) => unknown): DocumentNode {
  const types = new TypeInfo(schema)
  return visit(
    document,
    visitWithTypeInfo(types, {
      ObjectField: (node) => {
        const parent = getNamedType(types.getParentInputType() ?? undefined)
        if (!isInputObjectType(parent)) return undefined
        const field = parent.getFields()[node.name.value]
        return field && hidden.input(parent.name, field) ? meet(node) : undefined
      },
      Field: (node) => {
        const field = types.getFieldDef()
        const parent = types.getParentType()
        return field && parent && hidden.output(parent.name, field) ? meet(node) : undefined
      },
    }),
  )
}

function valueNames(hidden: HiddenMembers, type: GraphQLInputType, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (isNonNullType(type)) return valueNames(hidden, type.ofType, value)
  if (isListType(type)) return Array.isArray(value) ? value.some((item) => valueNames(hidden, type.ofType, item)) : valueNames(hidden, type.ofType, value)
  if (!isInputObjectType(type)) return false
  const fields = type.getFields()
  return Object.entries(value).some(([name, member]) => {
    const field = fields[name]
    return field !== undefined && (hidden.input(type.name, field) || valueNames(hidden, field.type, member))
  })
}

function renamedValue(hidden: HiddenMembers, type: GraphQLInputType, value: unknown): unknown {
  if (isNonNullType(type)) return renamedValue(hidden, type.ofType, value)
  if (isListType(type)) return Array.isArray(value) ? value.map((item) => renamedValue(hidden, type.ofType, item)) : renamedValue(hidden, type.ofType, value)
  if (!isInputObjectType(type) || typeof value !== 'object' || value === null) return value
  const fields = type.getFields()
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const field = fields[name]
      if (!field) return [name, member]
      return hidden.input(type.name, field) ? [`${STRANGER}${name}`, member] : [name, renamedValue(hidden, field.type, member)]
    }),
  )
}

function named(errors: readonly GraphQLError[]): readonly GraphQLError[] {
  for (const error of errors) error.message = error.message.replaceAll(STRANGER, '')
  return errors
}
