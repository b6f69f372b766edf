import type { ApolloServer } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, inLocale, type Message, say } from '../errors/index.ts'
import type { Caller, GraphQLEngine, OperationAnswer } from '../schema/operation.ts'
import type { HttpContext } from './apollo.ts'
import type { BudgetState } from './budgets.ts'
import { answerStatus, answerText, retryAfterOf } from './carried-answer.ts'
import { documentTooLong, parsedDocument, quotedByCode } from './document.ts'
import { sendError } from './error-body.ts'
import type { AnswerPage } from './explorer/index.ts'
import { budgetHeaders, type Gate, sendRefusal } from './gate.ts'
import type { KnownDocuments } from './known-documents.ts'
import { languageOf, tellLanguage } from './language.ts'
import { LIMITS } from './limits.ts'
import { accessModeOf, clientOf, MIN_SCHEMA_VERSION, newTrace, type OperationTrace, schemaVersionOf, traceAnswer } from './operation-context.ts'

/** The sender of a request, by what it sent. */
export type CallerOf = (credentials: {
  readonly authorization: string | null
  readonly ip: string | null
  readonly userAgent: string | null
}) => Caller & { expiresAt?(): number | null }

declare module 'fastify' {
  interface FastifyRequest {
    /** Set on requests to /graphql. */
    trace: OperationTrace | null
    /** How the budget stands that the request was counted in. */
    budget: BudgetState | null
  }
}

export const GRAPHQL_PATH = '/graphql'

/** What the route needs of the server around it. */
export interface GraphqlRouteOptions {
  readonly engine: GraphQLEngine
  readonly apollo: ApolloServer<HttpContext>
  readonly known: KnownDocuments
  readonly callerOf: CallerOf
  readonly gate: Gate
  /** What browsers get that open the address; left out: what every client gets. */
  readonly answerPage?: AnswerPage | undefined
}

/** `POST /graphql` and `GET /graphql`, by Apollo or, for documents that it knows already, straight by the engine; other methods are refused. */
export function registerGraphqlRoute(app: FastifyInstance, { engine, apollo, known, callerOf, gate, answerPage }: GraphqlRouteOptions): void {
  app.decorateRequest('trace', null)
  app.decorateRequest('budget', null)
  const byApollo = fastifyApolloHandler(apollo, { context: async (request: FastifyRequest): Promise<HttpContext> => contextOf(request, callerOf) })
  app.route({
    method: ['GET', 'POST'],
    url: GRAPHQL_PATH,
    onRequest: [
      (request, reply, done) => {
        if (!answerPage?.(request, reply)) done()
      },
      (request, reply, done) => begin(request, reply, gate, done),
    ],
    preHandler: [checkBody, (request, reply) => admit(request, reply, { engine, callerOf, gate })],
    handler(request, reply) {
      return answerKnown(request, reply, engine, known, callerOf) ?? byApollo.call(this, request, reply)
    },
    onSend: complete,
  })
  app.route({
    method: ['PUT', 'PATCH', 'DELETE'],
    url: GRAPHQL_PATH,
    // Before the body is read, whatever it is.
    onRequest: async (request, reply) => {
      const message = say`Send operations by POST, or queries by GET.`
      return sendError(request, reply.header('allow', 'GET, POST'), 405, { code: 'GRAPHQL_PARSE_FAILED', message })
    },
    handler: async () => {},
  })
}

