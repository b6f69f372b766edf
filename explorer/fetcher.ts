import type { Fetcher, FetcherParams } from '@graphiql/toolkit'
import { type ExecutionResult, Kind, type OperationDefinitionNode, parse } from 'graphql'
import { type Client, createClient } from 'graphql-ws'
import { ENDPOINT, type SessionStore } from './session.ts'

interface HttpAnswer {
  readonly errors?: readonly { readonly path?: unknown; readonly extensions?: { readonly code?: string } }[]
}

/** Sends queries and mutations by POST and subscriptions over one WebSocket, both in the session of the page. */
export function createFetcher(session: SessionStore): Fetcher {
  let socket: Client | undefined
  return (given, options) => {
    const operation = operationOf(given)
    const params = operation ? { ...given, operationName: operation.name?.value } : given
    if (operation?.operation !== 'subscription') return ask(session, params, options?.headers ?? {})
    socket ??= connect(session)
    return subscribe(socket, params)
  }
}

/**
 * The operation by the text that is sent: what the editor passes along with it (the parsed document, the name of the operation) is that of a moment ago, when the text has just changed. Null where the text is no
 * document; the server says what is wrong with it.
 */
function operationOf({ query, operationName }: FetcherParams): OperationDefinitionNode | null {
  try {
    const operations = parse(query).definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    return operations.find(({ name }) => name?.value === operationName) ?? (operations.length === 1 ? (operations[0] ?? null) : null)
  } catch {
    return null
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
