import {
  type GraphQLArgumentConfig,
  type GraphQLFieldConfigArgumentMap,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLObjectType,
  GraphQLString,
} from 'graphql'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import type { ResolverContext } from '../operation.ts'
import { type BuildContext, typesOf } from './context.ts'
import { moduleLabel } from './descriptions.ts'
import { objectType } from './members.ts'
import { typeNames } from './names.ts'

/** `AccountConnection`, as Relay knows it. */
export function connectionType(context: BuildContext, module: ModuleDefinition): GraphQLObjectType<unknown, ResolverContext> {
  const common = { kind: 'connectionMember', module: module.name } as const
  return objectType(
    typeNames(module).connection,
    `A page of a list (${moduleLabel(module)})`,
    { kind: 'connection', module: module.name },
    () => {
      const { record, edge } = typesOf(context, module.name)
      return [
        {
          name: 'nodes',
          type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(record))),
          description: 'Records of this page.',
          descriptor: { ...common, member: 'nodes' },
        },
        {
          name: 'edges',
          type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(edge))),
          description: 'Records of this page with their cursors.',
          descriptor: { ...common, member: 'edges' },
        },
        {
          name: 'pageInfo',
          type: new GraphQLNonNull(context.shared.values.pageInfo),
          description: 'Where this page stands.',
          descriptor: { ...common, member: 'pageInfo' },
        },
        {
          name: 'totalCount',
          type: new GraphQLNonNull(GraphQLInt),
          description: 'Number of records in all, counted only when asked for.',
          descriptor: { ...common, member: 'totalCount' },
        },
      ]
    },
    context.resolvers,
  )
}

/** `AccountEdge`: a record and its cursor. */
export function edgeType(context: BuildContext, module: ModuleDefinition): GraphQLObjectType<unknown, ResolverContext> {
  const common = { kind: 'edgeMember', module: module.name } as const
  return objectType(
    typeNames(module).edge,
    `A record and its place in the list (${moduleLabel(module)})`,
    { kind: 'edge', module: module.name },
    () => [
      { name: 'cursor', type: new GraphQLNonNull(GraphQLString), description: 'Place in the list.', descriptor: { ...common, member: 'cursor' } },
      {
        name: 'node',
        type: new GraphQLNonNull(typesOf(context, module.name).record),
        description: 'The record.',
        descriptor: { ...common, member: 'node' },
      },
    ],
    context.resolvers,
  )
}

/** Arguments that choose and order records; shared by root lists and nested ones. */
export function listArguments(context: BuildContext, module: ModuleDefinition): GraphQLFieldConfigArgumentMap {
  return {
    filter: filterArgument(context, module),
    search: SEARCH_ARGUMENT,
    orderBy: {
      type: new GraphQLList(new GraphQLNonNull(typesOf(context, module.name).orderBy)),
      description: 'Keys of the order, first one first. Default: newest first.',
    },
    deleted: deletedArgument(context),
    first: { type: GraphQLInt, description: 'Page size from the start: 50 unless given, at most 500.' },
    after: { type: GraphQLString, description: 'Only what follows this cursor.' },
    last: { type: GraphQLInt, description: 'Page size from the end, instead of `first`.' },
    before: { type: GraphQLString, description: 'Only what precedes this cursor.' },
  }
}

/** The arguments that lists and aggregates choose records by. */
export function filterArgument(context: BuildContext, module: ModuleDefinition): GraphQLArgumentConfig {
  return { type: typesOf(context, module.name).filter, description: 'Conditions that must hold.' }
}

export function deletedArgument(context: BuildContext): GraphQLArgumentConfig {
  return { type: context.shared.enums.deletedFilter, defaultValue: 'EXCLUDE', description: 'Records in the recycle bin.' }
}

export const SEARCH_ARGUMENT: GraphQLArgumentConfig = { type: GraphQLString, description: 'Words that must occur in the searchable fields.' }
