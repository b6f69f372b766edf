import { type FieldNode, type GraphQLField, type GraphQLInputObjectType, type GraphQLObjectType, getNamedType } from 'graphql'
import { DefectError, say, validationFailed } from '../../errors/index.ts'
import type { AggregateFunction, AggregateMember, AggregateOrder, AggregateValue, DateBucket, GroupKey, ReadRequest } from '../../records/read/request.ts'
import type { FieldDefinition, ModuleDefinition } from '../../records/registry/definition.ts'
import { valueTypeOf } from '../../records/registry/index.ts'
import { operandOf, resolved } from './arguments.ts'
import { type CollectContext, isUsable } from './collect-context.ts'
import { collectFields, subselections } from './collect-fields.ts'
import { collectFilter } from './collect-filter.ts'
import { argumentsOf, argumentType, checkedPageSize, collectSteps, optionalOperand, resolvedList } from './collect-list.ts'
import { collectParts } from './collect-record.ts'
import { columnKey, isLongKey } from './column-key.ts'
import { unknownInputField, unknownOutputField } from './hidden-names.ts'

type AggregateRequest = Extract<ReadRequest, { kind: 'aggregate' }>
type InputObject = Readonly<Record<string, unknown>>

/** Groups answered at most in one request. */
const MAX_FIRST = 10_000

/** `accountsAggregate(…)`. Hidden values are refused like unknown fields, outputs too: an aggregate of a hidden field tells about it. */
export function collectAggregate(
  field: GraphQLField<unknown, unknown>,
  nodes: readonly FieldNode[],
  module: ModuleDefinition,
  context: CollectContext,
): AggregateRequest {
  const values = argumentsOf(field, nodes[0] as FieldNode, context)
  const groupType = () => argumentType(field, 'groupBy')
  const groupBy = resolvedList(values.get('groupBy'), context).map((item) => collectGroupKey(item, groupType(), module, context))
  const names = groupBy.map((key) => [...key.through, key.field].map((step) => step.name).join('.'))
  const repeated = names.findIndex((name, index) => names.indexOf(name) !== index)
  if (repeated >= 0)
    throw validationFailed([{ path: ['groupBy', repeated], code: 'REPEATED', message: say`groupBy names ${names[repeated] as string} twice.` }])
  const first = resolved(values.get('first'), context.variables) as number | null | undefined
  return {
    kind: 'aggregate',
    module,
    filter: values.has('filter') ? collectFilter(values.get('filter'), argumentType(field, 'filter'), module, ['filter'], context) : null,
    search: optionalOperand(values.get('search')),
    deleted: (resolved(values.get('deleted'), context.variables) as AggregateRequest['deleted'] | null | undefined) ?? 'EXCLUDE',
    groupBy,
    orderBy: resolvedList(values.get('orderBy'), context).map((item) => collectOrder(item, argumentType(field, 'orderBy'), groupBy, module, context)),
    first: first === null || first === undefined ? null : checkedPageSize(first, 'first', MAX_FIRST),
    timeZone: operandOf(values.get('timeZone') ?? 'UTC'),
    members: collectMembers(getNamedType(field.type) as GraphQLObjectType, nodes, module, context),
  }
}

function collectGroupKey(item: InputObject, type: GraphQLInputObjectType, module: ModuleDefinition, context: CollectContext): GroupKey {
  const { through, field, names, value } = collectSteps(item, type, module, context)
  if (value === false)
    throw validationFailed([
      { path: ['groupBy', field.name], code: 'GROUP', message: say`groupBy takes {${field.name}: true}; leave the key out instead of false.` },
    ])
  return { through, field, names, bucket: value === true ? null : (value as DateBucket) }
}

function collectOrder(
  item: InputObject,
  type: GraphQLInputObjectType,
  groupBy: readonly GroupKey[],
  module: ModuleDefinition,
  context: CollectContext,
): AggregateOrder {
  const [name, member] = Object.entries(item)[0] as [string, unknown]
  const input = type.getFields()[name]
  const descriptor = input?.extensions.guanxi
  if (descriptor?.kind === 'count') return { kind: 'count', direction: member as 'ASC' | 'DESC' }
  if (descriptor?.kind === 'groupKey') {
    const { index, direction } = member as { index: number; direction: 'ASC' | 'DESC' }
    if (index < 0 || index >= groupBy.length)
      throw validationFailed([{ path: ['orderBy', name, 'index'], code: 'INDEX', message: say`groupBy has no key ${index}.` }])
    return { kind: 'key', index, direction }
  }
  if (descriptor?.kind !== 'function') throw new DefectError(`${type.name}.${name} has no descriptor`)
  const [fieldName, direction] = Object.entries(member as InputObject)[0] as [string, 'ASC' | 'DESC']
  const inner = getNamedType(input?.type) as GraphQLInputObjectType
  const key = inner.getFields()[fieldName]?.extensions.guanxi
  if (key?.kind !== 'key') throw new DefectError(`${inner.name}.${fieldName} has no descriptor`)
  const field = module.fields.get(key.field)
  if (!field || !isUsable(context, module, field)) throw unknownInputField(fieldName, inner.name)
  return { kind: 'function', function: descriptor.function, field, direction }
}

function collectMembers(type: GraphQLObjectType, nodes: readonly FieldNode[], module: ModuleDefinition, context: CollectContext): AggregateMember[] {
  return [...collectFields(type, subselections(nodes), context)].map(([responseKey, group]): AggregateMember => {
    if (isLongKey(responseKey)) context.ordinary = true
    const key = columnKey(responseKey)
    const name = (group[0] as FieldNode).name.value
    if (name === '__typename') return { kind: 'typename', key, value: type.name }
    if (name === 'key' || name === 'count') return { kind: name, key }
    const values = getNamedType(type.getFields()[name]?.type) as GraphQLObjectType
    return { kind: 'function', key, function: name as AggregateFunction, members: collectValues(values, group, module, context) }
  })
}

function collectValues(type: GraphQLObjectType, nodes: readonly FieldNode[], module: ModuleDefinition, context: CollectContext): AggregateValue[] {
  return [...collectFields(type, subselections(nodes), context)].map(([responseKey, group]): AggregateValue => {
    if (isLongKey(responseKey)) context.ordinary = true
    const key = columnKey(responseKey)
    const name = (group[0] as FieldNode).name.value
    if (name === '__typename') return { key, value: type.name }
    const descriptor = type.getFields()[name]?.extensions.guanxi
    if (descriptor?.kind !== 'aggregateValue') throw new DefectError(`${type.name}.${name} has no descriptor`)
    const field = module.fields.get(descriptor.field) as FieldDefinition
    if (!isUsable(context, module, field)) throw unknownOutputField(name, type.name)
    if (valueTypeOf(field) !== 'MONEY') return { key, field }
    return { key, field, parts: collectParts(type.getFields()[name]?.type, group, context) }
  })
}
