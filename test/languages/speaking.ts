import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import type { Answer, AnsweredError, Transport, Variables } from '../support/client.ts'

/** What a client says of its language. */
export interface Speaker {
  readonly url: string
  readonly token: string | null
  /** Header of the request, or of the upgrade. */
  readonly header?: string
  /** In `connectionParams`; of no meaning over HTTP. */
  readonly parameter?: unknown
}

/** One operation of a client that speaks a language. */
export function ask(transport: Transport, speaker: Speaker, query: string, variables: Variables = {}, headers: Readonly<Record<string, string>> = {}) {
  return transport === 'http' ? askOverHttp(speaker, query, variables, headers) : askOverSocket(speaker, query, variables)
}

async function askOverHttp({ url, token, header }: Speaker, query: string, variables: Variables, headers: Readonly<Record<string, string>>): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(header !== undefined && { 'accept-language': header }),
      ...headers,
    },
    body: JSON.stringify({ query, variables }),
  })
  const { data = null, errors = [] } = JSON.parse(await response.text())
  return { status: response.status, data, errors }
}

/** A socket whose upgrade has the header. */
export function socketOf({ url, token, header, parameter }: Speaker) {
  class Speaking extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { headers: header === undefined ? {} : { 'accept-language': header } })
    }
  }
  return createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: Speaking,
    connectionParams: { ...(token !== null && { authorization: `Bearer ${token}` }), ...(parameter !== undefined && { acceptLanguage: parameter }) },
    lazyCloseTimeout: 0,
    retryAttempts: 0,
  })
}

async function askOverSocket(speaker: Speaker, query: string, variables: Variables): Promise<Answer> {
  const client = socketOf(speaker)
  try {
    return await new Promise<Answer>((resolve, reject) => {
      let told: { data?: unknown; errors?: unknown } = {}
      client.subscribe(
        { query, variables: { ...variables } },
        {
          next: (value) => {
            told = value
          },
          error: (error) => (Array.isArray(error) ? resolve({ status: 200, data: null, errors: error as AnsweredError[] }) : reject(error)),
          complete: () => resolve({ status: 200, data: told.data ?? null, errors: (told.errors ?? []) as AnsweredError[] }),
        },
      )
    })
  } finally {
    await client.dispose()
  }
}
