import { type GraphQLInputType, type GraphQLOutputType, isEnumType, isInputObjectType, isListType, isNonNullType, isScalarType } from 'graphql'

/** Input classes by the names of their types. */
export type InputClasses = ReadonlyMap<string, new () => object>

/** A value of the API as the code of a class has it: members of an enum by their own values, moments as Date, input objects as objects of their classes. */
export function convertInput(type: GraphQLInputType, value: unknown, classes: InputClasses): unknown {
  if (value === null || value === undefined) return value
  if (isNonNullType(type)) return convertInput(type.ofType, value, classes)
  if (isListType(type)) return Array.isArray(value) ? value.map((each) => convertInput(type.ofType, each, classes)) : value
  if (isEnumType(type)) return type.parseValue(value)
  if (isScalarType(type)) return type.name === 'DateTime' ? new Date(value as string) : value
  if (!isInputObjectType(type)) return value
  const given = value as Readonly<Record<string, unknown>>
  const members = Object.entries(type.getFields()).flatMap(([name, field]) =>
    Object.hasOwn(given, name) ? [[name, convertInput(field.type, given[name], classes)]] : [],
  )
  const InputClass = classes.get(type.name)
  return InputClass ? Object.assign(new InputClass(), Object.fromEntries(members)) : Object.fromEntries(members)
}

/** What the code of a class answers as the API has it. Objects stay as they are. */
export function convertOutput(type: GraphQLOutputType, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (isNonNullType(type)) return convertOutput(type.ofType, value)
  if (isListType(type)) return Array.isArray(value) ? value.map((each) => convertOutput(type.ofType, each)) : value
  if (isEnumType(type)) return type.serialize(value)
  return isScalarType(type) && value instanceof Date ? value.toISOString() : value
}
