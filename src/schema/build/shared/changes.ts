import { GraphQLBoolean, GraphQLID, GraphQLInt, GraphQLList, GraphQLNonNull, type GraphQLObjectType, GraphQLString } from 'graphql'
import type { ResolverContext } from '../../operation.ts'
import { type OutputMember, objectType, part } from '../members.ts'
import type { SchemaResolvers } from '../options.ts'
import { DateTimeScalar } from '../scalars/index.ts'
import type { createEnums } from './enums.ts'
import type { createHistoryTypes } from './history.ts'
import type { createInterfaces } from './interfaces.ts'

export interface ChangeParts {
  readonly enums: ReturnType<typeof createEnums>
  readonly history: ReturnType<typeof createHistoryTypes>
  readonly interfaces: ReturnType<typeof createInterfaces>
}

/** What is told of a change whatever its module. */
export function changeParts({ enums, history }: Pick<ChangeParts, 'enums' | 'history'>): OutputMember[] {
  return [
    part('cursor', new GraphQLNonNull(GraphQLString), 'Place of the change; `after` it nothing is missed.'),
    part('at', DateTimeScalar, 'When; null where `createdAt`, or `updatedAt` after the first write, is not shown.'),
    part('operation', new GraphQLNonNull(enums.changeOperation), 'What it means to the caller.'),
    part('id', new GraphQLNonNull(GraphQLID), "The record's id."),
    part('version', new GraphQLNonNull(GraphQLInt), 'Version that the change made.'),
    part(
      'changedFields',
      new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(GraphQLString))),
      'Names of the fields that it changed, as far as the caller reads them; none where the record left.',
    ),
    part('changeSetId', GraphQLID, 'Everything that was written together carries the same one.'),
    part('actor', history.actor, 'Who; null where `createdBy`, or `updatedBy` after the first write, is not shown.'),
  ]
}

/** Types of `Query.changes`. */
export function createChangeTypes(parts: ChangeParts, resolvers: SchemaResolvers) {
  const type = (name: string, description: string, members: () => readonly OutputMember[]): GraphQLObjectType<unknown, ResolverContext> =>
    objectType(name, description, { kind: 'change' }, members, resolvers)
  const change = type('Change', 'A committed change of a record of any module.', () => [
    part('module', new GraphQLNonNull(GraphQLString), "The module's name."),
    ...changeParts(parts),
    {
      name: 'record',
      type: parts.interfaces.record,
      description: 'The record as it is now; null where it was deleted, left, or cannot be read any more.',
      descriptor: { kind: 'changeRecord', module: '*' },
    },
  ])
  const feed = type('ChangeFeed', 'Changes in the order of their commits.', () => [
    part('nodes', new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(change))), 'The changes.'),
    part('cursor', new GraphQLNonNull(GraphQLString), 'Where to go on, whether or not anything is told here.'),
    part('hasNextPage', new GraphQLNonNull(GraphQLBoolean), 'There are more already.'),
  ])
  return { change, feed }
}
