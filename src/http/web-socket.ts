import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Standings } from '../auth/index.ts'
import type { Config } from '../config/index.ts'
import { errorsIn, GuanxiError, type Locale } from '../errors/index.ts'
import type { GraphQLEngine } from '../schema/operation.ts'
import { clientAddress, type TrustProxy } from './client-address.ts'
import type { Gate } from './gate.ts'
import { type CallerOf, GRAPHQL_PATH } from './graphql-route.ts'
import type { Health } from './health.ts'
import type { KnownDocuments } from './known-documents.ts'
import { localeOf } from './language.ts'
import { LIMITS } from './limits.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { accessModeOf } from './operation-context.ts'
import { clientNameOf, requestIdOf } from './request-id.ts'
import { messageMeter, OpenCounts } from './socket-limits.ts'
import { openLine } from './socket-line.ts'
import { createSocketOperations } from './socket-operations.ts'
import { watchSockets } from './socket-watch.ts'

export interface SocketOptions {
  readonly engine: GraphQLEngine
  readonly callerOf: CallerOf
  readonly config: Pick<Config, 'socketsPerUser' | 'socketsPerAddress'>
  readonly logger: Logger
  readonly metrics: Metrics
  readonly health: Health
  readonly trusted: TrustProxy
  readonly known: KnownDocuments
  readonly standings: Standings
  readonly gate: Gate
}

export interface Sockets {
  /** Closes with 4403 the sockets whose session or key has ended, or whose roles grant something else than when they were opened. */
  checkRights(): Promise<void>
  /** Takes no more operations, lets those under way finish within the milliseconds, then closes every socket with 1001. */
  close(timeout: number): Promise<void>
}

/** What is known of one socket. */
export interface SocketExtra {
  readonly socket: WebSocket
  readonly ip: string | null
  readonly userAgent: string | null
  readonly id: string
  /** Set by the first message. */
  authorization: string | null
  accessMode: 'errors' | 'redact' | 'strict'
  client: string | null
  /** That of the upgrade's header until the first message names another one. */
  locale: Locale
  minSchemaVersion: unknown
  tellsCost: boolean
  expiry: NodeJS.Timeout | undefined
  /** Whose it is; null before the first message, and for nobody in particular. */
  userId: string | null
}

const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008
const TRY_AGAIN_LATER = 1013
const LONGEST_TIMER = 2 ** 31 - 1
/** Milliseconds that what is under way on a socket may still take before the socket closes for rights that changed. */
const LAST_ANSWERS = 200

