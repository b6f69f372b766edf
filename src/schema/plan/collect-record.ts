import { type FieldNode, type GraphQLObjectType, getNamedType, type SelectionSetNode } from 'graphql'
import { DefectError } from '../../errors/index.ts'
import type { FieldLevel } from '../../records/access/policy.ts'
import { fieldLevel } from '../../records/access/secured.ts'
import type { ConnectionMember, ConnectionSelection, EdgeMember, RecordSelection, SelectedField, SelectedPart } from '../../records/read/request.ts'
import type { FieldDefinition, ModuleDefinition } from '../../records/registry/definition.ts'
import { fieldNamed, valueTypeOf } from '../../records/registry/index.ts'
import { operandOf, resolved } from './arguments.ts'
import { type CollectContext, isEverReadable, isModuleReadable, isPartlyShown, isUsable, levelOf, noteNamed } from './collect-context.ts'
import { collectFields, subselections } from './collect-fields.ts'
import { argumentsOf, collectList } from './collect-list.ts'
import { toManyRelation } from './collect-relation.ts'
import { columnKey, isLongKey } from './column-key.ts'

const COMPOSITE = new Set(['MONEY', 'PHONE', 'ADDRESS', 'GEO'])

/** What is selected on a record type. `path` is the response path of the record, without indexes. */
export function collectRecord(
  type: GraphQLObjectType,
  sets: readonly (SelectionSetNode | undefined)[],
  module: ModuleDefinition,
  path: readonly string[],
  context: CollectContext,
): RecordSelection {
  const fields: SelectedField[] = []
  for (const [responseKey, nodes] of collectFields(type, sets, context)) {
    if (isLongKey(responseKey)) context.ordinary = true
    fields.push(collectField(columnKey(responseKey), [...path, responseKey], nodes, type, module, context))
  }
  // A row of SQL has at least one member; graphql-js writes the empty object.
  if (fields.length === 0) context.ordinary = true
  return { module, fields }
}

function collectField(
  key: string,
  path: readonly string[],
  nodes: readonly FieldNode[],
  type: GraphQLObjectType,
  module: ModuleDefinition,
  context: CollectContext,
): SelectedField {
  const node = nodes[0] as FieldNode
  const name = node.name.value
  if (name === '__typename') return { kind: 'typename', key, value: type.name }
  const field = type.getFields()[name]
  const descriptor = field?.extensions.guanxi
  if (!field || !descriptor) throw new DefectError(`${type.name}.${name} has no descriptor`)
  const hidden = (): SelectedField => {
    context.redacted.push({ path, typeName: type.name, fieldName: name, state: 'hidden' })
    return { kind: 'hidden', key }
  }
  /** Tells what is not shown in full everywhere. */
  const noteRedaction = (definition: FieldDefinition, level: FieldLevel): void => {
    if (level === 'READ' || level === 'WRITE') return
    const partly = isPartlyShown(context, module, definition)
    context.redacted.push({ path, typeName: type.name, fieldName: name, state: level === 'HIDDEN' ? 'hidden' : 'masked', ...(partly && { partly }) })
  }
  const many = (relation: string): SelectedField => {
    const { isOpen, ...related } = toManyRelation(module, relation, context)
    if (!isOpen) return hidden()
    const list = collectList(field, node, related.module, context)
    const connection = collectConnection(getNamedType(field.type) as GraphQLObjectType, nodes, related.module, path, context)
    return { kind: 'many', key, ...related, list, connection }
  }
  switch (descriptor.kind) {
    case 'field': {
      const definition = fieldOf(module, descriptor.field)
      const level = levelOf(context, module, definition)
      const partly = isPartlyShown(context, module, definition)
      if (level === 'HIDDEN' && !partly) return hidden()
      if (definition.type === 'REFERENCES') return many(definition.name)
      noteRedaction(definition, level)
      if (definition.type === 'USER' || definition.type === 'REFERENCE') {
        const target = context.registry.module(definition.type === 'USER' ? 'user' : (definition.reference?.module as string))
        if (!isEverReadable(context, module, definition) || !isModuleReadable(context, target)) return hidden()
        const selection = collectRecord(getNamedType(field.type) as GraphQLObjectType, subselections(nodes), target, path, context)
        return { kind: 'one', key, field: definition, selection }
      }
      if (COMPOSITE.has(valueTypeOf(definition))) return { kind: 'parts', key, field: definition, parts: collectParts(field.type, nodes, context) }
      return { kind: 'value', key, field: definition }
    }
    case 'inverse':
      return many(descriptor.relation)
    case 'displayName': {
      const named = fieldOf(module, module.nameField)
      const level = levelOf(context, module, named)
      if (level === 'HIDDEN' && !isPartlyShown(context, module, named)) return hidden()
      noteRedaction(named, level)
      return { kind: 'displayName', key }
    }
    case 'values': {
      const names = resolved(argumentsOf(field, node, context).get('fields'), context.variables) as readonly string[] | null | undefined
      for (const each of names ?? []) {
        const named = fieldNamed(module, each)
        if (named) noteNamed(context, named)
      }
      noteMaskedValues(module, type.name, path, names ?? null, context)
      return { kind: 'values', key, names: names === undefined || names === null ? null : operandOf(names) }
    }
    case 'externalIds':
    case 'viewerAccess':
      return { kind: descriptor.kind, key, parts: collectParts(field.type, nodes, context) }
    case 'computed': {
      const { audience } = field.extensions
      const needs = typeof audience === 'object' && 'needs' in audience ? audience.needs : []
      if (!needs.every((need) => isUsable(context, module, fieldOf(module, need)))) return hidden()
      context.ordinary = true
      return { kind: 'raw', key, column: 'id' }
    }
    case 'history':
      context.ordinary = true
      return { kind: 'raw', key, column: 'id' }
    case 'anyRecord': {
      const definition = fieldOf(module, descriptor.field)
      const level = levelOf(context, module, definition)
      if (!isEverReadable(context, module, definition)) return hidden()
      noteRedaction(definition, level)
      context.ordinary = true
      context.meetAny?.(nodes, path)
      return { kind: 'raw', key, column: definition.column, shows: [definition] }
    }
    default:
      throw new DefectError(`${type.name}.${name}: ${descriptor.kind} is no member of a record`)
  }
}

