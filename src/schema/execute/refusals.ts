import {
  type FieldNode,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLObjectType,
  getArgumentValues,
  getVariableValues,
  OperationTypeNode,
} from 'graphql'
import type { Issue } from '../../errors/index.ts'
import { moduleNumberOf } from '../../lib/record-id.ts'
import type { Principal } from '../../records/access/policy.ts'
import { type AuditEntry, actorOf, MOST_NAMED } from '../../records/audit/index.ts'
import { namesOfOperation, type OperationAnswer, type OperationRequest, type Runtime } from '../operation.ts'
import { collectFields } from '../plan/collect-fields.ts'
import { audienceOf } from '../rules.ts'
import type { PreparedOperation } from './prepared-operation.ts'
import { COERCION } from './session.ts'

/** What an operation asked for and did not get. */
export interface RefusedOperation {
  readonly prepared: PreparedOperation
  readonly runtime: Runtime
  readonly principal: Principal
  readonly request: OperationRequest
  readonly answer: OperationAnswer
  readonly at: Date
}

/** Lines for the audit about an operation that was refused: mutations, and queries that are for administrators. None for every other answer. */
export function refusalsOf({ prepared, runtime, principal, request, answer, at }: RefusedOperation): AuditEntry[] {
  const isMutation = prepared.operation.operation === OperationTypeNode.MUTATION
  const roots = rootsOf(prepared, runtime, request)
  const { requestId, client, ip } = request
  const origin = { requestId, client, ip, ...namesOfOperation(request) }
  const entries = (answer.errors ?? []).flatMap((error): [string, AuditEntry][] => {
    const result = refusalCode(error)
    const root = roots.get(String(error.path?.[0])) ?? (isMutation ? [...roots.values()][0] : undefined)
    if (result === null || !root || (!isMutation && audienceOf('Query', root.name) !== 'administrator')) return []
    const line = { ...actorOf(principal), at, origin, result, details: { reason: error.message } }
    return [[root.name, { ...line, ...subjectOf(root, isMutation, runtime) }]]
  })
  return [...new Map(entries).values()]
}

/** FORBIDDEN, or FORBIDDEN_FIELD for what would have been written; null for what is no refusal. */
export function refusalCode({ extensions }: GraphQLFormattedError): string | null {
  if (extensions?.['code'] === 'FORBIDDEN') return 'FORBIDDEN'
  const issues = (extensions?.['issues'] ?? []) as readonly Issue[]
  return issues.some(({ code }) => code === 'FORBIDDEN_FIELD') ? 'FORBIDDEN_FIELD' : null
}

interface Root {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
}

/** Root fields by response key. */
function rootsOf({ operation, fragments }: PreparedOperation, { schema }: Runtime, { variables: given }: OperationRequest): ReadonlyMap<string, Root> {
  const type = schema.getRootType(operation.operation) as GraphQLObjectType
  const variables = getVariableValues(schema, operation.variableDefinitions ?? [], given, COERCION).coerced ?? {}
  const groups = collectFields(type, [operation.selectionSet], { schema, fragments, variables })
  return new Map(
    [...groups].flatMap(([key, nodes]): [string, Root][] => {
      const node = nodes[0] as FieldNode
      const field = type.getFields()[node.name.value]
      return field ? [[key, { name: field.name, args: argumentsOf(field, node, variables) }]] : []
    }),
  )
}

function argumentsOf(field: Parameters<typeof getArgumentValues>[0], node: FieldNode, variables: Record<string, unknown>): Root['args'] {
  try {
    return getArgumentValues(field, node, variables)
  } catch (error) {
    if (error instanceof GraphQLError) return {}
    throw error
  }
}

/** `account.delete` with the records named, `role.update`, `auditLog.read`. */
function subjectOf({ name, args }: Root, isMutation: boolean, { schema, registry }: Runtime): Pick<AuditEntry, 'action' | 'moduleNumber' | 'recordIds'> {
  if (!isMutation) return { action: `${name}.read` }
  const descriptor = schema.getMutationType()?.getFields()[name]?.extensions.guanxi
  if (descriptor?.kind === 'write') {
    const module = registry.module(descriptor.module)
    const named = idsIn(args).filter((id) => moduleNumberOf(id) === module.number)
    return { action: `${module.name}.${descriptor.operation}`, moduleNumber: module.number, recordIds: [...new Set(named)].slice(0, MOST_NAMED) }
  }
  const [, verb, thing] = /^([a-z]+)([A-Z].*)$/.exec(name) ?? []
  return { action: verb && thing ? `${thing.replace(/^./, (letter) => letter.toLowerCase())}.${verb}` : name }
}

/** Ids of the records that a write is about. */
function idsIn({ id, ids, by, updates, upserts }: Root['args']): string[] {
  const keys = [by, ...((updates ?? []) as readonly unknown[]), ...((upserts ?? []) as readonly unknown[]).map((item) => (item as { by?: unknown }).by)]
  return [id, ...((ids ?? []) as readonly unknown[]), ...keys.map((key) => (key as { id?: unknown } | null | undefined)?.id)].filter(
    (each): each is string => typeof each === 'string',
  )
}
