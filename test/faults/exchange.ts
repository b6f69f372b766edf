import { readFileSync } from 'node:fs'
import type { Outcome } from './history.ts'

/** What became of one request, as its sender can judge. */
export interface Exchange {
  readonly outcome: Outcome
  // biome-ignore lint/suspicious/noExplicitAny: the sender reads whatever it selected
  readonly data: any
  /** Code of the first error, or the system's word for a connection that failed. */
  readonly code: string | undefined
  readonly status: number | null
  readonly milliseconds: number
  /** What breaks the rules of errors (I9). */
  readonly flaws: readonly string[]
  /** The server may be asked the same again. */
  readonly isRetryable: boolean
  readonly detail: unknown
}

interface Told {
  readonly message: unknown
  readonly extensions?: Readonly<Record<string, unknown>>
}

/** Codes, statuses and whether they may be tried again, as the documentation says: not the product's own table. */
const CATALOGUE: ReadonlyMap<string, { readonly status: number; readonly retryable: boolean }> = new Map(
  [...readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8').matchAll(/^\| `([A-Z_]+)` \| (\d+) \| (yes|no) \|/gm)].map(
    ([, code, status, retry]) => [code as string, { status: Number(status), retryable: retry === 'yes' }] as const,
  ),
)

/** Stacks, SQL, drivers' and systems' words, places. */
const INNER =
  /\bat (async )?[\w.<>]+ \(|file:\/\/|node:|\.[jt]s\b|node_modules|\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\s+["\w.]+\s+|\bE[A-Z]{4,}\b|postgres|\bpg\b|relation "|\d+\.\d+\.\d+\.\d+|Connection terminated/

/** What is wrong with the errors of an answer: unknown or internal codes, a wrong `retryable`, another request's id, inner words. */
export function errorFlaws(errors: readonly Told[], requestId?: string): string[] {
  return errors.flatMap(({ message, extensions = {} }) => {
    const { code, retryable, outcome } = extensions
    const known = CATALOGUE.get(String(code))
    const wanted = outcome === 'UNKNOWN' ? false : known?.retryable
    const text = JSON.stringify({ message, extensions })
    return [
      !known && 'its code is in no catalogue',
      code === 'INTERNAL' && 'a defect',
      retryable !== wanted && 'retryable is wrong',
      requestId !== undefined && extensions.requestId !== requestId && 'requestId is another one',
      (typeof message !== 'string' || message === '') && 'it has no message',
      INNER.test(text) && 'it tells of the inside',
    ]
      .filter((flaw) => flaw !== false)
      .map((flaw) => `${flaw}: ${text.slice(0, 400)}`)
  })
}

export interface Sending {
  readonly url: string
  readonly token: string
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
  readonly requestId: string
  /** Sent as `Idempotency-Key`, for servers that know it; what is written is told apart by keys in the records in any case. */
  readonly key?: string
  /** Milliseconds after which nobody waits any more. */
  readonly patience: number
}

/** Sends one operation and judges what came of it. Never throws. */
export async function exchange({ url, token, query, variables, requestId, key, patience }: Sending): Promise<Exchange> {
  const began = performance.now()
  const end = (rest: Omit<Exchange, 'milliseconds'>): Exchange => ({ ...rest, milliseconds: performance.now() - began })
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        'x-request-id': requestId,
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(patience),
    })
    const text = await response.text()
    return end(judge(response, text, requestId))
  } catch (error) {
    const { code, name } = ((error as Error).cause ?? error) as { code?: string; name: string }
    const word = code ?? name
    // Nothing was sent where nobody listened. Any other way of breaking off leaves open what the server has done.
    return end({
      outcome: word === 'ECONNREFUSED' ? 'fail' : 'unknown',
      data: null,
      code: word,
      status: null,
      flaws: [],
      isRetryable: true,
      detail: String((error as Error).cause ?? error),
    })
  }
}

function judge({ status, headers }: Response, text: string, requestId: string): Omit<Exchange, 'milliseconds'> {
  const type = headers.get('content-type') ?? ''
  const isJson = /^application\/(graphql-response\+)?json\b/.test(type) && text.startsWith('{')
  if (!isJson) {
    return { outcome: 'unknown', data: null, code: 'NOT_JSON', status, flaws: [`${status} ${type} ${text.slice(0, 200)}`], isRetryable: false, detail: text }
  }
  const { data = null, errors = [] } = JSON.parse(text) as { data?: unknown; errors?: Told[] }
  if (errors.length === 0) return { outcome: 'ok', data, code: undefined, status, flaws: [], isRetryable: false, detail: undefined }
  const { code, outcome, retryable } = errors[0]?.extensions ?? {}
  const wanted = CATALOGUE.get(String(code))?.status
  const flaws = errorFlaws(errors, requestId)
  if (wanted !== undefined && status !== wanted && !(wanted === 400 && status === 200)) flaws.push(`status ${status} with ${code}`)
  return {
    outcome: outcome === 'UNKNOWN' ? 'unknown' : 'fail',
    data,
    code: String(code),
    status,
    flaws,
    isRetryable: retryable === true || outcome === 'UNKNOWN',
    detail: errors,
  }
}
