import { type FieldNode, type GraphQLObjectType, getVariableValues, isInputObjectType, Kind } from 'graphql'
import { GuanxiError, say, validationFailed } from '../../errors/index.ts'
import { isUuid } from '../../lib/record-id.ts'
import type { Principal } from '../../records/access/policy.ts'
import type { ChangeOperation, ChangesRequest, CompareOperator, FilterNode } from '../../records/read/index.ts'
import type { FieldDefinition, ModuleDefinition, Registry } from '../../records/registry/definition.ts'
import type { PreparedOperation } from '../execute/prepared-operation.ts'
import { requireAllowed } from '../execute/read-records.ts'
import { COERCION } from '../execute/session.ts'
import type { OperationRequest, Runtime } from '../operation.ts'
import { resolved } from '../plan/arguments.ts'
import { type CollectContext, isUsable } from '../plan/collect-context.ts'
import { collectFields } from '../plan/collect-fields.ts'
import { collectFilter } from '../plan/collect-filter.ts'
import { argumentsOf, argumentType } from '../plan/collect-list.ts'
import { moduleForbidden } from '../plan/collect-root.ts'
import { quotedFlaw } from '../said-error.ts'
import { filterDigest } from './cursor.ts'
import { selectsComputed } from './selects-computed.ts'

/** A subscription to changes as it is understood by one schema and one reader's rights. */
export interface PreparedChanges {
  /** Name of the root field, whatever its alias. */
  readonly fieldName: string
  readonly request: ChangesRequest
  readonly variables: Readonly<Record<string, unknown>>
  readonly after: string | null
  readonly filterDigest: string
  /** Name of the variable that gives `after` and nothing else; null for none. */
  readonly afterVariable: string | null
  /** Whom it is about, where that is the reader himself; else nobody in particular. */
  readonly about: string | null
  /** Something is selected that may be answered by who asks: a member that is written by hand, or one of a plugin. */
  readonly byCaller: boolean
  /** All unless given. */
  readonly operations?: ReadonlySet<ChangeOperation>
}

/** Fields that say whether a reminder has fired or was missed, for whom, and whether it tells in this way. */
const DECIDING = ['state', 'recipient', 'owner', 'channels']

/** By which a reminder comes to have fired, or to be missed. */
const FIRED: ReadonlySet<ChangeOperation> = new Set(['CREATED', 'ENTERED', 'RESTORED'])

/** Null for a subscription to something else. Throws FORBIDDEN, VALIDATION_FAILED, and as for an unknown name for a hidden one. */
export function prepareChanges(
  { operation, fragments }: PreparedOperation,
  { variables: given, document }: Pick<OperationRequest, 'variables' | 'document'>,
  runtime: Runtime,
  principal: Principal,
): PreparedChanges | null {
  const { schema, registry } = runtime
  const root = schema.getSubscriptionType() as GraphQLObjectType
  const source = document.loc?.source.body ?? ''
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], given, COERCION)
  if (errors) throw new GuanxiError('GRAPHQL_VALIDATION_FAILED', quotedFlaw(errors[0]?.message ?? 'The variables do not fit.'))
  const context: CollectContext = { schema, registry, policy: principal.policy, fragments, variables: coerced, redacted: [], named: new Set(), ordinary: false }
  const [nodes] = [...collectFields(root, [operation.selectionSet], context).values()]
  const node = nodes?.[0] as FieldNode | undefined
  if (!node) throw new GuanxiError('GRAPHQL_VALIDATION_FAILED', say`The subscription selects no field; its directives leave out the only one.`)
  const field = root.getFields()[node.name.value]
  const descriptor = field?.extensions.guanxi
  if (!field || descriptor?.kind !== 'changed') return null
  const byCaller = selectsComputed(document, schema)
  requireAllowed(descriptor, { principal, runtime })
  const module = registry.module(descriptor.module)
  const args = argumentsOf(field, node, context)
  if (descriptor.due && !DECIDING.every((name) => isUsable(context, module, module.fields.get(name) as FieldDefinition))) throw moduleForbidden(module)
  if (descriptor.due) return { ...dueReminders(module, principal, coerced, field.name, textOf(resolved(args.get('after'), coerced))), byCaller }
  const type = argumentType(field, 'filter')
  const filter = isInputObjectType(type) ? collectFilter(args.get('filter'), type, module, ['filter'], context) : null
  if (filter && !looksAtOwnFields(filter, registry))
    throw validationFailed([
      {
        path: ['filter'],
        code: 'NOT_APPLICABLE',
        message: say`The filter of a subscription looks at the record's own fields, and at ids of records that these refer to.`,
      },
    ])
  const id = resolved(args.get('id'), coerced)
  const nodesOf = [filter, id == null ? null : idFilter(module, String(id))].filter((each) => each !== null)
  return {
    fieldName: field.name,
    request: { kind: 'changes', module, filter: nodesOf.length === 0 ? null : { kind: 'and', nodes: nodesOf } },
    variables: coerced,
    after: textOf(resolved(args.get('after'), coerced)),
    afterVariable: afterVariableOf(node, source),
    about: null,
    byCaller,
    filterDigest: filterDigest(module.name, filter && [valueOf(args.get('filter'), coerced), columnsOf(filter)], id),
  }
}

