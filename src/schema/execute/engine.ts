import { GraphQLError, type GraphQLFormattedError, OperationTypeNode } from 'graphql'
import { carriedBy, carry, GuanxiError, say } from '../../errors/index.ts'
import type { Principal } from '../../records/access/policy.ts'
import type { ReadLog, RefusalLog, SensitiveRead } from '../../records/audit/index.ts'
import type { Database } from '../../records/database.ts'
import { epochsHold, READ_EPOCHS_SQL, StaleEpochError } from '../../records/epochs.ts'
import type { FieldUse } from '../../records/metadata/index.ts'
import { askedByFilter } from '../../records/read/index.ts'
import type { Registry } from '../../records/registry/definition.ts'
import { DOCUMENT_LIMITS, excessDetails, excessMessage } from '../limits/document-limits.ts'
import { checkVariablesDepth } from '../limits/variables-depth.ts'
import { type GraphQLEngine, namesOfOperation, type OperationAnswer, type OperationRequest, type Runtime } from '../operation.ts'
import { HiddenNameError } from '../plan/hidden-names.ts'
import type { ChangeTail } from '../push/change-tail.ts'
import { SharedReads } from '../push/shared-reads.ts'
import { ChangeStreams } from '../push/streams.ts'
import { quotedFlaw } from '../said-error.ts'
import { BeforeExecution, flawsSeenBy } from './before-execution.ts'
import { VisibleSchemas } from './execute-introspection.ts'
import { type ChangeRunner, executeMutation } from './execute-mutation.ts'
import { executeQuery, type QueryServices } from './execute-query.ts'
import { formatError, type ReportDefect } from './format-error.ts'
import type { Idempotency } from './idempotency.ts'
import { type PreparedOperation, PreparedOperations } from './prepared-operation.ts'
import { isPublicDocument } from './public-document.ts'
import { refusalCode, refusalsOf } from './refusals.ts'
import { Revalidation } from './revalidation.ts'
import { conflictReads, digestOfText, unnamedReads } from './sensitive-reads.ts'
import type { EngineSettings } from './session.ts'
import { subscriptionAnswers } from './subscriptions.ts'
import { createSwap } from './swap.ts'
import { unknownNameErrors } from './unknown-names.ts'

export interface EngineOptions {
  readonly database: Database
  readonly writer: ChangeRunner
  readonly settings: EngineSettings
  /** Makes the runtime of the present schema epoch: registry and schema. Serves nothing yet. */
  readonly buildRuntime: () => Promise<Runtime>
  /** The runtime is served from now on; called in the tick of the swap. */
  readonly onSwap: (runtime: Runtime) => void
  readonly report: ReportDefect
  /** Told of every operation that named custom fields and was answered. */
  readonly onUse?: (use: FieldUse) => void
  /** Told of every operation that used rights on records and was answered. */
  readonly onGrantUse?: (principal: Principal, uses: readonly string[], registry: Registry) => void
  readonly path?: QueryServices['path']
  readonly idempotency: Idempotency
  /** Tells of changes as they are committed. */
  readonly tail: ChangeTail
  readonly audit?: OperationAudit
  /** What an operation may cost at most; that of DOCUMENT_LIMITS unless given. */
  readonly maxCost?: number
  /** Takes what an operation costs from what its user may ask for; throws RATE_LIMITED where that is used up. Called once for each operation, before it runs. */
  readonly charge?: (principal: Principal, cost: number) => void
}

/** Takes down what operations showed and what they were refused. */
export interface OperationAudit extends Pick<ReadLog, 'note'> {
  readonly refused: RefusalLog['note']
  readonly now: () => Date
}

/**
 * An operation that met yesterday's schema or rights runs again under today's. Changes may come in quick succession, so it is tried for so many
 * milliseconds, and so often at most.
 */
const PATIENCE = 5_000
const TRIES = 50