/** Answers a plain POST of a known document; undefined for anything else, which is Apollo's to judge. */
function answerKnown(
  request: FastifyRequest,
  reply: FastifyReply,
  engine: GraphQLEngine,
  known: KnownDocuments,
  callerOf: CallerOf,
): Promise<FastifyReply> | undefined {
  const { accept, 'content-type': type } = request.headers
  if (
    request.method !== 'POST' ||
    type === undefined ||
    !PLAIN_JSON.test(type) ||
    (accept !== undefined && (acceptsGraphqlResponse(accept) || !PLAIN_ACCEPT.test(accept)))
  )
    return undefined
  const body = request.body as { query?: unknown; operationName?: unknown; variables?: unknown; extensions?: unknown } | null
  if (typeof body !== 'object' || body === null || typeof body.query !== 'string' || body.extensions != null) return undefined
  const name = body.operationName ?? null
  const variables = body.variables ?? {}
  if ((name !== null && typeof name !== 'string') || typeof variables !== 'object' || Array.isArray(variables)) return undefined
  const { schema } = engine.runtime
  const operation = known.find(body.query, name === '' ? null : name, schema)
  if (operation === null) return undefined
  const trace = request.trace as OperationTrace
  trace.type = operation.type
  return engine
    .execute({
      ...contextOf(request, callerOf).request,
      document: operation.document,
      schema,
      operationName: name,
      variables: variables as Record<string, unknown>,
    })
    .then((answer) => {
      traceAnswer(trace, answer)
      tellRetry(reply, answer)
      return reply
        .code(answerStatus(answer, false))
        .type('application/json; charset=utf-8')
        .send(answerText(answer, languageOf(request)))
    })
}

/** `begin` has refused other charsets. */
const PLAIN_JSON = /^application\/json\s*(;|$)/i
const PLAIN_ACCEPT = /^(\*\/\*|application\/json)\s*(;|,|$)/i

function begin(request: FastifyRequest, reply: FastifyReply, gate: Gate, done: () => void): void {
  request.trace = newTrace()
  const refusal = gate.enter(request.ip)
  if (refusal !== null) {
    request.trace.outcome = refusal.code
    sendRefusal(request, reply, refusal)
    return
  }
  const { host, 'content-type': type, 'content-encoding': encoding } = request.headers
  const charset = /;\s*charset\s*=\s*"?([^;"\s]*)/i.exec(type ?? '')?.[1]
  // The adapter builds a URL from the host.
  if (host !== undefined && !isHost(host)) refuse(request, reply, 400, say`The Host header is not valid.`)
  else if (encoding !== undefined && encoding !== 'identity') refuse(request, reply, 415, say`Compressed bodies are not accepted.`)
  else if (charset !== undefined && !/^utf-?8$/i.test(charset)) refuse(request, reply, 415, say`The body must be in UTF-8.`)
  else done()
}

const PLAIN_HOST = /^[A-Za-z0-9.-]+(:\d{1,5})?$/

function isHost(host: string): boolean {
  return PLAIN_HOST.test(host) || URL.canParse(`http://${host}/`)
}

function checkBody(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const query = (request.body as { query?: unknown } | null | undefined)?.query
  if (typeof query !== 'string' || query.length <= LIMITS.document) {
    done()
    return
  }
  refuse(request, reply, 413, documentTooLong(), 'LIMIT_EXCEEDED')
}

/** Refuses whoever may not even learn whether the document fits the schema. Everybody else waits for the schema version that he asks for. */
async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  { engine, callerOf, gate }: Pick<GraphqlRouteOptions, 'engine' | 'callerOf' | 'gate'>,
): Promise<FastifyReply | undefined> {
  const source = request.method === 'GET' ? request.query : request.body
  const read = () => parsedDocument((source as { query?: unknown } | null | undefined)?.query)
  const { signedIn, userId, refusal } = await engine.admit(contextOf(request, callerOf).request, read)
  const counted = gate.count(userId, request.ip)
  request.budget = counted.state
  if (counted.refusal !== null) {
    ;(request.trace as OperationTrace).outcome = counted.refusal.code
    return sendRefusal(request, reply, counted.refusal)
  }
  if (refusal === null) return signedIn ? awaitSchema(request, reply, engine) : undefined
  traceAnswer(request.trace as OperationTrace, refusal)
  const strict = acceptsGraphqlResponse(request.headers.accept)
  tellRetry(reply, refusal)
  return reply
    .code(answerStatus(refusal, strict))
    .type(`application/${strict ? 'graphql-response+json' : 'json'}; charset=utf-8`)
    .send(answerText(refusal, languageOf(request)))
}

