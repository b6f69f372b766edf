import { type GraphQLFormattedError, OperationTypeNode } from 'graphql'
import { GuanxiError } from '../../errors/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import type { Database } from '../../records/database.ts'
import { READ_EPOCHS_SQL, StaleEpochError } from '../../records/epochs.ts'
import type { GraphQLEngine, OperationAnswer, OperationRequest, Runtime } from '../operation.ts'
import { HiddenNameError } from '../plan/hidden-names.ts'
import { checkVariablesDepth } from '../plan/variables-depth.ts'
import { type ChangeRunner, executeMutation } from './execute-mutation.ts'
import { executeQuery, type QueryServices } from './execute-query.ts'
import { formatError, type ReportDefect } from './format-error.ts'
import { type PreparedOperation, PreparedOperations } from './prepared-operation.ts'
import { readsSchema } from './reads-schema.ts'
import type { EngineSettings } from './session.ts'
import { unknownNameErrors } from './unknown-names.ts'

export interface EngineOptions {
  readonly database: Database
  readonly writer: ChangeRunner
  readonly settings: EngineSettings
  /** Makes the runtime of a schema epoch: registry and schema. */
  readonly buildRuntime: (version: number) => Promise<Runtime>
  readonly report: ReportDefect
  readonly path?: QueryServices['path']
}

/** The one execute() behind both transports. Starts by building the runtime of the current schema epoch. */
export async function createEngine(options: EngineOptions): Promise<GraphQLEngine> {
  const { database, writer, settings, report } = options
  const listeners = new Set<(runtime: Runtime) => void>()
  const prepared = new PreparedOperations()
  let runtime = await options.buildRuntime(await readSchemaEpoch(database))
  let reloading: Promise<void> | undefined

  /** Swaps in the runtime of the current schema epoch; one at a time for all who notice that theirs is stale. */
  async function reload(): Promise<void> {
    reloading ??= (async () => {
      const version = await readSchemaEpoch(database)
      if (version === runtime.version) return
      runtime = await options.buildRuntime(version)
      for (const listener of listeners) listener(runtime)
    })().finally(() => {
      reloading = undefined
    })
    await reloading
  }

  async function attempt(request: OperationRequest): Promise<OperationAnswer> {
    checkVariablesDepth(request.variables)
    const operation = prepared.get(request.document, request.operationName)
    if (operation === null) throw new GuanxiError('GRAPHQL_VALIDATION_FAILED', 'The document has no such operation, or several and operationName names none.')
    const principal = await request.caller.principal()
    if (principal !== null && principal.policy.epochs.schema !== runtime.version) await reload()
    refuseAnonymous(operation, principal)
    const current = runtime
    if (operation.operation.operation === OperationTypeNode.QUERY)
      return executeQuery(operation, current, principal, request, { database, settings, report, path: options.path ?? 'auto' })
    if (operation.operation.operation === OperationTypeNode.MUTATION)
      return executeMutation(operation, current, principal, request, { database, writer, settings, report })
    throw new GuanxiError('GRAPHQL_VALIDATION_FAILED', 'Subscriptions are sent over WebSocket as subscribe messages.')
  }

  function asUnknown(hidden: HiddenNameError, { document, operationName, variables }: OperationRequest): readonly Error[] {
    const operation = prepared.get(document, operationName)?.operation
    const errors = operation ? unknownNameErrors(hidden, { schema: runtime.schema, document, operation, variables }) : []
    return errors.length > 0 ? errors : [hidden]
  }

  return {
    get runtime() {
      return runtime
    },
    refresh: async () => {
      await reload()
      return runtime.version
    },
    onRuntime(listener) {
      listeners.add(listener)
      listener(runtime)
      return () => listeners.delete(listener)
    },
    async execute(request) {
      try {
        try {
          return await attempt(request)
        } catch (error) {
          if (!(error instanceof StaleEpochError)) throw error
          request.caller.forget()
          await reload()
          return await attempt(request)
        }
      } catch (error) {
        const failure =
          error instanceof StaleEpochError ? new GuanxiError('UNAVAILABLE', 'Rights or schema changed while the request ran. Send it again.') : error
        const told = failure instanceof HiddenNameError ? asUnknown(failure, request) : [failure]
        return wholeFailure(told.map((each) => formatError(each, request.requestId, report)))
      }
    },
  }
}

/** An operation that failed before any field ran has no `data` at all (GraphQL §7.1.2). */
function wholeFailure(errors: readonly GraphQLFormattedError[]): OperationAnswer {
  return { data: undefined, errors }
}

/** Who is not signed in learns nothing about the schema. */
function refuseAnonymous(prepared: PreparedOperation, principal: Principal | null): void {
  if (principal === null && readsSchema(prepared)) throw new GuanxiError('UNAUTHENTICATED', 'Sign in to read the schema.')
}

async function readSchemaEpoch(database: Database): Promise<number> {
  const [row] = await database.query<{ schema: number }>({ text: READ_EPOCHS_SQL, purpose: 'platform' })
  if (!row) throw new GuanxiError('UNAVAILABLE', 'The database has no epoch row; run the migrations.')
  return row.schema
}
