/**
 * A small client: queries and mutations by fetch, subscriptions by graphql-ws, each typed by its document. Written by `guanxi sync`; the next one writes it anew.
 */
import { createClient, type Client as SocketClient } from 'graphql-ws'

/** An operation with the types of its variables and of an answer without errors. */
export interface TypedDocument<Data, Variables> {
  readonly name: string
  readonly kind: 'query' | 'mutation' | 'subscription'
  readonly text: string
  /** Subscriptions: the variable that takes the cursor to go on after, and where events hold theirs. */
  readonly resume: { readonly variable: string; readonly path: readonly [string, string] } | null
  /** Never there: it carries the types. */
  readonly types?: (variables: Variables) => Data
}

/** An error as the server tells it; the codes are in the reference of errors. */
export interface ToldError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions: { readonly code: string; readonly retryable?: boolean; readonly requestId?: string; readonly [member: string]: unknown }
}

/** An answer with errors, or none. `code` is that of the first error, or `NETWORK`. */
export class OperationError extends Error {
  override readonly name = 'OperationError'
  readonly errors: readonly ToldError[]
  /** What there is of an answer beside its errors. */
  readonly data: unknown

  constructor(errors: readonly ToldError[], data: unknown = null) {
    super(errors[0]?.message ?? 'The operation failed.')
    this.errors = errors
    this.data = data
  }

  get code(): string {
    return this.errors[0]?.extensions.code ?? 'INTERNAL'
  }

  /** The same may succeed later. */
  get retryable(): boolean {
    return this.errors.length > 0 && this.errors.every(({ extensions }) => extensions.retryable === true)
  }
}

export interface ClientOptions {
  /** `https://crm.example.com/graphql` */
  readonly url: string
  /** Access token or API key. A function is asked anew for each request and each connection; it may refresh a session. */
  readonly token: string | (() => string | Promise<string>)
  /** In the place of the platform's own. */
  readonly fetch?: typeof fetch
  /** A constructor as `WebSocket`, where the platform has none: `ws`, for one. */
  readonly webSocket?: unknown
  /** Waits before connecting anew, after so many failures in a row, or until it is of no use any more; half a second, doubled up to 30 seconds, unless given. */
  readonly wait?: (failures: number, signal: AbortSignal) => Promise<void>
}

export interface RequestOptions {
  /** The mutation is done once, however often it is sent with this key. */
  readonly idempotencyKey?: string
  readonly signal?: AbortSignal
}

/** Why what was told does not lead to the present: read the current state. */
export interface Resync {
  readonly code: 'RESYNC' | 'CURSOR_EXPIRED'
  /** The subscription goes on after it; it was taken before the handler is called. */
  readonly cursor: string
}

export interface SubscriptionHandlers<Data> {
  /** Begin after this cursor: of `changeCursor`, or of an event that was told before. Now unless given. */
  readonly after?: string | undefined
  /** `cursor`: where this event stands; null where events have none. */
  next(data: Data, cursor: string | null): void
  /** Called where changes were missed, before the subscription goes on; it waits for a promise. Without it, such a subscription ends with `error`. */
  resync?(resync: Resync): void | Promise<void>
  /** The connection is lost, or the server cannot answer now; the subscription goes on by itself. */
  interrupted?(reason: unknown): void
  /** It has ended: an error that would come again. */
  error(error: OperationError): void
  /** It has ended: the server has no more to tell. */
  complete?(): void
}

type VariablesOf<Variables> = Record<string, never> extends Variables ? [variables?: Variables] : [variables: Variables]

export interface GuanxiClient {
  /** The data of a query or mutation. Throws OperationError for an answer with any error. */
  request<Data, Variables>(document: TypedDocument<Data, Variables>, ...rest: [...VariablesOf<Variables>, options?: RequestOptions]): Promise<Data>
  /** Follows a subscription over whatever interrupts the connection, from the last cursor on. Answers a function that ends it. */
  subscribe<Data, Variables>(document: TypedDocument<Data, Variables>, variables: Variables, handlers: SubscriptionHandlers<Data>): () => void
  /** Ends subscriptions and connection. */
  close(): Promise<void>
}

