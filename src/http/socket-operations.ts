import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type ExecutionArgs, type ExecutionResult, GraphQLError, getOperationAST } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import { ERROR_CODES, type ErrorCode, type Message, say } from '../errors/index.ts'
import { mapIterator } from '../lib/map-iterator.ts'
import type { OperationAnswer, OperationRequest } from '../schema/operation.ts'
import { saidError } from '../schema/said-error.ts'
import { unresolved } from './apollo.ts'
import { answerText, CarriedAnswer } from './carried-answer.ts'
import { parsedDocument } from './document.ts'
import type { Refusal } from './gate.ts'
import { LIMITS } from './limits.ts'
import { newTrace, type OperationTrace, observe, schemaVersionOf, traceAnswer } from './operation-context.ts'
import { SocketIds } from './socket-ids.ts'
import type { SocketExtra, SocketOptions } from './web-socket.ts'

/** What `prepare` hands to `execute` as the context value. */
interface SocketOperation {
  readonly extra: SocketExtra
  /** As `SocketIds` tells it from others of its id. */
  readonly turn: symbol
  readonly requestId: string
  readonly trace: OperationTrace
  readonly tellsVersion: boolean
  readonly tellsCost: boolean
  readonly idempotencyKey: string | null
}

/** What stands around the number of a place holder, at the end of a message. */
const PAYLOAD = '"payload":'
const PLACE_START = `${PAYLOAD}{"place":"`
const PLACE_END = '"}}'

/** An operation that can be executed, or why not. */
type Reading = ExecutionArgs | readonly GraphQLError[]

export interface SocketOperations {
  /** The operation of a `subscribe` message, read within the limits, or the errors that refuse it. */
  prepare(extra: SocketExtra, id: string, payload: SubscribePayload): Promise<Reading>
  /** Runs what `prepare` admitted by the engine; must follow it. */
  execute(args: ExecutionArgs): Promise<ExecutionResult>
  /** Likewise for a subscription: its answers as they come, or the one that refuses it. */
  subscribe(args: ExecutionArgs): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult>
  /** Puts a place holder for the answer's text into the message that is about to be serialised. */
  carry(result: ExecutionResult): ExecutionResult | undefined
  /** Replaces the place holder in the serialised message by the answer's text, which is never parsed on the way. */
  unfold(text: string): string
  /** Resolves when the socket has nothing under way, at the latest after so many milliseconds. Its subscriptions do not count. */
  settle(extra: SocketExtra, timeout: number): Promise<void>
  /** The socket has closed: whatever it follows ends. */
  leave(extra: SocketExtra): void
  /** Refuses further operations and waits, at most so many milliseconds, for those under way. */
  drain(timeout: number): Promise<void>
}

