import { execute, type GraphQLError, type GraphQLFormattedError, getVariableValues } from 'graphql'
import { GuanxiError } from '../../errors/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import type { SensitiveRead } from '../../records/audit/index.ts'
import { type Database, isDatabaseLost } from '../../records/database.ts'
import { StaleEpochError } from '../../records/epochs.ts'
import { runRead } from '../../records/read/index.ts'
import { type OperationAnswer, type OperationRequest, RawJson, type Runtime } from '../operation.ts'
import { planKey } from '../plan/operation-profile.ts'
import { readPlaces } from '../push/cursor.ts'
import { expectedRedaction } from './before-execution.ts'
import { type CompiledQuery, type CompiledRoot, compileQuery } from './compile-query.ts'
import { splitIntrospection, type VisibleSchemas } from './execute-introspection.ts'
import { formatError, originalOf, type ReportDefect } from './format-error.ts'
import type { PreparedOperation } from './prepared-operation.ts'
import { redactionOf } from './redaction.ts'
import { takeReads } from './sensitive-reads.ts'
import { COERCION, counted, type EngineSettings, newSession, type OperationSession, planInputs } from './session.ts'

export interface QueryServices {
  readonly database: Database
  readonly settings: EngineSettings
  readonly report: ReportDefect
  readonly visible: VisibleSchemas
  /** Tests compare both paths; otherwise all that can be is passed through as text. */
  readonly path: 'auto' | 'ordinary'
}

/** Root fields of one query that run at the same time, each on a connection of its own. */
const PARALLEL_ROOTS = 4

/** Answers a query, or one event of a subscription, whose value it begins with. Throws StaleEpochError, and GuanxiError where the operation fails as a whole. */
export async function executeQuery(
  prepared: PreparedOperation,
  runtime: Runtime,
  principal: Principal | null,
  request: OperationRequest,
  services: QueryServices,
  value?: unknown,
): Promise<OperationAnswer> {
  const coerced = getVariableValues(runtime.schema, prepared.operation.variableDefinitions ?? [], request.variables, COERCION)
  if (coerced.errors) return { data: undefined, errors: coerced.errors.map((error) => formatError(error, request.requestId, services.report)) }
  if (principal !== null && prepared.readsSchema) return executeIntrospective(prepared, runtime, principal, request, coerced.coerced, services)
  if (principal === null || services.path === 'ordinary' || value !== undefined)
    return executeOrdinary(prepared, runtime, principal, request, coerced.coerced, services, value)
  prepared.serve(runtime.version)
  const key = `${principal.policy.shape}|${planKey(prepared.profile, coerced.coerced)}`
  let query: CompiledQuery | undefined = prepared.compiled.get(key)
  if (query === undefined) {
    const fresh = compileQuery(prepared, runtime, principal, coerced.coerced, services.settings)
    query = fresh.query
    if (fresh.cacheable) prepared.compiled.set(key, query)
  }
  if (query.kind === 'ordinary') return executeOrdinary(prepared, runtime, principal, request, coerced.coerced, services)
  return executeText(query, principal, coerced.coerced, request, services)
}

async function executeText(
  query: Extract<CompiledQuery, { kind: 'text' }>,
  principal: Principal,
  variables: Readonly<Record<string, unknown>>,
  request: OperationRequest,
  services: QueryServices,
): Promise<OperationAnswer> {
  const redaction = redactionOf(query.redacted, request)
  if (redaction.refused) return { data: null, errors: redaction.errors, ...(redaction.extensions ? { extensions: redaction.extensions } : {}) }
  const inputs = planInputs(principal, services.settings, variables)
  const reads: SensitiveRead[] = []
  const failures = new Map<CompiledRoot, GraphQLFormattedError>()
  const answer = async (root: CompiledRoot): Promise<string> => {
    let text = root.constant ?? null
    let error: unknown = root.constant === 'null' ? root.failure?.() : undefined
    if (root.plan) {
      try {
        text = await runRead(root.plan, inputs, services.database)
        if (text === null) error = root.failure?.()
        if (root.watched) {
          const taken = takeReads(text, root.watched.sensitive, principal, { nodes: root.watched.nodes, variables }, services.settings)
          text = taken.text
          reads.push(...taken.reads)
        }
      } catch (failure) {
        // Without its database no field of the operation has an answer.
        if (failure instanceof StaleEpochError || isDatabaseLost(failure)) throw failure
        error = failure
      }
    }
    if (error !== undefined) {
      const told = formatError(error, request.requestId, services.report, [root.responseKey])
      failures.set(root, { ...told, ...(root.locations ? { locations: root.locations } : {}) })
    }
    return `${root.prefix}${error === undefined ? text : 'null'}`
  }
  const members: string[] = []
  for (let start = 0; start < query.roots.length; start += PARALLEL_ROOTS) {
    members.push(...(await Promise.all(query.roots.slice(start, start + PARALLEL_ROOTS).map(answer))))
  }
  // Which of them came first is no part of the answer.
  const errors = [...query.roots.flatMap((root) => failures.get(root) ?? []), ...redaction.errors]
  return {
    data: new RawJson(`{${members.join(',')}}`),
    statements: query.roots.filter(({ plan }) => plan !== undefined).length,
    customFields: query.customFields,
    ...(reads.length > 0 && { reads }),
    uses: query.uses,
    ...(errors.length > 0 ? { errors } : {}),
    ...(redaction.extensions ? { extensions: redaction.extensions } : {}),
  }
}

