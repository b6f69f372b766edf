import type { GraphQLFieldResolver, GraphQLSchema } from 'graphql'
import type { Registry } from '../../records/registry/definition.ts'
import type { FieldDescriptor } from '../descriptors.ts'
import type { ResolverContext } from '../operation.ts'

/** Resolvers of this schema; sources are what the field above resolved to. */
export type SchemaFieldResolver = GraphQLFieldResolver<unknown, ResolverContext>

/** Where a field stands in the schema. */
export interface FieldSite {
  readonly typeName: string
  readonly fieldName: string
  /** For `computed` fields: the resolver that was written by hand. */
  readonly handWritten?: SchemaFieldResolver
}

/** What the executor supplies: the builder makes types and attaches meaning, it reads nothing. */
export interface SchemaResolvers {
  /** Called once for every generated field; `undefined` leaves graphql-js' default (the member of the source named like the field). */
  resolverFor(descriptor: FieldDescriptor, site: FieldSite): SchemaFieldResolver | undefined
  /** Wraps the resolver of a hand-written field whose type is a record type, a list of it, or an interface of records; `module` is `*` for these. */
  wrapStaticRecordField(resolver: SchemaFieldResolver, site: FieldSite & { readonly module: string; readonly list: boolean }): SchemaFieldResolver
}

export interface SchemaBuildOptions {
  readonly registry: Registry
  /** The hand-written part, built once by TypeGraphQL. Not changed. */
  readonly staticSchema: GraphQLSchema
  readonly resolvers: SchemaResolvers
}
