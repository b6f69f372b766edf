import { createClient, type FormattedExecutionResult, type Client as SocketClient } from 'graphql-ws'
import WebSocket from 'ws'

/** An error as clients see it. */
export interface AnsweredError {
  readonly message: string
  readonly path?: readonly (string | number)[]
  readonly extensions: { readonly code: string; readonly retryable: boolean; readonly requestId?: string; readonly [member: string]: unknown }
}

export interface Issue {
  readonly path: readonly (string | number)[]
  readonly code: string
  readonly message: string
}

/** Answer to one operation. `status` is 200 over WebSocket. */
export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever its own query selected
  readonly data: any
  readonly errors: readonly AnsweredError[]
}

export type Transport = 'http' | 'ws'
export const TRANSPORTS: readonly Transport[] = ['http', 'ws']

export type Variables = Readonly<Record<string, unknown>>

/** One caller of a server, over both transports. */
export interface Connection {
  readonly url: string
  readonly token: string | null
  /** One operation; refusals are in the answer. */
  send(query: string, variables?: Variables, options?: { transport?: Transport; headers?: Readonly<Record<string, string>> }): Promise<Answer>
  /** Data of an operation that must succeed; throws with what went wrong. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever its own query selected
  data(query: string, variables?: Variables): Promise<any>
  /** The graphql-ws client behind `transport: 'ws'`, for subscriptions. */
  socket(): SocketClient
  close(): Promise<void>
}

/** A caller with a token, or an anonymous one. */
export function connect(url: string, token: string | null): Connection {
  let opened: SocketClient | undefined
  const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
  const socket = (): SocketClient => {
    opened ??= createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: authorization,
      lazyCloseTimeout: 0,
      retryAttempts: 0,
    })
    return opened
  }
  const send: Connection['send'] = (query, variables = {}, { transport = 'http', headers = {} } = {}) =>
    transport === 'http' ? post(url, { query, variables }, { ...authorization, ...headers }) : overSocket(socket(), query, variables)
  return {
    url,
    token,
    send,
    data: async (query, variables) => {
      const { data, errors } = await send(query, variables)
      if (errors.length > 0 || !data) throw new Error(`the operation failed: ${JSON.stringify(errors, null, 2)}`)
      return data
    },
    socket,
    close: async () => {
      await opened?.dispose()
    },
  }
}

/** Posts a JSON body to /graphql. */
export async function post(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  const answer = JSON.parse(await response.text()) as Partial<Answer>
  return { status: response.status, data: answer.data ?? null, errors: answer.errors ?? [] }
}

function overSocket(client: SocketClient, query: string, variables: Variables): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let result: FormattedExecutionResult<unknown, unknown> | undefined
    client.subscribe(
      { query, variables: { ...variables } },
      {
        next: (value) => {
          result = value
        },
        // A document that is refused arrives as a list of errors.
        error: (error) => (Array.isArray(error) ? resolve(answerOf({ errors: error })) : reject(socketFailure(error))),
        complete: () => resolve(answerOf(result ?? {})),
      },
    )
  })
}

/** A closed socket as an ordinary error: graphql-ws hands out the event, which prints as pages. */
function socketFailure(error: unknown): unknown {
  const { code, reason } = error as { code?: number; reason?: string }
  return error instanceof Error || code === undefined ? error : new Error(`the socket was closed: ${code} ${reason}`)
}

function answerOf({ data, errors }: { data?: unknown; errors?: unknown }): Answer {
  return { status: 200, data: data ?? null, errors: (errors ?? []) as AnsweredError[] }
}

/** Codes of the errors, for exact comparison. */
export const codesOf = (answer: Answer): string[] => answer.errors.map((error) => error.extensions.code)

/** Issues of a VALIDATION_FAILED answer: path (joined by dots) and rule. */
export const issuesOf = (answer: Answer): string[] =>
  answer.errors.flatMap((error) => ((error.extensions.issues ?? []) as Issue[]).map((issue) => `${issue.path.join('.')}: ${issue.code}`))
