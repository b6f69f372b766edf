import {
  GraphQLBoolean,
  type GraphQLFieldConfigMap,
  GraphQLInt,
  type GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLScalarType,
  GraphQLString,
} from 'graphql'
import { DefectError } from '../../errors/index.ts'
import type { FieldDefinition, ModuleDefinition } from '../../records/registry/definition.ts'
import type { ResolverContext } from '../operation.ts'
import { listArguments } from './connection.ts'
import { type BuildContext, listedModule, typesOf } from './context.ts'
import { describeInverse, describeModule } from './descriptions.ts'
import { type FieldShape, shapeOf, targetOf } from './field-shapes.ts'
import { everyName, type OutputMember, outputFields } from './members.ts'
import type { HandWrittenMembers } from './module-types.ts'
import { typeNames } from './names.ts'
import { DateScalar, DateTimeScalar, DecimalScalar, JsonScalar } from './scalars/index.ts'
import { derivedRecordMembers, idMember } from './shared/interfaces.ts'

/** `Account implements Record & Node`, with the members that are written by hand (`User.roles`) behind the generated ones. */
export function recordType(context: BuildContext, module: ModuleDefinition, handWritten: HandWrittenMembers): GraphQLObjectType<unknown, ResolverContext> {
  const { record } = typeNames(module)
  return new GraphQLObjectType<unknown, ResolverContext>({
    name: record,
    description: describeModule(module),
    interfaces: () => [context.shared.interfaces.record, context.shared.interfaces.node],
    fields: () => withHandWritten(record, outputFields(record, recordMembers(context, module), context.resolvers), handWritten(module)),
    extensions: { guanxi: { kind: 'record', module: module.name } },
  })
}

type Fields = GraphQLFieldConfigMap<unknown, ResolverContext>

function withHandWritten(typeName: string, fields: Fields, handWritten: Fields): Fields {
  for (const [name, field] of Object.entries(handWritten)) {
    if (fields[name]) throw new DefectError(`${typeName}.${name} is a field of the module and has a hand-written resolver too.`)
    fields[name] = field
  }
  return fields
}

function* recordMembers(context: BuildContext, module: ModuleDefinition): Iterable<OutputMember> {
  for (const field of module.fields.values()) yield* everyName(fieldMember(context, field), field)
  yield* derivedRecordMembers(context.shared)
  for (const relation of module.inverses.values()) {
    const listed = listedModule(context, relation.module)
    yield {
      name: relation.name,
      type: typesOf(context, relation.module).connection,
      description: describeInverse(relation, listed),
      descriptor: { kind: 'inverse', module: module.name, relation: relation.name },
      args: listArguments(context, listed),
    }
  }
}

function fieldMember(context: BuildContext, field: FieldDefinition): OutputMember {
  const shape = shapeOf(field)
  if (shape === 'id') return idMember(field.module)
  const type = OUTPUTS[shape](context, field)
  return {
    name: field.name,
    type: field.system && field.name === 'version' ? new GraphQLNonNull(type) : type,
    description: context.describe(field),
    descriptor: { kind: shape === 'anyRecord' ? 'anyRecord' : 'field', module: field.module, field: field.name },
    args: shape === 'many' ? listArguments(context, listedModule(context, targetOf(field))) : undefined,
  }
}

type NullableOutputType = GraphQLScalarType | GraphQLObjectType | GraphQLInterfaceType | GraphQLList<GraphQLOutputType>

const OUTPUTS: Readonly<Record<Exclude<FieldShape, 'id'>, (context: BuildContext, field: FieldDefinition) => NullableOutputType>> = {
  text: () => GraphQLString,
  longText: () => GraphQLString,
  integer: () => GraphQLInt,
  duration: () => GraphQLInt,
  decimal: () => DecimalScalar,
  boolean: () => GraphQLBoolean,
  date: () => DateScalar,
  dateTime: () => DateTimeScalar,
  json: () => JsonScalar,
  textList: () => new GraphQLList(new GraphQLNonNull(GraphQLString)),
  money: (context) => context.shared.values.money,
  phone: (context) => context.shared.values.phone,
  address: (context) => context.shared.values.address,
  geo: (context) => context.shared.values.geoPoint,
  one: (context, field) => typesOf(context, targetOf(field)).record,
  anyRecord: (context) => context.shared.interfaces.record,
  many: (context, field) => typesOf(context, targetOf(field)).connection,
}
