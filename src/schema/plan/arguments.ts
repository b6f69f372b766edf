import {
  type GraphQLInputType,
  getNullableType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isScalarType,
  Kind,
  print,
  type ValueNode,
  valueFromAST,
} from 'graphql'
import { GuanxiError, say } from '../../errors/index.ts'
import type { Operand } from '../../records/read/request.ts'

/** A variable that stands for one value of a filter, key or cursor; its value is bound at each execution of a plan. */
export class VariableRef {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

type Variables = Readonly<Record<string, unknown>>

/**
 * Value of an argument with variables left in place where only a value depends on them (scalars but Boolean, and lists of them),
 * so that one plan serves all values; variables that decide about the statement's text are replaced by what they hold now.
 * `undefined` where nothing was given. Throws GRAPHQL_VALIDATION_FAILED for a variable that is null where the type allows none (its
 * default let the document pass): taken for "nothing given" it would drop the condition that it stands in.
 */
export function argumentValue(node: ValueNode | undefined, type: GraphQLInputType, variables: Variables): unknown {
  if (node === undefined) return undefined
  if (node.kind === Kind.VARIABLE) {
    const name = node.name.value
    const value = variables[name]
    if (value === null && isNonNullType(type)) throw invalidValue(node)
    if (value === undefined || value === null) return value
    return isBindable(type) ? new VariableRef(name) : value
  }
  if (node.kind === Kind.NULL) return null
  const inner = getNullableType(type)
  if (node.kind === Kind.OBJECT && isInputObjectType(inner)) {
    const fields = inner.getFields()
    const value: Record<string, unknown> = {}
    for (const { name, value: member } of node.fields) {
      const field = fields[name.value]
      const given = field ? argumentValue(member, field.type, variables) : undefined
      if (given !== undefined) value[name.value] = given
    }
    for (const field of Object.values(fields)) {
      if (value[field.name] === undefined && field.defaultValue !== undefined) value[field.name] = field.defaultValue
    }
    return value
  }
  if (isListType(inner) && !isLeafType(getNullableType(inner.ofType))) {
    const items = node.kind === Kind.LIST ? node.values : [node]
    return items.map((item) => argumentValue(item, inner.ofType, variables))
  }
  const value = valueFromAST(node, type, variables)
  if (value === undefined) throw invalidValue(node)
  return value
}

function invalidValue(node: ValueNode): GuanxiError {
  return new GuanxiError('GRAPHQL_VALIDATION_FAILED', say`${print(node)} holds a null where none is allowed.`)
}

/** Scalars other than Boolean, and lists of them. */
function isBindable(type: GraphQLInputType): boolean {
  const inner = getNullableType(type)
  const leaf = isListType(inner) ? getNullableType(inner.ofType) : inner
  return isScalarType(leaf) && leaf.name !== 'Boolean'
}

/** The operand of a value that `argumentValue` gave. */
export function operandOf(value: unknown): Operand {
  return value instanceof VariableRef ? { kind: 'variable', name: value.name } : { kind: 'constant', value }
}

/** The value itself, for arguments that decide about the text and so are never left in place. */
export function resolved(value: unknown, variables: Variables): unknown {
  return value instanceof VariableRef ? variables[value.name] : value
}