export function createGuanxiClient({ url, token, fetch: send = fetch, webSocket, wait = backOff }: ClientOptions): GuanxiClient {
  const authorization = async (): Promise<{ authorization: string }> => ({ authorization: `Bearer ${typeof token === 'string' ? token : await token()}` })
  let opened: SocketClient | undefined
  /** Made by the first subscription: who has none needs no `WebSocket`. */
  const socket = (): SocketClient => {
    opened ??= createClient({
      url: url.replace(/^http/, 'ws'),
      webSocketImpl: webSocket,
      connectionParams: authorization,
      // A graphql-ws client that retries sends the first variables again, and so the first cursor: it is left to `follow`.
      retryAttempts: 0,
    })
    return opened
  }
  const ends = new Set<() => void>()

  async function post<Data>(body: object, { idempotencyKey, signal }: RequestOptions): Promise<Data> {
    const response = await send(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(await authorization()),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    }).catch((error: unknown) => {
      if (signal?.aborted) throw error
      throw networkError(error)
    })
    const answer = (await response.json().catch((error: unknown) => {
      throw networkError(error)
    })) as Told
    if (answer.errors && answer.errors.length > 0) throw new OperationError(answer.errors, answer.data)
    return answer.data as Data
  }

  return {
    request: (document, ...[variables, options = {}]) =>
      post({ query: document.text, operationName: document.name, variables: variables ?? {} }, options as RequestOptions),
    subscribe(document, variables, handlers) {
      const beginning = async (): Promise<string> => (await post<{ changeCursor: string }>({ query: '{ changeCursor }' }, {})).changeCursor
      const end = follow(
        { document: document as TypedDocument<unknown, unknown>, variables: variables as object, socket: socket(), beginning, wait },
        handlers as SubscriptionHandlers<unknown>,
      )
      const stop = (): void => {
        ends.delete(stop)
        end()
      }
      ends.add(stop)
      return stop
    },
    async close() {
      for (const end of ends) end()
      await opened?.dispose()
    },
  }
}

interface Told {
  readonly data?: unknown
  readonly errors?: readonly ToldError[]
}

interface Followed {
  readonly document: TypedDocument<unknown, unknown>
  readonly variables: object
  readonly socket: SocketClient
  /** The cursor of now. */
  readonly beginning: () => Promise<string>
  readonly wait: (failures: number, signal: AbortSignal) => Promise<void>
}

/** How one connection of a subscription ended. */
type Ended =
  | { readonly by: 'server' }
  | { readonly by: 'caller' }
  | { readonly by: 'refusal'; readonly error: OperationError }
  | { readonly by: 'connection'; readonly reason: unknown }

