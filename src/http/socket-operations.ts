import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type ExecutionArgs, type ExecutionResult, GraphQLError, getOperationAST } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import { ERROR_CODES, type ErrorCode } from '../errors/index.ts'
import { unresolved } from './apollo.ts'
import { answerText, CarriedAnswer } from './carried-answer.ts'
import type { DocumentReader } from './document.ts'
import { LIMITS } from './limits.ts'
import { newTrace, type OperationTrace, observe, traceAnswer } from './operation-context.ts'
import type { SocketExtra, SocketOptions } from './web-socket.ts'

/** What `prepare` hands to `execute` as the context value. */
interface SocketOperation {
  readonly extra: SocketExtra
  readonly requestId: string
  readonly trace: OperationTrace
}

export interface SocketOperations {
  /** The operation of a `subscribe` message, read within the limits, or the errors that refuse it. */
  prepare(extra: SocketExtra, id: string, payload: SubscribePayload): ExecutionArgs | readonly GraphQLError[]
  /** Runs what `prepare` admitted by the engine; must follow it. */
  execute(args: ExecutionArgs): Promise<ExecutionResult>
  /** Puts a place holder for the answer's text into the message that is about to be serialised. */
  carry(result: ExecutionResult): ExecutionResult | undefined
  /** Replaces the place holder in the serialised message by the answer's text, which is never parsed on the way. */
  unfold(text: string): string
  /** Refuses further operations and waits, at most so many milliseconds, for those under way. */
  drain(timeout: number): Promise<void>
}

export function createSocketOperations({
  engine,
  callerOf,
  logger,
  metrics,
  documents,
}: SocketOptions & { readonly documents: DocumentReader }): SocketOperations {
  const running = new Map<SocketExtra, number>()
  const carried = new Map<string, string>()
  let draining = false

  const refused = (code: ErrorCode, message: string, requestId: string) => [
    new GraphQLError(message, { extensions: { code, requestId, retryable: ERROR_CODES[code].retryable } }),
  ]

  function read(extra: SocketExtra, payload: SubscribePayload, requestId: string): ExecutionArgs | readonly GraphQLError[] {
    if (draining) return refused('UNAVAILABLE', 'The server is shutting down. Connect again.', requestId)
    if ((running.get(extra) ?? 0) >= LIMITS.socketOperations)
      return refused('LIMIT_EXCEEDED', `A socket may have ${LIMITS.socketOperations} operations under way.`, requestId)
    const { schema } = engine.runtime
    const document = documents.read(payload.query, schema)
    if (!('kind' in document)) {
      for (const error of document) Object.assign(error.extensions, { requestId })
      return document
    }
    const operation = getOperationAST(document, payload.operationName)
    if (!operation) return refused('GRAPHQL_VALIDATION_FAILED', unresolved(payload.operationName), requestId)
    // Counted here: messages of one packet are all read before the first is executed.
    running.set(extra, (running.get(extra) ?? 0) + 1)
    const trace: OperationTrace = { ...newTrace(), type: operation.operation }
    const context: SocketOperation = { extra, requestId, trace }
    return { schema, document, operationName: payload.operationName ?? null, variableValues: payload.variables ?? {}, contextValue: context }
  }

  function finish(extra: SocketExtra, requestId: string, trace: OperationTrace, started: number): void {
    const milliseconds = performance.now() - started
    observe(metrics, 'ws', trace, milliseconds)
    logger.info({ requestId, socketId: extra.id, milliseconds: Math.round(milliseconds * 100) / 100, ...trace }, 'operation')
  }

  return {
    prepare: (extra, _id, payload) => {
      const requestId = randomUUID()
      const result = read(extra, payload, requestId)
      if (!('document' in result)) finish(extra, requestId, { ...newTrace(), outcome: String(result[0]?.extensions.code) }, performance.now())
      return result
    },
    execute: async ({ document, operationName, variableValues, contextValue }) => {
      const { extra, requestId, trace } = contextValue as SocketOperation
      const started = performance.now()
      try {
        const { ip, userAgent, client, accessMode } = extra
        const answer = await engine.execute({
          document,
          operationName: operationName ?? null,
          variables: variableValues ?? {},
          caller: callerOf(extra),
          requestId,
          client,
          ip,
          userAgent,
          transport: 'ws',
          accessMode,
        })
        traceAnswer(trace, answer)
        return { data: new CarriedAnswer(answer) as never }
      } finally {
        const left = (running.get(extra) ?? 1) - 1
        if (left === 0) running.delete(extra)
        else running.set(extra, left)
        finish(extra, requestId, trace, started)
      }
    },
    carry: ({ data }) => {
      const answer: unknown = data
      if (!(answer instanceof CarriedAnswer)) return undefined
      const place = randomUUID()
      carried.set(place, answerText(answer.answer))
      return { place } as never
    },
    unfold: (text) => {
      if (carried.size === 0) return text
      const place = /"payload":\{"place":"([0-9a-f-]{36})"\}/.exec(text)?.[1]
      const answer = place === undefined ? undefined : carried.get(place)
      if (place === undefined || answer === undefined) return text
      carried.delete(place)
      return text.replace(`{"place":"${place}"}`, () => answer)
    },
    drain: async (timeout) => {
      draining = true
      for (let waited = 0; running.size > 0 && waited < timeout; waited += 20) await delay(20)
    },
  }
}
