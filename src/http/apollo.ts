import { ApolloServer, type ApolloServerPlugin, type BaseContext } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { type DocumentNode, GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql'
import { carriedBy, carry, ERROR_CODES, type ErrorCode, errorsIn, type Message, say } from '../errors/index.ts'
import { VALIDATION_OPTIONS } from '../schema/execute/index.ts'
import { type DocumentLimits, limitsRule } from '../schema/limits/index.ts'
import type { GraphQLEngine, OperationRequest, Runtime } from '../schema/operation.ts'
import { saidError } from '../schema/said-error.ts'
import { answerStatus, answerText, CarriedAnswer, firstCode, retryAfterOf } from './carried-answer.ts'
import { PARSE_OPTIONS, quotedByCode, syntaxErrorCode } from './document.ts'
import { errorExtensions } from './error-body.ts'
import type { KnownDocuments } from './known-documents.ts'
import type { Logger } from './logger.ts'
import { type OperationTrace, traceAnswer } from './operation-context.ts'

/** Context of one HTTP operation: what the engine needs besides the document. */
export interface HttpContext extends BaseContext {
  readonly request: Omit<OperationRequest, 'document' | 'schema' | 'operationName' | 'variables'>
  /** The client accepts `application/graphql-response+json`, whose statuses are stricter. */
  readonly graphqlResponseType: boolean
  readonly trace: OperationTrace
}

/** Apollo's codes that are not ours. */
const OUR_CODES: Readonly<Record<string, ErrorCode>> = {
  BAD_REQUEST: 'GRAPHQL_PARSE_FAILED',
  OPERATION_RESOLUTION_FAILURE: 'GRAPHQL_VALIDATION_FAILED',
  BAD_USER_INPUT: 'GRAPHQL_VALIDATION_FAILED',
  PERSISTED_QUERY_NOT_SUPPORTED: 'GRAPHQL_VALIDATION_FAILED',
}

export interface ApolloOptions {
  readonly engine: GraphQLEngine
  readonly logger: Logger
  readonly known: KnownDocuments
  readonly limits: DocumentLimits
}

/**
 * Apollo Server in gateway mode: it reads the request, parses, validates (both within our limits), and hands the rest to the
 * engine, whose answer passes through it untouched. All of Apollo's own reporting, caching hints and pages are off.
 */
export async function startApollo({ engine, logger, known, limits }: ApolloOptions): Promise<ApolloServer<HttpContext>> {
  const server = new ApolloServer<HttpContext>({
    gateway: gatewayOf(engine, known) as never,
    parseOptions: PARSE_OPTIONS,
    validationOptions: VALIDATION_OPTIONS,
    validationRules: [limitsRule(limits)],
    // Suggestions are off in validation itself, so the plugin that would remove them again is not needed.
    hideSchemaDetailsFromClientErrors: false,
    // The engine decides about introspection by who asks.
    introspection: true,
    // Credentials are bearer tokens, which a foreign page cannot make a browser send.
    csrfPrevention: false,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    nodeEnv: 'production',
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError,
    stringifyResult: (value) => {
      const { data } = value as { data?: unknown }
      return data instanceof CarriedAnswer ? answerText(data.answer, data.locale) : JSON.stringify(value)
    },
    logger: quiet(logger),
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      responsePlugin(engine),
    ],
  })
  await server.start()
  return server
}

/** Sets the status of the answer, and completes the errors that Apollo itself reported. */
const responsePlugin = (engine: GraphQLEngine): ApolloServerPlugin<HttpContext> => ({
  requestDidStart: async () => ({
    willSendResponse: async ({ response, contextValue, source, document, schema }) => {
      if (response.body.kind !== 'single') return
      const result = response.body.singleResult
      const data: unknown = result.data
      if (data instanceof CarriedAnswer) {
        response.http.status = answerStatus(data.answer, contextValue.graphqlResponseType)
        const retryAfter = retryAfterOf(data.answer)
        if (retryAfter !== undefined) response.http.headers.set('retry-after', String(retryAfter))
        return
      }
      // Beside a limit nothing else is told, as over WebSocket.
      const excesses = result.errors?.filter(({ extensions }) => extensions?.limitName !== undefined) ?? []
      if (excesses.length > 0) result.errors = excesses
      if (document && result.errors?.[0]?.extensions?.code === 'GRAPHQL_VALIDATION_FAILED')
        result.errors = (await engine.flawsSeenBy(contextValue.request, schema, document))?.map((error) => error.toJSON()) ?? result.errors
      for (const error of result.errors ?? []) Object.assign(error.extensions as object, { requestId: contextValue.request.requestId })
      result.errors &&= errorsIn(result.errors, contextValue.request.locale)
      contextValue.trace.outcome = firstCode(result as never) ?? 'ok'
      // A request without any document is none that a client of plain JSON would be told about by 200.
      const isDocument = source !== undefined && response.http.status === 400 && (result.errors?.[0]?.extensions?.code as string) in ERROR_CODES
      if (isDocument && !contextValue.graphqlResponseType) response.http.status = 200
    },
  }),
})

