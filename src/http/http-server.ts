import { createServer, type ServerOptions } from 'node:http'
import { type AddressInfo, Server as NetServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Standings } from '../auth/index.ts'
import type { Config } from '../config/index.ts'
import { say } from '../errors/index.ts'
import type { DocumentLimits } from '../schema/limits/index.ts'
import type { GraphQLEngine } from '../schema/operation.ts'
import { startApollo } from './apollo.ts'
import type { Budgets } from './budgets.ts'
import { trustProxies } from './client-address.ts'
import { answerClientError } from './client-errors.ts'
import { allowOrigins } from './cors.ts'
import { sendError } from './error-body.ts'
import { type ExplorerOptions, registerExplorer } from './explorer/index.ts'
import { createGate } from './gate.ts'
import { type CallerOf, registerGraphqlRoute } from './graphql-route.ts'
import type { Health } from './health.ts'
import { KnownDocuments } from './known-documents.ts'
import { LIMITS } from './limits.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { observe } from './operation-context.ts'
import { createOverload } from './overload.ts'
import { type AnswerPluginRequest, registerPluginRoute } from './plugin-route.ts'
import { protocolErrorOf } from './protocol-error.ts'
import { requestIdOf } from './request-id.ts'
import { type Sockets, serveSockets } from './web-socket.ts'

export interface HttpServerOptions {
  readonly engine: GraphQLEngine
  readonly callerOf: CallerOf
  readonly config: Pick<
    Config,
    | 'host'
    | 'port'
    | 'role'
    | 'production'
    | 'trustedProxies'
    | 'drainTimeout'
    | 'socketsPerUser'
    | 'socketsPerAddress'
    | 'corsOrigins'
    | 'requestTimeout'
    | 'poolQueue'
    | 'overloadDelay'
  >
  /** What one operation may ask for. */
  readonly limits: DocumentLimits
  /** What users and addresses may ask for in a minute. */
  readonly budgets: Budgets
  /** Statements and transactions that wait for a connection to the database now. */
  readonly waiting: () => number
  readonly logger: Logger
  readonly metrics: Metrics
  readonly health: Health
  readonly standings: Standings
  /** The page for browsers; left out: there is none. */
  readonly explorer?: ExplorerOptions | undefined
  /** What plugins answer below `/plugins/`. */
  readonly answerPlugin?: AnswerPluginRequest
}

export interface HttpServer {
  /** Starts listening. Rejects with the system's error for a taken port or an address that this machine does not have. */
  listen(): Promise<{ readonly host: string; readonly port: number }>
  /** See Sockets.checkRights; to be called at least twice a second. */
  checkRights(): Promise<void>
  /**
   * Drains: no new connections, /ready answers 503, requests in flight finish within `drainTimeout`, sockets close with 1001
   * after what they had under way. Resolves when the last connection is gone.
   */
  close(): Promise<void>
}

