import { Environment, type GraphQLResponse, Network, RecordSource, type RequestParameters, Store, type Variables } from 'relay-runtime'
import type { Session } from '../session/session'
import { OperationError, type ToldError } from './operation-error'

/** Relay's store and network for one session. */
export function createEnvironment(url: string, session: Session): Environment {
  async function send(body: string, token: string): Promise<{ status: number; answer: { data?: unknown; errors?: ToldError[] } }> {
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      // Fields that the user may not see are null, and no error of the answer.
      'x-access-mode': 'redact',
    }
    const response = await fetch(url, { method: 'POST', headers, body })
    return { status: response.status, answer: await response.json() }
  }

  async function ask({ text }: RequestParameters, variables: Variables): Promise<GraphQLResponse> {
    const body = JSON.stringify({ query: text, variables })
    const token = await session.token()
    let told = await send(body, token)
    if (told.status === 401) told = await send(body, await session.renew(token))
    const { data, errors } = told.answer
    // A field that fails is null, and the others are there; without any data the operation has failed.
    if (errors && errors.length > 0 && !data) throw new OperationError(errors)
    return told.answer as GraphQLResponse
  }

  return new Environment({
    network: Network.create(ask),
    store: new Store(new RecordSource()),
    // Events of subscriptions and payloads of deletes carry the id of a record, and are none.
    getDataID: ({ id }: { id?: string }, type: string) => (/(Change|Payload)$/.test(type) ? undefined : id) as string,
  })
}
