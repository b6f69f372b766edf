import { GraphQLBoolean, GraphQLID, GraphQLList, GraphQLNonNull, type GraphQLObjectType } from 'graphql'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import type { ResolverContext } from '../operation.ts'
import { type BuildContext, typesOf } from './context.ts'
import { moduleLabel } from './descriptions.ts'
import { type OutputMember, objectType } from './members.ts'
import { typeNames } from './names.ts'

type PayloadType = GraphQLObjectType<unknown, ResolverContext>

/** What each write answers with. Records are null where the writer may not read them (any more). */
export interface WritePayloads {
  readonly create: PayloadType
  readonly createMany: PayloadType
  readonly update: PayloadType
  readonly updateMany: PayloadType
  readonly upsert: PayloadType
  readonly upsertMany: PayloadType
  readonly delete: PayloadType
  readonly deleteMany: PayloadType
  readonly restore: PayloadType
  readonly restoreMany: PayloadType
}

export function writePayloads(context: BuildContext, module: ModuleDefinition): WritePayloads {
  const names = typeNames(module)
  const label = moduleLabel(module)
  const payload = (name: string, what: string, ...members: readonly (() => OutputMember)[]) =>
    objectType(name, `${what} (${label})`, { kind: 'payload', module: module.name }, () => members.map((member) => member()), context.resolvers)
  const value = (member: 'id' | 'ids' | 'created' | 'changeSetId', type: OutputMember['type'], description: string) => (): OutputMember => ({
    name: member,
    type,
    description,
    descriptor: { kind: 'payloadValue', module: module.name, member },
  })

  const one = (): OutputMember => ({
    name: module.name,
    type: typesOf(context, module.name).record,
    description: 'The record as it is now.',
    descriptor: { kind: 'payloadRecord', module: module.name },
  })
  const many = (): OutputMember => ({
    name: module.pluralName,
    type: new GraphQLNonNull(new GraphQLList(typesOf(context, module.name).record)),
    description: 'The records as they are now, in the order of the input.',
    descriptor: { kind: 'payloadRecords', module: module.name },
  })
  const changeSetId = value('changeSetId', GraphQLID, 'Everything that this operation wrote carries it.')
  const created = value('created', new GraphQLNonNull(GraphQLBoolean), 'true: a new record. false: one that was there.')
  const id = value('id', new GraphQLNonNull(GraphQLID), "The record's id.")
  const ids = value('ids', new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(GraphQLID))), "The records' ids, in the order of the input.")

  return {
    create: payload(names.createPayload, 'What a create made.', one, changeSetId),
    createMany: payload(names.createManyPayload, 'What creates made.', many, changeSetId),
    update: payload(names.updatePayload, 'What an update wrote.', one, changeSetId),
    updateMany: payload(names.updateManyPayload, 'What updates wrote.', many, changeSetId),
    upsert: payload(names.upsertPayload, 'What an upsert made or wrote.', one, created, changeSetId),
    upsertMany: payload(names.upsertManyPayload, 'What upserts made or wrote.', many, changeSetId),
    delete: payload(names.deletePayload, 'What went into the recycle bin.', one, id, changeSetId),
    deleteMany: payload(names.deleteManyPayload, 'What went into the recycle bin.', many, ids, changeSetId),
    restore: payload(names.restorePayload, 'What came back from the recycle bin.', one, changeSetId),
    restoreMany: payload(names.restoreManyPayload, 'What came back from the recycle bin.', many, changeSetId),
  }
}
