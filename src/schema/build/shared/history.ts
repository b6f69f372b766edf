import { GraphQLID, GraphQLInt, GraphQLList, GraphQLNonNull, type GraphQLObjectType, GraphQLString } from 'graphql'
import type { ResolverContext } from '../../operation.ts'
import { type OutputMember, objectType, part } from '../members.ts'
import type { SchemaResolvers } from '../options.ts'
import { DateTimeScalar, JsonScalar } from '../scalars/index.ts'
import type { createEnums } from './enums.ts'

/** Types of `Record.history`, newest first. */
export function createHistoryTypes(enums: ReturnType<typeof createEnums>, pageInfo: GraphQLObjectType<unknown, ResolverContext>, resolvers: SchemaResolvers) {
  const history = (name: string, description: string, members: () => readonly OutputMember[]) =>
    objectType(name, description, { kind: 'history' }, members, resolvers)

  const actor = history('Actor', 'Who did something; the name stays readable for those who cannot read users.', () => [
    part('id', new GraphQLNonNull(GraphQLID), "The user's id."),
    part('name', GraphQLString, "The user's name."),
  ])
  const change = history('FieldChange', 'One field before and after a write.', () => [
    part('field', new GraphQLNonNull(GraphQLString), "The field's name."),
    part('before', JsonScalar, 'Its value before.'),
    part('after', JsonScalar, 'Its value after.'),
  ])
  const entry = history('RecordHistoryEntry', 'One write on a record.', () => [
    part('version', new GraphQLNonNull(GraphQLInt), 'Version that the write made.'),
    part('operation', new GraphQLNonNull(enums.recordOperation), 'What the write did.'),
    part('at', DateTimeScalar, 'When; null where `createdAt`, or `updatedAt` after the first write, is not shown.'),
    part('actor', actor, 'Who; null where `createdBy`, or `updatedBy` after the first write, is not shown.'),
    part('changeSetId', GraphQLID, 'Everything that was written together carries the same one.'),
    part('changes', new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(change))), 'Changed fields that the caller may read.'),
  ])
  const edge = history('RecordHistoryEdge', 'A write and its place in the list.', () => [
    part('cursor', new GraphQLNonNull(GraphQLString), 'Place in the list.'),
    part('node', new GraphQLNonNull(entry), 'The write.'),
  ])
  const connection = history('RecordHistoryConnection', 'Writes on a record, newest first.', () => [
    part('nodes', new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(entry))), 'The writes of this page.'),
    part('edges', new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(edge))), 'The writes of this page with their cursors.'),
    part('pageInfo', new GraphQLNonNull(pageInfo), 'Where this page stands.'),
    part('totalCount', new GraphQLNonNull(GraphQLInt), 'Number of writes in all; those of nothing that the caller may read do not count.'),
  ])
  return { actor, change, entry, edge, connection }
}
