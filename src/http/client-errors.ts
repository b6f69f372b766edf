import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { say } from '../errors/index.ts'
import { errorBody, type SingleError } from './error-body.ts'

/** There are no headers by which such a sender could be told in a language of his, so it is English. */
interface Answer extends SingleError {
  readonly status: string
}

/** By the code of Node's error. */
const KNOWN: Readonly<Record<string, Answer>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', code: 'GRAPHQL_PARSE_FAILED', message: say`The request took too long to arrive.` },
  HPE_HEADER_OVERFLOW: { status: '431 Request Header Fields Too Large', code: 'LIMIT_EXCEEDED', message: say`The headers are larger than 16 KiB.` },
}

const OTHER: Answer = { status: '400 Bad Request', code: 'GRAPHQL_PARSE_FAILED', message: say`The request is not valid HTTP.` }

/** Answers what is no request, or not yet one when its time is over, and lets go of the connection. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  // Where an answer is on its way already, text between its parts would be taken for it.
  const { _httpMessage: begun } = socket as { _httpMessage?: { readonly headersSent?: boolean } | null }
  if (!socket.writable || begun?.headersSent === true) {
    socket.destroy(error)
    return
  }
  const { status, ...answer } = KNOWN[error.code ?? ''] ?? OTHER
  const requestId = randomUUID()
  const body = errorBody(answer, requestId, 'en')
  socket.once('finish', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nX-Request-Id: ${requestId}\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}