/** Members of `values` that are not shown in full; those that are hidden everywhere it does not have. */
function noteMaskedValues(module: ModuleDefinition, typeName: string, path: readonly string[], names: readonly string[] | null, context: CollectContext): void {
  for (const field of module.fields.values()) {
    const asked = names === null ? [field.name] : names.filter((name) => fieldNamed(module, name) === field)
    if (!field.custom || asked.length === 0) continue
    const level = fieldLevel(context.policy, module.name, field.name)
    const partly = isPartlyShown(context, module, field)
    if (level === 'READ' || level === 'WRITE' || (level === 'HIDDEN' && !partly)) continue
    const state = level === 'HIDDEN' ? 'hidden' : 'masked'
    for (const name of asked) context.redacted.push({ path: [...path, name], typeName, fieldName: field.name, state, ...(partly && { partly }) })
  }
}

function fieldOf(module: ModuleDefinition, name: string): FieldDefinition {
  const field = module.fields.get(name)
  if (!field) throw new DefectError(`${module.name} has no field ${name}`)
  return field
}

/** Members of a value object (Money, Phone, PageInfo …), `__typename` included. */
export function collectParts(type: Parameters<typeof getNamedType>[0], nodes: readonly FieldNode[], context: CollectContext): SelectedPart[] {
  const object = getNamedType(type) as GraphQLObjectType
  return [...collectFields(object, subselections(nodes), context)].map(([responseKey, group]) => {
    if (isLongKey(responseKey)) context.ordinary = true
    const part = (group[0] as FieldNode).name.value
    const key = columnKey(responseKey)
    return part === '__typename' ? { key, part, value: object.name } : { key, part }
  })
}

export function collectConnection(
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
  module: ModuleDefinition,
  path: readonly string[],
  context: CollectContext,
): ConnectionSelection {
  const members = [...collectFields(type, subselections(nodes), context)].map(([responseKey, group]): ConnectionMember => {
    if (isLongKey(responseKey)) context.ordinary = true
    const key = columnKey(responseKey)
    const here = [...path, responseKey]
    const name = (group[0] as FieldNode).name.value
    const inner = () => getNamedType(type.getFields()[name]?.type) as GraphQLObjectType
    switch (name) {
      case '__typename':
        return { kind: 'typename', key, value: type.name }
      case 'totalCount':
        return { kind: 'totalCount', key }
      case 'pageInfo':
        return { kind: 'pageInfo', key, parts: collectParts(inner(), group, context) }
      case 'nodes':
        return { kind: 'nodes', key, selection: collectRecord(inner(), subselections(group), module, here, context) }
      case 'edges':
        return { kind: 'edges', key, members: collectEdges(inner(), group, module, here, context) }
      default:
        throw new DefectError(`${type.name}.${name} is no member of a connection`)
    }
  })
  return { members }
}

function collectEdges(
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
  module: ModuleDefinition,
  path: readonly string[],
  context: CollectContext,
): EdgeMember[] {
  return [...collectFields(type, subselections(nodes), context)].map(([responseKey, group]): EdgeMember => {
    if (isLongKey(responseKey)) context.ordinary = true
    const key = columnKey(responseKey)
    const name = (group[0] as FieldNode).name.value
    if (name === '__typename') return { kind: 'typename', key, value: type.name }
    if (name === 'cursor') return { kind: 'cursor', key }
    const record = getNamedType(type.getFields()['node']?.type) as GraphQLObjectType
    return { kind: 'node', key, selection: collectRecord(record, subselections(group), module, [...path, responseKey], context) }
  })
}