/** What tells about the schema shows what is visible to the caller; everything else of the operation is answered as always. */
async function executeIntrospective(
  prepared: PreparedOperation,
  runtime: Runtime,
  principal: Principal,
  request: OperationRequest,
  coerced: Readonly<Record<string, unknown>>,
  services: QueryServices,
): Promise<OperationAnswer> {
  const { telling, rest, keys } = splitIntrospection(prepared, coerced, runtime.schema)
  if (telling === null) return executeOrdinary(prepared, runtime, principal, request, coerced, services)
  const text = await services.visible.tell(telling, { sent: request.variables, coerced }, runtime, principal)
  if (rest === null) return { data: new RawJson(text) }
  const answer = await executeOrdinary(prepared, runtime, principal, { ...request, document: rest }, coerced, services)
  if (!answer.data || answer.data instanceof RawJson) return answer
  const both: Record<string, unknown> = { ...answer.data, ...(JSON.parse(text) as Record<string, unknown>) }
  return { ...answer, data: Object.fromEntries(keys.map((key) => [key, both[key]])) }
}

/** The ordinary graphql-js path. */
async function executeOrdinary(
  prepared: PreparedOperation,
  runtime: Runtime,
  principal: Principal | null,
  request: OperationRequest,
  coerced: Readonly<Record<string, unknown>>,
  services: QueryServices,
  value?: unknown,
): Promise<OperationAnswer> {
  const redacted = principal === null ? [] : expectedRedaction(prepared, runtime, principal, coerced)
  const session = newSession({ runtime, request, principal, settings: services.settings, executor: counted(services.database), redacted })
  // What its other fields read may be newer than the place, never older.
  if (principal !== null && prepared.readsPlace) {
    session.place = readPlaces(principal, runtime.registry, session.executor)
    await session.place
  }
  return runOrdinary(session, services, value)
}

/** Executes a prepared operation by graphql-js in a session. Throws StaleEpochError, for a hidden name in an input, and where the database is lost. */
export async function runOrdinary(session: OperationSession, services: Pick<QueryServices, 'report'>, rootValue?: unknown): Promise<OperationAnswer> {
  const { request, runtime } = session
  const result = await execute({
    schema: runtime.schema,
    document: request.document,
    operationName: request.operationName,
    variableValues: request.variables,
    contextValue: session,
    rootValue,
    hideSuggestions: COERCION.hideSuggestions,
  })
  for (const error of result.errors ?? []) {
    const original = originalOf(error)
    if (original instanceof StaleEpochError || isDatabaseLost(original)) throw original
    if (original instanceof GuanxiError && original.code === 'GRAPHQL_VALIDATION_FAILED') throw original
  }
  const redaction = redactionOf(session.redacted, request)
  const extensions = redaction.extensions ? { extensions: redaction.extensions } : {}
  if (redaction.refused) return { data: null, errors: redaction.errors, ...extensions }
  const errors = [...inPlace(result.errors ?? []).map((error) => formatError(error, request.requestId, services.report)), ...redaction.errors]
  return {
    data: result.data as Record<string, unknown> | null | undefined,
    statements: session.executor.statements,
    customFields: [...session.named],
    ...(session.reads.length > 0 && { reads: session.reads }),
    ...(session.records && { records: session.records }),
    uses: [...session.uses],
    ...(errors.length > 0 ? { errors } : {}),
    ...extensions,
  }
}

/** Errors in the order of the places that they are of: the order in which fields failed depends on the weather. */
function inPlace(errors: readonly GraphQLError[]): GraphQLError[] {
  const offset = ({ nodes }: GraphQLError): number => nodes?.[0]?.loc?.start ?? 0
  return [...errors].sort((a, b) => offset(a) - offset(b) || comparePaths(a.path ?? [], b.path ?? []))
}

function comparePaths(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  const index = a.findIndex((step, place) => step !== b[place])
  const [one, other] = [a[index], b[index]]
  return typeof one === 'number' && typeof other === 'number' ? one - other : a.length - b.length
}
