import { type GraphQLInputObjectType, GraphQLInt, GraphQLNonNull, type GraphQLObjectType, type GraphQLOutputType } from 'graphql'
import type { AggregateFunction } from '../../records/read/request.ts'
import type { FieldDefinition, ModuleDefinition } from '../../records/registry/definition.ts'
import type { ResolverContext } from '../operation.ts'
import type { BuildContext } from './context.ts'
import { moduleLabel } from './descriptions.ts'
import { isRanged, isSummable, shapeOf } from './field-shapes.ts'
import { everyName, type InputMember, inputMember, inputType, type OutputMember, objectType } from './members.ts'
import { type ModuleTypeNames, typeNames } from './names.ts'
import { DateScalar, DateTimeScalar, DecimalScalar, JsonScalar } from './scalars/index.ts'

const FUNCTIONS: readonly {
  readonly name: AggregateFunction
  readonly type: keyof ModuleTypeNames
  readonly order: keyof ModuleTypeNames
  readonly description: string
}[] = [
  { name: 'sum', type: 'aggregateSum', order: 'aggregateNumberOrderBy', description: "Sums; money in the organisation's currency." },
  { name: 'avg', type: 'aggregateAvg', order: 'aggregateNumberOrderBy', description: "Averages; money in the organisation's currency." },
  { name: 'min', type: 'aggregateMin', order: 'aggregateRangeOrderBy', description: 'Smallest values.' },
  { name: 'max', type: 'aggregateMax', order: 'aggregateRangeOrderBy', description: 'Largest values.' },
]

export interface AggregateTypes {
  readonly aggregate: GraphQLObjectType<unknown, ResolverContext>
  readonly aggregateOrderBy: GraphQLInputObjectType
  /** Types of the functions' members; a function without a field to work on has none. */
  readonly parts: readonly (GraphQLObjectType<unknown, ResolverContext> | GraphQLInputObjectType)[]
}

/** `AccountAggregate` with its functions, and `AccountAggregateOrderBy`. */
export function aggregateTypes(context: BuildContext, module: ModuleDefinition): AggregateTypes {
  const names = typeNames(module)
  const label = moduleLabel(module)
  const orders = new Map<string, GraphQLInputObjectType>()
  const outputMembers: OutputMember[] = []
  const orderMembers: InputMember[] = []
  const parts: (GraphQLObjectType<unknown, ResolverContext> | GraphQLInputObjectType)[] = []

  for (const { name, type, order, description } of FUNCTIONS) {
    const fields = [...module.fields.values()].filter((field) => worksOn(name, field))
    if (fields.length === 0) continue
    const values = objectType(
      names[type],
      `${description} (${label})`,
      { kind: 'aggregateValues', module: module.name },
      () => fields.flatMap((field) => [...everyName(valueMember(context, name, field), field)]),
      context.resolvers,
    )
    const orderType =
      orders.get(names[order]) ??
      inputType(names[order], `The field to order groups by (${label})`, () => fields.flatMap((field) => [...everyName(orderKey(context, field), field)]), {
        oneOf: true,
      })
    if (!orders.has(names[order])) parts.push(orderType)
    orders.set(names[order], orderType)
    parts.push(values)
    outputMembers.push({ name, type: values, description, descriptor: { kind: 'aggregateMember', module: module.name, member: name } })
    orderMembers.push(inputMember(name, orderType, description, { kind: 'function', function: name }))
  }

  const aggregate = objectType(
    names.aggregate,
    `One group of records (${label})`,
    { kind: 'aggregate', module: module.name },
    () => [
      {
        name: 'key',
        type: JsonScalar,
        description: 'Values that the group has in common, in the shape of `groupBy`; date parts as their first day.',
        descriptor: { kind: 'aggregateMember', module: module.name, member: 'key' },
      },
      {
        name: 'count',
        type: new GraphQLNonNull(GraphQLInt),
        description: 'Number of records.',
        descriptor: { kind: 'aggregateMember', module: module.name, member: 'count' },
      },
      ...outputMembers,
    ],
    context.resolvers,
  )
  const aggregateOrderBy = inputType(
    names.aggregateOrderBy,
    `One key to order groups by (${label})`,
    () => [
      inputMember('count', context.shared.enums.sortDirection, 'Number of records.', { kind: 'count' }),
      inputMember('key', context.shared.inputs.aggregateKeyOrder, 'A key of `groupBy`.', { kind: 'groupKey' }),
      ...orderMembers,
    ],
    { oneOf: true },
  )
  return { aggregate, aggregateOrderBy, parts }
}

function worksOn(name: AggregateFunction, field: FieldDefinition): boolean {
  return name === 'sum' || name === 'avg' ? isSummable(field) : isRanged(field)
}

function orderKey(context: BuildContext, field: FieldDefinition): InputMember {
  return inputMember(field.name, context.shared.enums.sortDirection, context.describe(field), { kind: 'key', field: field.name })
}

function valueMember(context: BuildContext, name: AggregateFunction, field: FieldDefinition): OutputMember {
  return {
    name: field.name,
    type: valueType(context, name, field),
    description: context.describe(field),
    descriptor: { kind: 'aggregateValue', module: field.module, function: name, field: field.name },
  }
}

/** Sums and averages of whole numbers are Decimals, so that no sum overflows; null where a group has no value. */
function valueType(context: BuildContext, name: AggregateFunction, field: FieldDefinition): GraphQLOutputType {
  const shape = shapeOf(field)
  if (shape === 'money') return context.shared.values.money
  if (shape === 'date') return DateScalar
  if (shape === 'dateTime') return DateTimeScalar
  return shape !== 'decimal' && (name === 'min' || name === 'max') ? GraphQLInt : DecimalScalar
}
