import {
  GraphQLBoolean,
  GraphQLID,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLScalarType,
  GraphQLString,
} from 'graphql'
import type { FieldDefinition, ModuleDefinition } from '../../records/registry/definition.ts'
import { isInput } from '../../records/registry/index.ts'
import { type BuildContext, typesOf } from './context.ts'
import { moduleLabel } from './descriptions.ts'
import { type FieldShape, shapeOf, targetOf } from './field-shapes.ts'
import { everyName, type InputMember, inputMember, inputType } from './members.ts'
import { typeNames } from './names.ts'
import { DateScalar, DateTimeScalar, DecimalScalar, JsonScalar } from './scalars/index.ts'

export interface WriteInputs {
  readonly create: GraphQLInputObjectType
  readonly update: GraphQLInputObjectType
  readonly upsert: GraphQLInputObjectType
  readonly updateItem: GraphQLInputObjectType
  readonly upsertItem: GraphQLInputObjectType
}

/** Fields that clients write. */
export function inputFieldsOf(module: ModuleDefinition): readonly FieldDefinition[] {
  return [...module.fields.values()].filter(isInput)
}

/** Inputs of a module's writes. Only for writable modules. */
export function writeInputs(context: BuildContext, module: ModuleDefinition): WriteInputs {
  const names = typeNames(module)
  const label = moduleLabel(module)
  let shared: readonly FieldMember[] | undefined
  const ofFields = (name: string, description: string, members: (context: BuildContext, fields: readonly FieldMember[]) => InputMember[]) =>
    inputType(name, `${description} Left out: unchanged (on create: the default). null: cleared. (${label})`, () => {
      shared ??= fieldMembers(context, module)
      return members(context, shared)
    })
  const create = ofFields(names.createInput, 'Values of a new record.', createMembers)
  const update = ofFields(names.updateInput, 'New values of a record.', updateMembers)
  const upsert = ofFields(names.upsertInput, 'Values of a record, new or not; what is required is demanded of new ones only.', createMembers)
  const updateItem = inputType(names.updateItem, `One update of many (${label})`, () => [
    inputMember('id', new GraphQLNonNull(GraphQLID), 'The record.', { kind: 'item', member: 'id' }),
    itemInput(update),
    ITEM_VERSION,
  ])
  const upsertItem = inputType(names.upsertItem, `One upsert of many (${label})`, () => [
    inputMember('by', new GraphQLNonNull(typesOf(context, module.name).uniqueInput), 'The key to find it by; written on create.', {
      kind: 'item',
      member: 'by',
    }),
    itemInput(upsert),
    ITEM_VERSION,
  ])
  return { create, update, upsert, updateItem, upsertItem }
}

const ITEM_VERSION = inputMember('ifVersion', GraphQLInt, 'Only if the record still has this version.', { kind: 'item', member: 'ifVersion' })

function itemInput(type: GraphQLInputObjectType): InputMember {
  return inputMember('input', new GraphQLNonNull(type), 'The values.', { kind: 'item', member: 'input' })
}

/** Inputs differ in what they leave out; the members themselves are shared. */
function fieldMembers(context: BuildContext, module: ModuleDefinition): readonly FieldMember[] {
  return inputFieldsOf(module).flatMap((field) => {
    const type = INPUTS[shapeOf(field)](context, field)
    const named = inputMember(field.name, type, context.describe(field), { kind: 'value', field: field.name })
    return [...everyName(named, field)].map((member) => ({ field, member }))
  })
}

interface FieldMember {
  readonly field: FieldDefinition
  readonly member: InputMember
}

/**
 * Required values are no NonNull types: a rule of the data, which an administrator changes at run time, must not break typed documents, and what is
 * missing is told with all other issues, each with its path.
 */
function createMembers(context: BuildContext, members: readonly FieldMember[]): InputMember[] {
  return [...members.map(({ member }) => member), externalIdsMember(context), REF]
}

function updateMembers(context: BuildContext, members: readonly FieldMember[]): InputMember[] {
  return [...members.filter(({ field }) => !field.createOnly).map(({ member }) => member), externalIdsMember(context)]
}

function externalIdsMember(context: BuildContext): InputMember {
  const type = new GraphQLList(new GraphQLNonNull(context.shared.inputs.externalId))
  return inputMember('externalIds', type, 'Its names in other systems; a system that is not listed keeps its name.', { kind: 'externalIds' })
}

const REF = inputMember('ref', GraphQLString, 'A name by which later relations of this operation find this record.', { kind: 'ref' })

type NullableInputType = GraphQLScalarType | GraphQLInputObjectType | GraphQLList<GraphQLInputType>

const INPUTS: Readonly<Record<FieldShape, (context: BuildContext, field: FieldDefinition) => NullableInputType>> = {
  id: () => GraphQLID,
  text: () => GraphQLString,
  longText: () => GraphQLString,
  phone: () => GraphQLString,
  integer: () => GraphQLInt,
  duration: () => GraphQLInt,
  decimal: () => DecimalScalar,
  boolean: () => GraphQLBoolean,
  date: () => DateScalar,
  dateTime: () => DateTimeScalar,
  json: () => JsonScalar,
  textList: () => new GraphQLList(new GraphQLNonNull(GraphQLString)),
  money: (context) => context.shared.inputs.money,
  address: (context) => context.shared.inputs.address,
  geo: (context) => context.shared.inputs.geoPoint,
  one: (context, field) => typesOf(context, targetOf(field)).ref,
  anyRecord: (context) => context.shared.inputs.recordRef,
  many: (context, field) => typesOf(context, targetOf(field)).refsInput,
}
