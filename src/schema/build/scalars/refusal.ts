import { GraphQLError } from 'graphql'

/** A client's mistake in a scalar: what is demanded, and the (shortened) text that was given. */
export function refusedScalar(demand: string, given: unknown): GraphQLError {
  const text = typeof given === 'string' ? JSON.stringify(given) : String(given)
  return new GraphQLError(`${demand}; ${text.length > 60 ? `${text.slice(0, 57)}...` : text} is not.`)
}

/** Our own mistake: a value that the scalar can never show. The value itself stays out of the message. */
export function unserializable(scalar: string): GraphQLError {
  return new GraphQLError(`${scalar} cannot represent what the server holds here.`)
}
