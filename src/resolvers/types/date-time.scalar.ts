import { GraphQLScalarType } from 'graphql'

/** Stands for the API's `DateTime` until the final schema is built, which puts the real one in its place. */
export const DateTimeToken = new GraphQLScalarType<Date | string, string>({ name: 'DateTime' })
