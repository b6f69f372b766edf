import type { Fetcher, FetcherParams } from '@graphiql/toolkit'
import { type ExecutionResult, getOperationAST, parse } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import { ENDPOINT, type SessionStore } from './session.ts'

interface HttpAnswer {
  readonly errors?: readonly { readonly path?: unknown; readonly extensions?: { readonly code?: string } }[]
}

/** Sends queries and mutations by POST and subscriptions over one WebSocket, both in the session of the page. */
export function createFetcher(session: SessionStore): Fetcher {
  let socket: Client | undefined
  return (params, options) => {
    if (!isSubscription(params)) return ask(session, params, options?.headers ?? {})
    socket ??= connect(session)
    return subscribe(socket, params)
  }
}

/** By the text that is sent: the document that the editor passes along is that of a moment ago, when its text has just changed. */
function isSubscription({ query, operationName }: FetcherParams): boolean {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription'
  } catch {
    // The server says what is wrong with it.
    return false
  }
}

async function ask(session: SessionStore, params: FetcherParams, headers: Readonly<Record<string, unknown>>): Promise<ExecutionResult> {
  const token = await session.token()
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(headers as Record<string, string>),
    },
    body: JSON.stringify(params),
  })
  const answer = (await response.json()) as HttpAnswer
  // The token of the page, not one that its user has put into the headers, and no refusal of a single field, such as a sign-in.
  const isOwnToken = token !== null && !Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')
  if (isOwnToken && answer.errors?.some(({ path, extensions }) => path === undefined && extensions?.code === 'UNAUTHENTICATED')) session.end()
  return answer as ExecutionResult
}

/** A socket for as long as there are subscriptions. It does not open by itself again: whoever watches is to see that it broke. */
function connect(session: SessionStore): Client {
  return createClient({
    url: ENDPOINT.replace(/^http/, 'ws'),
    retryAttempts: 0,
    connectionParams: async () => {
      const token = await session.token()
      return token === null ? {} : { authorization: `Bearer ${token}` }
    },
  })
}

async function* subscribe(socket: Client, { query, variables, operationName }: FetcherParams): AsyncGenerator<ExecutionResult> {
  try {
    for await (const result of socket.iterate({ query, variables: variables as Record<string, unknown>, operationName })) yield result as ExecutionResult
  } catch (error) {
    if (!(error instanceof CloseEvent)) throw error
    throw new Error(`The connection was closed (${error.code}${error.reason && `: ${error.reason}`}). Run the subscription again.`)
  }
}
