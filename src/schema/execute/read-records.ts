import { randomBytes } from 'node:crypto'
import type { FieldNode, GraphQLResolveInfo } from 'graphql'
import { DefectError, GuanxiError, notFound, say } from '../../errors/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import { MAX_GROUPS, markedRequest, planRead, type ReadRequest, runRead } from '../../records/read/index.ts'
import type { ModuleDefinition } from '../../records/registry/definition.ts'
import type { FieldDescriptor } from '../descriptors.ts'
import { RECORD_TYPE } from '../operation.ts'
import { subselections } from '../plan/collect-fields.ts'
import { BY_IDS_VARIABLE, collectByIds, collectRoot, moduleOfId } from '../plan/collect-root.ts'
import { plannedVerdict } from '../rules.ts'
import { takeReads, watched } from './sensitive-reads.ts'
import { collectContextOf, type OperationSession, planContext, planInputs } from './session.ts'

/** The member that holds the id of a record which an answer tells of. Random, so that no value that somebody stored can look like it. */
const TOLD = `#${randomBytes(16).toString('hex')}`
/** As PostgreSQL writes it, with the comma before the next member. What stands in texts has its quotes escaped. */
const TOLD_MARK = new RegExp(`"${TOLD}":"([0-9a-f-]{36})",?`, 'g')

/** Response path of a resolver without list indexes. */
export function responsePath(info: Pick<GraphQLResolveInfo, 'path'>): string[] {
  const keys: string[] = []
  for (let step: GraphQLResolveInfo['path'] | undefined = info.path; step; step = step.prev) if (typeof step.key === 'string') keys.unshift(step.key)
  return keys
}

export function requirePrincipal(session: OperationSession): Principal {
  if (session.principal === null) throw new GuanxiError('UNAUTHENTICATED', say`Sign in first: send an access token or API key as "Authorization: Bearer …".`)
  return session.principal
}

/** What a plan that answered null means for its root field. */
export function emptyAnswer(request: ReadRequest): GuanxiError {
  if (request.kind === 'aggregate') {
    return new GuanxiError('LIMIT_EXCEEDED', say`There are more than ${MAX_GROUPS} groups. Narrow the filter, or ask for the first N with an order.`, {
      limit: MAX_GROUPS,
    })
  }
  return notFound(request.kind === 'list' ? request.module.pluralName : request.module.name)
}

/** Evaluates the rule tree for a generated root field; throws what it answers instead of true, and DefectError for a field that says nothing of what it is. */
export function requireAllowed(descriptor: FieldDescriptor | undefined, context: Pick<OperationSession, 'principal' | 'runtime'>): void {
  if (descriptor === undefined) throw new DefectError('a generated root field has no descriptor, so that no rule is known for it')
  const verdict = plannedVerdict(descriptor, context)
  if (verdict !== true) throw verdict
}

/** Root record field of a query on the ordinary path. */
export async function resolveRoot(session: OperationSession, info: GraphQLResolveInfo): Promise<unknown> {
  const field = info.parentType.getFields()[info.fieldName]
  requireAllowed(field?.extensions.guanxi, session)
  const principal = requirePrincipal(session)
  const context = collectContextOf(session, principal, info.fragments, info.variableValues)
  const request = collectRoot(field as never, info.fieldNodes, responsePath(info), context)
  if (request === null) throw notFound(say`record`)
  const data = await read(session, principal, request, info.variableValues, info.fieldNodes)
  if (data === null) throw emptyAnswer(request)
  return request.kind === 'get' || request.kind === 'getBy' ? typed(data, request.module) : data
}

/** Records of one module by id, below the field that `info` stands for; null for each that is missing or unreadable. */
export async function resolveByIds(
  session: OperationSession,
  principal: Principal,
  module: ModuleDefinition,
  ids: readonly string[],
  deleted: boolean,
  info: GraphQLResolveInfo,
): Promise<unknown[]> {
  if (ids.length === 0) return []
  const context = collectContextOf(session, principal, info.fragments, info.variableValues)
  const request = collectByIds(module, subselections(info.fieldNodes), responsePath(info), deleted, context)
  const data = (await read(session, principal, request, { ...info.variableValues, [BY_IDS_VARIABLE]: ids }, info.fieldNodes)) as unknown[]
  return data.map((record) => typed(record, module))
}

/** Records of any modules by id, one statement a module. */
export async function resolveAnyByIds(session: OperationSession, principal: Principal, ids: readonly string[], info: GraphQLResolveInfo): Promise<unknown[]> {
  const found = new Map<string, unknown>()
  const byModule = new Map<ModuleDefinition, string[]>()
  for (const id of ids) {
    const module = moduleOfId(id, { registry: session.runtime.registry, policy: principal.policy })
    if (module) byModule.set(module, [...(byModule.get(module) ?? []), id])
  }
  for (const [module, group] of byModule) {
    const unique = [...new Set(group)]
    const records = await resolveByIds(session, principal, module, unique, false, info)
    unique.forEach((id, index) => found.set(id, records[index]))
  }
  return ids.map((id) => found.get(id) ?? null)
}

async function read(
  session: OperationSession,
  principal: Principal,
  asked: ReadRequest,
  variables: Readonly<Record<string, unknown>>,
  nodes: readonly FieldNode[],
): Promise<unknown> {
  const { request, sensitive } = watched(session.records ? markedRequest(asked, TOLD) : asked, principal, session.runtime)
  const inputs = planInputs(principal, session.settings, variables, session.changes !== null)
  const plan = planRead(request, planContext(session.runtime, principal, session.settings, inputs))
  for (const module of plan.reads) session.uses.add(`READ ${module}`)
  const text = takeTold(await runRead(plan, inputs, session.executor), session.records)
  const taken = sensitive && takeReads(text, sensitive, principal, { nodes, variables }, session.settings)
  session.reads.push(...(taken?.reads ?? []))
  const clean = taken ? taken.text : text
  return clean === null ? null : JSON.parse(clean)
}

/** The text without the ids of its records, which `records` gets. */
function takeTold(text: string | null, records: Set<string> | null): string | null {
  if (text === null || records === null) return text
  return text.replaceAll(TOLD_MARK, (_mark, id: string) => {
    records.add(id)
    return ''
  })
}

/** Lets interfaces find the record's type. */
function typed(record: unknown, module: ModuleDefinition): unknown {
  if (record !== null && typeof record === 'object') Reflect.set(record, RECORD_TYPE, module.typeName)
  return record
}

/** Root fields whose statements can be written by the planner alone. */
export function isPlannedRoot(descriptor: FieldDescriptor | undefined): boolean {
  return descriptor !== undefined && ['list', 'get', 'getBy', 'aggregate', 'node'].includes(descriptor.kind)
}