/**
 * Holds a request back until the schema version that it asks for is served here: a client that has changed the schema through one node sees its change on
 * every other.
 */
async function awaitSchema(request: FastifyRequest, reply: FastifyReply, engine: GraphQLEngine): Promise<FastifyReply | undefined> {
  const asked = request.headers[MIN_SCHEMA_VERSION]
  if (asked === undefined) return undefined
  const version = schemaVersionOf(asked)
  if (version === null) return refuse(request, reply, 400, say`${MIN_SCHEMA_VERSION} must be a schema version, such as 12.`)
  if (await engine.reach(version, LIMITS.schemaVersion)) return undefined
  return refuse(request, reply, 503, say`The schema version ${version} is not there yet; ${engine.runtime.version} is served.`, 'UNAVAILABLE')
}

function tellRetry(reply: FastifyReply, answer: OperationAnswer): void {
  const retryAfter = retryAfterOf(answer)
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
}

function refuse(request: FastifyRequest, reply: FastifyReply, status: number, message: Message, code: ErrorCode = 'GRAPHQL_PARSE_FAILED'): FastifyReply {
  ;(request.trace as OperationTrace).outcome = code
  return sendError(request, reply, status, { code, message })
}

function contextOf(request: FastifyRequest, callerOf: CallerOf): HttpContext {
  const { headers, ip } = request
  const userAgent = headers['user-agent'] ?? null
  return {
    request: {
      caller: callerOf({ authorization: headers.authorization ?? null, ip, userAgent }),
      requestId: request.id,
      client: clientOf(headers),
      ip,
      userAgent,
      transport: 'http',
      locale: languageOf(request),
      accessMode: accessModeOf(headers['x-access-mode']),
      idempotencyKey: headers['idempotency-key']?.toString() ?? null,
      tellsVersion: isAsked(headers['x-schema-version']) || headers[MIN_SCHEMA_VERSION] !== undefined,
      tellsCost: isAsked(headers['x-cost']),
    },
    graphqlResponseType: acceptsGraphqlResponse(headers.accept),
    trace: request.trace as OperationTrace,
  }
}

function isAsked(header: string | string[] | undefined): boolean {
  return header !== undefined && /^(1|true)$/i.test(String(header))
}

function acceptsGraphqlResponse(accept: string | undefined): boolean {
  return accept?.includes('application/graphql-response+json') ?? false
}

/** Errors that Apollo answers before there is a context (batches, unreadable parameters) get their request id and their language here; every answer says how the budget stands, and its language. */
function complete(request: FastifyRequest, reply: FastifyReply, payload: unknown, done: (error: null, payload: unknown) => void): void {
  if (request.budget !== null) reply.headers(budgetHeaders(request.budget))
  // The page for browsers is no answer of the API.
  if (request.trace !== null && !reply.hasHeader('content-language')) tellLanguage(request, reply)
  done(null, reply.statusCode < 400 ? payload : withRequestIds(request, payload))
}

function withRequestIds(request: FastifyRequest, payload: unknown): unknown {
  if (typeof payload !== 'string' || !payload.startsWith('{"errors":[')) return payload
  const body = JSON.parse(payload) as { errors: { message: string; extensions?: Record<string, unknown> }[] }
  const trace = request.trace as OperationTrace
  if (trace.outcome === 'ok') trace.outcome = String(body.errors[0]?.extensions?.code)
  if (body.errors.every((error) => error.extensions?.requestId !== undefined)) return payload
  for (const error of body.errors) {
    error.message = inLocale(quotedByCode(error.message, String(error.extensions?.code) as ErrorCode), languageOf(request))
    error.extensions = { ...error.extensions, requestId: request.id }
  }
  return JSON.stringify(body)
}
