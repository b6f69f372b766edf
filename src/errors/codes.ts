/**
 * The one error catalogue. Every error that a client can see carries one of these codes in `extensions.code`;
 * the documentation is generated from this table and a test fails on a code that is undocumented or never produced.
 */
export interface ErrorCodeInfo {
  /** HTTP status when the whole request fails before execution. */
  readonly status: number
  /** May the same request succeed when it is simply sent again later? */
  readonly retryable: boolean
  /** One sentence for the reference: what it means and the way out. */
  readonly meaning: string
}

export const ERROR_CODES = {
  GRAPHQL_PARSE_FAILED: { status: 400, retryable: false, meaning: 'The document is not valid GraphQL syntax. Correct it at the reported location.' },
  GRAPHQL_VALIDATION_FAILED: {
    status: 400,
    retryable: false,
    meaning: 'The document does not fit the schema that the caller may see: a name is unknown (or hidden from the caller), or a value has the wrong type.',
  },
  UNAUTHENTICATED: {
    status: 401,
    retryable: false,
    meaning: 'No valid access token or API key was sent, or the credentials are wrong. Sign in or refresh the session.',
  },
  FORBIDDEN: { status: 403, retryable: false, meaning: 'The caller is known but its roles do not allow this action.' },
  FORBIDDEN_FIELD: { status: 200, retryable: false, meaning: 'A selected field is hidden from the caller; it is null in the answer.' },
  NOT_FOUND: { status: 200, retryable: false, meaning: 'There is no such record, or the caller cannot read it; the two are never told apart.' },
  VALIDATION_FAILED: {
    status: 200,
    retryable: false,
    meaning: 'The input breaks a rule. `issues` lists each one with its path, code and message; nothing was written.',
  },
  VERSION_CONFLICT: {
    status: 200,
    retryable: false,
    meaning: 'The record has changed since `ifVersion`. `base`, `yours` and `current` show the difference; read again and retry.',
  },
  DUPLICATE: {
    status: 200,
    retryable: false,
    meaning: 'Another record already holds this unique value. It never identifies a record that the caller cannot read.',
  },
  IDEMPOTENCY_IN_PROGRESS: { status: 409, retryable: true, meaning: 'The same Idempotency-Key is being processed. Wait and send it again.' },
  IDEMPOTENCY_MISMATCH: { status: 422, retryable: false, meaning: 'The Idempotency-Key was used before with another body. Use a new key.' },
  CURSOR_INVALID: { status: 200, retryable: false, meaning: 'The cursor is malformed or belongs to another list, order or principal. Start again without it.' },
  CURSOR_EXPIRED: {
    status: 200,
    retryable: false,
    meaning: 'The cursor is older than the retention of the change log. Read the current state and take a new cursor.',
  },
  RESYNC: { status: 200, retryable: true, meaning: 'The stream cannot be continued without a gap. Read the current state and subscribe again.' },
  LIMIT_EXCEEDED: { status: 200, retryable: false, meaning: 'The request is larger than a documented limit; the message names the limit and what was asked.' },
  RATE_LIMITED: { status: 429, retryable: true, meaning: 'Too many requests. `retryAfter` says how many seconds to wait.' },
  SCHEMA_CHANGED: { status: 200, retryable: true, meaning: 'The schema changed and the document no longer fits it. Fetch the schema again.' },
  PLUGIN_UNAVAILABLE: {
    status: 200,
    retryable: true,
    meaning: 'A plugin that this needs fails, or is not in the process that answers; nothing was written. Try again, or ask an administrator.',
  },
  UNAVAILABLE: {
    status: 503,
    retryable: true,
    meaning:
      'The service or its database cannot answer now; nothing was written. Try again after a short wait. With `outcome: "UNKNOWN"` (and `retryable: false`) the database was lost in the middle of a commit: read before you send a change again.',
  },
  INTERNAL: { status: 500, retryable: false, meaning: 'A defect on our side. Nothing else is disclosed; report the `requestId`.' },
} as const satisfies Record<string, ErrorCodeInfo>

export type ErrorCode = keyof typeof ERROR_CODES
