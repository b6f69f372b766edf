import type { IncomingHttpHeaders } from 'node:http'
import type { OperationAnswer, OperationRequest } from '../schema/operation.ts'
import { firstCode } from './carried-answer.ts'
import type { Metrics, OperationType } from './metrics.ts'
import { clientNameOf } from './request-id.ts'

/** What the log line and the metrics tell about an operation; filled while it runs. */
export interface OperationTrace {
  type: OperationType
  outcome: string
  statements: number | undefined
}

export function newTrace(): OperationTrace {
  return { type: 'none', outcome: 'ok', statements: undefined }
}

/** Notes the outcome of an executed operation. */
export function traceAnswer(trace: OperationTrace, answer: OperationAnswer & { readonly statements?: number }): void {
  trace.outcome = firstCode(answer) ?? 'ok'
  trace.statements = answer.statements
}

export function observe(metrics: Metrics, transport: 'http' | 'ws', trace: OperationTrace, milliseconds: number): void {
  metrics.operation({ transport, milliseconds, ...trace })
}

export type AccessMode = OperationRequest['accessMode']

/** `x-access-mode` or `connectionParams.accessMode`; anything unknown counts as the default. */
export function accessModeOf(value: unknown): AccessMode {
  return value === 'redact' || value === 'strict' ? value : 'errors'
}

/** Name of the calling program, from the headers that clients use for it. */
export function clientOf(headers: IncomingHttpHeaders): string | null {
  return clientNameOf(headers['x-client-name'] ?? headers['apollographql-client-name'])
}

/** Header by which a request asks for a schema version at least. */
export const MIN_SCHEMA_VERSION = 'x-min-schema-version'

/** A schema version that a client asks for; null for anything else. */
export function schemaVersionOf(value: unknown): number | null {
  const text = String(value)
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null
}
