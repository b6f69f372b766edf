import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'

/** Some value of an input type, with as little in it as it allows. */
export function literalOf(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literalOf(type.ofType)
  if (isListType(type)) return `[${literalOf(type.ofType)}]`
  if (isEnumType(type)) return String(type.getValues()[0]?.name)
  if (!isInputObjectType(type))
    return { Int: '1', Float: '1', Boolean: 'true', DateTime: '"2026-01-01T00:00:00Z"', Date: '"2026-01-01"', Decimal: '"1"' }[type.name] ?? '"x"'
  const fields = Object.values(type.getFields())
  const needed = type.isOneOf ? fields.slice(0, 1) : fields.filter((field) => isNonNullType(field.type) && field.defaultValue === undefined)
  return `{${needed.map((field) => `${field.name}: ${literalOf(field.type)}`)}}`
}

function selectionOf(type: GraphQLOutputType): string {
  const named = getNamedType(type)
  if (isLeafType(named)) return ''
  if (!isObjectType(named)) return '{ __typename }'
  const plain = Object.values(named.getFields()).find(
    (field) => isLeafType(getNamedType(field.type)) && field.args.every((argument) => !isNonNullType(argument.type)),
  )
  return `{ ${plain?.name ?? '__typename'} }`
}

/** A call of a root field with as little as it allows. */
export function callOf(field: GraphQLField<unknown, unknown>): string {
  const needed = field.args.filter((argument) => isNonNullType(argument.type) && argument.defaultValue === undefined)
  const args = needed.length > 0 ? `(${needed.map((argument) => `${argument.name}: ${literalOf(argument.type)}`)})` : ''
  return `${field.name}${args} ${selectionOf(field.type)}`
}