/** GraphQL over WebSocket (`graphql-transport-ws`) on the path of the API. */
export function serveSockets(server: Server, options: SocketOptions): Sockets {
  const { callerOf, config, logger, metrics, health, trusted, standings } = options
  const ofUsers = new OpenCounts(config.socketsPerUser)
  const ofAddresses = new OpenCounts(config.socketsPerAddress)
  const operations = createSocketOperations(options)
  const watch = watchSockets<SocketExtra>({
    standings,
    isOpen: ({ socket }) => socket.readyState === socket.OPEN,
    close: (extra) => void closeAfterAnswers(extra),
  })
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: LIMITS.socketMessage,
    perMessageDeflate: false,
    handleProtocols: (protocols) => handleProtocols(protocols),
  })
  const protocol = makeServer<Record<string, unknown>, SocketExtra>({
    onConnect: async ({ connectionParams, extra }) => connect(extra, connectionParams ?? {}),
    onSubscribe: (context, id, payload) => operations.prepare(context.extra, id, payload),
    execute: operations.execute,
    subscribe: operations.subscribe,
    onNext: (_context, _id, _payload, _args, result) => operations.carry(result),
    onError: ({ extra }, _id, _payload, errors) =>
      errorsIn(
        errors.map((error) => error.toJSON()),
        extra.locale,
      ),
  })

  /** Checks the credential at once, so that a client learns about a bad one before its first operation. */
  async function connect(extra: SocketExtra, parameters: Record<string, unknown>): Promise<boolean> {
    extra.authorization = textParameter(parameters, 'authorization')
    extra.accessMode = accessModeOf(parameters.accessMode)
    extra.client = clientNameOf(parameters.client)
    const language = textParameter(parameters, 'acceptlanguage') ?? textParameter(parameters, 'accept-language')
    if (language !== null) extra.locale = localeOf(language)
    extra.minSchemaVersion = parameters.minSchemaVersion
    extra.tellsCost = parameters.cost === true
    const caller = callerOf(extra)
    try {
      const principal = await caller.principal()
      if (principal !== null) {
        if (!(await watch.admit(extra, principal))) return false
        if (!occupy(extra, principal.userId)) {
          extra.socket.close(TRY_AGAIN_LATER, `No more than ${config.socketsPerUser} sockets of one user at a time`)
          return false
        }
      }
    } catch (error) {
      if (error instanceof GuanxiError && error.code === 'UNAUTHENTICATED') return false
      extra.socket.close(TRY_AGAIN_LATER, 'Try again later')
      return false
    }
    const expiresAt = caller.expiresAt?.() ?? null
    if (expiresAt !== null)
      extra.expiry = setTimeout(
        () => extra.socket.close(CloseCode.Forbidden, 'Forbidden'),
        Math.min(Math.max(expiresAt - Date.now(), 0), LONGEST_TIMER),
      ).unref()
    return true
  }

  /** Counts the socket for its user; one that has closed meanwhile counts no more. */
  function occupy(extra: SocketExtra, userId: string): boolean {
    if (extra.socket.readyState !== extra.socket.OPEN) return true
    if (!ofUsers.enter(userId)) return false
    extra.userId = userId
    return true
  }

  /** Whoever signs out over a socket, or changes his own rights, still gets the answer to that. */
  async function closeAfterAnswers(extra: SocketExtra): Promise<void> {
    await operations.settle(extra, LAST_ANSWERS)
    await turn()
    extra.socket.close(CloseCode.Forbidden, 'Forbidden')
  }

  webSockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    metrics.socketOpened()
    const extra: SocketExtra = {
      socket,
      ip: clientAddress(request, trusted),
      userAgent: request.headers['user-agent'] ?? null,
      id: requestIdOf(request.headers['x-request-id']),
      authorization: null,
      accessMode: 'errors',
      client: null,
      locale: localeOf(request.headers['accept-language']),
      minSchemaVersion: null,
      tellsCost: false,
      expiry: undefined,
      userId: null,
    }
    const mayGoOn = messageMeter()
    const line = openLine(socket)
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => line.send(operations.unfold(text)),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (handle) => {
          socket.on('message', (data) => {
            if (socket.readyState !== socket.OPEN) return
            if (!mayGoOn()) return socket.close(POLICY_VIOLATION, `No more than ${LIMITS.socketMessages.perSecond} messages a second`)
            handle(String(data)).catch((error: unknown) => {
              logger.error({ requestId: extra.id, err: error }, 'socket message failed')
              socket.close(CloseCode.InternalServerError, 'Internal server error')
            })
          })
        },
      },
      extra,
    )
    // The library closes the socket itself (1009 for too large a message); the event only has to be heard.
    socket.on('error', () => {})
    socket.once('close', (code, reason) => {
      line.stop()
      clearTimeout(extra.expiry)
      watch.leave(extra)
      if (extra.userId !== null) ofUsers.leave(extra.userId)
      metrics.socketClosed()
      void closed(code, String(reason))
      operations.leave(extra)
    })
  })

  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => {})
    const path = (request.url ?? '').split('?', 1)[0]
    if (path !== GRAPHQL_PATH) return refuse(stream, '404 Not Found')
    if (health.draining) return refuse(stream, '503 Service Unavailable\r\nRetry-After: 1')
    const address = clientAddress(request, trusted)
    if (address !== null && !ofAddresses.enter(address)) return refuse(stream, '429 Too Many Requests\r\nRetry-After: 10')
    // However the handshake ends.
    if (address !== null) stream.once('close', () => ofAddresses.leave(address))
    webSockets.handleUpgrade(request, stream, head, (socket) => webSockets.emit('connection', socket, request))
  })

  return {
    checkRights: watch.check,
    close: async (timeout) => {
      await operations.drain(timeout)
      for (const socket of webSockets.clients) socket.close(GOING_AWAY, 'Going away')
      const deadline = setTimeout(() => {
        for (const socket of webSockets.clients) socket.terminate()
      }, 2_000)
      await new Promise<void>((resolve) => {
        webSockets.close(() => resolve())
      })
      clearTimeout(deadline)
    },
  }
}

/** Answers an upgrade that is not taken, and lets go of the connection: nobody reads it any more, so that its other side would never be heard to have gone. */
function refuse(stream: Duplex, status: string): void {
  stream.once('finish', () => stream.destroy())
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** A text among the connection's parameters; written like the header it stands for in any case. */
function textParameter(parameters: Record<string, unknown>, name: string): string | null {
  const key = Object.keys(parameters).find((given) => given.toLowerCase() === name)
  const value = key === undefined ? undefined : parameters[key]
  return typeof value === 'string' ? value : null
}
