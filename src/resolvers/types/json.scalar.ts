import { GraphQLScalarType } from 'graphql'

/** Stands for the API's `JSON` until the final schema is built, which puts the real one in its place. */
export const JsonScalar = new GraphQLScalarType<unknown, unknown>({ name: 'JSON' })