/** The one execute() behind both transports. Starts by building the runtime of the current schema epoch. */
export async function createEngine(options: EngineOptions): Promise<GraphQLEngine> {
  const { database, writer, settings, report, maxCost = DOCUMENT_LIMITS.cost } = options
  const prepared = new PreparedOperations()
  const revalidation = new Revalidation()
  const visible = new VisibleSchemas()
  const before = new BeforeExecution(report)
  const sharedReads = new SharedReads(database)
  /** For events: those of one moment share their statements. */
  const eventDatabase: Database = { ...database, query: (statement) => sharedReads.query(statement) }
  const swap = await createSwap({
    readVersion: () => readSchemaEpoch(database),
    buildRuntime: options.buildRuntime,
    beforeSwap: (current, next) => revalidation.prepare(current, next),
    onSwap: (runtime) => {
      visible.serve(runtime)
      options.onSwap(runtime)
    },
  })

  async function attempt(request: OperationRequest, value: unknown, charge: (principal: Principal, cost: number) => void): Promise<OperationAnswer> {
    checkVariablesDepth(request.variables)
    // Nothing that is planned for the present version would be answered any more.
    await swap.coming
    const principal = await request.caller.principal()
    if (principal !== null && principal.policy.epochs.schema > swap.current.version) await swap.refresh()
    // From here to the execution nothing waits, so rights, registry and schema are of one version.
    const current = swap.current
    if (principal !== null && principal.policy.epochs.schema !== current.version) throw new StaleEpochError()
    revalidation.require(request, current)
    const operation = prepared.get(request.document, request.operationName)
    if (operation === null)
      throw new GuanxiError('GRAPHQL_VALIDATION_FAILED', say`The document has no such operation, or several and operationName names none.`)
    refuseAnonymous(operation, principal)
    const refusal = principal && before.refusal(operation, current, principal, request)
    if (refusal !== null && principal !== null) {
      await requireRightsOfNow(principal)
      return refusal
    }
    const cost = affordable(operation, current, request)
    if (principal !== null) charge(principal, cost)
    const answer = await byRightsOfNow(operation, principal, () => run(operation, current, principal, request, value))
    const { customFields: fieldIds = [], uses = [] } = answer
    const reads = shownReads(answer, principal, current.registry)
    if (reads.length > 0) await noteReads(reads, request)
    if (principal !== null && uses.length > 0) options.onGrantUse?.(principal, uses, current.registry)
    if (fieldIds.length > 0) options.onUse?.({ fieldIds, operation: operation.operation.name?.value ?? null, client: request.client })
    if (principal === null || !(request.tellsVersion || request.tellsCost)) return answer
    return {
      ...answer,
      extensions: {
        ...answer.extensions,
        ...(request.tellsVersion && { schemaVersion: current.version }),
        ...(request.tellsCost && value === undefined && { cost: { requested: cost, maximum: maxCost } }),
      },
    }
  }

  /** What the operation costs. Throws LIMIT_EXCEEDED where that is more than any may. */
  function affordable(operation: PreparedOperation, runtime: Runtime, { variables }: OperationRequest): number {
    const cost = operation.cost(runtime, variables)
    const excess = { limit: 'cost', asked: cost, allowed: maxCost } as const
    if (cost > maxCost) throw new GuanxiError('LIMIT_EXCEEDED', excessMessage(excess), excessDetails(excess))
    return cost
  }

  /**
   * A query that is refused, or answered without a record, runs no statement that would notice yesterday's rights, and could go by them for as long as this
   * node hears nothing; so the epochs are compared here. Mutations compare them when they begin.
   */
  async function byRightsOfNow({ operation }: PreparedOperation, principal: Principal | null, work: () => Promise<OperationAnswer>): Promise<OperationAnswer> {
    if (principal === null || operation.operation === OperationTypeNode.MUTATION) return work()
    try {
      const answer = await work()
      if (!answer.statements) await requireRightsOfNow(principal)
      return answer
    } catch (error) {
      if (error instanceof GuanxiError) await requireRightsOfNow(principal)
      throw error
    }
  }

  async function requireRightsOfNow(principal: Principal): Promise<void> {
    if (!(await epochsHold(database, principal))) throw new StaleEpochError()
  }

  function noteReads(reads: readonly SensitiveRead[], request: OperationRequest): Promise<void> | undefined {
    const { requestId, client, ip } = request
    return options.audit?.note(reads, { requestId, client, ip, ...namesOfOperation(request) })
  }

  /** The operation has come to its end, and with it its transaction. */
  async function noteRefusals(answer: OperationAnswer, request: OperationRequest): Promise<void> {
    const { audit } = options
    if (!audit || !answer.errors?.some((error) => refusalCode(error) !== null)) return
    try {
      const principal = await request.caller.principal()
      const operation = prepared.get(request.document, request.operationName)
      if (principal === null || operation === null) return
      const refusals = refusalsOf({ prepared: operation, runtime: swap.current, principal, request, answer, at: audit.now() })
      for (const refusal of refusals) await audit.refused(refusal)
    } catch (error) {
      report(error, request.requestId)
    }
  }

  function run(
    operation: PreparedOperation,
    current: Runtime,
    principal: Principal | null,
    request: OperationRequest,
    value: unknown,
  ): Promise<OperationAnswer> {
    const queries: QueryServices = { database, settings, report, visible, path: options.path ?? 'auto' }
    switch (operation.operation.operation) {
      case OperationTypeNode.QUERY:
        return executeQuery(operation, current, principal, request, queries)
      case OperationTypeNode.MUTATION:
        return executeMutation(operation, current, principal, request, { database, writer, settings, report, idempotency: options.idempotency })
      case OperationTypeNode.SUBSCRIPTION:
        if (value === undefined) throw new GuanxiError('GRAPHQL_VALIDATION_FAILED', say`Subscriptions are sent over WebSocket as subscribe messages.`)
        return executeQuery(operation, current, principal, request, { ...queries, database: eventDatabase }, value)
    }
  }

  /** Runs until rights and schema stay the same for as long as it takes. */
  async function settled(request: OperationRequest, value: unknown): Promise<OperationAnswer> {
    // From the first time on that something has changed: how long the operation itself takes is its own affair.
    let deadline: number | undefined
    // Events of a subscription were not asked for one by one.
    let charged = value !== undefined
    const charge = (principal: Principal, cost: number): void => {
      if (!charged) options.charge?.(principal, cost)
      charged = true
    }
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt(request, value, charge)
      } catch (error) {
        if (!(error instanceof StaleEpochError)) throw error
        deadline ??= performance.now() + PATIENCE
        if (tries === TRIES || performance.now() > deadline) throw new GuanxiError('UNAVAILABLE', say`Rights or schema keep changing. Send the request again.`)
        if (tries > 2) await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20))
        request.caller.forget()
        await (swap.coming ?? swap.refresh())
      }
    }
  }

  function failed(error: unknown, request: OperationRequest): OperationAnswer {
    const told = error instanceof HiddenNameError ? asUnknown(error, request) : [error]
    return wholeFailure(told.map((each) => formatError(each, request.requestId, report)))
  }

  function asUnknown(hidden: HiddenNameError, { document, operationName, variables }: OperationRequest): readonly Error[] {
    const operation = prepared.get(document, operationName)?.operation
    const isHidden = (type: string, { name }: { readonly name: string }) => type === hidden.type && name === hidden.field
    const errors = operation ? unknownNameErrors({ schema: swap.current.schema, document, operation, variables }, { input: isHidden, output: isHidden }) : []
    return errors.length > 0 ? errors : [hidden]
  }

  async function answer(request: OperationRequest, value?: unknown): Promise<OperationAnswer> {
    let told: OperationAnswer
    try {
      told = await settled(request, value)
    } catch (error) {
      told = failed(error, request)
    }
    await noteRefusals(told, request)
    return told
  }

  const streams = new ChangeStreams({
    database,
    settings,
    tail: options.tail,
    runtime: () => swap.current,
    refresh: swap.refresh,
    prepare: (request, runtime) => {
      revalidation.require(request, runtime)
      const operation = prepared.get(request.document, request.operationName)
      if (operation === null) throw new GuanxiError('GRAPHQL_VALIDATION_FAILED', say`The document has no such operation.`)
      return operation
    },
    answer,
    noteAsked: async ({ principal, runtime, changes }, request) => {
      const asked = askedByFilter(changes.request.filter, principal.policy, runtime.registry)
      const reads = unnamedReads(asked, principal, () => digestOfText(changes.filterDigest, settings))
      if (reads.length > 0) await noteReads(reads, request)
    },
    failure: failed,
    isWitnessed: ({ data, reads, errors }) => (reads !== undefined && data != null) || errors?.some((error) => refusalCode(error) !== null) === true,
    witness: async (shown, request) => {
      try {
        const principal = await request.caller.principal()
        if (principal && shown.reads && shown.data != null)
          await noteReads(
            shown.reads.map((read) => ({ ...read, principal })),
            request,
          )
        await noteRefusals(shown, request)
      } catch (error) {
        report(error, request.requestId)
      }
    },
    resync: (request, message, cursor) => failed(new GuanxiError('RESYNC', message, { cursor }), request),
  })
  swap.onRuntime(() => streams.swapped())

  return {
    get runtime() {
      return swap.current
    },
    refresh: swap.refresh,
    reach: swap.reach,
    admit: async ({ caller, requestId }, read) => {
      try {
        const userId = (await caller.principal())?.userId ?? null
        const signedIn = userId !== null
        const document = signedIn ? null : read()
        if (document !== null && !isPublicDocument(document, swap.current)) throw new GuanxiError('UNAUTHENTICATED', SIGN_IN_FIRST)
        return { signedIn, userId, refusal: null }
      } catch (error) {
        return { signedIn: false, userId: null, refusal: wholeFailure([formatError(error, requestId, report)]) }
      }
    },
    onRuntime: swap.onRuntime,
    beforeRuntime: swap.beforeRuntime,
    flawsSeenBy: async ({ caller, requestId }, schema, document) => {
      let flaws: readonly GraphQLError[] | null
      try {
        const principal = await caller.principal()
        flaws = principal && flawsSeenBy(principal, swap.current, schema, document)
      } catch (error) {
        flaws = [new GraphQLError('', { originalError: error as Error })]
      }
      for (const flaw of flaws ?? []) {
        const { message, extensions = {} } = formatError(flaw, requestId, report)
        Object.assign(flaw, { message })
        carry(Object.assign(flaw.extensions, extensions), carriedBy(extensions) ?? { message: quotedFlaw(message) })
      }
      return flaws
    },
    stillFits: (document, schema, runtime) => revalidation.flaw(document, schema, runtime) === null,
    execute: (request) => answer(request),
    subscribe: async (request) => {
      try {
        const operation = prepared.get(request.document, request.operationName)
        if (operation === null) throw new GuanxiError('GRAPHQL_VALIDATION_FAILED', say`The document has no such operation.`)
        const principal = await request.caller.principal()
        // The rule tree judges every event; nobody unknown holds a subscription open.
        if (principal === null) throw new GuanxiError('UNAUTHENTICATED', say`Sign in first: send an access token or API key in connectionParams.authorization.`)
        revalidation.require(request, swap.current)
        options.charge?.(principal, affordable(operation, swap.current, request))
        const changes = await streams.open(request)
        if (changes) return changes
        return await subscriptionAnswers({ operation: operation.operation, runtime: swap.current, principal, request, settings, database }, answer)
      } catch (error) {
        return failed(error, request)
      }
    },
  }
}

