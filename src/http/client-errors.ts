import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { ErrorCode } from '../errors/index.ts'
import { errorBody } from './error-body.ts'

interface Answer {
  readonly status: string
  readonly code: ErrorCode
  readonly message: string
}

/** By the code of Node's error. */
const KNOWN: Readonly<Record<string, Answer>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', code: 'GRAPHQL_PARSE_FAILED', message: 'The request took too long to arrive.' },
  HPE_HEADER_OVERFLOW: { status: '431 Request Header Fields Too Large', code: 'LIMIT_EXCEEDED', message: 'The headers are larger than 16 KiB.' },
}

const OTHER: Answer = { status: '400 Bad Request', code: 'GRAPHQL_PARSE_FAILED', message: 'The request is not valid HTTP.' }

/** Answers what is no request, or not yet one when its time is over, and lets go of the connection. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  // Where an answer is on its way already, text between its parts would be taken for it.
  const { _httpMessage: answer } = socket as { _httpMessage?: { readonly headersSent?: boolean } | null }
  if (!socket.writable || answer?.headersSent === true) {
    socket.destroy(error)
    return
  }
  const { status, code, message } = KNOWN[error.code ?? ''] ?? OTHER
  const requestId = randomUUID()
  const body = errorBody(code, message, requestId)
  socket.once('finish', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: ${requestId}\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
