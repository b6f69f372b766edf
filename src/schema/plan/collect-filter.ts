import { type GraphQLInputObjectType, getNamedType, isInputObjectType } from 'graphql'
import { DefectError, GuanxiError, say, validationFailed } from '../../errors/index.ts'
import type { CompareOperator, FilterNode, UniqueKey } from '../../records/read/request.ts'
import type { FieldDefinition, ModuleDefinition } from '../../records/registry/definition.ts'
import { requireKey } from '../../records/registry/index.ts'
import { operandOf } from './arguments.ts'
import { type CollectContext, isModuleReadable, isUsable } from './collect-context.ts'
import { toManyRelation } from './collect-relation.ts'
import { unknownInputField } from './hidden-names.ts'

/** Conditions in all filters of one root field. Each may be a sub-select, and PostgreSQL plans them all before it can be stopped. */
const MAX_CONDITIONS = 1000

/** Relations among them, nested or side by side: joined, 300 took PostgreSQL 16 s to plan and nested 80 took 8 s; 40 take 0.3 s. */
const MAX_RELATIONS = 40

type Path = readonly (string | number)[]
type InputObject = Readonly<Record<string, unknown>>

/** Filter of a module from its argument value. Throws VALIDATION_FAILED for null where a value belongs, and as for an unknown field for a hidden one. */
export function collectFilter(value: unknown, type: GraphQLInputObjectType, module: ModuleDefinition, path: Path, context: CollectContext): FilterNode | null {
  if (value === undefined || value === null) return null
  return filterObject(value as InputObject, type, module, path, context)
}

function filterObject(value: InputObject, type: GraphQLInputObjectType, module: ModuleDefinition, path: Path, context: CollectContext): FilterNode {
  countConditions(context, Math.max(1, Object.keys(value).length))
  const fields = type.getFields()
  const nodes = Object.entries(value).map(([name, member]): FilterNode => {
    const here = [...path, name]
    const input = fields[name]
    const descriptor = input?.extensions.guanxi
    if (!input || !descriptor) throw new DefectError(`${type.name}.${name} has no descriptor`)
    if (member === null) throw nullValue(here)
    const inner = getNamedType(input.type)
    switch (descriptor.kind) {
      case 'and':
      case 'or':
        return {
          kind: descriptor.kind,
          nodes: (member as InputObject[]).map((item, index) =>
            item === null ? fail(nullValue([...here, index])) : filterObject(item, type, module, [...here, index], context),
          ),
        }
      case 'not':
        return { kind: 'not', node: filterObject(member as InputObject, type, module, here, context) }
      case 'externalId': {
        const { system, key } = member as InputObject
        return { kind: 'externalId', system: operandOf(system), externalKey: operandOf(key) }
      }
      case 'id':
        return compareNodes(module.fields.get('id') as FieldDefinition, member as InputObject, inner as GraphQLInputObjectType, here)
      case 'compare': {
        const field = usableField(descriptor.field, name, type, module, context)
        return compareNodes(field, member as InputObject, inner as GraphQLInputObjectType, here)
      }
      case 'one': {
        const field = usableField(descriptor.field, name, type, module, context)
        const target = context.registry.module(field.type === 'USER' ? 'user' : (field.reference?.module as string))
        if (!isModuleReadable(context, target)) throw unknownInputField(name, type.name)
        countRelation(context)
        return { kind: 'one', field, module: target, node: filterObject(member as InputObject, inner as GraphQLInputObjectType, target, here, context) }
      }
      case 'many':
        return manyNodes(descriptor.relation, name, member as InputObject, type, inner as GraphQLInputObjectType, module, here, context)
      default:
        throw new DefectError(`${type.name}.${name}: ${descriptor.kind} is no part of a filter`)
    }
  })
  return nodes.length === 1 ? (nodes[0] as FilterNode) : { kind: 'and', nodes }
}