const SIGN_IN_FIRST = say`Sign in first: send \`Authorization: Bearer <access token or API key>\` (over WebSocket connectionParams.authorization). Without it a document may hold signIn and refreshSession, with plain fields of the user.`

/** What an answer shows of sensitive fields, by its records or by what refuses it. */
function shownReads({ data, reads, errors }: OperationAnswer, principal: Principal | null, registry: Registry): readonly SensitiveRead[] {
  return [...(data == null ? [] : (reads ?? [])), ...(principal === null ? [] : conflictReads(errors, principal, registry))]
}

/** An operation that failed before any field ran has no `data` at all (GraphQL §7.1.2). */
function wholeFailure(errors: readonly GraphQLFormattedError[]): OperationAnswer {
  return { data: undefined, errors }
}

/** Who is not signed in learns nothing about the schema. */
function refuseAnonymous(prepared: PreparedOperation, principal: Principal | null): void {
  if (principal === null && prepared.readsSchema) throw new GuanxiError('UNAUTHENTICATED', say`Sign in to read the schema.`)
}

async function readSchemaEpoch(database: Database): Promise<number> {
  const [row] = await database.query<{ schema: number }>({ text: READ_EPOCHS_SQL, purpose: 'background' })
  if (!row) throw new GuanxiError('UNAVAILABLE', say`The database has no epoch row; run the migrations.`)
  return row.schema
}
