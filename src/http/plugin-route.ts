import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ERROR_CODES, type ErrorCode, GuanxiError } from '../errors/index.ts'
import type { Caller } from '../schema/operation.ts'
import { sendError, WENT_WRONG } from './error-body.ts'
import { type Gate, sendRefusal } from './gate.ts'
import type { CallerOf } from './graphql-route.ts'
import type { Logger } from './logger.ts'
import { clientOf } from './operation-context.ts'

/** A request as plugins get it. */
export interface PluginRequest {
  readonly method: string
  /** Below `/plugins/<name>`. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export interface PluginAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer | object
}

/** What plugins answer; throws GuanxiError for what the sender is to be told. */
export type AnswerPluginRequest = (
  plugin: string,
  request: PluginRequest,
  caller: Caller & { readonly requestId: string; readonly client: string | null; readonly ip: string | null },
) => Promise<PluginAnswer>

export interface PluginRouteOptions {
  readonly callerOf: CallerOf
  readonly answer: AnswerPluginRequest
  readonly logger: Logger
  readonly gate: Pick<Gate, 'enter'>
}

/** Bytes of a body. */
const LARGEST = 1024 * 1024

/** Headers that a plugin may set. Cookies and what tells browsers whom to trust are none of its affairs. */
const SETTABLE: ReadonlySet<string> = new Set(['content-type', 'content-disposition', 'content-language', 'etag', 'last-modified', 'retry-after'])

/** Statuses of what a plugin's request is refused with, where the catalogue has that of an answer in GraphQL. */
const STATUSES: Partial<Record<ErrorCode, number>> = {
  NOT_FOUND: 404,
  PLUGIN_UNAVAILABLE: 503,
  VALIDATION_FAILED: 422,
  DUPLICATE: 409,
  VERSION_CONFLICT: 409,
  LIMIT_EXCEEDED: 413,
}

/** `/plugins/<name>/…`, with bodies as they come. */
export async function registerPluginRoute(app: FastifyInstance, options: PluginRouteOptions): Promise<void> {
  await app.register(async (own) => {
    own.removeAllContentTypeParsers()
    own.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: LARGEST }, (_request, body, done) => done(null, body))
    own.route({
      method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url: '/plugins/:plugin/*',
      exposeHeadRoute: false,
      bodyLimit: LARGEST,
      onRequest: (request, reply, done) => {
        const refusal = options.gate.enter(request.ip)
        if (refusal === null) done()
        else sendRefusal(request, reply, refusal)
      },
      handler: (request, reply) => handle(request, reply, options),
    })
  })
}

async function handle(request: FastifyRequest, reply: FastifyReply, { callerOf, answer, logger }: PluginRouteOptions): Promise<FastifyReply> {
  const { plugin, '*': rest } = request.params as { readonly plugin: string; readonly '*': string }
  const { authorization, ...headers } = request.headers
  const caller = callerOf({ authorization: authorization ?? null, ip: request.ip, userAgent: request.headers['user-agent'] ?? null })
  const sent: PluginRequest = {
    method: request.method,
    path: `/${rest}`,
    query: texts(request.query as object),
    headers: texts(headers),
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
  }
  // Whatever a plugin answers runs nothing in a browser.
  reply.header('content-security-policy', "default-src 'none'; sandbox")
  try {
    const from = { requestId: request.id, client: clientOf(request.headers), ip: request.ip }
    const {
      status = 200,
      headers: given = {},
      body = '',
    } = await answer(plugin, sent, { principal: () => caller.principal(), forget: () => caller.forget(), ...from })
    for (const [name, value] of Object.entries(given)) if (SETTABLE.has(name.toLowerCase())) reply.header(name, String(value))
    const isPlain = typeof body === 'string' || Buffer.isBuffer(body)
    if (!reply.hasHeader('content-type')) reply.type(isPlain ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8')
    return reply.code(Number.isInteger(status) && status >= 200 && status <= 599 ? status : 500).send(isPlain ? body : JSON.stringify(body))
  } catch (error) {
    if (!(error instanceof GuanxiError)) logger.error({ requestId: request.id, err: error, plugin }, 'a request to a plugin failed')
    const { code, text } = error instanceof GuanxiError ? error : { code: 'INTERNAL' as const, text: WENT_WRONG }
    return sendError(request, reply, STATUSES[code] ?? Math.max(ERROR_CODES[code].status, 400), { code, message: text })
  }
}

/** Members that are one text each; of several the first. */
function texts(members: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]): [string, string][] => {
      const first: unknown = Array.isArray(value) ? value[0] : value
      return typeof first === 'string' ? [[name, first]] : []
    }),
  )
}
