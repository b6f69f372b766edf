import { GraphQLBoolean, GraphQLID, type GraphQLInputObjectType, type GraphQLInputType, GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString } from 'graphql'
import type { FieldDefinition, ModuleDefinition } from '../../records/registry/definition.ts'
import { type BuildContext, typesOf } from './context.ts'
import { describeField, describeModule } from './descriptions.ts'
import { type FieldShape, shapeOf, targetOf } from './field-shapes.ts'
import type { InputMember } from './members.ts'
import { typeNames } from './names.ts'
import { DateScalar, DateTimeScalar, DecimalScalar, JsonScalar } from './scalars/index.ts'
import { inputType } from './shared/inputs.ts'

export interface WriteInputs {
  readonly create: GraphQLInputObjectType
  readonly update: GraphQLInputObjectType
  readonly upsert: GraphQLInputObjectType
  readonly updateItem: GraphQLInputObjectType
  readonly upsertItem: GraphQLInputObjectType
}

type InputPurpose = 'create' | 'update' | 'upsert'

/** Whether clients write the module at all: at least one field of its own is an input. */
export function isWritable(module: ModuleDefinition): boolean {
  return [...module.fields.values()].some((field) => !field.system && isInput(field))
}

/** Inputs of a module's writes. Only for writable modules. */
export function writeInputs(context: BuildContext, module: ModuleDefinition): WriteInputs {
  const names = typeNames(module)
  const label = describeModule(module)
  const ofFields = (name: string, description: string, purpose: InputPurpose) =>
    inputType(name, `${description} Left out: unchanged (on create: the default). null: cleared. (${label})`, () => inputMembers(context, module, purpose))
  const create = ofFields(names.createInput, 'Values of a new record.', 'create')
  const update = ofFields(names.updateInput, 'New values of a record.', 'update')
  const upsert = ofFields(names.upsertInput, 'Values of a record, new or not; what is required is demanded of new ones only.', 'upsert')
  const updateItem = inputType(names.updateItem, `One update of many (${label})`, () => [
    { name: 'id', type: new GraphQLNonNull(GraphQLID), description: 'The record.', descriptor: { kind: 'item', member: 'id' } },
    itemInput(update),
    ITEM_VERSION,
  ])
  const upsertItem = inputType(names.upsertItem, `One upsert of many (${label})`, () => [
    {
      name: 'by',
      type: new GraphQLNonNull(typesOf(context, module.name).uniqueInput),
      description: 'The key to find it by; written on create.',
      descriptor: { kind: 'item', member: 'by' },
    },
    itemInput(upsert),
    ITEM_VERSION,
  ])
  return { create, update, upsert, updateItem, upsertItem }
}

const ITEM_VERSION: InputMember = {
  name: 'ifVersion',
  type: GraphQLInt,
  description: 'Only if the record still has this version.',
  descriptor: { kind: 'item', member: 'ifVersion' },
}

function itemInput(type: GraphQLInputObjectType): InputMember {
  return { name: 'input', type: new GraphQLNonNull(type), description: 'The values.', descriptor: { kind: 'item', member: 'input' } }
}

function* inputMembers(context: BuildContext, module: ModuleDefinition, purpose: InputPurpose): Iterable<InputMember> {
  for (const field of module.fields.values()) {
    if (!isInput(field) || (field.createOnly && purpose === 'update')) continue
    const type = INPUTS[shapeOf(field)](context, field)
    yield {
      name: field.name,
      type: purpose === 'create' && isDemanded(field) ? new GraphQLNonNull(type) : type,
      description: describeField(field),
      descriptor: { kind: 'value', field: field.name },
    }
  }
  yield {
    name: 'externalIds',
    type: new GraphQLList(new GraphQLNonNull(context.shared.inputs.externalId)),
    description: 'Its names in other systems; a system that is not listed keeps its name.',
    descriptor: { kind: 'externalIds' },
  }
  if (purpose === 'update') return
  yield { name: 'ref', type: GraphQLString, description: 'A name by which later relations of this operation find this record.', descriptor: { kind: 'ref' } }
}

/** System fields that clients may write. */
const WRITABLE_SYSTEM_FIELDS: ReadonlySet<string> = new Set(['owner', 'team', 'tags', 'source'])

const COMPUTED_TYPES: ReadonlySet<string> = new Set(['FORMULA', 'ROLLUP'])

function isInput(field: FieldDefinition): boolean {
  if (field.readOnly || field.maintained || COMPUTED_TYPES.has(field.type)) return false
  return !field.system || WRITABLE_SYSTEM_FIELDS.has(field.name)
}

const RELATIONS: ReadonlySet<FieldShape> = new Set<FieldShape>(['one', 'anyRecord', 'many'])

/** Demanded by the type system itself. Relations are not: a rule of the module may fill them (a default pipeline); nor are numbers out of a series. */
function isDemanded(field: FieldDefinition): boolean {
  return field.required === true && field.default === undefined && field.type !== 'AUTO_NUMBER' && !RELATIONS.has(shapeOf(field))
}

const INPUTS: Readonly<Record<FieldShape, (context: BuildContext, field: FieldDefinition) => GraphQLInputType>> = {
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
