import { GraphQLID, GraphQLInt, GraphQLInterfaceType, GraphQLList, GraphQLNonNull, type GraphQLObjectType, GraphQLString } from 'graphql'
import { RECORD_TYPE, type ResolverContext } from '../../operation.ts'
import { type OutputMember, outputFields } from '../members.ts'
import { DateTimeScalar, JsonScalar } from '../scalars/index.ts'
import type { createHistoryTypes } from './history.ts'
import type { createValueTypes } from './values.ts'

type RecordType = GraphQLObjectType<unknown, ResolverContext>

export interface RecordParts {
  readonly values: ReturnType<typeof createValueTypes>
  readonly history: ReturnType<typeof createHistoryTypes>
}

/**
 * `Node` and `Record`. Their concrete type is the source's RECORD_TYPE, which every record read for an interface carries, or its `__typename`.
 * `user` and `team` are asked late, when all modules have their types.
 */
export function createInterfaces(parts: RecordParts, user: () => RecordType, team: () => RecordType) {
  const node = new GraphQLInterfaceType({
    name: 'Node',
    description: 'Anything with a global id.',
    fields: () => outputFields('Node', [idMember('*')]),
    resolveType: typeNameOf,
  })
  const record = new GraphQLInterfaceType({
    name: 'Record',
    description: 'A record of any module.',
    interfaces: [node],
    fields: () => outputFields('Record', recordInterfaceMembers(parts, user(), team())),
    resolveType: typeNameOf,
  })
  return { node, record }
}

function typeNameOf(source: unknown): string | undefined {
  const name = typeof source === 'object' && source !== null ? (Reflect.get(source, RECORD_TYPE) ?? Reflect.get(source, '__typename')) : undefined
  return typeof name === 'string' ? name : undefined
}

export function idMember(module: string): OutputMember {
  return field(module, 'id', new GraphQLNonNull(GraphQLID), "The record's id, unique over all modules.")
}

function* recordInterfaceMembers(parts: RecordParts, user: RecordType, team: RecordType): Iterable<OutputMember> {
  yield idMember('*')
  yield field('*', 'version', new GraphQLNonNull(GraphQLInt), 'Grows with every write on the record.')
  yield field('*', 'createdAt', DateTimeScalar, 'When it was made.')
  yield field('*', 'createdBy', user, 'Who made it.')
  yield field('*', 'updatedAt', DateTimeScalar, 'When it was written last.')
  yield field('*', 'updatedBy', user, 'Who wrote it last.')
  yield field('*', 'deletedAt', DateTimeScalar, 'When it went into the recycle bin; null outside.')
  yield field('*', 'owner', user, 'The user who answers for it.')
  yield field('*', 'team', team, 'The team that it belongs to.')
  yield field('*', 'tags', new GraphQLList(new GraphQLNonNull(GraphQLString)), 'Names of its tags.')
  yield* derivedRecordMembers(parts)
}

/** Members that every record has and that are no fields of its module. */
export function* derivedRecordMembers({ values, history }: RecordParts): Iterable<OutputMember> {
  yield {
    name: 'externalIds',
    type: new GraphQLList(new GraphQLNonNull(values.externalId)),
    description: 'Its names in other systems.',
    descriptor: { kind: 'externalIds' },
  }
  yield { name: 'displayName', type: GraphQLString, description: 'What people call it.', descriptor: { kind: 'displayName' } }
  yield {
    name: 'values',
    type: JsonScalar,
    description: 'Custom fields that the caller may read, by name: all of them, or those named.',
    descriptor: { kind: 'values' },
    args: { fields: { type: new GraphQLList(new GraphQLNonNull(GraphQLString)), description: 'Names of the fields wanted.' } },
  }
  yield { name: 'viewerAccess', type: values.viewerAccess, description: 'What the caller may do with it.', descriptor: { kind: 'viewerAccess' } }
  yield {
    name: 'history',
    type: history.connection,
    description: 'Writes on it, newest first.',
    descriptor: { kind: 'history' },
    args: {
      first: { type: GraphQLInt, description: 'Page size: 50 unless given, at most 500.' },
      after: { type: GraphQLString, description: 'Only what follows this cursor.' },
    },
  }
}

function field(module: string, name: string, type: OutputMember['type'], description: string): OutputMember {
  return { name, type, description, descriptor: { kind: 'field', module, field: name } }
}
