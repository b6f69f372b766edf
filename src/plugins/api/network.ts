/** Why a request was not made, or its answer not taken. */
export type FetchRefusalCode =
  /** The capability `network` does not name the host, with this protocol and port. */
  | 'HOST_NOT_DECLARED'
  /** The host leads to an address that plugins may not reach: of a private network, of this machine, or of no single machine. */
  | 'ADDRESS_REFUSED'
  /** A redirect leads to where the plugin may not go, or there are too many. */
  | 'REDIRECT_REFUSED'
  /** The URL, the method, a header or the body is none that a plugin may send. */
  | 'REQUEST_INVALID'
  /** Too many requests of the plugin are under way in this process. */
  | 'TOO_MANY'
  /** The request or its answer is larger than allowed. */
  | 'TOO_LARGE'
  /** There was no whole answer in time. */
  | 'TIMEOUT'
  /** The plugin's turn is over. */
  | 'ABORTED'
  /** The network is not asked while a transaction is open: it would hold its locks. */
  | 'IN_TRANSACTION'
  /** No connection, or it broke. */
  | 'UNREACHABLE'

/** How a refusal is known, also one that was made by another copy of this package. */
const FETCH_REFUSAL = Symbol.for('guanxi.plugin.fetchRefusal')

/** What `fetch` throws. Thrown on by a job or a handler, it counts as a failure, after which the work is tried again. */
export class FetchRefusal extends Error {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && FETCH_REFUSAL in value
  }

  override readonly name = 'FetchRefusal'
  readonly [FETCH_REFUSAL] = true
  readonly code: FetchRefusalCode

  constructor(code: FetchRefusalCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export interface FetchOptions {
  /** GET unless given. */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  /** Headers of the connection itself, such as Host or Content-Length, are not the plugin's to set. */
  readonly headers?: Readonly<Record<string, string>>
  /** At most 10 MiB. */
  readonly body?: string | Uint8Array
  /** Milliseconds for all of it, redirects and the answer's body included; 10,000 unless given, at most 60,000. */
  readonly timeout?: number
  /** Bytes that the answer's body may have; 1 MiB unless given, at most 10 MiB. */
  readonly maxBytes?: number
  /** `follow` unless given: up to five redirects, each to a declared host; to another origin, headers that could hold secrets are left out. `manual` answers the redirect itself. */
  readonly redirect?: 'follow' | 'manual'
}

/**
 * Sends a request to a host that the capability `network` names, past no proxy and never to a private network, unless whoever runs the server has said so. The answer is a `Response`
 * whose body has arrived; a status such as 404 is no error. At most 20 at a time in one process. Throws FetchRefusal.
 */
export type PluginFetch = (url: string | URL, options?: FetchOptions) => Promise<Response>