/** Fastify with GraphQL over HTTP and WebSocket, health and metrics. Nothing is served before `listen`. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { engine, callerOf, config, logger, metrics, health, standings, limits, budgets, waiting, explorer, answerPlugin } = options
  const known = new KnownDocuments(limits)
  const forget = [
    engine.onRuntime(({ schema }) => known.serve(schema)),
    engine.beforeRuntime((next) => known.warm(next.schema, (document, valid) => engine.stillFits(document, valid, next))),
  ]
  const apollo = await startApollo({ engine, logger, known, limits })
  const trusted = trustProxies(config.trustedProxies)
  const app: FastifyInstance = Fastify({
    serverFactory: (handler) => createServer(connectionOptions(config), handler),
    clientErrorHandler: answerClientError,
    bodyLimit: LIMITS.body,
    // Members called `__proto__` or `constructor` are data like any other, as they are over WebSocket: `JSON.parse` makes them members of their own.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    trustProxy: config.trustedProxies.length > 0 ? trusted : false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    logger: false,
    frameworkErrors: (error, request, reply) => answerError(error, request, reply as FastifyReply),
  })
  app.removeContentTypeParser('text/plain')
  const overload = createOverload({ delay: config.overloadDelay, queue: config.poolQueue, waiting })
  const gate = createGate({ budgets, overload: overload.reason })
  // Hooks take callbacks: a promise each would cost more than what they do.
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff').header('cache-control', 'no-store')
    done()
  })
  // When it is answered, not when it came: the request may have been on its way when the drain began.
  app.addHook('onSend', (request, reply, payload, done) => {
    if (health.draining) reply.header('connection', 'close')
    // Whoever is told to come again is told when.
    if ((reply.statusCode === 503 || reply.statusCode === 429) && !reply.hasHeader('retry-after')) reply.header('retry-after', 1)
    // A large answer that nobody reads stays in memory, and nothing else ends that.
    if (typeof payload === 'string' && payload.length > LARGE) request.raw.socket.setTimeout(config.requestTimeout)
    done(null, payload)
  })
  app.addHook('onResponse', (request, reply, done) => {
    log(request, reply)
    done()
  })
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply))
  app.setNotFoundHandler((request, reply) =>
    sendError(request, reply, 404, {
      code: 'NOT_FOUND',
      message: answers ? say`There is nothing here. The API is at /graphql.` : say`This process answers no requests; ask one of the role api.`,
    }),
  )
  const answers = config.role !== 'worker'
  if (answers)
    await app.register(async (own) => {
      await allowOrigins(own, config.corsOrigins, !config.production)
      registerGraphqlRoute(own, { engine, apollo, known, callerOf, gate, answerPage: explorer && registerExplorer(app, explorer) })
    })
  if (answers && answerPlugin) await registerPluginRoute(app, { callerOf, answer: answerPlugin, logger, gate })
  registerOperationsRoutes(app, health, metrics)
  const sockets = !answers ? NO_SOCKETS : serveSockets(app.server, { engine, callerOf, config, logger, metrics, health, trusted, known, standings, gate })

  function log(request: FastifyRequest, reply: FastifyReply): void {
    const milliseconds = reply.elapsedTime
    const { trace } = request
    if (trace) observe(metrics, 'http', trace, milliseconds)
    else if (reply.statusCode < 400) return
    if (!logger.isLevelEnabled('info')) return
    logger.info(
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        milliseconds: Math.round(milliseconds * 100) / 100,
        ...(trace ?? {}),
      },
      'request',
    )
  }

  function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { status, ...told } = protocolErrorOf(error)
    if (status >= 500) logger.error({ requestId: request.id, err: error }, 'request failed')
    if (request.trace) request.trace.outcome = told.code
    sendError(request, reply, status, told)
  }

  return {
    listen: async () => {
      await app.listen({ host: config.host, port: config.port })
      overload.watch()
      const { address, port } = app.server.address() as AddressInfo
      return { host: address, port }
    },
    checkRights: sockets.checkRights,
    close: async () => {
      health.drain()
      const timer = setTimeout(() => app.server.closeAllConnections(), config.drainTimeout)
      await Promise.all([closeGently(app), sockets.close(config.drainTimeout)])
      clearTimeout(timer)
      overload.stop()
      for (const each of forget) each()
      await apollo.stop()
    },
  }
}

/** Characters of an answer that its reader may take time for. */
const LARGE = 64 * 1024

function connectionOptions({ requestTimeout }: Pick<Config, 'requestTimeout'>): ServerOptions {
  return {
    headersTimeout: Math.min(LIMITS.headers, requestTimeout),
    requestTimeout,
    // How often Node looks for connections that have taken longer.
    connectionsCheckingInterval: Math.min(2_000, requestTimeout / 2),
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16 * 1024,
  }
}

/** A process that answers no requests has none. */
const NO_SOCKETS: Sockets = { checkRights: async () => {}, close: async () => {} }

/** Milliseconds in which open connections may still bring a request; its answer tells them to close. */
const LAST_REQUESTS = 300

/**
 * Stops accepting first, and closes idle connections a moment later: a connection that looks idle may have a request in the
 * system's buffer already, and closing it then fails that request.
 */
async function closeGently(app: FastifyInstance): Promise<void> {
  NetServer.prototype.close.call(app.server)
  for (let waited = 0; waited < LAST_REQUESTS && (await openConnections(app)) > 0; waited += 20) await delay(20)
  await app.close()
}

function openConnections({ server }: FastifyInstance): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)))
}

function registerOperationsRoutes(app: FastifyInstance, health: Health, metrics: Metrics): void {
  app.get('/health', async () => ({ status: 'ok' }))
  app.get('/ready', async (_, reply) => {
    const failing = await health.failing()
    if (failing.length > 0) reply.code(503)
    return failing.length === 0 ? { status: 'ready' } : { status: 'unavailable', failing }
  })
  app.get('/metrics', async (_, reply) => {
    reply.type(metrics.contentType)
    return metrics.text()
  })
}
