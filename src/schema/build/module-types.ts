import type { GraphQLFieldConfigMap, GraphQLInputObjectType, GraphQLNamedType, GraphQLObjectType } from 'graphql'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import { isWritable } from '../../records/registry/index.ts'
import type { ResolverContext } from '../operation.ts'
import { type AggregateTypes, aggregateTypes } from './aggregate.ts'
import { changeType } from './changes.ts'
import { connectionType, edgeType } from './connection.ts'
import type { BuildContext } from './context.ts'
import { filterType, listFilterType } from './filters.ts'
import { groupByType } from './group.ts'
import { type WriteInputs, writeInputs } from './inputs.ts'
import { refsInputType, refType, uniqueInputType } from './keys.ts'
import { orderByType } from './order.ts'
import { type WritePayloads, writePayloads } from './payloads.ts'
import { recordType } from './record-type.ts'
import type { TypeTable } from './type-table.ts'

type ObjectType = GraphQLObjectType<unknown, ResolverContext>

/** All types of one module. Their fields are thunks, so modules may refer to each other in any order. */
export interface ModuleTypes {
  readonly module: ModuleDefinition
  readonly record: ObjectType
  readonly connection: ObjectType
  readonly edge: ObjectType
  readonly filter: GraphQLInputObjectType
  readonly listFilter: GraphQLInputObjectType
  readonly orderBy: GraphQLInputObjectType
  readonly groupBy: GraphQLInputObjectType
  readonly uniqueInput: GraphQLInputObjectType
  readonly ref: GraphQLInputObjectType
  readonly refsInput: GraphQLInputObjectType
  readonly aggregates: AggregateTypes
  readonly change: ObjectType
  /** Null for modules that the system alone writes. */
  readonly write: { readonly inputs: WriteInputs; readonly payloads: WritePayloads } | null
}

/** Members that are written by hand on a record type, by name; asked late. */
export type HandWrittenMembers = (module: ModuleDefinition) => GraphQLFieldConfigMap<unknown, ResolverContext>

/** Makes the types of a module and enters them into the table. Throws DefectError, naming both owners, if a name is taken. */
export function moduleTypes(context: BuildContext, table: TypeTable, module: ModuleDefinition, handWritten: HandWrittenMembers): ModuleTypes {
  const types = {
    record: recordType(context, module, handWritten),
    connection: connectionType(context, module),
    edge: edgeType(context, module),
    filter: filterType(context, module),
    listFilter: listFilterType(context, module),
    orderBy: orderByType(context, module),
    groupBy: groupByType(context, module),
    uniqueInput: uniqueInputType(context, module),
    ref: refType(context, module),
    refsInput: refsInputType(context, module),
    change: changeType(context, module),
  }
  const aggregates = aggregateTypes(context, module)
  const write = isWritable(module) ? { inputs: writeInputs(context, module), payloads: writePayloads(context, module) } : null
  const all: GraphQLNamedType[] = [...Object.values(types), aggregates.aggregate, aggregates.aggregateOrderBy, ...aggregates.parts]
  if (write) all.push(...Object.values(write.inputs), ...Object.values(write.payloads))
  for (const type of all) table.add(type, `the module ${module.name}`)
  return { module, ...types, aggregates, write }
}
