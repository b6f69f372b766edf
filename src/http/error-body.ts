import type { FastifyReply, FastifyRequest } from 'fastify'
import { ERROR_CODES, type ErrorCode, inLocale, type Locale, type Message, say, spoken } from '../errors/index.ts'
import { languageOf, tellLanguage } from './language.ts'

/** An answer that is one error and nothing else, in the shape that every error of the API has. */
export interface SingleError {
  readonly code: ErrorCode
  readonly message: Message
  /** Further members of `extensions`. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** All that a client is told of a defect of ours. */
export const WENT_WRONG = say`Something went wrong on our side. Report the requestId.`

/** Answers a request by an error, in its language. */
export function sendError(request: FastifyRequest, reply: FastifyReply, status: number, error: SingleError): FastifyReply {
  if (!reply.hasHeader('content-language')) tellLanguage(request, reply)
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send(errorBody(error, request.id, languageOf(request)))
}

/** Text of such an answer. */
export function errorBody({ code, message, details = {} }: SingleError, requestId: string, locale: Locale): string {
  const extensions = { ...errorExtensions(code, requestId), ...(spoken(details, locale) as object) }
  return JSON.stringify({ errors: [{ message: inLocale(message, locale), extensions }] })
}

/** What every error carries in `extensions`. */
export function errorExtensions(code: ErrorCode, requestId: string) {
  return { code, requestId, retryable: ERROR_CODES[code].retryable }
}
