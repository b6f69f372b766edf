import { HISTORY_PLUGIN } from '@graphiql/plugin-history'
import { GraphiQL } from 'graphiql'
import { useMemo, useSyncExternalStore } from 'react'
import { EXAMPLES, examplesFor } from './examples.ts'
import { examplesPlugin } from './examples-plugin.tsx'
import { createFetcher } from './fetcher.ts'
import type { Session, SessionStore } from './session.ts'
import { SignIn } from './sign-in.tsx'

/** A query that a link to the page brings; it is shown, and never run by itself. */
const LINKED_QUERY = new URLSearchParams(location.search).get('query') ?? undefined

/** The sign-in first, GraphiQL for whoever has signed in. */
export function Explorer({ session }: { readonly session: SessionStore }) {
  const current = useSyncExternalStore(session.subscribe, () => session.current)
  if (current === null) return <SignIn session={session} />
  return <SignedIn key={current.email} session={session} current={current} />
}

function SignedIn({ session, current }: { readonly session: SessionStore; readonly current: Session }) {
  const fetcher = useMemo(() => createFetcher(session), [session])
  // A new token is no other user.
  const roles = current.roles.join(' ')
  const examples = useMemo(() => examplesPlugin(examplesFor(roles.split(' '))), [roles])
  return (
    <div className="guanxi-page">
      <header className="guanxi-bar">
        <strong>Guanxi</strong>
        <span className="guanxi-user" data-testid="user">
          {current.name} · {current.email} · {current.roles.join(', ') || 'no role'}
        </span>
        <button type="button" onClick={() => void session.signOut()}>
          Sign out
        </button>
      </header>
      <GraphiQL
        fetcher={fetcher}
        plugins={[examples, HISTORY_PLUGIN]}
        visiblePlugin={examples}
        storage={sessionStorage}
        shouldPersistHeaders={false}
        showPersistHeadersSettings={false}
        defaultQuery={EXAMPLES[0]?.query ?? ''}
        {...(LINKED_QUERY !== undefined && { initialQuery: LINKED_QUERY })}
        inputValueDeprecation
        schemaDescription
      >
        <GraphiQL.Logo> </GraphiQL.Logo>
      </GraphiQL>
    </div>
  )
}
