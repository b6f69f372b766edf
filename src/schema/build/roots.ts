import {
  GraphQLBoolean,
  type GraphQLFieldConfigArgumentMap,
  GraphQLID,
  type GraphQLInputType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
} from 'graphql'
import type { WriteOperation } from '../descriptors.ts'
import { deletedArgument, filterArgument, listArguments, SEARCH_ARGUMENT } from './connection.ts'
import type { BuildContext } from './context.ts'
import { moduleLabel } from './descriptions.ts'
import type { OutputMember } from './members.ts'
import type { ModuleTypes } from './module-types.ts'
import { rootFieldNames } from './names.ts'

const ID_ARGUMENT = { type: new GraphQLNonNull(GraphQLID), description: "The record's id." }
const IDS_ARGUMENT = { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(GraphQLID))), description: 'Ids of at most 1,000 records.' }

/** `Query.node` and `Query.nodes`. */
export function nodeMembers(context: BuildContext): OutputMember[] {
  const { node } = context.shared.interfaces
  return [
    {
      name: 'node',
      type: node,
      description: 'A record of any module by its id.',
      descriptor: { kind: 'node' },
      args: { id: ID_ARGUMENT },
    },
    {
      name: 'nodes',
      type: new GraphQLNonNull(new GraphQLList(node)),
      description: 'Records of any modules by their ids, in that order; null where there is none that the caller may read.',
      descriptor: { kind: 'nodes' },
      args: { ids: { ...IDS_ARGUMENT, description: 'At most 500 ids.' } },
    },
  ]
}

/** The four root queries of a module. */
export function queryMembers(context: BuildContext, types: ModuleTypes): OutputMember[] {
  const { module } = types
  const names = rootFieldNames(module).query
  const label = moduleLabel(module)
  return [
    {
      name: names.get,
      type: types.record,
      description: `One record by its id. (${label})`,
      descriptor: { kind: 'get', module: module.name },
      args: { id: ID_ARGUMENT },
    },
    {
      name: names.getBy,
      type: types.record,
      description: `One record by one of its keys. (${label})`,
      descriptor: { kind: 'getBy', module: module.name },
      args: { by: { type: new GraphQLNonNull(types.uniqueInput), description: 'The key.' } },
    },
    {
      name: names.list,
      type: types.connection,
      description: `Records that the caller may read, page by page. (${label})`,
      descriptor: { kind: 'list', module: module.name },
      args: listArguments(context, module),
    },
    {
      name: names.aggregate,
      type: new GraphQLList(new GraphQLNonNull(types.aggregates.aggregate)),
      description: `Counts, sums and other figures over records that the caller may read; without \`groupBy\` one group of all. (${label})`,
      descriptor: { kind: 'aggregate', module: module.name },
      args: aggregateArguments(context, types),
    },
  ]
}

function aggregateArguments(context: BuildContext, types: ModuleTypes): GraphQLFieldConfigArgumentMap {
  return {
    filter: filterArgument(context, types.module),
    search: SEARCH_ARGUMENT,
    groupBy: { type: new GraphQLList(new GraphQLNonNull(types.groupBy)), description: 'Keys to group by.' },
    orderBy: { type: new GraphQLList(new GraphQLNonNull(types.aggregates.aggregateOrderBy)), description: 'Order of the groups. Default: by their keys.' },
    deleted: deletedArgument(context),
    first: { type: GraphQLInt, description: 'Only so many groups; needed for more than 1,000.' },
    timeZone: { type: GraphQLString, defaultValue: 'UTC', description: 'IANA time zone in which days begin.' },
  }
}

/** The ten writes of a module; none for a module that the system alone writes. */
export function mutationMembers(context: BuildContext, { module, write, uniqueInput }: ModuleTypes): OutputMember[] {
  if (!write) return []
  const names = rootFieldNames(module).mutation
  const label = moduleLabel(module)
  const { inputs, payloads } = write
  const conflict = { onConflict: { type: context.shared.enums.conflictRule, defaultValue: 'FAIL', description: 'What to do when the record has moved on.' } }
  const refusal = {
    onConflict: {
      ...conflict.onConflict,
      description: 'What to do when the record has moved on. Nothing of this could be merged: MERGE refuses as FAIL does.',
    },
  }
  const version = { ifVersion: { type: GraphQLInt, description: 'Only if the record still has this version.' }, ...conflict }
  const input = (type: GraphQLInputType) => ({ input: { type: new GraphQLNonNull(type), description: 'The values.' } })
  const list = (name: string, type: GraphQLInputType) => ({
    [name]: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type))), description: 'At most 1,000; all are written or none.' },
  })
  const by = { by: { type: new GraphQLNonNull(uniqueInput), description: 'The key to find it by; written on create.' } }

  const member = (
    name: string,
    operation: WriteOperation,
    many: boolean,
    description: string,
    type: OutputMember['type'],
    args: GraphQLFieldConfigArgumentMap,
  ): OutputMember => ({
    name,
    type,
    description: `${description} (${label})`,
    descriptor: { kind: 'write', module: module.name, operation, many },
    args: { ...args, dryRun: DRY_RUN_ARGUMENT },
  })
  return [
    member(names.create, 'create', false, 'Makes a record.', payloads.create, input(inputs.create)),
    member(names.createMany, 'create', true, 'Makes records.', payloads.createMany, list('input', inputs.create)),
    member(names.update, 'update', false, 'Changes a record.', payloads.update, { id: ID_ARGUMENT, ...input(inputs.update), ...version }),
    member(names.updateMany, 'update', true, 'Changes records, each in its own way.', payloads.updateMany, {
      ...list('updates', inputs.updateItem),
      ...conflict,
    }),
    member(names.upsert, 'upsert', false, 'Changes the record with this key, or makes it.', payloads.upsert, { ...by, ...input(inputs.upsert), ...version }),
    member(names.upsertMany, 'upsert', true, 'Changes the records with these keys, or makes them.', payloads.upsertMany, {
      ...list('upserts', inputs.upsertItem),
      ...conflict,
    }),
    member(names.delete, 'delete', false, 'Puts a record into the recycle bin.', payloads.delete, { id: ID_ARGUMENT, ...version, ...refusal }),
    member(names.deleteMany, 'delete', true, 'Puts records into the recycle bin.', payloads.deleteMany, { ids: IDS_ARGUMENT }),
    member(names.restore, 'restore', false, 'Takes a record out of the recycle bin.', payloads.restore, { id: ID_ARGUMENT, ...version, ...refusal }),
    member(names.restoreMany, 'restore', true, 'Takes records out of the recycle bin.', payloads.restoreMany, { ids: IDS_ARGUMENT }),
  ]
}

const DRY_RUN_ARGUMENT = { type: GraphQLBoolean, defaultValue: false, description: 'Do all but keep it: rules are checked and the answer shows what would be.' }
