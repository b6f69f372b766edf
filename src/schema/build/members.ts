import {
  type GraphQLFieldConfigArgumentMap,
  type GraphQLFieldConfigMap,
  type GraphQLInputFieldConfigMap,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLObjectType,
  type GraphQLOutputType,
} from 'graphql'
import { DefectError } from '../../errors/index.ts'
import type { FieldDefinition } from '../../records/registry/definition.ts'
import type { FieldDescriptor, InputDescriptor, TypeDescriptor } from '../descriptors.ts'
import type { ResolverContext } from '../operation.ts'
import type { SchemaResolvers } from './options.ts'

/** One generated output field: what it is for people (description), for GraphQL (type) and for the planner (descriptor). */
export interface OutputMember {
  readonly name: string
  readonly type: GraphQLOutputType
  readonly description: string
  readonly descriptor: FieldDescriptor
  readonly args?: GraphQLFieldConfigArgumentMap
  readonly deprecationReason?: string
}

/** One generated member of an input type: graphql-js' own config and the name. */
export interface InputMember {
  readonly name: string
  readonly type: GraphQLInputType
  readonly description: string
  readonly defaultValue?: unknown
  readonly deprecationReason?: string
  readonly extensions: { readonly guanxi: InputDescriptor }
}

/** The member of a field, and its deprecated twins under the names that the field had before. They stand for the same field. */
export function* everyName<Member extends OutputMember | InputMember>(member: Member, { name, aliases = [] }: FieldDefinition): Iterable<Member> {
  yield member
  for (const alias of aliases) yield { ...member, name: alias, deprecationReason: `Renamed to ${name}.` }
}

/** A member of an input type with what it means to the planner. */
export function inputMember(name: string, type: GraphQLInputType, description: string, descriptor: InputDescriptor, defaultValue?: unknown): InputMember {
  return { name, type, description, defaultValue, extensions: extensionsOf(descriptor) }
}

/** Members without their descriptor's boilerplate: `part('amount', Decimal, 'The amount.')`. */
export function part(name: string, type: GraphQLOutputType, description: string): OutputMember {
  return { name, type, description, descriptor: { kind: 'part', part: name } }
}

export function inputPart(name: string, type: GraphQLInputType, description: string): InputMember {
  return inputMember(name, type, description, { kind: 'part', part: name })
}

/** An object type whose fields carry descriptors and resolvers. */
export function objectType(
  name: string,
  description: string,
  descriptor: TypeDescriptor,
  members: () => Iterable<OutputMember>,
  resolvers: SchemaResolvers,
): GraphQLObjectType<unknown, ResolverContext> {
  return new GraphQLObjectType<unknown, ResolverContext>({
    name,
    description,
    fields: () => outputFields(name, members(), resolvers),
    extensions: { guanxi: descriptor },
  })
}

/** An input type whose members carry descriptors. */
export function inputType(name: string, description: string, members: () => Iterable<InputMember>, options?: { oneOf: boolean }): GraphQLInputObjectType {
  return new GraphQLInputObjectType({ name, description, isOneOf: options?.oneOf ?? false, fields: () => inputFields(name, members()) })
}

/** Fields of an object type, with descriptor and resolver. Throws DefectError for two members of one name. */
export function outputFields(typeName: string, members: Iterable<OutputMember>, resolvers?: SchemaResolvers): GraphQLFieldConfigMap<unknown, ResolverContext> {
  const fields: GraphQLFieldConfigMap<unknown, ResolverContext> = Object.create(null)
  for (const { name, type, description, descriptor, args, deprecationReason } of members) {
    if (fields[name]) throw twice(typeName, name)
    fields[name] = {
      type,
      description,
      args,
      ...(deprecationReason !== undefined && { deprecationReason }),
      resolve: resolvers?.resolverFor(descriptor, { typeName, fieldName: name }),
      extensions: extensionsOf(descriptor),
    }
  }
  return fields
}

/** Fields of an input type, with descriptors. Throws DefectError for two members of one name. */
export function inputFields(typeName: string, members: Iterable<InputMember>): GraphQLInputFieldConfigMap {
  const fields: GraphQLInputFieldConfigMap = Object.create(null)
  for (const member of members) {
    if (fields[member.name]) throw twice(typeName, member.name)
    fields[member.name] = member
  }
  return fields
}

/** graphql-js copies an extensions object per field unless it has no prototype; there are tens of thousands of fields. */
function extensionsOf<T>(descriptor: T): { readonly guanxi: T } {
  const extensions = Object.create(null)
  extensions.guanxi = descriptor
  return extensions
}

function twice(typeName: string, name: string): DefectError {
  return new DefectError(`${typeName} would have two members named ${name}.`)
}