function manyNodes(
  relation: string,
  name: string,
  value: InputObject,
  type: GraphQLInputObjectType,
  inner: GraphQLInputObjectType,
  module: ModuleDefinition,
  path: Path,
  context: CollectContext,
): FilterNode {
  const related = toManyRelation(module, relation, context)
  if (!related.isOpen) throw unknownInputField(name, type.name)
  const nodes = Object.entries(value).map(([quantifier, member]): FilterNode => {
    if (member === null) throw nullValue([...path, quantifier])
    countRelation(context)
    const filterType = getNamedType(inner.getFields()[quantifier]?.type)
    if (!isInputObjectType(filterType)) throw new DefectError(`${inner.name}.${quantifier} is no filter`)
    const node = filterObject(member as InputObject, filterType, related.module, [...path, quantifier], context)
    return { kind: 'many', quantifier: quantifier as 'some' | 'none' | 'every', module: related.module, relation: related.relation, node }
  })
  return { kind: 'and', nodes }
}

function compareNodes(field: FieldDefinition, value: InputObject, type: GraphQLInputObjectType, path: Path, part: string | null = null): FilterNode {
  const fields = type.getFields()
  const nodes = Object.entries(value).flatMap(([name, member]): FilterNode[] => {
    const here = [...path, name]
    const descriptor = fields[name]?.extensions.guanxi
    if (member === null) throw nullValue(here)
    if (descriptor?.kind === 'part') {
      return [compareNodes(field, member as InputObject, getNamedType(fields[name]?.type) as GraphQLInputObjectType, here, descriptor.part)]
    }
    if (Array.isArray(member) && member.includes(null)) throw nullValue([...here, member.indexOf(null)])
    return [
      { kind: 'compare', field, part, operator: (descriptor?.kind === 'operator' ? descriptor.operator : name) as CompareOperator, operand: operandOf(member) },
    ]
  })
  return { kind: 'and', nodes }
}

function usableField(fieldName: string, name: string, type: GraphQLInputObjectType, module: ModuleDefinition, context: CollectContext): FieldDefinition {
  const field = module.fields.get(fieldName)
  if (!field) throw new DefectError(`${module.name} has no field ${fieldName}`)
  if (!isUsable(context, module, field)) throw unknownInputField(name, type.name)
  return field
}

/** `by` of a lookup. */
export function collectUniqueKey(value: InputObject, type: GraphQLInputObjectType, module: ModuleDefinition, context: CollectContext): UniqueKey {
  const [name, member] = Object.entries(value)[0] as [string, unknown]
  const descriptor = type.getFields()[name]?.extensions.guanxi
  if (descriptor?.kind === 'externalId') {
    const { system, key } = member as InputObject
    return { kind: 'externalId', system: operandOf(system), externalKey: operandOf(key) }
  }
  if (descriptor?.kind === 'unique') {
    const field = usableField(descriptor.field, name, type, module, context)
    requireKey(module, field)
    return { kind: 'field', field, value: operandOf(member) }
  }
  return { kind: 'id', id: operandOf(member) }
}

function nullValue(path: Path) {
  return validationFailed([{ path, code: 'NULL', message: say`null is no value for ${path.join('.')}; leave it out, or use isNull.` }])
}

function countConditions(context: CollectContext, count: number): void {
  context.conditions = (context.conditions ?? 0) + count
  if (context.conditions > MAX_CONDITIONS)
    throw new GuanxiError('LIMIT_EXCEEDED', say`The filters have more than ${MAX_CONDITIONS} conditions. Ask for many values of one field with "in".`, {
      limit: MAX_CONDITIONS,
    })
}

function countRelation(context: CollectContext): void {
  context.relations = (context.relations ?? 0) + 1
  if (context.relations > MAX_RELATIONS)
    throw new GuanxiError(
      'LIMIT_EXCEEDED',
      say`The filters look into related records more than ${MAX_RELATIONS} times. Put conditions on one relation together.`,
      {
        limit: MAX_RELATIONS,
      },
    )
}

function fail(error: Error): never {
  throw error
}