function gatewayOf(engine: GraphQLEngine, known: KnownDocuments) {
  return {
    load: async () => ({ executor: (context: GatewayContext) => executeOperation(engine, known, context) }),
    onSchemaLoadOrUpdate: (callback: (change: { apiSchema: GraphQLSchema; coreSupergraphSdl: string }) => void) =>
      engine.onRuntime(({ schema }: Runtime) => callback({ apiSchema: schema, coreSupergraphSdl: '' })),
    stop: async () => {},
  }
}

/** What Apollo gives to a gateway's executor, as far as it is used. */
interface GatewayContext {
  readonly schema: GraphQLSchema
  readonly source: string | undefined
  readonly document: DocumentNode
  readonly operation: { readonly operation: OperationTrace['type'] } | undefined
  readonly operationName: string | null
  readonly request: {
    readonly variables?: Readonly<Record<string, unknown>>
    readonly operationName?: string
    readonly extensions?: Readonly<Record<string, unknown>>
  }
  readonly context: HttpContext
}

async function executeOperation(
  engine: GraphQLEngine,
  known: KnownDocuments,
  { schema, source, document, operation, operationName, request, context }: GatewayContext,
) {
  if (operation === undefined) return { errors: [saidError(unresolved(request.operationName))] }
  context.trace.type = operation.operation
  if (operation.operation === 'subscription') {
    return {
      errors: [
        saidError(say`Subscriptions are served over WebSocket (graphql-transport-ws) on the same path.`, {
          extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
        }),
      ],
    }
  }
  if (source !== undefined) known.remember(source, schema, document)
  const tellsVersion = context.request.tellsVersion || request.extensions?.['schemaVersion'] === true
  const tellsCost = context.request.tellsCost || request.extensions?.['cost'] === true
  const answer = await engine.execute({ ...context.request, tellsVersion, tellsCost, document, schema, operationName, variables: request.variables ?? {} })
  traceAnswer(context.trace, answer)
  return { data: new CarriedAnswer(answer, context.request.locale) as never }
}

export function unresolved(operationName: string | undefined | null): Message {
  return operationName
    ? say`The document has no operation named ${JSON.stringify(operationName)}.`
    : say`The document has several operations: say which one with operationName.`
}

function formatError({ message, locations, path, extensions }: GraphQLFormattedError, original: unknown): GraphQLFormattedError {
  const said = saidBy(original)
  const { limitName, limit, asked } = extensions ?? {}
  // Apollo puts its own code over that of a rule.
  if (limitName !== undefined) {
    const { requestId: _, ...members } = errorExtensions('LIMIT_EXCEEDED', '')
    return { message, extensions: carry({ ...members, limitName, limit, asked }, { message: said ?? quotedByCode(message, 'LIMIT_EXCEEDED') }) }
  }
  const given = extensions?.code as string
  const known = given in ERROR_CODES ? (given as ErrorCode) : (OUR_CODES[given] ?? 'INTERNAL')
  const code = known === 'GRAPHQL_PARSE_FAILED' ? syntaxErrorCode(message) : known
  const { requestId: _, ...rest } = errorExtensions(code, '')
  const text = code === 'INTERNAL' ? quotedByCode(message, code) : (said ?? quotedByCode(message, code))
  return {
    message: text.toString(),
    ...(locations ? { locations } : {}),
    ...(path ? { path } : {}),
    extensions: carry(rest, { message: text }),
  }
}

/** The text of ours in an error that Apollo has wrapped in one of its own. */
function saidBy(error: unknown): Message | undefined {
  for (let at = error; at instanceof GraphQLError; at = at.originalError) {
    const carried = carriedBy(at.extensions)
    if (carried) return carried.message
  }
  return undefined
}

/** Apollo's log messages may quote documents. Only that there was one is kept. */
function quiet(logger: Logger) {
  const note = (level: 'debug' | 'warn' | 'error') => () => logger[level]({ from: 'apollo' }, 'message of Apollo Server withheld')
  return { debug: () => {}, info: () => {}, warn: note('warn'), error: note('error') }
}