export function createSocketOperations({ engine, callerOf, logger, metrics, known, gate }: SocketOptions): SocketOperations {
  const running = new Map<SocketExtra, number>()
  const open = new Map<SocketExtra, number>()
  const followed = new Map<SocketExtra, Set<AsyncIterableIterator<ExecutionResult>>>()
  const ids = new SocketIds<SocketExtra>()
  const carried = new Map<string, string>()
  /** Nobody can guess it, and so make a message of his own (a ping's payload comes back) ask for another one's answer. */
  const secret = randomUUID()
  let places = 0
  let draining = false

  const refused = (code: ErrorCode, message: Message, requestId: string, details: Readonly<Record<string, unknown>> = {}) => [
    saidError(message, { extensions: { code, requestId, retryable: ERROR_CODES[code].retryable, ...details } }),
  ]
  const stopped = ({ code, message, details }: Refusal, requestId: string) => refused(code, message, requestId, details)

  function read(extra: SocketExtra, turn: symbol, payload: SubscribePayload, requestId: string): Reading {
    if (draining) return refused('UNAVAILABLE', say`The server is shutting down. Connect again.`, requestId)
    if ((running.get(extra) ?? 0) >= LIMITS.socketOperations)
      return refused('LIMIT_EXCEEDED', say`A socket may have ${LIMITS.socketOperations} operations under way.`, requestId)
    const { schema } = engine.runtime
    const document = known.read(payload.query, schema)
    if (!('kind' in document)) {
      for (const error of document) Object.assign(error.extensions, { requestId })
      return document
    }
    const operation = getOperationAST(document, payload.operationName)
    if (!operation) return refused('GRAPHQL_VALIDATION_FAILED', unresolved(payload.operationName), requestId)
    if (operation.operation === 'subscription' && (open.get(extra) ?? 0) >= LIMITS.socketSubscriptions)
      return refused('LIMIT_EXCEEDED', say`A socket may have ${LIMITS.socketSubscriptions} subscriptions open.`, requestId)
    // Counted here: messages of one packet are all read before the first is executed.
    running.set(extra, (running.get(extra) ?? 0) + 1)
    if (operation.operation === 'subscription') open.set(extra, (open.get(extra) ?? 0) + 1)
    const trace: OperationTrace = { ...newTrace(), type: operation.operation }
    const tellsVersion = payload.extensions?.['schemaVersion'] === true || minVersionOf(extra, payload) !== undefined
    const tellsCost = extra.tellsCost || payload.extensions?.['cost'] === true
    const key = payload.extensions?.['idempotencyKey'] ?? null
    const context: SocketOperation = { extra, turn, requestId, trace, tellsVersion, tellsCost, idempotencyKey: key === null ? null : String(key) }
    return { schema, document, operationName: payload.operationName ?? null, variableValues: payload.variables ?? {}, contextValue: context }
  }

  /** Answers what refuses whoever may not even learn whether the document fits the schema. Everybody else waits for the schema version that he asks for. */
  async function admit(extra: SocketExtra, payload: SubscribePayload, requestId: string): Promise<readonly GraphQLError[] | undefined> {
    const turnedAway = gate.enter(extra.ip)
    if (turnedAway) return stopped(turnedAway, requestId)
    const { signedIn, userId, refusal } = await engine.admit({ caller: callerOf(extra), requestId }, () => parsedDocument(payload.query))
    const counted = gate.count(userId, extra.ip)
    if (counted.refusal) return stopped(counted.refusal, requestId)
    if (refusal === null) return signedIn ? awaitSchema(extra, payload, requestId) : undefined
    return (refusal.errors ?? []).map(({ message, extensions }) => new GraphQLError(message, { extensions }))
  }

  /** The same, with what is wrong with a document as this sender may know it. */
  async function asSeenBy(extra: SocketExtra, payload: SubscribePayload, requestId: string, result: Reading): Promise<Reading> {
    if ('document' in result || result[0]?.extensions.code !== 'GRAPHQL_VALIDATION_FAILED') return result
    const document = parsedDocument(payload.query)
    return (document && (await engine.flawsSeenBy({ caller: callerOf(extra), requestId }, engine.runtime.schema, document))) ?? result
  }

  /** Waits for the schema version that the operation or its socket asks for; answers what refuses it. */
  async function awaitSchema(extra: SocketExtra, payload: SubscribePayload, requestId: string): Promise<readonly GraphQLError[] | undefined> {
    const asked = minVersionOf(extra, payload)
    if (asked === undefined) return undefined
    const version = schemaVersionOf(asked)
    if (version === null) return refused('GRAPHQL_PARSE_FAILED', say`minSchemaVersion must be a schema version, such as 12.`, requestId)
    if (await engine.reach(version, LIMITS.schemaVersion)) return undefined
    return refused('UNAVAILABLE', say`The schema version ${version} is not there yet; ${engine.runtime.version} is served.`, requestId)
  }

  function requestOf({ document, schema, operationName, variableValues, contextValue }: ExecutionArgs): OperationRequest {
    const { extra, requestId, tellsVersion, tellsCost, idempotencyKey } = contextValue as SocketOperation
    const { ip, userAgent, client, accessMode, locale } = extra
    return {
      document,
      schema,
      operationName: operationName ?? null,
      variables: variableValues ?? {},
      caller: callerOf(extra),
      requestId,
      client,
      ip,
      userAgent,
      transport: 'ws',
      locale,
      accessMode,
      tellsVersion,
      tellsCost,
      idempotencyKey,
    }
  }

  function left(counts: Map<SocketExtra, number>, extra: SocketExtra): void {
    const count = (counts.get(extra) ?? 1) - 1
    if (count === 0) counts.delete(extra)
    else counts.set(extra, count)
  }

  function finish(extra: SocketExtra, requestId: string, trace: OperationTrace, started: number): void {
    const milliseconds = performance.now() - started
    observe(metrics, 'ws', trace, milliseconds)
    logger.info({ requestId, socketId: extra.id, milliseconds: Math.round(milliseconds * 100) / 100, ...trace }, 'operation')
  }

  /** An operation whose id means another one by now goes no further: nothing of it is told, and what it holds is let go with it. */
  function unlessReplaced<T>(extra: SocketExtra, turn: symbol, result: T): T | Promise<T> {
    if (ids.isReplaced(extra, turn)) return new Promise(() => {})
    ids.settle(extra, turn)
    return result
  }

  function follow(extra: SocketExtra, answers: AsyncIterableIterator<OperationAnswer>): AsyncIterableIterator<ExecutionResult> {
    const ofSocket = followed.get(extra) ?? new Set()
    const iterator: AsyncIterableIterator<ExecutionResult> = mapIterator(
      answers,
      (answer) => ({ value: { data: new CarriedAnswer(answer, extra.locale) as never }, last: false }),
      () => {
        left(open, extra)
        ofSocket.delete(iterator)
        if (ofSocket.size === 0) followed.delete(extra)
      },
    )
    followed.set(extra, ofSocket.add(iterator))
    return iterator
  }

  return {
    prepare: async (extra, id, payload) => {
      const requestId = randomUUID()
      const turn = ids.take(extra, id)
      const result = (await admit(extra, payload, requestId)) ?? (await asSeenBy(extra, payload, requestId, read(extra, turn, payload, requestId)))
      if ('document' in result) return result
      finish(extra, requestId, { ...newTrace(), outcome: String(result[0]?.extensions.code) }, performance.now())
      return unlessReplaced(extra, turn, result)
    },
    execute: async (args) => {
      const { extra, turn, requestId, trace } = args.contextValue as SocketOperation
      const started = performance.now()
      try {
        const answer = await engine.execute(requestOf(args))
        traceAnswer(trace, answer)
        return unlessReplaced(extra, turn, { data: new CarriedAnswer(answer, extra.locale) as never })
      } finally {
        left(running, extra)
        finish(extra, requestId, trace, started)
      }
    },
    subscribe: async (args) => {
      const { extra, turn, requestId, trace } = args.contextValue as SocketOperation
      const started = performance.now()
      try {
        const answers = await engine.subscribe(requestOf(args))
        if (!(Symbol.asyncIterator in answers)) {
          left(open, extra)
          traceAnswer(trace, answers)
          return unlessReplaced(extra, turn, { data: new CarriedAnswer(answers, extra.locale) as never })
        }
        const iterator = follow(extra, answers)
        if (ids.isReplaced(extra, turn)) await iterator.return?.()
        return unlessReplaced(extra, turn, iterator)
      } finally {
        // An open subscription is nothing that a drain waits for: its socket is closed.
        left(running, extra)
        finish(extra, requestId, trace, started)
      }
    },
    carry: ({ data }) => {
      const answer: unknown = data
      if (!(answer instanceof CarriedAnswer)) return undefined
      places += 1
      const place = `${secret} ${places}`
      carried.set(place, answerText(answer.answer, answer.locale))
      return { place } as never
    },
    unfold: (text) => {
      // The payload stands last in a message of graphql-ws, and quotes in what stands before it, the client's own id, are escaped.
      if (carried.size === 0 || !text.endsWith(PLACE_END)) return text
      const start = text.lastIndexOf(PLACE_START)
      const place = start < 0 ? '' : text.slice(start + PLACE_START.length, -PLACE_END.length)
      const answer = carried.get(place)
      if (answer === undefined) return text
      carried.delete(place)
      return `${text.slice(0, start + PAYLOAD.length)}${answer}}`
    },
    settle: async (extra, timeout) => {
      for (let waited = 0; running.has(extra) && waited < timeout; waited += 20) await delay(20)
    },
    leave: (extra) => {
      // The library ends those that it knows by their ids; this ends each.
      for (const iterator of followed.get(extra) ?? []) void iterator.return?.()
    },
    drain: async (timeout) => {
      draining = true
      for (let waited = 0; running.size > 0 && waited < timeout; waited += 20) await delay(20)
    },
  }
}

/** The schema version that the operation asks for, or its socket for all of them. */
function minVersionOf({ minSchemaVersion }: SocketExtra, { extensions }: SubscribePayload): unknown {
  return extensions?.['minSchemaVersion'] ?? minSchemaVersion ?? undefined
}
