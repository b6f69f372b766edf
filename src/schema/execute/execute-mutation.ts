import type { FieldNode, GraphQLObjectType } from 'graphql'
import { GraphQLError, getArgumentValues, getVariableValues } from 'graphql'
import type { Principal } from '../../records/access/policy.ts'
import type { Database, Transaction } from '../../records/database.ts'
import { StaleEpochError } from '../../records/epochs.ts'
import type { Registry } from '../../records/registry/definition.ts'
import type { CheckedChangeSet } from '../../records/write/index.ts'
import type { ChangeOrigin } from '../../records/write/request.ts'
import { namesOfOperation, type OperationAnswer, type OperationRequest, type Runtime } from '../operation.ts'
import type { RedactedSelection } from '../plan/collect-context.ts'
import { collectFields, type FieldGroups } from '../plan/collect-fields.ts'
import { HiddenNameError } from '../plan/hidden-names.ts'
import { expectedRedaction } from './before-execution.ts'
import { runOrdinary } from './execute-query.ts'
import { formatError, type ReportDefect } from './format-error.ts'
import { type Idempotency, refuseKey } from './idempotency.ts'
import type { PreparedOperation } from './prepared-operation.ts'
import { COERCION, counted, type EngineSettings, newSession } from './session.ts'
import { isDryRun, mixedOperation } from './write-records.ts'

/** The write pipeline as the executor needs it. */
export interface ChangeRunner {
  run<T>(principal: Principal, origin: ChangeOrigin, work: (changes: CheckedChangeSet, transaction: Transaction) => Promise<T>, registry?: Registry): Promise<T>
}

export interface MutationServices {
  readonly database: Database
  readonly writer: ChangeRunner
  readonly settings: EngineSettings
  readonly report: ReportDefect
  readonly idempotency: Idempotency
}

/** Ends the transaction without a commit while its answer is kept. */
class RolledBack extends Error {
  readonly answer: OperationAnswer
  constructor(answer: OperationAnswer) {
    super('rolled back')
    this.answer = answer
  }
}

/**
 * Answers a mutation. Record mutations of one operation run in order in one transaction and one change set, and any error rolls
 * back all of it (`data: null`); every other mutation stands alone. Throws StaleEpochError.
 */
export async function executeMutation(
  prepared: PreparedOperation,
  runtime: Runtime,
  principal: Principal | null,
  request: OperationRequest,
  services: MutationServices,
): Promise<OperationAnswer> {
  const coerced = getVariableValues(runtime.schema, prepared.operation.variableDefinitions ?? [], request.variables, COERCION)
  if (coerced.errors) return { data: undefined, errors: coerced.errors.map((error) => formatError(error, request.requestId, services.report)) }
  const type = runtime.schema.getMutationType() as GraphQLObjectType
  const groups = collectFields(type, [prepared.operation.selectionSet], { schema: runtime.schema, fragments: prepared.fragments, variables: coerced.coerced })
  const roots = [...groups.values()].map((nodes) => (nodes[0] as FieldNode).name.value).filter((name) => name !== '__typename')
  const handWritten = roots.filter((name) => type.getFields()[name]?.extensions.guanxi?.kind !== 'write')
  const redacted = principal === null ? [] : expectedRedaction(prepared, runtime, principal, coerced.coerced)
  const alone = () => newSession({ runtime, request, principal, settings: services.settings, executor: counted(services.database), redacted })
  if (handWritten.length > 0) {
    if (roots.length > 1) throw mixedOperation(handWritten[0] as string)
    return executeAlone(handWritten[0] as string, type, principal, runtime, request, services, () => runOrdinary(alone(), services))
  }
  if (principal === null || roots.length === 0) return runOrdinary(alone(), services)
  return executeWrites(runtime, principal, request, services, redacted, dryRunOf(groups, type, coerced.coerced))
}

/** A mutation that is written by hand and stands alone. */
async function executeAlone(
  name: string,
  type: GraphQLObjectType,
  principal: Principal | null,
  { registry }: Runtime,
  request: OperationRequest,
  { idempotency }: MutationServices,
  work: () => Promise<OperationAnswer>,
): Promise<OperationAnswer> {
  if (request.idempotencyKey == null) return work()
  if (principal === null || type.getFields()[name]?.extensions.secret === true) return refuseKey(name)
  const keyed = idempotency.keyed(request, principal, registry)
  return keyed === null ? work() : idempotency.alone(keyed, request, work, hasFailed)
}

async function executeWrites(
  runtime: Runtime,
  principal: Principal,
  request: OperationRequest,
  services: MutationServices,
  redacted: readonly RedactedSelection[],
  dryRun: boolean,
): Promise<OperationAnswer> {
  const names = namesOfOperation(request)
  const origin: ChangeOrigin = {
    requestId: request.requestId,
    cause: 'api',
    operationName: names.operation,
    rootFields: names.rootFields,
    client: request.client,
    ip: request.ip,
    dryRun,
  }
  let failed: OperationAnswer | undefined
  const { idempotency } = services
  const keyed = idempotency.keyed(request, principal, runtime.registry)
  try {
    const work = async (changes: CheckedChangeSet, transaction: Transaction): Promise<OperationAnswer> => {
      failed = undefined
      const before = keyed && (await idempotency.before(transaction, keyed))
      if (before) throw new RolledBack(before)
      const session = newSession({ runtime, request, principal, settings: services.settings, executor: transaction, changes, redacted })
      const ran = await runOrdinary(session, services)
      const answer = { ...ran, uses: [...(ran.uses ?? []), ...changes.uses] }
      if (session.failure !== undefined) {
        failed = answer
        throw session.failure
      }
      if (hasFailed(answer)) throw new RolledBack({ ...answer, data: null })
      if (dryRun) {
        // It meets the rules of the commit too.
        await changes.check()
        throw new RolledBack({ ...answer, extensions: { ...answer.extensions, dryRun: await changes.effects() } })
      }
      if (keyed) await idempotency.keep(transaction, keyed, answer)
      return answer
    }
    return await services.writer.run(principal, origin, work, runtime.registry)
  } catch (error) {
    if (error instanceof RolledBack) return error.answer
    if (error instanceof StaleEpochError || error instanceof HiddenNameError) throw error
    // Located by graphql-js where it came from a field; errors of the commit have no place of their own.
    const [located] = failed?.errors ?? []
    const formatted = formatError(error, request.requestId, services.report)
    const place = located ? { ...(located.locations ? { locations: located.locations } : {}), ...(located.path ? { path: located.path } : {}) } : {}
    return { data: null, errors: [{ ...formatted, ...place }] }
  }
}

/** A payload that could not be read is a failure too; redacted fields are none. */
function hasFailed(answer: OperationAnswer): boolean {
  return (answer.errors ?? []).some((error) => error.extensions?.['code'] !== 'FORBIDDEN_FIELD') || answer.data === null
}

function dryRunOf(groups: FieldGroups, type: GraphQLObjectType, variables: Record<string, unknown>): boolean {
  const values = [...groups.values()]
    .filter((nodes) => (nodes[0] as FieldNode).name.value !== '__typename')
    .map((nodes) => {
      const node = nodes[0] as FieldNode
      const field = type.getFields()[node.name.value]
      if (!field) throw new GraphQLError(`unknown field ${node.name.value}`)
      return getArgumentValues(field, node, variables)['dryRun'] as boolean | null | undefined
    })
  return isDryRun(values)
}
