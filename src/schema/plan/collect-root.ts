import { type FieldNode, type GraphQLField, type GraphQLObjectType, getNamedType, type SelectionSetNode } from 'graphql'
import { DefectError, GuanxiError, say } from '../../errors/index.ts'
import { moduleNumberOf } from '../../lib/record-id.ts'
import type { ReadRequest } from '../../records/read/request.ts'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import { operandOf, resolved } from './arguments.ts'
import { collectAggregate } from './collect-aggregate.ts'
import { type CollectContext, isModuleReadable } from './collect-context.ts'
import { subselections } from './collect-fields.ts'
import { collectUniqueKey } from './collect-filter.ts'
import { argumentsOf, argumentType, collectList } from './collect-list.ts'
import { collectConnection, collectRecord } from './collect-record.ts'

/** The module's records may not be read at all by this caller. */
export function moduleForbidden(module: ModuleDefinition): GuanxiError {
  return new GuanxiError('FORBIDDEN', say`Your roles do not allow reading ${module.pluralName}.`, { module: module.name })
}

/**
 * The read request of one root field of a query; null where the answer is known without asking (an id that belongs to no module).
 * Throws FORBIDDEN for a module that the caller cannot read, VALIDATION_FAILED for bad arguments.
 */
export function collectRoot(
  field: GraphQLField<unknown, unknown>,
  nodes: readonly FieldNode[],
  path: readonly string[],
  context: CollectContext,
): ReadRequest | null {
  const descriptor = field.extensions.guanxi
  const node = nodes[0] as FieldNode
  context.conditions = 0
  context.relations = 0
  switch (descriptor?.kind) {
    case 'list': {
      const module = readable(descriptor.module, context)
      const type = getNamedType(field.type) as GraphQLObjectType
      return { kind: 'list', module, list: collectList(field, node, module, context), connection: collectConnection(type, nodes, module, path, context) }
    }
    case 'get': {
      const module = readable(descriptor.module, context)
      const id = operandOf(argumentsOf(field, node, context).get('id'))
      return { kind: 'get', module, id, selection: collectRecord(recordType(module, context), subselections(nodes), module, path, context) }
    }
    case 'getBy': {
      const module = readable(descriptor.module, context)
      const by = argumentsOf(field, node, context).get('by') as Readonly<Record<string, unknown>>
      const key = collectUniqueKey(by, argumentType(field, 'by'), module, context)
      return { kind: 'getBy', module, by: key, selection: collectRecord(recordType(module, context), subselections(nodes), module, path, context) }
    }
    case 'aggregate':
      return collectAggregate(field, nodes, readable(descriptor.module, context), context)
    case 'node': {
      const id = argumentsOf(field, node, context).get('id')
      const module = moduleOfId(resolved(id, context.variables), context)
      if (module === null) return null
      return { kind: 'get', module, id: operandOf(id), selection: collectRecord(recordType(module, context), subselections(nodes), module, path, context) }
    }
    default:
      throw new DefectError(`${field.name} is no planned root field`)
  }
}

/** Module of a record id; null for a text that is no id of a module whose records the caller may read. */
export function moduleOfId(id: unknown, context: Pick<CollectContext, 'registry' | 'policy'>): ModuleDefinition | null {
  const number = moduleNumberOf(String(id))
  const module = number === null ? undefined : context.registry.byNumber.get(number)
  if (!module || !isModuleReadable(context as CollectContext, module)) return null
  return module
}

export function recordType(module: ModuleDefinition, context: Pick<CollectContext, 'schema'>): GraphQLObjectType {
  const type = context.schema.getType(module.typeName)
  if (!type) throw new DefectError(`the schema has no type ${module.typeName}`)
  return type as GraphQLObjectType
}

/** Records of one module by id, with the selection of the given sets (mutation payloads, batched relations, handles). */
export function collectByIds(
  module: ModuleDefinition,
  sets: readonly (SelectionSetNode | undefined)[],
  path: readonly string[],
  deleted: boolean,
  context: CollectContext,
): Extract<ReadRequest, { kind: 'byIds' }> {
  const selection = collectRecord(recordType(module, context), sets, module, path, context)
  return { kind: 'byIds', module, ids: { kind: 'variable', name: BY_IDS_VARIABLE }, deleted, selection }
}

/** Name under which the ids of a `byIds` plan are bound; no GraphQL variable can have it. */
export const BY_IDS_VARIABLE = '#ids'

function readable(name: string, context: CollectContext): ModuleDefinition {
  const module = context.registry.module(name)
  if (!isModuleReadable(context, module)) throw moduleForbidden(module)
  return module
}
