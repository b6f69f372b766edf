import type { ApolloServer } from '@apollo/server'
import { fastifyApolloHandler } from '@as-integrations/fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../errors/index.ts'
import type { Caller } from '../schema/operation.ts'
import type { HttpContext } from './apollo.ts'
import { documentTooLong } from './document.ts'
import { errorBody } from './error-body.ts'
import { LIMITS } from './limits.ts'
import { accessModeOf, clientOf, newTrace, type OperationTrace } from './operation-context.ts'

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
  }
}

export const GRAPHQL_PATH = '/graphql'

/** `POST /graphql` and `GET /graphql` by Apollo; other methods are refused. */
export function registerGraphqlRoute(app: FastifyInstance, apollo: ApolloServer<HttpContext>, callerOf: CallerOf): void {
  app.decorateRequest('trace', null)
  const context = async (request: FastifyRequest): Promise<HttpContext> => contextOf(request, callerOf)
  app.route({
    method: ['GET', 'POST'],
    url: GRAPHQL_PATH,
    onRequest: begin,
    preHandler: checkBody,
    handler: fastifyApolloHandler(apollo, { context }),
    onSend: complete,
  })
  app.route({
    method: ['PUT', 'PATCH', 'DELETE'],
    url: GRAPHQL_PATH,
    // Before the body is read, whatever it is.
    onRequest: async (request, reply) => {
      reply.code(405).header('allow', 'GET, POST').type('application/json; charset=utf-8')
      return reply.send(errorBody('GRAPHQL_PARSE_FAILED', 'Send operations by POST, or queries by GET.', request.id))
    },
    handler: async () => {},
  })
}

const PLAIN_HOST = /^[\w.-]+(:\d{1,5})?$/

async function begin(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  request.trace = newTrace()
  const { host, 'content-type': type, 'content-encoding': encoding } = request.headers
  // The adapter builds a URL from the host.
  if (host !== undefined && !PLAIN_HOST.test(host) && !URL.canParse(`http://${host}/`)) return refuse(request, reply, 400, 'The Host header is not valid.')
  if (encoding !== undefined && encoding !== 'identity') return refuse(request, reply, 415, 'Compressed bodies are not accepted.')
  const charset = /;\s*charset\s*=\s*"?([^;"\s]*)/i.exec(type ?? '')?.[1]
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) return refuse(request, reply, 415, 'The body must be in UTF-8.')
  return undefined
}

async function checkBody(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const query = (request.body as { query?: unknown } | null | undefined)?.query
  if (typeof query !== 'string' || query.length <= LIMITS.document) return undefined
  return refuse(request, reply, 413, documentTooLong(), 'LIMIT_EXCEEDED')
}

/** The reply must be returned by the hook, else the handler runs too. */
function refuse(request: FastifyRequest, reply: FastifyReply, status: number, message: string, code: ErrorCode = 'GRAPHQL_PARSE_FAILED'): FastifyReply {
  ;(request.trace as OperationTrace).outcome = code
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send(errorBody(code, message, request.id))
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
      accessMode: accessModeOf(headers['x-access-mode']),
    },
    graphqlResponseType: acceptsGraphqlResponse(headers.accept),
    trace: request.trace as OperationTrace,
  }
}

function acceptsGraphqlResponse(accept: string | undefined): boolean {
  return accept?.includes('application/graphql-response+json') ?? false
}

/** Errors that Apollo answers before there is a context (batches, unreadable parameters) get their request id here. */
async function complete(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown> {
  if (reply.statusCode < 400 || typeof payload !== 'string' || !payload.startsWith('{"errors":[')) return payload
  const body = JSON.parse(payload) as { errors: { extensions?: Record<string, unknown> }[] }
  const trace = request.trace as OperationTrace
  if (trace.outcome === 'ok') trace.outcome = String(body.errors[0]?.extensions?.code)
  if (body.errors.every((error) => error.extensions?.requestId !== undefined)) return payload
  for (const error of body.errors) error.extensions = { ...error.extensions, requestId: request.id }
  return JSON.stringify(body)
}