/** It is defined in one place of the document and used in one other. */
function afterVariableOf(node: FieldNode, source: string): string | null {
  const value = node.arguments?.find(({ name }) => name.value === 'after')?.value
  if (value?.kind !== Kind.VARIABLE) return null
  const uses = source.match(new RegExp(`\\$${value.name.value}(?![_0-9A-Za-z])`, 'g'))?.length
  return uses === 2 ? value.name.value : null
}

function textOf(value: unknown): string | null {
  return value == null ? null : String(value)
}

/** Reminders that fire, or are missed, for the reader: his as their recipient, or as the owner of those without one. */
function dueReminders(
  module: ModuleDefinition,
  { userId }: Principal,
  variables: PreparedChanges['variables'],
  fieldName: string,
  after: string | null,
): Omit<PreparedChanges, 'byCaller'> {
  const compare = (name: string, operator: CompareOperator, value: unknown): FilterNode => ({
    kind: 'compare',
    field: module.fields.get(name) as FieldDefinition,
    part: null,
    operator,
    operand: { kind: 'constant', value },
  })
  const owned: FilterNode = { kind: 'and', nodes: [compare('recipient', 'isNull', true), compare('owner', 'eq', userId)] }
  // Changes that were noted before reminders had channels name none.
  const pushed: FilterNode = { kind: 'or', nodes: [compare('channels', 'hasAny', ['push']), compare('channels', 'isEmpty', true)] }
  const his: FilterNode = { kind: 'or', nodes: [compare('recipient', 'eq', userId), owned] }
  const told: FilterNode = { kind: 'or', nodes: [compare('state', 'eq', 'fired'), compare('state', 'eq', 'missed')] }
  const filter: FilterNode = { kind: 'and', nodes: [told, pushed, his] }
  return {
    fieldName,
    request: { kind: 'changes', module, filter },
    variables,
    after,
    filterDigest: filterDigest(module.name, 'due', userId),
    afterVariable: null,
    about: userId,
    operations: FIRED,
  }
}

/** What it compares stands in the image of a change; of a related record that is its id alone. */
function looksAtOwnFields(node: FilterNode, registry: Registry): boolean {
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.nodes.every((inner) => looksAtOwnFields(inner, registry))
    case 'not':
      return looksAtOwnFields(node.node, registry)
    case 'compare':
      return isOfOneRow(node.field, registry)
    case 'one':
      return looksAtIds(node.node)
    case 'many':
    case 'externalId':
      return false
  }
}

/** Nothing of other records is in it, however it is computed. */
function isOfOneRow(field: FieldDefinition, registry: Registry): boolean {
  if (field.rollup !== undefined) return false
  return field.inputs.every((place) => {
    const input = registry.module(place.module).fields.get(place.field)
    return input !== undefined && input.module === field.module && isOfOneRow(input, registry)
  })
}

/** Where what it compares is stored: images of before a field got another type have other columns. */
function columnsOf(node: FilterNode): readonly string[] {
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.nodes.flatMap(columnsOf)
    case 'not':
      return columnsOf(node.node)
    case 'compare':
    case 'one':
      return [`${node.field.id} ${node.field.type} ${node.field.column}`]
    default:
      return []
  }
}

function looksAtIds(node: FilterNode): boolean {
  if (node.kind === 'and' || node.kind === 'or') return node.nodes.every(looksAtIds)
  if (node.kind === 'not') return looksAtIds(node.node)
  return node.kind === 'compare' && node.field.name === 'id'
}

/** An id that no record has matches nothing. */
function idFilter(module: ModuleDefinition, id: string): FilterNode {
  const field = module.fields.get('id')
  if (!field || !isUuid(id.toLowerCase())) return { kind: 'or', nodes: [] }
  return { kind: 'compare', field, part: null, operator: 'eq', operand: { kind: 'constant', value: id.toLowerCase() } }
}

/** The filter with its variables' values in it. */
function valueOf(value: unknown, variables: Readonly<Record<string, unknown>>): unknown {
  const plain = resolved(value, variables)
  if (Array.isArray(plain)) return plain.map((item) => valueOf(item, variables))
  if (typeof plain !== 'object' || plain === null) return plain
  return Object.fromEntries(Object.entries(plain).map(([name, member]) => [name, valueOf(member, variables)]))
}