function follow({ document, variables, socket, beginning, wait }: Followed, handlers: SubscriptionHandlers<unknown>): () => void {
  const { resume } = document
  const ending = new AbortController()
  let stop = (): void => {}
  /** Failures since something was told last, and connections that were refused since one was admitted. */
  let [failures, refused] = [0, 0]
  const forget = socket.on('connected', () => {
    refused = 0
  })
  let cursor = handlers.after ?? (resume ? ((variables as Record<string, unknown>)[resume.variable] as string | undefined) : undefined) ?? null

  const once = (): Promise<Ended> =>
    new Promise((resolve) => {
      let refusal: OperationError | undefined
      const values = { ...variables, ...(resume && { [resume.variable]: cursor }) }
      const dispose = socket.subscribe<unknown>(
        { query: document.text, operationName: document.name, variables: values },
        {
          next: ({ data, errors }) => {
            if (ending.signal.aborted || refusal) return
            failures = 0
            if (errors && errors.length > 0) {
              refusal = new OperationError(errors as readonly unknown[] as readonly ToldError[], data)
              dispose()
              return
            }
            const told = resume ? cursorOf(data, resume.path) : null
            if (told !== null) cursor = told
            handlers.next(data, told)
          },
          error: (reason) => {
            if (Array.isArray(reason)) resolve({ by: 'refusal', error: new OperationError(reason as readonly ToldError[]) })
            else resolve({ by: 'connection', reason })
          },
          complete: () => resolve(refusal ? { by: 'refusal', error: refusal } : { by: ending.signal.aborted ? 'caller' : 'server' }),
        },
      )
      stop = dispose
    })

  /** Whether it goes on. */
  async function answer(ended: Ended): Promise<boolean> {
    if (ended.by === 'caller' || ending.signal.aborted) return false
    if (ended.by === 'server') {
      handlers.complete?.()
      return false
    }
    if (ended.by === 'connection' && codeOf(ended.reason) === 4403) refused += 1
    const error = ended.by === 'refusal' ? ended.error : fatal(ended.reason, refused)
    if (error && isResync(error) && handlers.resync && resume) {
      cursor = (error.errors[0]?.extensions['cursor'] as string | undefined) ?? (await beginning())
      return await resynced({ code: error.code as Resync['code'], cursor })
    }
    if (error && (isResync(error) || !error.retryable)) {
      handlers.error(error)
      return false
    }
    handlers.interrupted?.(ended.by === 'connection' ? ended.reason : ended.error)
    failures += 1
    await wait(failures, ending.signal)
    return true
  }

  /** A caller that could not read the current state must not be told what came after it. */
  async function resynced(resync: Resync): Promise<boolean> {
    try {
      await handlers.resync?.(resync)
      return true
    } catch (error) {
      handlers.error(new OperationError([{ message: `The handler of resync failed: ${String(error)}`, extensions: { code: resync.code } }]))
      return false
    }
  }

  async function run(): Promise<void> {
    for (let goesOn = true; goesOn && !ending.signal.aborted; ) {
      try {
        // Taken before it is needed: what happens between a lost connection and the next one is told then.
        if (resume && cursor === null) cursor = await beginning()
        goesOn = await answer(ending.signal.aborted ? { by: 'caller' } : await once())
      } catch (error) {
        goesOn = await answer(error instanceof OperationError && error.code !== 'NETWORK' ? { by: 'refusal', error } : { by: 'connection', reason: error })
      }
    }
    forget()
  }

  void run()
  return () => {
    ending.abort()
    stop()
  }
}

function isResync({ code }: OperationError): boolean {
  return code === 'RESYNC' || code === 'CURSOR_EXPIRED'
}

function cursorOf(data: unknown, [field, member]: readonly [string, string]): string | null {
  const event = (data as Record<string, Record<string, unknown> | null> | null)?.[field]
  return (event?.[member] as string | undefined) ?? null
}

/** Codes of a closed socket that the same client would meet again (PROTOCOL.md of graphql-ws). */
const FATAL: ReadonlyMap<number, string> = new Map([
  [4400, 'GRAPHQL_PARSE_FAILED'],
  [4401, 'UNAUTHENTICATED'],
  [4406, 'GRAPHQL_PARSE_FAILED'],
  [4429, 'GRAPHQL_PARSE_FAILED'],
])

/**
 * An error where connecting anew is of no use. 4403 says that session or rights are not what they were: the next connection has the token of then, and is refused again where there
 * is none that is valid.
 */
function fatal(reason: unknown, refused: number): OperationError | null {
  const known = refused > 1 ? 'UNAUTHENTICATED' : FATAL.get(codeOf(reason) as number)
  if (known === undefined) return null
  return new OperationError([
    { message: (reason as { reason?: string }).reason || 'The connection was refused.', extensions: { code: known, retryable: false } },
  ])
}

function codeOf(reason: unknown): unknown {
  return (reason as { code?: unknown } | null)?.code
}

function networkError(error: unknown): OperationError {
  const message = error instanceof Error ? error.message : String(error)
  return new OperationError([{ message, extensions: { code: 'NETWORK', retryable: true } }])
}

const LONGEST_WAIT = 30_000

function backOff(failures: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(500 * 2 ** (failures - 1), LONGEST_WAIT)
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, longest / 2 + (Math.random() * longest) / 2)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
