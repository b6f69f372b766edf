import type { ApolloCache } from '@apollo/client'
import { useApolloClient, useQuery } from '@apollo/client/react'
import { useEffect, useState } from 'react'
import { follow } from '../api/follow'
import type { TicketChangedSubscription, TicketsQuery } from '../generated/graphql'
import { TICKET_CHANGED, TICKETS } from './documents'

/** The newest tickets, as they are now and as they change. */
export function useLiveTickets() {
  const client = useApolloClient()
  const { data, error, refetch } = useQuery(TICKETS, { fetchPolicy: 'network-only', nextFetchPolicy: 'cache-first' })
  const [ended, setEnded] = useState<Error>()
  const [start, setStart] = useState<string>()
  // The first answer's cursor; later ones are those of changes.
  if (start === undefined && data?.changeCursor) setStart(data.changeCursor)

  useEffect(() => {
    if (start === undefined) return
    return follow(client, {
      document: TICKET_CHANGED,
      after: start,
      cursorOf: ({ ticketChanged }) => ticketChanged.cursor,
      next: (change) => applyChange(client.cache, change),
      readAnew: async () => {
        const { data: now, error: failure } = await refetch()
        if (failure || !now?.changeCursor) throw failure ?? new Error('The tickets cannot be read.')
        return now.changeCursor
      },
      ended: (reason) => setEnded(reason as Error),
    })
  }, [client, start, refetch])

  return { tickets: data?.tickets, error: ended ?? error }
}

/** What a change means for the list. The content of the record is in the cache already, by its id. */
function applyChange(cache: ApolloCache, { ticketChanged: { id, operation, ticket } }: TicketChangedSubscription): void {
  cache.updateQuery({ query: TICKETS }, (page): TicketsQuery | undefined => {
    if (!page?.tickets) return
    const others = page.tickets.nodes.filter((node) => node.id !== id)
    const wasThere = others.length < page.tickets.nodes.length
    const isThere = ticket !== null && operation !== 'DELETED' && operation !== 'LEFT'
    // A change may be told twice: what is there already stays in its place.
    if (wasThere === isThere) return
    const nodes = isThere ? [ticket, ...others] : others
    return { ...page, tickets: { ...page.tickets, nodes, totalCount: page.tickets.totalCount + (isThere ? 1 : -1) } }
  })
}
