import type { ApolloClient } from '@apollo/client'
import { ApolloProvider } from '@apollo/client/react'
import type { Client } from 'graphql-ws'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { createApolloClient } from './api/client'
import { API_URL } from './api/settings'
import { createSocket } from './api/socket'
import { ContactsPage } from './contacts/contacts-page'
import type { Session } from './session/session'
import { SignInForm } from './session/sign-in-form'
import { TicketsPage } from './tickets/tickets-page'
import { useHash } from './ui/use-hash'

export function App({ session }: { readonly session: Session }) {
  const signedIn = useSyncExternalStore(session.onChange, session.isSignedIn)
  return signedIn ? <SignedIn session={session} /> : <SignInForm session={session} />
}

const PAGES = { '#contacts': 'Contacts', '#tickets': 'Tickets' } as const

/** Cache and socket belong to one session: nothing of them is left for the next user. */
function SignedIn({ session }: { readonly session: Session }) {
  const page = useHash('#contacts')
  const [connection, setConnection] = useState<{ readonly client: ApolloClient; readonly socket: Client }>()
  useEffect(() => {
    const socket = createSocket(API_URL, session)
    const client = createApolloClient(API_URL, session, socket)
    setConnection({ client, socket })
    return () => {
      client.stop()
      void socket.dispose()
    }
  }, [session])
  if (!connection) return null
  const { client, socket } = connection

  return (
    <ApolloProvider client={client}>
      <header>
        <nav aria-label="Pages">
          {Object.entries(PAGES).map(([hash, title]) => (
            <a key={hash} href={hash} aria-current={page === hash ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <button type="button" className="plain" onClick={() => void session.signOut()}>
          Sign out
        </button>
      </header>
      {page === '#tickets' ? <TicketsPage socket={socket} /> : <ContactsPage />}
    </ApolloProvider>
  )
}
