import { Suspense, useMemo, useSyncExternalStore } from 'react'
import { RelayEnvironmentProvider } from 'react-relay'
import { AccountsPage } from './accounts/accounts-page'
import { createEnvironment } from './relay/environment'
import { API_URL } from './relay/settings'
import type { Session } from './session/session'
import { SignInForm } from './session/sign-in-form'
import { Boundary } from './ui/boundary'

export function App({ session }: { readonly session: Session }) {
  const signedIn = useSyncExternalStore(session.onChange, session.isSignedIn)
  return signedIn ? <SignedIn session={session} /> : <SignInForm session={session} />
}

/** The store belongs to one session: nothing of it is left for the next user. */
function SignedIn({ session }: { readonly session: Session }) {
  const environment = useMemo(() => createEnvironment(API_URL, session), [session])
  return (
    <RelayEnvironmentProvider environment={environment}>
      <header>
        <span>Accounts and opportunities</span>
        <button type="button" className="plain" onClick={() => void session.signOut()}>
          Sign out
        </button>
      </header>
      <Boundary>
        <Suspense fallback={<main>Loading …</main>}>
          <AccountsPage />
        </Suspense>
      </Boundary>
    </RelayEnvironmentProvider>
  )
}
