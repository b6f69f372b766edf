import { ERROR_CODES, GuanxiError, say } from '../errors/index.ts'
import { type SingleError, WENT_WRONG } from './error-body.ts'
import { LIMITS } from './limits.ts'

/** How a request that never became a GraphQL operation is refused. */
export interface ProtocolError extends SingleError {
  readonly status: number
}

const megabytes = (bytes: number) => `${bytes / 1024 / 1024} MiB`

/** Fastify's error codes. What is not listed and no client error is a defect of ours. */
const KNOWN: Readonly<Record<string, ProtocolError>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    status: 413,
    code: 'LIMIT_EXCEEDED',
    message: say`The body is larger than ${megabytes(LIMITS.body)}. Send less in one request.`,
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { status: 415, code: 'GRAPHQL_PARSE_FAILED', message: say`The body must be application/json.` },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: { status: 400, code: 'GRAPHQL_PARSE_FAILED', message: say`The body is not as long as Content-Length says.` },
  FST_ERR_CTP_EMPTY_JSON_BODY: { status: 400, code: 'GRAPHQL_PARSE_FAILED', message: say`The body is empty. Send JSON with a member \`query\`.` },
  FST_ERR_CTP_INVALID_JSON_BODY: { status: 400, code: 'GRAPHQL_PARSE_FAILED', message: say`The body is not valid JSON.` },
  FST_ERR_BAD_URL: { status: 400, code: 'GRAPHQL_PARSE_FAILED', message: say`The URL is not valid.` },
}

/** The answer to an error that was thrown outside GraphQL. Text of unknown errors is never passed on. */
export function protocolErrorOf(error: unknown): ProtocolError {
  if (error instanceof GuanxiError) return { status: Math.max(ERROR_CODES[error.code].status, 400), code: error.code, message: error.text }
  const { code, statusCode, name } = (error ?? {}) as { code?: string; statusCode?: number; name?: string }
  const known = code === undefined ? undefined : KNOWN[code]
  if (known) return known
  if (name === 'SyntaxError' && statusCode === 400) return KNOWN.FST_ERR_CTP_INVALID_JSON_BODY as ProtocolError
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { status: statusCode, code: 'GRAPHQL_PARSE_FAILED', message: say`The request cannot be read.` }
  return { status: 500, code: 'INTERNAL', message: WENT_WRONG }
}
