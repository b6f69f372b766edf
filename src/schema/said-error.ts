import { GraphQLError, type GraphQLErrorOptions } from 'graphql'
import { carry, type Message, quoted, say } from '../errors/index.ts'

/** An error of GraphQL with a text of ours: English in `message`, and carried for other languages. */
export function saidError(message: Message, { extensions, ...options }: GraphQLErrorOptions = {}): GraphQLError {
  return new GraphQLError(message.toString(), { ...options, extensions: carry({ ...extensions }, { message }) })
}

/** What graphql-js says of a document, or of variables, that do not fit the schema. Hidden names are told by it as unknown ones are. */
export function quotedFlaw(text: string): Message {
  return quoted(say`The document or its variables do not fit the schema:`, text)
}
