import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client'
import { SetContextLink } from '@apollo/client/link/context'
import { ErrorLink } from '@apollo/client/link/error'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { relayStylePagination } from '@apollo/client/utilities'
import { getOperationAST } from 'graphql'
import type { Client as SocketClient } from 'graphql-ws'
import { from, mergeMap } from 'rxjs'
import type { Session } from '../session/session'
import { codeOf } from './errors'

/** Fields that the user may not see are null, and no error of the answer: one document serves all roles. */
export const ACCESS_MODE = 'redact'

export function createApolloClient(url: string, session: Session, socket: SocketClient): ApolloClient {
  const authorized = new SetContextLink(async ({ headers }) => ({
    headers: { ...headers, authorization: `Bearer ${await session.token()}`, 'x-access-mode': ACCESS_MODE },
  }))
  const renewing = new ErrorLink(({ error, operation, forward }) => {
    const { headers, renewed } = operation.getContext()
    if (codeOf(error) !== 'UNAUTHENTICATED' || renewed) return
    operation.setContext({ renewed: true })
    return from(session.renew(String(headers['authorization']).replace('Bearer ', ''))).pipe(mergeMap(() => forward(operation)))
  })
  const http = ApolloLink.from([renewing, authorized, new HttpLink({ uri: url })])
  const isSubscription = ({ query }: ApolloLink.Operation) => getOperationAST(query)?.operation === 'subscription'
  return new ApolloClient({ link: ApolloLink.split(isSubscription, new GraphQLWsLink(socket), http), cache: createCache() })
}

function createCache(): InMemoryCache {
  return new InMemoryCache({
    typePolicies: {
      Query: { fields: { contacts: relayStylePagination(['search', 'orderBy']) } },
      Contact: { fields: { viewerAccess: { merge: true } } },
      Ticket: { fields: { viewerAccess: { merge: true } } },
      Module: { keyFields: ['name'] },
    },
  })
}
