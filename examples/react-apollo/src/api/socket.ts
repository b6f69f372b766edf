import { type Client, createClient } from 'graphql-ws'
import type { Session } from '../session/session'
import { ACCESS_MODE } from './client'

/** Close codes by which the server refuses a token: it never was one, or its session or rights have changed. */
const REFUSED: ReadonlySet<number> = new Set([4401, 4403])

/** One socket for all subscriptions. It is not opened anew by itself, which would begin each subscription at its first cursor again: `follow` does that. */
export function createSocket(url: string, session: Session): Client {
  let offered = ''
  let refused: string | null = null
  return createClient({
    url: url.replace(/^http/, 'ws'),
    retryAttempts: 0,
    connectionParams: async () => {
      offered = refused === null ? await session.token() : await session.renew(refused)
      refused = null
      return { authorization: `Bearer ${offered}`, accessMode: ACCESS_MODE }
    },
    on: {
      closed: (event) => {
        if (REFUSED.has((event as CloseEvent).code)) refused = offered
      },
    },
  })
}
