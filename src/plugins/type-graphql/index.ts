import { GraphQLScalarType } from 'graphql'

export {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Field,
  FieldResolver,
  Float,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
  Root,
  registerEnumType,
} from 'type-graphql'

/** One of each name, since a schema has no two. */
const standIns = new Map<string, GraphQLScalarType>()

/** Numbers that keep every digit; a text in code. */
export const DecimalType = standIn('Decimal')

/** A day of the calendar, `2026-03-01`; a text in code. Moments are of the class `Date`. */
export const DateType = standIn('Date')

/** Any value that JSON has. */
export const JsonType = standIn('JSON')

/**
 * The type of a module's records, for `@Field` and `@Query`: `@Query(() => recordType('account'))`. What answers is a `RecordRef`; the client selects from the record what it may read.
 */
export function recordType(module: string): GraphQLScalarType {
  return standIn(module.charAt(0).toUpperCase() + module.slice(1))
}

/** Stands for a type of the product, whose name it has, until that is put into its place. */
function standIn(name: string): GraphQLScalarType {
  const type = standIns.get(name) ?? new GraphQLScalarType({ name })
  standIns.set(name, type)
  return type
}
