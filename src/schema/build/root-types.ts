import { type GraphQLFieldConfigMap, GraphQLObjectType } from 'graphql'
import { DefectError } from '../../errors/index.ts'
import type { ResolverContext } from '../operation.ts'
import { type OutputMember, outputFields } from './members.ts'
import type { SchemaResolvers } from './options.ts'

type Fields = GraphQLFieldConfigMap<unknown, ResolverContext>

/** Members of one owner at a root. */
export interface RootMembers {
  readonly owner: string
  readonly members: readonly OutputMember[]
}

/**
 * One of the root types: generated members and hand-written ones. Null if there are none. Throws DefectError, naming both
 * owners, if two claim one name.
 */
export function rootType(name: string, description: string, generated: readonly RootMembers[], handWritten: Fields, resolvers: SchemaResolvers) {
  const owners = new Map<string, string>()
  const claim = (field: string, owner: string) => {
    const taken = owners.get(field)
    if (taken !== undefined) throw new DefectError(`${name}.${field} of ${owner} is already a field of ${taken}.`)
    owners.set(field, owner)
  }
  for (const { owner, members } of generated) for (const member of members) claim(member.name, owner)
  for (const field of Object.keys(handWritten)) claim(field, 'the hand-written operations')
  if (owners.size === 0) return null
  const fields: Fields = {
    ...outputFields(
      name,
      generated.flatMap(({ members }) => members),
      resolvers,
    ),
    ...handWritten,
  }
  return new GraphQLObjectType<unknown, ResolverContext>({ name, description, fields })
}
